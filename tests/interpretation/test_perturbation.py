"""What the command line's words for a knock-out mean."""

import pytest

from deeprage.data.names import NameResolver
from deeprage.data.sites import consensus_pattern
from deeprage.errors import DeepRageError
from deeprage.interpretation.perturbation import (
    FilterOff,
    LevelChange,
    MotifMask,
    PairOff,
    RegulatorFinder,
    check_level,
    label_of,
    read_level,
    read_pair,
)

NAMES, SYMBOLS = ["YMR037C", "YKL062W", "YGL073W"], ["MSN2", "MSN4", ""]
FINDER = RegulatorFinder(NameResolver.from_symbols(NAMES, SYMBOLS), SYMBOLS)


class TestReading:
    @pytest.mark.parametrize(
        ("text", "slot", "value", "moved", "label"),
        [
            ("MSN2-=5", 0, -5.0, True, "MSN2 -= 5"),
            ("msn4 += 2.5", 1, 2.5, True, "MSN4 += 2.5"),
            ("YKL062W=-3", 1, -3.0, False, "MSN4 = -3"),
            ("YGL073W=1e-1", 2, 0.1, False, "YGL073W = 0.1"),
            ("MSN2-=-1", 0, 1.0, True, "MSN2 += 1"),
            ("MSN2+=0", 0, 0.0, True, "MSN2 += 0"),
            ("MSN2=1000", 0, 1000.0, False, "MSN2 = 1000"),
        ],
    )
    def test_a_level_is_set_or_moved(self, text, slot, value, moved, label) -> None:
        change = read_level(text, FINDER)
        assert (change.slot, change.value, change.moved) == (slot, value, moved)
        assert change.label == label

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("MSN2", "cannot read --regulator 'MSN2'"),
            ("MSN2=1.2.3", "cannot read --regulator"),
            ("MSN2=up", "cannot read --regulator"),
            ("MSN2=1001", "is 1001, which no log2 level can be"),
            ("MSN2-=1e9", r"is 1e\+09, which no log2 level can be"),
            ("MSN3=1", "unknown regulator 'MSN3'"),
        ],
    )
    def test_anything_else_is_refused(self, text: str, told: str) -> None:
        with pytest.raises(DeepRageError, match=told):
            read_level(text, FINDER)

    def test_a_level_is_a_finite_number_within_a_thousand(self) -> None:
        for value in (-1000, 0, 1000.0):
            check_level(value, "it")
        for value in (-1000.1, 1e30, float("inf"), float("nan")):
            with pytest.raises(DeepRageError, match="between -1000 and 1000"):
                check_level(value, "it")

    def test_a_pair_is_a_filter_and_a_regulator(self) -> None:
        pair = read_pair(" 17:msn4", FINDER)
        assert pair == PairOff(17, 1, "MSN4")
        for text in ("MSN4", "MSN4:17", "17", "-1:MSN4"):
            with pytest.raises(DeepRageError, match="cannot read --pair"):
                read_pair(text, FINDER)
        with pytest.raises(DeepRageError, match="regulator"):
            read_pair("17:NOBODY", FINDER)


def test_all_of_a_knock_out_in_one_line() -> None:
    knocked = [
        LevelChange(0, "MSN2", -5, moved=True),
        MotifMask(consensus_pattern("agggg")),
        FilterOff(3),
        PairOff(17, 0, "MSN2"),
    ]
    assert label_of(knocked) == (
        "MSN2 -= 5, without AGGGG, without filter 3, filter 17 without MSN2"
    )
