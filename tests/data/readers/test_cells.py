"""Numbers, missing values and text in cells."""

import numpy as np
import pytest

from deeprage.data.readers.cells import Cells, are_values, is_missing, is_text, points_problem

MISSING = [
    *(
        "NA",
        "N/A",
        "n/a",
        "NaN",
        "nan",
        "-nan",
        "-",
        "--",
        "---",
        ".",
        "..",
        "null",
        "NULL",
        "None",
    ),
    *("none", "#N/A", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "missing", "Missing"),
    *("na", "Na", "<NA>", "n.a.", "?", "–", "—"),
]


@pytest.mark.parametrize("text", ["", " ", "\t", *MISSING, " NA "])
def test_missing(text: str) -> None:
    assert is_missing(text)
    assert not is_text(text)
    assert np.isnan(Cells().row("x", [text, "1"], [0, 1])[0])


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", 1.0),
        (" -1.5 ", -1.5),
        ("+.5", 0.5),
        ("5.", 5.0),
        ("1e5", 1e5),
        ("1E-3", 1e-3),
        ("−2.5", -2.5),
        ("1,234", 1234.0),
        ("1,234.5", 1234.5),
        ("-1,234,567", -1234567.0),
        ("1\u00a0234", 1234.0),
        ("inf", np.inf),
        ("-Inf", -np.inf),
        ("∞", np.inf),
        ("1e400", np.inf),
        ("9" * 5000, np.inf),
    ],
)
def test_numbers(text: str, number: float) -> None:
    cells = Cells()
    assert cells.row("x", [text, "NA"], [0, 1])[0] == number
    assert not cells.text
    assert not is_text(text)


@pytest.mark.parametrize(
    "text", ["low", "1_000", "1.5*", "<0.1", "12%", "0x10", "1 2", "1'234", "TRUE", "chr1", "1;2"]
)
def test_text(text: str) -> None:
    cells = Cells()
    values = cells.row("gene", ["2", text], [3, 7])
    assert values[0] == 2
    assert np.isnan(values[1])
    assert dict(cells.text) == {7: 1}
    assert cells.examples[7] == [("gene", text)]
    assert is_text(text)


class TestCommas:
    def problem(self, *rows: str) -> str | None:
        cells = Cells()
        values = [cells.row(f"g{i}", row.split(), [0, 1]) for i, row in enumerate(rows)]
        return cells.comma_problem([0, 1], np.array(values))

    @pytest.mark.parametrize("cell", ["0,974", "-0,5", "12,5", "1,2345", ",5", "1,5e3"])
    def test_decimal_commas_are_named(self, cell: str) -> None:
        assert f"decimal comma, such as '{cell}'" in (self.problem(f"{cell} 1") or "")

    def test_thousands_separators_beside_smaller_whole_numbers(self) -> None:
        assert self.problem("1,046 846", "2,000 12") is None
        assert self.problem("1,234.5 0.5") is None
        assert self.problem("1,234,567 0") is None

    @pytest.mark.parametrize("rows", [["1,046 2,345"], ["1,046 1.5"], ["1,046 2000", "500 1"]])
    def test_what_may_be_either_is_refused(self, rows: list[str]) -> None:
        assert "thousands or decimals" in (self.problem(*rows) or "")

    def test_other_columns_do_not_count(self) -> None:
        cells = Cells()
        values = cells.row("x", ["0,5", "2"], [0, 1])
        assert cells.comma_problem([1], values[1:]) is None


def test_points_between_thousands_are_noticed() -> None:
    german = [["1.314", "846", "378"], ["2.163", "522", "1.059"]]
    assert "'1.314', '2.163', '1.059' seem to separate thousands" in (points_problem(german) or "")
    assert "'1.234.567'" in (points_problem([["1.234.567", "3.5"]]) or "")
    assert points_problem([["1.314", "0.846", "2.5", "100", "200", "300"]]) is None
    assert points_problem([["1.314", "1.846", "2.555", "1000", "200", "300", "400"]]) is None


def test_values() -> None:
    assert are_values(["1", "NA", "-2.5"])
    assert not are_values(["NA", ""])
    assert not are_values(["1", "a"])
