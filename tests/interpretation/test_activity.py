"""Activities of motifs, and what follows from them, on planted data."""

from __future__ import annotations

import numpy as np
import pytest

from deeprage.data.compendium import Compendium
from deeprage.data.dna import encode
from deeprage.data.motifs import Motif
from deeprage.data.pwm_scan import scan
from deeprage.data.sites import consensus_pattern, site_starts
from deeprage.data.split import Role, visible
from deeprage.data.splitting import make_split
from deeprage.interpretation.activity import (
    _filled,
    _site_counts,
    activities,
    activity_change,
    site_evidence,
)
from deeprage.interpretation.agreement import auroc, spearman
from deeprage.interpretation.simple_changes import spread_within_series

WORD, OTHER = "AGGGG", "TGACTCA"


def test_activities_are_those_that_made_the_values() -> None:
    rng = np.random.default_rng(0)
    features, truth = rng.normal(size=(4000, 5)), rng.normal(size=(5, 7))
    found = activities(features, features @ truth + rng.normal(size=(4000, 7)))
    # The penalty shrinks standardised features of n genes by n / (n + penalty).
    np.testing.assert_allclose(found, truth * 4000 / 4300, atol=0.08)


def planted(make_compendium, seed: int = 0) -> tuple[Compendium, np.ndarray, np.ndarray]:
    """Genes whose sites of WORD act in some conditions, and not through any regulator's level.

    Returns the compendium, which genes have WORD, and how much each of those answers to it.
    """
    rng = np.random.default_rng(seed)
    genes, conditions = 400, 30
    promoters = rng.choice(4, p=[0.4, 0.1, 0.1, 0.4], size=(genes, 800)).astype(np.int8)
    has, other = rng.random(genes) < 0.2, rng.random(genes) < 0.3
    for gene in range(genes):
        for word, present, start in ((WORD, has[gene], 500), (OTHER, other[gene], 650)):
            if present:
                at = start + int(rng.integers(100))
                promoters[gene, at : at + len(word)] = encode(word)
    strength = has * rng.uniform(0.3, 2.0, genes)
    values = np.outer(strength, rng.normal(size=conditions))
    values += np.outer(other, rng.normal(size=conditions))
    values += rng.normal(0, 0.4, values.shape)
    compendium = make_compendium(values.astype(np.float32), promoters=promoters, regulators=5)
    return compendium, has, strength


def test_a_lost_factor_lowers_the_genes_that_follow_its_activity(make_compendium) -> None:
    compendium, has, strength = planted(make_compendium)
    change = activity_change(compendium, [WORD], np.arange(25), sign=-1)
    raised = activity_change(compendium, [WORD], np.arange(25), sign=1)
    np.testing.assert_allclose(raised, -change)
    assert auroc(-change, has) > 0.9
    # Among the genes with sites, those that answer more are lowered more: sites cannot say so.
    assert spearman(-change[has], strength[has]) > 0.6


def test_sites_of_other_genes_have_hardly_any_activity() -> None:
    rng = np.random.default_rng(0)
    features, truth = rng.normal(size=(2000, 5)), rng.normal(size=(5, 7))
    values = features @ truth + rng.normal(size=(2000, 7))
    real, permuted = activities(features, values), activities(rng.permutation(features), values)
    assert np.linalg.norm(permuted) < 0.15 * np.linalg.norm(real)


def test_conditions_that_may_not_be_looked_at_do_not_matter(make_compendium) -> None:
    compendium, _, _ = planted(make_compendium)
    values = compendium.expression.copy()
    values[:, 25:] = np.random.default_rng(2).normal(size=values[:, 25:].shape)
    other = make_compendium(values, promoters=compendium.promoters, regulators=5)
    columns = np.arange(25)
    np.testing.assert_array_equal(
        activity_change(compendium, [WORD], columns, sign=-1),
        activity_change(other, [WORD], columns, sign=-1),
    )


def test_evidence_beats_the_sites_alone(make_compendium) -> None:
    """Half of the genes with the motif do not answer to it: their response tells which."""
    compendium, has, _ = planted(make_compendium)
    rng = np.random.default_rng(3)
    silent = has & (rng.random(len(has)) < 0.5)
    values = compendium.expression.copy()
    values[silent] = rng.normal(0, 0.6, values[silent].shape)
    compendium = make_compendium(values, promoters=compendium.promoters, regulators=5)
    split = make_split(compendium, regime="pairs")
    letters = np.full((4, 7), 0.01)
    letters[encode("AAGGGGA"), np.arange(7)] = 0.97
    letters[:, [0, 6]] = 0.25
    decoy = Motif("decoy", "DECOY", letters[:, ::-1][[1, 0, 3, 2]])
    motifs = {2: [Motif("word", "WORD", letters)], 4: [decoy]}
    found = site_evidence(visible(compendium, split), split, motifs)
    assert found.shape == (400, 2)
    targets, among = has & ~silent, has
    assert auroc(found[among, 0], targets[among]) > 0.65
    assert auroc(found[:, 0], targets) > 0.85
    assert auroc(found[:, 1], targets) < 0.65


def test_the_spread_is_within_series(make_compendium) -> None:
    compendium = make_compendium(genes=12, conditions=20, missing=0.2)
    columns = np.arange(2, 19)
    found = spread_within_series(compendium, columns)
    series = np.array(compendium.series)[columns]
    for gene in range(12):
        squares, count = 0.0, 0
        for name in set(series):
            part = compendium.expression[gene, columns[series == name]]
            part = part[np.isfinite(part)].astype(float)
            if len(part) > 1:
                squares, count = squares + part.var() * len(part), count + len(part) - 1
        assert found[gene] == pytest.approx(np.sqrt(squares / max(count, 1)), abs=1e-5)


def plain_standard(values: np.ndarray, has: np.ndarray) -> np.ndarray:
    return (values - values[has].mean(axis=0)) / values[has].std(axis=0)


def plain_unit(values: np.ndarray) -> np.ndarray:
    return values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-9)


def test_evidence_is_sites_own_response_and_that_of_genes_alike(make_compendium) -> None:
    """The three terms, a gene at a time, with the weights that the documentation gives."""
    rng = np.random.default_rng(5)
    genes, conditions = 40, 12
    promoters = rng.integers(0, 4, (genes, 800)).astype(np.int8)
    promoters[3] = 4  # has no promoter
    shape = rng.normal(size=(3, conditions))
    values = shape[np.arange(genes) % 3] + 0.6 * rng.normal(size=(genes, conditions))
    groups = [row // 2 for row in range(genes)]
    compendium = make_compendium(values, promoters=promoters, regulators=4, groups=groups)
    compendium = compendium.with_expression(compendium.expression)
    compendium.adata.var.loc[compendium.genes[3], "has_promoter"] = False
    split = make_split(compendium, regime="pairs")
    letters = {slot: rng.dirichlet([0.3] * 4, 6).T for slot in (0, 1, 2)}
    motifs = {
        0: [Motif("a", "a", letters[0])],
        3: [Motif("b", "b", letters[1]), Motif("c", "c", letters[2])],
    }
    found = site_evidence(visible(compendium, split), split, motifs)

    has = compendium.has_promoter
    assert not has[3]
    # Sites: the best of each 100 bp, weighted by where factors act; the best of a factor's motifs.
    weights = [0.2, 0.3, 0.5, 0.8, 1.0, 1.1, 1.1, 0.6]
    flat = [motifs[0][0], *motifs[3]]
    best = scan(promoters, flat, window=800, bins=8).best.astype(float)
    odds = np.log2(sum(weights[n] * 2.0 ** best[:, :, n] for n in range(8)))
    each = plain_standard(odds, has)
    sites = np.stack([each[:, 0], each[:, 1:].max(axis=1)], axis=1)
    # Responses: training cells less their condition's mean over the genes with a promoter.
    seen = np.where(split.cells(Role.TRAIN), compendium.expression, np.nan)[:, split.train_columns]
    centred = np.nan_to_num(seen - np.nanmean(seen[has], axis=0))
    profiles = plain_unit(centred - centred.mean(axis=1, keepdims=True))
    # A motif's activity comes from the other half of the groups.
    names, group = np.unique([str(g) for g in groups], return_inverse=True)
    half = np.random.default_rng(0).random(len(names))[group] < 0.5
    own = np.zeros_like(sites)
    for gene in np.flatnonzero(has):
        others = has & (half != half[gene])
        x = sites[others]
        active = np.linalg.solve(x.T @ x + 300 * np.eye(2), x.T @ centred[others])
        active = plain_unit(active - active.mean(axis=1, keepdims=True))
        own[gene] = active @ profiles[gene]
    # Genes of other groups whose profiles correlate by half or more, shrunk by three.
    like = np.zeros_like(sites)
    for gene in np.flatnonzero(has):
        total = 3.0
        for other in np.flatnonzero(has & (group != group[gene])):
            r = profiles[gene] @ profiles[other]
            if r >= 0.5:
                total += r
                like[gene] += r * np.exp(np.minimum(sites[other], 6))
        like[gene] /= total
    expected = sites + 0.15 * plain_standard(own, has) + 0.15 * plain_standard(like, has)
    np.testing.assert_allclose(found[has], expected[has], atol=2e-4)


def test_a_change_is_how_a_gene_follows_and_a_share_for_its_sites(make_compendium) -> None:
    compendium, _, _ = planted(make_compendium)
    columns = np.arange(30)
    found = activity_change(compendium, [WORD], columns, sign=1)
    near = compendium.promoters[:, -500:]
    starts = site_starts(near, consensus_pattern(WORD)).sum(axis=1)
    sites = plain_standard(np.minimum(starts, 3)[:, None], np.ones(400, bool))[:, 0]
    # What is left without the sites' share is a common profile's projection.
    centred = compendium.expression - compendium.expression.mean(axis=0)
    follows = found - 0.3 * sites
    weights, *_ = np.linalg.lstsq(centred, follows, rcond=None)
    np.testing.assert_allclose(centred @ weights, follows, atol=1e-4)
    assert follows.std() == pytest.approx(1, abs=1e-4)


def test_missing_cells_and_genes_without_a_promoter_do_not_set_the_level() -> None:
    values = np.array([[1.0, np.nan], [3.0, 5.0], [9.0, 9.0]])
    found = _filled(values, np.array([True, True, False]))
    np.testing.assert_allclose(found, [[-1, 0], [1, 0], [7, 4]])
    nothing = _filled(np.full((2, 1), np.nan), np.array([True, True]))
    np.testing.assert_array_equal(nothing, 0)


def test_at_most_three_sites_of_all_words_count() -> None:
    tokens = np.zeros((3, 60), dtype=np.int8)
    for gene, count in enumerate((1, 3, 5)):
        for number in range(count):
            tokens[gene, 10 * number : 10 * number + 5] = encode(WORD)
    tokens[0, 50:57] = encode(OTHER)
    np.testing.assert_array_equal(_site_counts(tokens, [WORD]), [1, 3, 3])
    np.testing.assert_array_equal(_site_counts(tokens, [WORD, OTHER]), [2, 3, 3])
