"""Coverage and calibration equal what plain loops and closed forms give."""

import math

import numpy as np
import pytest

from deeprage.data.split import Regime, Role, Split
from deeprage.evaluation.calibration import LEVELS, certainty_of, class_calibration, coverage


class TestCoverage:
    def test_a_value_must_lie_above_the_lower_and_below_the_upper_end(self) -> None:
        truth = np.array([[-2.0, 0.0, 0.5, 2.0]], dtype=np.float32)
        low, high = np.full_like(truth, -1), np.full_like(truth, 1)
        assert coverage(truth, low, high) == 0.5

    def test_the_ends_belong_to_the_interval(self) -> None:
        ends = np.array([[1.0, -1.0]], dtype=np.float32)
        assert coverage(ends, ends, ends + 1) == coverage(ends, ends - 1, ends) == 1


def plain_calibration_error(probabilities: np.ndarray, truth: np.ndarray) -> float:
    """Guo 2017, eq. 3, one bin at a time."""
    best = [max(row) for row in probabilities.tolist()]
    named = [row.index(max(row)) for row in probabilities.tolist()]
    total = 0.0
    for part in range(15):
        low, high = part / 15, (part + 1) / 15
        among = [n for n, p in enumerate(best) if low <= p < high or (part == 14 and p >= high)]
        if among:
            right = sum(named[n] == truth[n] for n in among) / len(among)
            total += len(among) * abs(right - sum(best[n] for n in among) / len(among))
    return total / len(truth)


class TestClassCalibration:
    @pytest.mark.parametrize("seed", range(3))
    def test_the_error_is_that_of_the_paper(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        probabilities = rng.dirichlet([1.5, 2, 1], size=400)
        truth = rng.integers(0, 3, 400)
        found = class_calibration(probabilities.astype(np.float64), truth)
        assert found["class_calibration_error"] == pytest.approx(
            plain_calibration_error(probabilities, truth)
        )
        assert found["log_loss"] == pytest.approx(
            -np.mean([math.log(row[k]) for row, k in zip(probabilities, truth, strict=True)])
        )
        shares = [np.mean(truth == k) for k in range(3)]
        assert found["log_loss_of_shares"] == pytest.approx(-sum(p * math.log(p) for p in shares))

    def test_who_is_right_as_often_as_he_says_has_no_error(self) -> None:
        probabilities = np.tile([0.75, 0.25], (8, 1))
        found = class_calibration(probabilities, np.array([0] * 6 + [1] * 2))
        assert found["class_calibration_error"] == pytest.approx(0)
        assert found["log_loss"] == pytest.approx(found["log_loss_of_shares"])

    def test_certain_and_right_is_perfect_and_certain_and_wrong_is_bounded(self) -> None:
        certain = np.eye(3)[[0, 1, 2, 2]]
        right = class_calibration(certain, np.array([0, 1, 2, 2]))
        assert (right["class_calibration_error"], right["log_loss"]) == (0, 0)
        wrong = class_calibration(certain, np.array([1, 2, 0, 0]))
        assert wrong["class_calibration_error"] == 1
        assert wrong["log_loss"] == pytest.approx(-math.log(1e-6))

    def test_a_class_that_does_not_occur_costs_nothing(self) -> None:
        found = class_calibration(np.full((4, 3), 1 / 3), np.array([0, 0, 1, 1]))
        assert found["log_loss_of_shares"] == pytest.approx(math.log(2))
        assert found["log_loss"] == pytest.approx(math.log(3))


class Uniform:
    """Says that the truth lies within the noise of its condition, uniformly, times 10 in kind 1."""

    def __init__(self, kinds: np.ndarray, noise: np.ndarray) -> None:
        self._kinds, self._noise = kinds, noise

    def kinds(self) -> np.ndarray:
        return self._kinds

    def noise(self) -> np.ndarray:
        return self._noise

    def interval(self, value, kinds, noise, *, level):
        half = level * noise * np.where(kinds == 1, 10, 1)
        return value - half, value + half

    def probabilities(self, value, kinds, noise, origin=0.0):
        """Class 2 with certainty where the value is above 0.5, else class 1."""
        return np.eye(3)[np.where(value > 0.5, 2, 1)]


def of_parts(shape: tuple[int, int], **parts: tuple[slice, slice]) -> Split:
    role = np.full(shape, Role.TRAIN, dtype=np.int8)
    for name, cells in parts.items():
        role[cells] = Role[name.upper()]
    genes, conditions = (tuple(map(str, range(size))) for size in shape)
    return Split(Regime.PAIRS, genes, conditions, role, "planted")


class TestCertaintyOf:
    @pytest.fixture
    def found(self) -> dict[str, dict[str, object]]:
        rng = np.random.default_rng(0)
        shape = (400, 8)
        noise = np.linspace(0.5, 2, shape[1])
        kinds = np.zeros(shape, dtype=np.int8)
        kinds[:, 4:] = 1
        predicted = rng.normal(size=shape)
        scale = noise * np.where(kinds == 1, 10, 1)
        observed = predicted + scale * rng.uniform(-1, 1, shape)
        observed[0] = predicted[1] = np.nan
        halves = {
            "validation": (slice(0, 200), slice(0, 8)),
            "test": (slice(200, 400), slice(0, 4)),
        }
        return certainty_of(
            Uniform(kinds, noise), observed, predicted, of_parts(shape, **halves), edges=(-0.5, 0.5)
        )

    def test_each_role_is_measured_on_its_own_cells(self, found) -> None:
        assert list(found) == ["validation", "test"]
        assert [part["cells"] for part in found.values()] == [198 * 8, 200 * 4]
        assert found["validation"]["mean_width_90"] == pytest.approx(
            np.mean(1.8 * np.linspace(0.5, 2, 8) * np.repeat([1, 10], 4)), rel=1e-6
        )
        assert found["test"]["mean_width_90"] == pytest.approx(
            np.mean(1.8 * np.linspace(0.5, 2, 8)[:4]), rel=1e-6
        )

    def test_true_intervals_cover_what_they_promise(self, found) -> None:
        assert LEVELS == (0.5, 0.8, 0.9, 0.95)
        for part in found.values():
            assert {float(level): share for level, share in part["coverage"].items()} == {
                level: pytest.approx(level, abs=0.05) for level in LEVELS
            }

    def test_classes_are_those_of_the_observed_values(self) -> None:
        observed = np.array([[-1.0, 0.0, 1.0, 1.0]])
        predicted = np.array([[-1.0, 0.0, 1.0, 0.0]])
        model = Uniform(np.zeros((1, 4), np.int8), np.ones(4))
        split = of_parts((1, 4), test=(slice(0, 1), slice(0, 4)))
        (part,) = certainty_of(model, observed, predicted, split, edges=(-0.5, 0.5)).values()
        # The first cell is of class 0, the last of class 2: both are called 1, with certainty.
        assert part["class_calibration_error"] == 0.5

    def test_a_role_without_cells_is_left_out(self) -> None:
        values = np.zeros((2, 3))
        model = Uniform(np.zeros((2, 3), np.int8), np.ones(3))
        assert certainty_of(model, values, values, of_parts((2, 3)), edges=(-0.5, 0.5)) == {}

    def test_an_infinite_width_is_none(self) -> None:
        values = np.zeros((1, 3))
        split = of_parts((1, 3), test=(slice(0, 1), slice(0, 3)))
        model = Uniform(np.zeros((1, 3), np.int8), np.full(3, np.inf))
        (part,) = certainty_of(model, values, values, split, edges=(-0.5, 0.5)).values()
        assert part["mean_width_90"] is None
        assert part["coverage"]["0.9"] == 1
