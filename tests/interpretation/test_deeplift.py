"""DeepLIFT: sums, closed forms, the rule written out in numpy, and networks that it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from deeprage.errors import DeepRageError
from deeprage.evaluation.controls import shuffle_dinucleotides
from deeprage.interpretation.attribution import actual, contributions
from deeprage.interpretation.deeplift import multipliers
from deeprage.interpretation.level_attribution import level_contributions, level_effects
from deeprage.interpretation.level_attribution import rescaled_levels as deeplift_levels
from deeprage.interpretation.model import NetworkModel
from deeprage.networks.network import Network
from deeprage.networks.presets import preset
from deeprage.training.predictor import NetworkPredictor
from deeprage.training.scaling import Scaling

LENGTH, REGULATORS = 64, 3
#: Rows of the compendium of the regulators a, b and c; a regulator's own level is hidden.
REGULATOR_ROWS = np.array([2, 4, 7])

SMALL: dict[str, Any] = {"filters": 6, "filter_width": 5, "hidden": (8, 8)}
SUPPORTED: dict[str, tuple[str, dict[str, Any]]] = {
    "C": ("deeprage-c", {"pool": 4, "regulator_units": 6}),
    "overlapping pools": ("deeprage-c", {"pool": 6, "pool_stride": 2, "regulator_units": 6}),
    "no pool": ("deeprage-c", {"pool": 1, "regulator_units": 6}),
    "TP": ("deeprage-tp", {}),
    "TP of low rank": ("deeprage-tp-spatial", {"pool": 4, "rank": 5}),
    "motif": ("deeprage-motif", {"window": 40, "pool": 9, "rank": 5, "hidden": (1, 1)}),
    "both strands": ("deeprage-c", {"pool": 4, "reverse_complement": True}),
    "two-conv": (
        "fun-prose",
        {"pool": 3, "second_filters": 5, "second_filter_width": 3, "second_pool": 2},
    ),
    "deepbind": ("deeprage-c", {"encoder": "deepbind", "encoder_units": 7}),
    "basset": ("deeprage-c", {"encoder": "basset", "encoder_units": 7}),
}
REFUSED: dict[str, tuple[str, dict[str, Any]]] = {
    "encoder danq": ("deeprage-c", {"encoder": "danq", "pool": 4, "encoder_units": 6}),
    "interaction recurrent": ("deeprage-rnn", {"pool": 10, "cell_units": 4}),
    "interaction tensor-product-recurrent": ("deeprage-tp-rnn", {"pool": 10, "cell_units": 4}),
    "interaction attention": ("deeprage-a", {"pool": 4, "heads": 2, "head_units": 3}),
    "class head alone": ("deeprage-c", {"pool": 4, "head": "classes"}),
}


def network_model(name: str, **options: Any) -> NetworkModel:
    """An untrained network, standardised by random promoters, with larger weights than at first."""
    torch.manual_seed(0)
    config = preset(name, **{**SMALL, **options})
    network = Network(config, promoter_length=LENGTH, regulators=REGULATORS)
    network.calibrate(one_hot(np.random.default_rng(5).integers(0, 4, (50, LENGTH))))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(1.5)
    scaling = Scaling(
        regulator_mean=np.array([0.5, 0, -0.5], np.float32),
        regulator_low=np.full(3, -2, np.float32),
        regulator_high=np.full(3, 2, np.float32),
        target_mean=0.3,
        target_scale=1.7,
    )
    predictor = NetworkPredictor(network, scaling=scaling, regulators=("a", "b", "c"))
    return NetworkModel(predictor, regulator_rows=REGULATOR_ROWS)


def one_hot(tokens: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.eye(5, 4, dtype=np.float32)[tokens].transpose(0, 2, 1).copy())


@pytest.fixture
def blocks() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Rows (4,), of which 4 and 2 are regulators, tokens (4, L), levels (6, R), weights (4, 6)."""
    rng = np.random.default_rng(1)
    tokens = rng.integers(0, 4, (4, LENGTH)).astype(np.int8)
    levels = rng.normal(size=(6, REGULATORS)).astype(np.float32)
    weights = rng.normal(size=(4, 6)).astype(np.float32)
    return np.array([0, 4, 1, 2]), tokens, levels, weights


class TestSums:
    """Contributions add up to the prediction less that of the reference."""

    @pytest.mark.parametrize("kind", SUPPORTED)
    def test_of_letters(self, blocks, kind: str) -> None:
        genes, tokens, levels, weights = blocks
        name, options = SUPPORTED[kind]
        model = network_model(name, **options)
        found = contributions(
            model, genes, tokens, levels, weights, method="deeplift", references=3,
            rng=np.random.default_rng(7),
        )  # fmt: skip
        again = np.random.default_rng(7)
        shuffled = [shuffle_dinucleotides(tokens, again) for _ in range(3)]
        before = np.mean([model.respond(genes, one, levels) for one in shuffled], axis=0)
        change = ((model.respond(genes, tokens, levels) - before) * weights).sum(axis=1)
        assert np.abs(change).max() > 1e-2
        np.testing.assert_allclose(actual(found, tokens).sum(axis=1), change, atol=1e-4)

    @pytest.mark.parametrize("kind", SUPPORTED)
    def test_of_levels(self, blocks, kind: str) -> None:
        genes, tokens, levels, _ = blocks
        name, options = SUPPORTED[kind]
        model = network_model(name, **options)
        for row in range(len(genes)):
            one = slice(row, row + 1)
            found = deeplift_levels(model, genes[one], tokens[one], levels)
            before = model.respond(genes[one], tokens[one], model.reference_levels[None])
            change = (model.respond(genes[one], tokens[one], levels) - before)[0]
            assert np.abs(change).max() > 1e-2
            np.testing.assert_allclose(found.sum(axis=1), change, atol=1e-4)

    def test_a_regulators_own_level_contributes_nothing(self, blocks) -> None:
        _, tokens, levels, _ = blocks
        model = network_model("deeprage-c", pool=4, regulator_units=6)
        found = level_effects(model, np.array([4, 0]), tokens[:2], levels, method="deeplift")
        np.testing.assert_array_equal(found.size == 0, [[False, True, False], [False] * 3])


class TestClosedForms:
    def test_a_saturated_unit_tells_what_turned_it_off(self) -> None:
        """y = 1 - relu(1 - x1 - x2), the example of the paper: no gradient beyond x1 + x2 = 1."""
        model = Toy(lambda x: 1 - functional.relu(1 - x[:, 0] - x[:, 1]))
        levels = np.array([[1, 1], [2, 1], [0.25, 0.5], [1, -1], [0, 0]], np.float32)
        one = (np.array([0]), np.zeros((1, 5), np.int8), levels)
        expected = [[1 / 2, 1 / 2], [2 / 3, 1 / 3], [0.25, 0.5], [1, -1], [0, 0]]
        np.testing.assert_allclose(deeplift_levels(model, *one), expected, atol=1e-6)
        assert not level_contributions(model, *one)[:2].any()

    @pytest.mark.parametrize("largest", ["maximum", "amax", "max_pool1d"])
    def test_a_maximum_is_put_down_to_the_larger_of_the_two_winners(self, largest: str) -> None:
        def value(x: torch.Tensor) -> torch.Tensor:
            return {
                "maximum": lambda: torch.maximum(x[:, 0], x[:, 1])[:, None],
                "amax": lambda: x.amax(1)[:, None],
                "max_pool1d": lambda: functional.max_pool1d(x[:, None], 2)[:, 0],
            }[largest]()

        there = torch.tensor([[5.0, 1], [2, 1], [4, 5], [0, 3]])
        reference = torch.tensor([[0.0, 3]])
        found = multipliers(value, there, reference, torch.ones(1)) * (there - reference)
        # The maximum was 3, the second: to 5, to 2, to 5, and unchanged.
        torch.testing.assert_close(found, torch.tensor([[2.0, 0], [0, -1], [0, 2], [0, 0]]))

    def test_an_input_at_its_reference_has_its_gradient(self) -> None:
        at = torch.tensor([[2.0, -1]])
        weight = torch.tensor([3.0, 5])
        found = multipliers(lambda x: functional.relu(x) * weight, at, at, torch.ones(1))
        torch.testing.assert_close(found, torch.tensor([[3.0, 0]]))

    def test_is_gradient_times_change_where_the_network_is_linear(self, blocks) -> None:
        genes, tokens, levels, _ = blocks
        name, options = SUPPORTED["motif"]
        model = network_model(name, **options)
        for row in range(len(genes)):
            one = (genes[row : row + 1], tokens[row : row + 1], levels)
            expected = level_contributions(model, *one)
            assert np.abs(expected).max() > 1e-2
            np.testing.assert_allclose(deeplift_levels(model, *one), expected, atol=1e-5)


def test_a_network_with_the_rule_written_out(blocks) -> None:
    """DeepRAGE-C, letter by letter and cell by cell, with multipliers passed back in loops."""
    _, tokens, levels, weights = blocks
    genes = np.array([0, 1, 3, 5])
    model = network_model("deeprage-c", pool=4, regulator_units=6, centre=True)
    found = contributions(
        model, genes, tokens, levels, weights, method="deeplift", references=1,
        rng=np.random.default_rng(3),
    )  # fmt: skip
    start = shuffle_dinucleotides(tokens, np.random.default_rng(3))
    for gene in (0, 3):
        there, reference = (
            np.eye(4, dtype=np.float64)[one[gene]].T for one in (tokens, start)
        )  # (4, L)
        total = np.zeros((4, LENGTH))
        for cell, weight in enumerate(weights[gene]):
            total += weight * written_out(model, there, reference, levels[cell])
        expected = total - (total * reference).sum(axis=0)
        np.testing.assert_allclose(found[gene], expected, atol=1e-5)
    slope = contributions(
        model, genes, tokens, levels, weights, method="integrated", references=1, steps=8,
        rng=np.random.default_rng(3),
    )  # fmt: skip
    assert np.abs(found - slope).max() > 1e-2  # or the comparison above would say little


def written_out(
    model: NetworkModel, there: np.ndarray, reference: np.ndarray, levels: np.ndarray
) -> np.ndarray:
    """Multipliers (4, L) of one prediction of DeepRAGE-C, in float64 and without torch."""
    network = model.predictor.network
    weight = {
        name: one.detach().numpy().astype(float) for name, one in network.state_dict().items()
    }
    pool, filters = 4, weight["promoter_encoder.weight"]
    width = filters.shape[2]
    places = (LENGTH - width + 1) // pool

    def relu(x: np.ndarray) -> np.ndarray:
        return np.maximum(x, 0)

    def ratio(now: np.ndarray, before: np.ndarray) -> np.ndarray:
        out = np.zeros(len(now))
        for unit, (one, other) in enumerate(zip(now, before, strict=True)):
            same = abs(one - other) < 1e-12
            out[unit] = one > 0 if same else (max(one, 0) - max(other, 0)) / (one - other)
        return out

    def forward(letters: np.ndarray) -> list[np.ndarray]:
        scan = np.array(
            [(filters * letters[:, p : p + width]).sum((1, 2)) for p in range(LENGTH - width + 1)]
        ).T + weight["promoter_encoder.bias"][:, None]  # fmt: skip
        pooled = np.array(
            [[scan[f, t * pool : (t + 1) * pool].max() for f in range(len(filters))]
             for t in range(places)]
        )  # fmt: skip
        standard = (relu(pooled) - weight["promoter_encoder.standardise.shift"]) * weight[
            "promoter_encoder.standardise.scale"
        ]
        condition = relu(
            weight["regulator_encoder.dense.weight"] @ (levels - model.reference_levels)
            + weight["regulator_encoder.dense.bias"]
        )
        first = (
            weight["interaction.of_gene.weight"] @ standard.ravel()
            + weight["interaction.of_condition.weight"] @ condition
            + weight["interaction.of_condition.bias"]
        )
        second = weight["dense.weight"] @ relu(first) + weight["dense.bias"]
        return [scan, pooled, first, second]

    now, before = forward(there), forward(reference)
    back = 1.7 * weight["value_head.weight"][0]
    back = (back * ratio(now[3], before[3])) @ weight["dense.weight"]
    back = (back * ratio(now[2], before[2])) @ weight["interaction.of_gene.weight"]
    of_map = back.reshape(places, -1) * weight["promoter_encoder.standardise.scale"]
    found = np.zeros((4, LENGTH))
    for t in range(places):
        of_pooled = of_map[t] * ratio(now[1][t], before[1][t])
        for f in range(len(filters)):
            part = slice(t * pool, (t + 1) * pool)
            winner = now if now[1][t, f] >= before[1][t, f] else before
            p = t * pool + int(winner[0][f, part].argmax())
            moved = now[0][f, p] - before[0][f, p]
            share = 1.0 if moved == 0 else (now[1][t, f] - before[1][t, f]) / moved
            found[:, p : p + width] += of_pooled[f] * share * filters[f]
    return found


class Toy:
    """Predictions that depend on the levels alone, from a reference of zeros."""

    regulators = ("a", "b")
    reference_levels = np.zeros(2, np.float32)

    def __init__(self, value) -> None:
        self.value = value

    def outputs(self, genes, promoters, levels):
        return self.value(levels)[None].expand(len(genes), -1)

    def respond(self, genes, promoters, levels):
        return self.outputs(genes, None, torch.from_numpy(levels)).numpy()


class TestRefusals:
    @pytest.mark.parametrize("layer", REFUSED)
    def test_a_layer_without_a_rule_is_named(self, blocks, layer: str) -> None:
        genes, tokens, levels, weights = blocks
        name, options = REFUSED[layer]
        model = network_model(name, **options)
        with pytest.raises(DeepRageError, match=f"no rule for .*{layer}.* integrated, gradient"):
            contributions(
                model, genes, tokens, levels, weights, method="deeplift",
                rng=np.random.default_rng(0),
            )  # fmt: skip
        with pytest.raises(DeepRageError, match=f"no rule for .*{layer}"):
            level_effects(model, genes, tokens, levels, method="deeplift")

    @pytest.mark.parametrize("unknown", [torch.tanh, torch.exp, functional.elu, torch.square])
    def test_a_nonlinearity_that_is_not_known_is_not_passed_by(self, unknown) -> None:
        model = Toy(lambda x: unknown(x.sum(1)))
        levels = np.array([[1, 2], [-1, 0.5]], np.float32)
        with pytest.raises(DeepRageError, match="add up to"):
            deeplift_levels(model, np.array([0]), np.zeros((1, 5), np.int8), levels)
