"""Activities of motifs, and what follows from them, on planted data."""

from __future__ import annotations

import numpy as np
import pytest

from deeprage.data.compendium import Compendium
from deeprage.data.dna import encode
from deeprage.data.motifs import Motif
from deeprage.data.split import visible
from deeprage.data.splitting import make_split
from deeprage.interpretation.activity import activities, activity_change, site_evidence
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
