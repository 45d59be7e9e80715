"""Tables that are written for people: names stay names, numbers stay numbers."""

import csv
from io import StringIO

import numpy as np
import pandas as pd
import pytest

from deeprage.errors import DeepRageError
from deeprage.own_tables import as_name, as_text, read_table_text, table_text

NAMES = [
    "YAL001C", "NA", "nan", "007", "1e5", "-35box", "=cmd|' /C calc'!A0", "+1", "@SUM(A1)", "'=x",
    "''-y", "'quoted'", "-", "+", "<b>", "[/b]", "a\tb", "a\nb", 'say "x"', "\uff1dx",
    "\t=1", "é🧬",
    "x" * 300, "True", "",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_read_back(name: str) -> None:
    assert as_name(as_text(name)) == name


@pytest.mark.parametrize("name", ["-35box", "=1+1", "+1", "@x", "\t=1", "\uff1dx"])
def test_no_cell_begins_a_formula(name: str) -> None:
    table = pd.DataFrame({"name": [name], name: [1.0]}, index=[name])
    rows = list(csv.reader(StringIO(table_text(table, index=True)), delimiter="\t"))
    assert rows == [["", "name", f"'{name}"], [f"'{name}", f"'{name}", "1"]]


def test_a_sign_alone_and_a_negative_number_stay_as_they_are() -> None:
    table = pd.DataFrame({"sign": ["-", "+"], "change": [-1.5, 2.0], "count": [-3, 4]})
    assert table_text(table) == "sign\tchange\tcount\n-\t-1.5\t-3\n+\t2\t4\n"


def test_a_whole_table_is_read_back() -> None:
    numbers = np.arange(len(NAMES)) - 3.5
    table = pd.DataFrame(
        {"name": NAMES, "number": numbers, "count": range(len(NAMES)), "flag": numbers > 0}
    )
    table.loc[2, "number"] = np.nan
    text = table_text(table, blanks=True).encode()
    back = read_table_text(
        text, {"name": "name", "number": "number", "count": "count", "flag": "flag"}
    )
    pd.testing.assert_frame_equal(back, table, check_dtype=False)


def test_names_of_two_levels_are_written_alike() -> None:
    index = pd.MultiIndex.from_product([["-a"], ["=b"]], names=["gene", "condition"])
    text = table_text(pd.DataFrame({"value": [1.0]}, index=index), index=True)
    assert text == "gene\tcondition\tvalue\n'-a\t'=b\t1\n"


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_a_number_that_is_not_finite_is_refused(value: float) -> None:
    table = pd.DataFrame({"c1": [1.0, value]}, index=["g1", "g2"])
    with pytest.raises(DeepRageError, match=r"1 value that is not finite.*'g2' in 'c1'"):
        table_text(table, index=True)


def test_an_infinite_one_is_refused_even_where_blanks_are_allowed() -> None:
    with pytest.raises(DeepRageError, match="not finite"):
        table_text(pd.DataFrame({"a": [np.inf]}), blanks=True)
    with pytest.raises(DeepRageError, match="not finite"):
        table_text(pd.DataFrame({"a": [None, "x", np.inf]}, dtype=object), blanks=True)
    assert table_text(pd.DataFrame({"name": ["inf", "1e999"]})) == "name\ninf\n1e999\n"


@pytest.mark.parametrize(
    "content",
    [
        b"", b"number\nx\n", b"number\ninf\n", b"number\nnan\n", b"count\n1.5\n", b"flag\nyes\n",
        b"name\tname\na\tb\n", b"name\tcount\na\n", b'name\n"a\n', b"name\n\xff\n",
    ],
)  # fmt: skip
def test_what_is_no_such_table_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        read_table_text(
            content, {"name": "name", "number": "number", "count": "count", "flag": "flag"}
        )
