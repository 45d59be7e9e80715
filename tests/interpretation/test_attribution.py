"""Contributions of letters and levels: closed forms, completeness, finite differences."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from deeprage.errors import DeepRageError
from deeprage.evaluation.controls import shuffle_dinucleotides
from deeprage.interpretation.attribution import (
    METHODS,
    actual,
    contributions,
    response_weights,
)
from deeprage.interpretation.contribution_files import write_contributions
from deeprage.interpretation.level_attribution import level_contributions, level_effects
from deeprage.interpretation.model import Differentiable, NetworkModel, model_of
from deeprage.networks.network import Network
from deeprage.networks.presets import preset
from deeprage.training.predictor import NetworkPredictor
from deeprage.training.scaling import Scaling

from .conftest import Learnt

LENGTH, REGULATORS = 20, 3


class Bilinear:
    """f = (letters . score) (1 + levels . strength): every attribution has a closed form."""

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        self.score = rng.normal(size=(4, LENGTH)).astype(np.float32)
        self.strength = rng.normal(size=REGULATORS).astype(np.float32)
        self.regulators = ("a", "b", "c")
        self.reference_levels = np.array([0, 1, -1], dtype=np.float32)

    def outputs(self, genes, promoters, levels):
        of_gene = (promoters * torch.from_numpy(self.score)).sum((1, 2))
        return of_gene[:, None] * (1 + levels @ torch.from_numpy(self.strength))

    def respond(self, genes, promoters, levels):
        letters = np.eye(5, 4, dtype=np.float32)[promoters].transpose(0, 2, 1)
        return self.outputs(genes, torch.from_numpy(letters), torch.from_numpy(levels)).numpy()


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(1)


@pytest.fixture
def blocks(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Tokens (5, L), levels (6, R), weights (5, 6)."""
    tokens = rng.integers(0, 4, (5, LENGTH)).astype(np.int8)
    tokens[0, :3] = 4
    levels = rng.normal(size=(6, REGULATORS)).astype(np.float32)
    return tokens, levels, rng.normal(size=(5, 6)).astype(np.float32)


def small_network(**options: object) -> NetworkModel:
    """An untrained network with every part; regulators are rows 2 and 4 of the compendium."""
    torch.manual_seed(0)
    config = preset(
        "deeprage-c", filters=6, filter_width=5, pool=4, hidden=(8, 8), regulator_units=6, **options
    )
    network = Network(config, promoter_length=LENGTH, regulators=REGULATORS)
    scaling = Scaling(
        regulator_mean=np.array([0.5, 0, -0.5], np.float32),
        regulator_low=np.full(3, -2, np.float32),
        regulator_high=np.full(3, 2, np.float32),
        target_mean=0.3,
        target_scale=1.7,
    )
    predictor = NetworkPredictor(network, scaling=scaling, regulators=("a", "b", "c"))
    return NetworkModel(predictor, regulator_rows=np.array([2, 4, 7]))


class TestClosedForms:
    @pytest.mark.parametrize("method", METHODS)
    def test_letters_of_a_linear_promoter(self, blocks, rng, method) -> None:
        tokens, levels, weights = blocks
        model = Bilinear()
        found = contributions(
            model, np.arange(5), tokens, levels, weights, method=method, rng=rng, references=3
        )
        factor = weights @ (1 + levels @ model.strength)
        expected = factor[:, None, None] * model.score
        # Each method subtracts, at each place, something that is the same for the four letters.
        known = tokens < 4
        difference = (found - expected).transpose(0, 2, 1)[known]
        np.testing.assert_allclose(difference - difference.mean(1, keepdims=True), 0, atol=1e-4)
        if method not in ("integrated", "deeplift"):
            np.testing.assert_allclose(found.mean(axis=1), 0, atol=1e-4)
        assert not found.transpose(0, 2, 1)[~known].any()

    @pytest.mark.parametrize("method", METHODS)
    def test_levels_of_a_linear_response(self, blocks, method) -> None:
        tokens, levels, _ = blocks
        model = Bilinear()
        found = level_effects(model, np.arange(5), tokens, levels, method=method)
        of_gene = model.respond(np.arange(5), tokens, np.zeros((1, 3), np.float32))
        np.testing.assert_allclose(found.slope, of_gene * model.strength, rtol=1e-4, atol=1e-4)
        moved = np.abs(levels - model.reference_levels).mean(axis=0)
        np.testing.assert_allclose(found.size, np.abs(found.slope) * moved, rtol=1e-3, atol=1e-4)


class TestNetworks:
    def test_outputs_are_the_predictions(self, blocks) -> None:
        tokens, levels, _ = blocks
        for options in ({}, {"head": "classes"}, {"reverse_complement": True}):
            model = small_network(**options)
            letters = torch.from_numpy(np.eye(5, 4, dtype=np.float32)[tokens].transpose(0, 2, 1))
            said = model.outputs(np.arange(5), letters, torch.from_numpy(levels))
            expected = model.respond(np.arange(5), tokens, levels)
            np.testing.assert_allclose(said.detach().numpy(), expected, atol=1e-5)

    def test_integrated_letters_add_up_to_the_difference_from_shuffled_promoters(
        self, blocks
    ) -> None:
        tokens, levels, weights = blocks
        tokens = tokens[1:]
        weights = weights[1:]
        model, genes = small_network(), np.array([0, 1, 3, 5])
        found = contributions(
            model, genes, tokens, levels, weights, steps=200, references=2,
            rng=np.random.default_rng(7),
        )  # fmt: skip
        again = np.random.default_rng(7)
        shuffled = [shuffle_dinucleotides(tokens, again) for _ in range(2)]
        before = np.mean([model.respond(genes, one, levels) for one in shuffled], axis=0)
        change = ((model.respond(genes, tokens, levels) - before) * weights).sum(axis=1)
        np.testing.assert_allclose(actual(found, tokens).sum(axis=1), change, atol=2e-3)

    def test_mutagenesis_is_the_change_by_each_letter(self, blocks, rng) -> None:
        tokens, levels, weights = blocks
        model = small_network()
        found = contributions(
            model, np.array([6]), tokens[1:2], levels, weights[1:2], method="mutagenesis", rng=rng
        )
        for place in (0, 7, LENGTH - 1):
            values = []
            for letter in range(4):
                mutant = tokens[1:2].copy()
                mutant[0, place] = letter
                values.append(float(model.respond(np.array([6]), mutant, levels)[0] @ weights[1]))
            np.testing.assert_allclose(found[0, :, place], values - np.mean(values), atol=1e-5)

    def test_integrated_levels_add_up_to_the_difference_from_the_reference(self, blocks) -> None:
        tokens, levels, _ = blocks
        model = small_network()
        for gene in (0, 4):  # row 4 is the second regulator
            at = np.array([gene])
            found = level_contributions(model, at, tokens[1:2], levels, steps=400)
            before = model.respond(at, tokens[1:2], model.reference_levels[None])
            change = model.respond(at, tokens[1:2], levels) - before
            np.testing.assert_allclose(found.sum(axis=1), change[0], atol=1e-3)

    def test_level_gradients_are_finite_differences(self, blocks) -> None:
        tokens, levels, _ = blocks
        model, gene = small_network(), np.array([1])
        found = level_contributions(model, gene, tokens[1:2], levels)
        moved = levels - model.reference_levels
        for regulator in range(REGULATORS):
            up, down = levels.copy(), levels.copy()
            up[:, regulator] += 1e-2
            down[:, regulator] -= 1e-2
            values = [model.respond(gene, tokens[1:2], one)[0] for one in (up, down)]
            slope = (values[0] - values[1]) / 2e-2
            expected = slope * moved[:, regulator]
            np.testing.assert_allclose(found[:, regulator], expected, atol=5e-3)

    @pytest.mark.parametrize("method", METHODS)
    def test_a_regulators_own_level_contributes_nothing_to_itself(self, blocks, method) -> None:
        tokens, levels, _ = blocks
        found = level_effects(small_network(), np.array([2, 4]), tokens[1:3], levels, method=method)
        assert found.size[0, 0] == 0
        assert found.size[1, 1] == 0
        assert (found.size > 0).sum() == 4

    def test_networks_are_left_as_they_were(self, blocks, rng) -> None:
        tokens, levels, weights = blocks
        model = small_network()
        model.predictor.network.train()
        contributions(model, np.arange(5), tokens, levels, weights, method="gradient", rng=rng)
        assert model.predictor.network.training
        assert all(p.grad is None for p in model.predictor.network.parameters())

    def test_a_model_without_gradients_is_told_what_else_there_is(self, blocks, rng) -> None:
        class Plain:
            regulators = ("a", "b", "c")
            reference_levels = np.zeros(3, np.float32)

            def respond(self, genes, promoters, levels):
                return np.zeros((len(genes), len(levels)), np.float32)

        assert not isinstance(Plain(), Differentiable)
        with pytest.raises(DeepRageError, match="in-silico mutagenesis"):
            contributions(Plain(), np.arange(5), *blocks, rng=rng)


@pytest.mark.parametrize("method", METHODS)
def test_planted_sites_carry_the_contributions(learnt: Learnt, method: str) -> None:
    """Letters of planted sites contribute several times as much as other letters."""
    simulation, compendium, run = learnt
    model = model_of(run, compendium)
    rows = np.arange(4, 44)
    inside = np.zeros((40, compendium.promoters.shape[1]), dtype=bool)
    for site in simulation.sites:
        if site.gene < 40:
            inside[site.gene, site.position : site.position + 8] = True
    levels = np.nan_to_num(compendium.regulator_levels)
    tokens = compendium.promoters[rows]
    weights = response_weights(model.respond(rows, tokens, levels))
    found = contributions(
        model, rows, tokens, levels, weights, method=method, rng=np.random.default_rng(0)
    )
    size = np.abs(actual(found, tokens))
    assert size[inside].mean() > 3 * size[~inside].mean()


def test_files_are_as_motif_discovery_reads_them(blocks, rng, tmp_path: Path) -> None:
    """`modisco motifs` takes `arr_0`, (N, 4, L), and multiplies the two."""
    tokens = blocks[0]
    hypothetical = rng.normal(size=(5, 4, LENGTH)).astype(np.float32)
    write_contributions(tmp_path, hypothetical, tokens, [f"g{n}" for n in range(5)])
    letters = np.load(tmp_path / "ohe.npz", allow_pickle=False)["arr_0"]
    scores = np.load(tmp_path / "attr.npz", allow_pickle=False)["arr_0"]
    assert letters.shape == scores.shape == (5, 4, LENGTH)
    np.testing.assert_array_equal(letters.sum(axis=1), tokens < 4)
    np.testing.assert_allclose((letters * scores).sum(axis=1), actual(hypothetical, tokens))
    assert (tmp_path / "attribution_genes.tsv").read_text().splitlines()[1] == "0\tg0"


def test_response_weights_ask_for_a_genes_own_response() -> None:
    predicted = np.array([[1.0, 3], [1, -1]], np.float32)
    np.testing.assert_allclose(response_weights(predicted), [[0, 1], [0, -1]])


def test_bad_options_are_refused(blocks, rng) -> None:
    for options in ({"method": "magic"}, {"steps": 0}, {"references": 0}):
        with pytest.raises(DeepRageError):
            contributions(Bilinear(), np.arange(5), *blocks, rng=rng, **options)


class Quadratic(Bilinear):
    """f = (letters . score)^2 + (levels . strength)^2: gradients that grow along the path."""

    def outputs(self, genes, promoters, levels):
        of_gene = (promoters * torch.from_numpy(self.score)).sum((1, 2))
        return of_gene[:, None] ** 2 + (levels @ torch.from_numpy(self.strength)) ** 2


@pytest.mark.parametrize("steps", [1, 4])
def test_points_on_the_path_lie_in_the_middle_of_their_steps(blocks, steps: int) -> None:
    """The midpoint rule is exact for a quadratic function, with any number of steps."""
    tokens, levels, weights = blocks
    model, genes = Quadratic(), np.arange(len(tokens))
    found = contributions(
        model, genes, tokens, levels, weights, steps=steps, references=1,
        rng=np.random.default_rng(3),
    )  # fmt: skip
    start = shuffle_dinucleotides(tokens, np.random.default_rng(3))
    change = model.respond(genes, tokens, levels) - model.respond(genes, start, levels)
    np.testing.assert_allclose(
        actual(found, tokens).sum(axis=1), (change * weights).sum(axis=1), rtol=1e-3, atol=1e-3
    )
    of_levels = level_contributions(model, genes[:1], tokens[:1], levels, steps=steps)
    still = np.tile(model.reference_levels, (len(levels), 1))
    moved = model.respond(genes[:1], tokens[:1], levels) - model.respond(
        genes[:1], tokens[:1], still
    )
    np.testing.assert_allclose(of_levels.sum(axis=1), moved[0], rtol=1e-3, atol=1e-3)


def test_shuffled_promoters_are_averaged_over(blocks) -> None:
    tokens, levels, weights = blocks
    model, genes = Quadratic(), np.arange(len(tokens))
    options = {"steps": 2, "rng": np.random.default_rng(3)}
    both = contributions(model, genes, tokens, levels, weights, references=2, **options)
    rng = np.random.default_rng(3)
    one, other = (
        contributions(model, genes, tokens, levels, weights, steps=2, references=1, rng=rng)
        for _ in range(2)
    )
    np.testing.assert_allclose(both, (one + other) / 2, rtol=1e-4, atol=1e-4)


def test_many_genes_are_explained_part_by_part(blocks) -> None:
    """Thirty-three genes, where thirty-two are taken together."""
    _, levels, _ = blocks
    tokens = np.random.default_rng(5).integers(0, 4, (33, LENGTH)).astype(np.int8)
    weights = np.ones((33, len(levels)), dtype=np.float32)
    model, genes = Bilinear(), np.arange(33)
    whole = contributions(
        model, genes, tokens, levels, weights, method="gradient", rng=np.random.default_rng(0)
    )
    for row in (0, 31, 32):
        alone = contributions(
            model, genes[[row]], tokens[[row]], levels, weights[[row]], method="gradient",
            rng=np.random.default_rng(0),
        )  # fmt: skip
        np.testing.assert_allclose(whole[row], alone[0], rtol=1e-4, atol=1e-5)


def test_effects_of_levels_are_their_mean_size_and_their_slope(blocks) -> None:
    """Of a linear response: |strength x step|, and the strength itself."""
    tokens, levels, _ = blocks
    model, genes = Bilinear(), np.arange(len(tokens))
    found = level_effects(model, genes, tokens, levels, method="mutagenesis")
    of_gene = model.respond(genes, tokens, np.zeros((1, REGULATORS), np.float32))[:, 0]
    slope = of_gene[:, None] * model.strength
    np.testing.assert_allclose(found.slope, slope, rtol=1e-3, atol=1e-3)
    step = np.abs(levels - model.reference_levels).mean(axis=0)
    np.testing.assert_allclose(found.size, np.abs(slope) * step, rtol=1e-3, atol=1e-3)
