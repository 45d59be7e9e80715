"""Why names do not match: case, and spreadsheets."""

import pytest

from deeprage.data.near_names import near_names_hint, spreadsheet_hint
from deeprage.errors import DeepRageError, counted, unknown


@pytest.mark.parametrize(
    "name", ["1-Mar", "2-SEP", "Sep-02", "2024-03-01", "2024-03-01 00:00:00", "1.00E+05", "2E+19"]
)
def test_what_spreadsheets_make_of_gene_names(name: str) -> None:
    hint = spreadsheet_hint(["YAL001C", name])
    assert f"{name!r} look like gene names that a spreadsheet" in hint


@pytest.mark.parametrize(
    "name", ["MARCH1", "YBR-1", "b0001", "1-Foo", "E2F1", "AT1G01010", "12", "MT-ND1", "HLA-B27"]
)
def test_gene_names_are_left_in_peace(name: str) -> None:
    assert spreadsheet_hint([name]) == ""


def test_names_that_differ_in_case_alone() -> None:
    assert "'g01' and 'G01' differ" in near_names_hint(["x", "g01"], ["G02", "G01"])
    assert near_names_hint(["G03"], ["G01"]) == ""


def test_a_wrong_word_in_another_case_is_met_with_the_right_one() -> None:
    assert "Did you mean 'log2 expression'?" in str(
        unknown("unit", "LOG2 EXPRESSION", ["log2 fold change", "log2 expression"])
    )
    assert "Did you mean 'TSS'?" in str(unknown("anchor", "tss", ["ATG", "TSS"]))


def test_one_is_told_from_many() -> None:
    assert [counted(n, "cell") for n in (0, 1, 2000)] == ["0 cells", "1 cell", "2,000 cells"]
    assert counted(1, "series", "series") == "1 series"
    assert isinstance(unknown("x", "y", ["z"]), DeepRageError)
