"""Regulator levels that are checked against those of training: planted units, orders and names."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from deeprage.data.level_check import LevelFindings, check_levels
from deeprage.data.level_reference import LevelReference
from deeprage.errors import DeepRageError

Levels = NDArray[np.float64]
REGULATORS, FACTORS, SERIES, EACH = 40, 5, 20, 4


class Cell:
    """Regulators that follow a few factors: conditions of a series share most of them.

    The covariance between regulators is known, so that levels under wrong names can be told.
    """

    def __init__(self, seed: int = 0, *, relative: bool = True) -> None:
        self.rng = np.random.default_rng(seed)
        self.loadings = self.rng.normal(size=(FACTORS, REGULATORS))
        self.usual = np.zeros(REGULATORS) if relative else self.rng.normal(9, 2, REGULATORS)
        levels = np.concatenate([self.conditions(EACH) for _ in range(SERIES)])
        series = np.repeat(np.arange(SERIES), EACH)
        self.reference = LevelReference(levels.astype(np.float32), series, relative)

    def conditions(self, number: int) -> Levels:
        """New conditions of one series. Responses have a direction: their mean is not 0."""
        shared = self.rng.normal(1, 0.8, FACTORS)
        factors = 0.7 * shared + 0.3 * self.rng.normal(size=(number, FACTORS))
        noise = self.rng.normal(scale=0.3, size=(number, REGULATORS))
        return self.usual + 0.6 * factors @ self.loadings + noise

    def table(self, number: int = 10) -> Levels:
        """New conditions of as many series."""
        return np.concatenate([self.conditions(1) for _ in range(number)])

    def check(self, levels: Levels) -> LevelFindings:
        """What is found in a table."""
        return check_levels(
            self.reference,
            levels,
            conditions=[f"new {number}" for number in range(len(levels))],
            regulators=[f"REG{number}" for number in range(levels.shape[1])],
        )


@pytest.fixture(scope="module", params=[True, False], ids=["fold changes", "expression"])
def cell(request: pytest.FixtureRequest) -> Cell:
    return Cell(relative=request.param)


class TestOrder:
    """Each condition by itself, so that tables of any size have the same rate."""

    def test_levels_under_wrong_names_are_flagged_and_right_ones_are_not(self, cell: Cell) -> None:
        table = cell.table(200)
        right = [cell.check(row[None]).unlike[0] for row in table]
        wrong = [cell.check(cell.rng.permutation(row)[None]).unlike[0] for row in table]
        assert np.mean(right) < 0.05
        assert np.mean(wrong) > 0.9

    def test_permuted_levels_are_each_in_range(self) -> None:
        cell = Cell()
        found = cell.check(cell.table()[:, cell.rng.permutation(REGULATORS)])
        assert found.unlike.mean() > 0.9
        assert "fit together worse than in the conditions of training" in found.notes[0]
        assert "'new 0'" in found.notes[0]

    def test_a_table_tells_more_than_its_conditions(self) -> None:
        """With little in common between regulators single conditions say nothing."""
        alone, together, calm = [], [], []
        for seed in range(12):
            cell = Cell(seed)
            blur = 0.8 * cell.rng.normal(size=cell.reference.levels.shape)
            levels = (cell.reference.levels + blur).astype(np.float32)
            cell.reference = LevelReference(levels, cell.reference.series, True)
            table = cell.table(20) + 0.8 * cell.rng.normal(size=(20, REGULATORS))
            wrong = table[:, cell.rng.permutation(REGULATORS)]
            alone.append(cell.reference.unlike(wrong).mean())
            together.append(cell.check(wrong).unlike.all())
            calm.append(cell.check(table).unlike.mean())
        assert np.mean(together) > np.mean(alone) + 0.15
        assert np.mean(calm) < 0.05

    def test_a_training_condition_under_other_names_is_recognised(self, cell: Cell) -> None:
        table = cell.reference.levels[[3, 8]].astype(np.float64)
        table[1, [2, 5]] = table[1, [5, 2]]
        found = cell.check(table)
        assert list(found.unlike) == [False, True]
        assert "'new 1'" in found.notes[0]
        assert "2 regulators, such as 'REG2', 'REG5'" in found.notes[0]

    def test_one_regulator_moved_by_hand_is_no_wrong_name(self, cell: Cell) -> None:
        edited = np.tile(cell.reference.usual, (2, 1))
        edited[1] = cell.reference.levels[7]
        edited[:, 4] -= 3
        found = cell.check(edited)
        assert not found.unlike.any()
        assert not any("fit together" in note for note in found.notes)

    def test_levels_that_were_not_measured_are_not_looked_at(self, cell: Cell) -> None:
        table = cell.table(3)
        table[:, 10:] = np.nan
        assert not cell.check(table).unlike.any()
        permuted = cell.table(12)
        permuted[:, 5:] = np.nan
        permuted[:, :5] = permuted[:, [1, 2, 3, 4, 0]]
        assert cell.check(permuted).beyond.shape == (12,)


def _fold_changes(levels: Levels) -> Levels:
    return levels - levels.mean(axis=0)


def _z_scores(levels: Levels) -> Levels:
    return (levels - levels.mean(axis=0)) / levels.std(axis=0)


def _z_scores_of_conditions(levels: Levels) -> Levels:
    return (levels.T - levels.mean(axis=1)).T / levels.std(axis=1, ddof=1)[:, None]


def _expression(levels: Levels) -> Levels:
    return levels + np.random.default_rng(4).normal(9, 2, levels.shape[1])


def _ratios_with_a_large_one(levels: Levels) -> Levels:
    ratios = 2 ** (levels / 2)
    ratios[0, 0] = 40
    return ratios


class TestUnits:
    @pytest.mark.parametrize(
        ("relative", "given", "words"),
        [
            (True, lambda x: 2 ** (x / 2), "ratios without a logarithm"),
            (True, _expression, "log2 expression, not log2 fold changes"),
            (True, lambda x: x + 3.5, "a constant of about +3"),
            (True, lambda x: x - 4, "a constant of about -"),
            (True, lambda x: 5 * x, "multiplied by about"),
            (True, lambda x: -x, "check the sign of the log2 values"),
            (True, _z_scores, "z-scores of each regulator"),
            (True, _z_scores_of_conditions, "z-scores of each condition"),
            (False, lambda x: x * np.log(2), "natural logarithms"),
            (False, lambda x: x * np.log10(2), "decimal logarithms"),
            (False, lambda x: x + 4, "a constant of about +3"),
            (False, lambda x: -x, "the sign turned round"),
            (False, _fold_changes, "log2 fold changes or z-scores, not log2 expression"),
            (False, _z_scores, "z-scores of each regulator"),
        ],
    )
    def test_the_likely_unit_is_named(
        self, relative: bool, given: Callable[[Levels], Levels], words: str
    ) -> None:
        cell = Cell(relative=relative)
        found = cell.check(given(cell.table(12)))
        assert words in found.notes[0]
        assert found.unlike.all()
        assert (found.beyond > 0.3).all()

    @pytest.mark.parametrize(
        ("relative", "given", "words"),
        [
            (True, lambda x: np.round(2 ** (x + 9)), "they look like counts"),
            (True, lambda x: 2 ** (x + 5.2), "TPM or intensities"),
            (True, _ratios_with_a_large_one, "ratios without a logarithm"),
            (True, lambda x: np.full_like(x, 3e38), "3e+38 of 'REG0' in 'new 0'"),
            (True, lambda x: np.full_like(x, -np.inf), "-inf of 'REG0' in 'new 0'"),
            (False, lambda x: np.round(2**x), "they look like counts"),
            (False, lambda x: 2**x + 0.01, "TPM or intensities"),
            (False, lambda x: 10 * x, "multiplied by about 10"),
        ],
    )
    def test_what_no_log2_value_can_be_is_refused(
        self, relative: bool, given: Callable[[Levels], Levels], words: str
    ) -> None:
        cell = Cell(relative=relative)
        with pytest.raises(DeepRageError, match=r"levels? that no log2 value is") as caught:
            cell.check(given(cell.table(12)))
        assert words in str(caught.value)
        assert "in training they lie at" in str(caught.value)

    @pytest.mark.parametrize(
        ("given", "words"),
        [
            (lambda x: x * np.log(2), "natural logarithms"),
            (lambda x: x * np.log10(2), "decimal logarithms"),
            (lambda x: -x, "the sign turned round"),
            (lambda x: x + 0.5, "raised by 0.5"),
            (lambda x: 3 * x - 0.25, "multiplied by 3 and lowered by 0.25"),
        ],
    )
    def test_a_training_condition_in_another_unit_is_recognised(
        self, given: Callable[[Levels], Levels], words: str
    ) -> None:
        cell = Cell()
        found = cell.check(np.round(given(cell.reference.levels[[5]].astype(np.float64)), 4))
        assert words in found.notes[0]
        assert found.unlike.all()

    def test_a_few_conditions_in_another_unit_are_named(self) -> None:
        cell = Cell()
        table = cell.table(6)
        table[4] = 2 ** table[4] + 3
        found = cell.check(table)
        assert list(np.flatnonzero(found.unlike)) == [4]
        assert "in 1 of 6 conditions ('new 4')" in found.notes[0]

    def test_one_regulator_in_another_unit_is_named(self) -> None:
        cell = Cell()
        table = cell.table(6)
        table[:, 3] += 25
        notes = " ".join(cell.check(table).notes)
        assert "1 regulator far outside: 'REG3' at 2" in notes

    def test_a_condition_without_differences_is_named(self) -> None:
        cell = Cell()
        table = np.concatenate([cell.table(2), np.zeros((1, REGULATORS))])
        found = cell.check(table)
        assert (
            "all regulators have the same level, 0, in 1 of 3 conditions ('new 2')"
            in (found.notes[0])
        )
        assert not found.unlike.any()


class TestSmallTraining:
    @pytest.mark.parametrize("conditions", [1, 2, 3, 7])
    def test_a_few_conditions_give_no_alarm(self, conditions: int) -> None:
        cell = Cell()
        rows = slice(0, conditions * EACH, EACH)
        cell.reference = LevelReference(
            cell.reference.levels[rows], cell.reference.series[rows], True
        )
        alarms = [cell.check(cell.table(1)).unlike[0] for _ in range(100)]
        assert np.mean(alarms) < 0.05

    def test_constant_and_missing_regulators(self) -> None:
        cell = Cell()
        levels = cell.reference.levels.copy()
        levels[:, 0], levels[:, 1] = 0.5, np.nan
        cell.reference = LevelReference(levels, cell.reference.series, True)
        table = cell.table(4)
        table[:, 0] = 0.5
        found = cell.check(table)
        assert np.isfinite(found.beyond).all()
        flat = LevelReference(np.zeros((12, 6), np.float32), np.arange(12), True)
        assert not flat.unlike(np.ones((2, 6))).any()
        assert flat.direction(np.ones((2, 6))).shape == (2,)
