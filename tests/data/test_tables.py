"""Small tables: missing values in all spellings, names that look like them, forms of text."""

from pathlib import Path

import pandas as pd
import pytest

from deeprage.data.readers.small_table import numbers_of, read_table
from deeprage.data.tables import (
    read_conditions,
    read_groups,
    read_operons,
    read_renames,
    read_tss_table,
)
from deeprage.errors import DeepRageError

MISSING = ["", "NA", "n/a", "-", ".", "null", "None", "#N/A", "missing", "nan"]


def written(folder: Path, content: str) -> Path:
    path = folder / "t.tsv"
    path.write_text(content)
    return path


@pytest.mark.parametrize("blank", MISSING)
def test_missing_values_are_none(tmp_path: Path, blank: str) -> None:
    rows = f"A\tx\nB\t{blank}\n"
    assert read_groups(written(tmp_path, f"gene\tgroup\n{rows}")) == {"A": "x"}
    assert read_operons(written(tmp_path, f"gene\toperon\n{rows}")) == {"A": "x"}
    assert read_tss_table(written(tmp_path, f"gene\ttss\nA\t5\nB\t{blank}\n")) == {"A": 4}
    with pytest.raises(DeepRageError, match="1 condition without a series, such as 'B'"):
        read_conditions(written(tmp_path, f"condition\tseries\n{rows}"))


def test_names_that_look_like_missing_values_or_numbers_stay(tmp_path: Path) -> None:
    names = ["NA", "007", "1e5", "TRUE", "nan", "-"]
    rows = "".join(f"{name}\ts\n" for name in names)
    conditions = read_conditions(written(tmp_path, f"condition\tseries\n{rows}"))
    assert list(conditions.index) == names
    assert list(read_groups(written(tmp_path, f"gene\tgroup\n{rows}"))) == names
    assert read_renames(written(tmp_path, "x\tNA\ny\t007\n")) == {"x": "NA", "y": "007"}


@pytest.mark.parametrize("separator", ["\t", ",", ";", " ", "   "])
def test_separators(tmp_path: Path, separator: str) -> None:
    content = "condition series\nc1 s1\nc2 s1\n".replace(" ", separator)
    assert list(read_conditions(written(tmp_path, content))["series"]) == ["s1", "s1"]


@pytest.mark.parametrize("site", ["0", "-5", "1.5", "x", "9" * 5000])
def test_positions(tmp_path: Path, site: str) -> None:
    with pytest.raises(DeepRageError, match="1 position other than whole numbers"):
        read_tss_table(written(tmp_path, f"gene\ttss\nA\t{site}\n"))


def test_numbers_of_a_table(tmp_path: Path) -> None:
    words = read_table(written(tmp_path, "r\ta\tb\nx\t1,234.5\t-\ny\t−2\tN/A\n"), "the table")
    numbers = numbers_of(words.set_index("r"), tmp_path, "a level")
    assert numbers.loc["x", "a"] == 1234.5
    assert numbers.loc["y", "a"] == -2
    assert numbers["b"].isna().all()


@pytest.mark.parametrize(
    ("cell", "message"),
    [("low", "has text where a level is expected: 'low' in row 'x', column 'a'"),
     ("0,5", "decimal comma"), ("1,234", "thousands or decimals")],
)  # fmt: skip
def test_cells_that_are_no_numbers(tmp_path: Path, cell: str, message: str) -> None:
    words = pd.DataFrame({"a": [cell]}, index=["x"])
    with pytest.raises(DeepRageError, match=message):
        numbers_of(words, tmp_path, "a level")
