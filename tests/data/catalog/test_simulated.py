"""The simulation's truth is in its data, and gone once the promoters are permuted."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deeprage.data.catalog import fetch
from deeprage.data.catalog.simulated import edges, gene_names, read_options, to_compendium
from deeprage.data.catalog.simulation import SimulationOptions, simulate
from deeprage.data.compendium import Compendium
from deeprage.data.dna import decode, reverse_complement
from deeprage.data.motifs import read_meme
from deeprage.errors import DeepRageError

SMALL = SimulationOptions(
    genes=300, conditions=48, series=6, regulators=6, promoter_length=200, and_pairs=2
)


def consensus(motif):
    return motif.probabilities.argmax(axis=0).astype(np.int8)


def found_motifs(simulation, promoters):
    """Which consensus words, on either strand, stand in each promoter, by plain text search."""
    words = [consensus(motif) for motif in simulation.motifs]
    texts = [decode(promoter) for promoter in promoters]
    return np.array(
        [[decode(w) in t or decode(reverse_complement(w)) in t for w in words] for t in texts]
    )


def test_planted_words_stand_where_the_truth_says():
    simulation = simulate(replace(SMALL, sharpness=1.0))
    assert len(simulation.sites) > 300
    for site in simulation.sites:
        promoter = simulation.promoters[SMALL.regulators + site.gene]
        word = promoter[site.position : site.position + SMALL.motif_width]
        read = word if site.forward else reverse_complement(word)
        assert np.array_equal(read, consensus(simulation.motifs[site.regulator]))


def test_sites_of_one_promoter_do_not_overlap():
    simulation = simulate(replace(SMALL, promoter_length=60, motifs_per_gene=1.5))
    by_gene = pd.DataFrame(simulation.sites).groupby("gene")["position"]
    for _, starts in by_gene:
        assert (np.diff(np.sort(starts)) >= SMALL.motif_width).all()
        assert starts.max() <= 60 - SMALL.motif_width


def test_motif_letters_follow_the_sharpness():
    simulation = simulate(replace(SMALL, genes=800, sharpness=0.8))
    matches = [
        (word if site.forward else reverse_complement(word))
        == consensus(simulation.motifs[site.regulator])
        for site in simulation.sites
        for word in [
            simulation.promoters[SMALL.regulators + site.gene][
                site.position : site.position + SMALL.motif_width
            ]
        ]
    ]
    assert np.mean(matches) == pytest.approx(0.8, abs=0.02)


def recovered_strengths(simulation, present):
    """Strengths by least squares on motif x level products, found anew from the sequence."""
    targets = simulation.expression[SMALL.regulators :]
    columns = [np.outer(present[:, r], level).ravel() for r, level in enumerate(simulation.levels)]
    for first, second in simulation.pairs:
        both = present[:, first] & present[:, second]
        joint = np.clip(np.minimum(simulation.levels[first], simulation.levels[second]), 0, None)
        columns.append(np.outer(both, joint).ravel())
    known = ~np.isnan(targets.ravel())
    design = np.stack(columns, axis=1)[known]
    return np.linalg.lstsq(design, targets.ravel()[known], rcond=None)[0]


def test_regression_recovers_the_strengths_and_permuted_promoters_do_not():
    simulation = simulate(replace(SMALL, sharpness=1.0))
    promoters = simulation.promoters[SMALL.regulators :]
    truth = np.concatenate([simulation.strength, simulation.pair_strength])
    found = recovered_strengths(simulation, found_motifs(simulation, promoters))
    assert found == pytest.approx(truth, abs=0.1)
    permuted = np.random.default_rng(1).permutation(promoters)
    lost = recovered_strengths(simulation, found_motifs(simulation, permuted))
    direct = slice(None, SMALL.regulators)
    assert np.abs(lost[direct]).max() < 0.7 * np.abs(truth[direct]).min() + 0.3
    assert np.linalg.norm(lost[direct]) < 0.5 * np.linalg.norm(truth[direct])


def test_noise_and_missing_share_are_as_asked():
    simulation = simulate(replace(SMALL, noise=0.5, missing=0.2))
    residual = simulation.expression[SMALL.regulators :] - simulation.signal
    assert np.nanstd(residual) == pytest.approx(0.5, rel=0.05)
    assert np.isnan(simulation.expression).mean() == pytest.approx(0.2, abs=0.02)
    background = simulate(replace(SMALL, motifs_per_gene=0, and_pairs=0, gc=0.7)).promoters
    assert np.isin(background, [1, 2]).mean() == pytest.approx(0.7, abs=0.01)


def test_levels_run_on_within_a_series_only():
    simulation = simulate(replace(SMALL, conditions=600, series=100, regulators=40))
    within = simulation.series[1:] == simulation.series[:-1]
    products = simulation.levels[:, 1:] * simulation.levels[:, :-1]
    assert products[:, within].mean() == pytest.approx(0.7, abs=0.05)
    assert products[:, ~within].mean() == pytest.approx(0.0, abs=0.05)


@settings(deadline=None, max_examples=15)
@given(
    genes=st.integers(1, 30),
    conditions=st.integers(2, 12),
    regulators=st.integers(2, 8),
    missing=st.floats(0, 0.9),
    seed=st.integers(0, 2**32),
)
def test_any_size_gives_a_valid_compendium_again_and_again(
    genes, conditions, regulators, missing, seed
):
    options = SimulationOptions(
        genes=genes, conditions=conditions, series=min(3, conditions), regulators=regulators,
        and_pairs=1, promoter_length=80, missing=missing, seed=seed,
    )  # fmt: skip
    one, other = simulate(options), simulate(options)
    assert np.array_equal(one.expression, other.expression, equal_nan=True)
    assert np.array_equal(one.promoters, other.promoters)
    assert to_compendium(one).expression.shape == (genes + regulators, conditions)


def test_files_beside_the_compendium_tell_the_truth(tmp_path):
    path = fetch("simulated", tmp_path, genes=60, conditions=12, regulators=5, series=3, seed=4)
    compendium = Compendium.load(path)
    truth = json.loads((tmp_path / "simulated.truth.json").read_text())
    simulation = simulate(read_options(**truth["options"]))
    assert np.allclose(compendium.expression, simulation.expression, equal_nan=True, atol=1e-5)
    planted = pd.read_csv(tmp_path / "simulated.edges.tsv", sep="\t")
    assert planted.equals(edges(simulation))
    assert set(planted["gene"]) <= set(compendium.genes)
    for name, rows in planted.groupby("regulator"):
        assert set(rows["sign"]) == {"+" if truth["strength"][name] > 0 else "-"}
    background = (tmp_path / "simulated.motifs.meme").read_text().split("frequencies\n")[1]
    assert background.split("\n")[0] == "A 0.3 C 0.2 G 0.2 T 0.3"
    motifs = read_meme(tmp_path / "simulated.motifs.meme")
    assert [m.symbol for m in motifs] == compendium.regulators
    for motif, drawn in zip(motifs, simulation.motifs, strict=True):
        assert motif.probabilities == pytest.approx(drawn.probabilities, abs=1e-5)
    levels = pd.read_csv(tmp_path / "simulated.levels.tsv", sep="\t", index_col=0)
    assert levels.to_numpy() == pytest.approx(simulation.levels, abs=1e-5)
    assert gene_names(simulation.options) == compendium.genes


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"gene": 5}, "Did you mean 'genes'"),
        ({"genes": 2.5}, "whole number"),
        ({"noise": "much"}, "give a number"),
        ({"genes": True}, "whole number"),
        ({"missing": 0.99}, "from 0 to 0.9"),
        ({"motif_width": 0}, "from 6 to 30"),
        ({"seed": -1}, "seed .* is -1"),
        ({"and_pairs": 3, "regulators": 2}, "from 0 to 1"),
        ({"regulators": 2000, "motif_width": 6}, "larger motif_width"),
    ],
)
def test_bad_options_are_named(options, message):
    with pytest.raises(DeepRageError, match=message):
        simulate(read_options(**options))


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("genes", 1, 10**6),
        ("conditions", 48, 10**5),
        ("series", 1, 48),
        ("regulators", 3, 10**4),
        ("motif_width", 6, 30),
        ("gc", 0, 1),
        ("sharpness", 0.25, 1),
        ("noise", 0, 100),
        ("missing", 0, 0.9),
        ("and_pairs", 0, 15),
        ("motifs_per_gene", 0, 200 / (4 * SMALL.motif_width)),
    ],
)
def test_both_ends_of_a_range_are_in_it(name, low, high):
    long = replace(SMALL, motifs_per_gene=1) if name == "motif_width" else SMALL
    for value in (low, high):
        assert getattr(replace(long, **{name: value}), name) == value
    step = 1 if isinstance(high, int) and name not in ("gc", "sharpness") else 1e-6
    beyond = [high + step] if name in ("conditions", "regulators") else [low - step, high + step]
    for value in beyond:
        with pytest.raises(DeepRageError, match=name):
            replace(long, **{name: value})


def test_promoters_hold_four_motifs_and_two_conditions_are_enough():
    least = 4 * SMALL.motif_width
    assert replace(SMALL, promoter_length=least, motifs_per_gene=1).promoter_length == least
    with pytest.raises(DeepRageError, match="promoter_length"):
        replace(SMALL, promoter_length=least - 1, motifs_per_gene=1)
    assert replace(SMALL, conditions=2, series=2).conditions == 2
    with pytest.raises(DeepRageError, match="conditions"):
        replace(SMALL, conditions=1, series=1)


@pytest.mark.parametrize("gc", [0.0, 0.3, 1.0])
def test_letters_of_the_background_are_as_asked(gc):
    simulation = simulate(replace(SMALL, motifs_per_gene=0, and_pairs=0, gc=gc))
    shares = np.bincount(simulation.promoters.ravel(), minlength=4) / simulation.promoters.size
    expected = [(1 - gc) / 2, gc / 2, gc / 2, (1 - gc) / 2]
    np.testing.assert_allclose(shares, expected, atol=0.01)


def test_motifs_are_present_as_often_as_asked():
    """So many a gene on average, and no more than one of each regulator."""
    simulation = simulate(replace(SMALL, genes=4000, motifs_per_gene=1.5, and_pairs=0))
    assert len(simulation.sites) / 4000 == pytest.approx(1.5, abs=0.05)
    many = simulate(replace(SMALL, genes=50, motifs_per_gene=6, and_pairs=0, promoter_length=400))
    assert len(many.sites) == 50 * 6
