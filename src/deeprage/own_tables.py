"""Tables that deeprage writes for people, as TSV, and reads back: names stay names.

A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula, and may run what it
says. A name that begins so is written with an apostrophe in front, which marks text in a
spreadsheet; the readers of this package take it away. Numbers are written as they are.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Mapping
from io import StringIO
from typing import Any, Literal

import numpy as np
import pandas as pd

from deeprage.errors import DeepRageError, counted

#: What begins a formula, also in the wide forms of East Asian keyboards; a sign alone does not.
_FORMULA = re.compile("'*[=+\\-@\t\r\n\uff0b\uff0d\uff1d\uff20].", re.DOTALL)
Kind = Literal["name", "number", "count", "flag"]


def as_text(name: str) -> str:
    """A name as a table holds it; see `as_name`."""
    return f"'{name}" if _FORMULA.match(name) else name


def as_name(text: str) -> str:
    """The name that a cell of a table stands for: the inverse of `as_text`."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def table_text(
    table: pd.DataFrame, *, index: bool = False, digits: str = "%.5g", blanks: bool = False
) -> str:
    """A table as TSV.

    Args:
        index: write the names of the rows as well.
        digits: format of numbers that are not whole.
        blanks: whether a number may be unknown (NaN), which gives a blank cell.

    Raises:
        DeepRageError: a number is infinite, or is NaN where none may be.
    """
    check_finite(table, blanks=blanks)
    written = table.rename(columns=_plain)
    for position, kind in enumerate(table.dtypes):
        if not pd.api.types.is_numeric_dtype(kind):
            column = table.iloc[:, position]
            written.isetitem(position, [_plain(value) for value in column])
    if index:
        written.index = _plain_index(table.index)
    return str(written.to_csv(sep="\t", index=index, float_format=digits, lineterminator="\n"))


def read_table_text(content: bytes, columns: Mapping[str, Kind]) -> pd.DataFrame:
    """The columns of a table that `table_text` wrote, as far as it has them.

    `name` is text, `number` float64 with NaN where blank, `count` int64, `flag` bool.

    Raises:
        ValueError: it is not such a table.
    """
    try:
        header, *rows = csv.reader(StringIO(content.decode("utf-8")), delimiter="\t", strict=True)
    except csv.Error as error:
        raise ValueError(str(error)) from error
    if len(set(header)) < len(header):
        raise ValueError("two of its columns have the same name")
    uneven = next((number for number, row in enumerate(rows, 2) if len(row) != len(header)), None)
    if uneven is not None:
        raise ValueError(f"row {uneven} has {len(rows[uneven - 2])} of {len(header)} columns")
    return pd.DataFrame(
        {
            name: _READERS[kind]([row[header.index(name)] for row in rows])
            for name, kind in columns.items()
            if name in header
        }
    )


def _plain(value: Any) -> Any:
    return as_text(value) if isinstance(value, str) else value


def _plain_index(index: pd.Index) -> pd.Index:
    if isinstance(index, pd.MultiIndex):
        rows = [tuple(map(_plain, row)) for row in index]
        return pd.MultiIndex.from_tuples(rows, names=index.names)
    plain: pd.Index = pd.Index([_plain(name) for name in index], name=index.name, dtype=object)
    return plain


def check_finite(table: pd.DataFrame, *, blanks: bool = False) -> None:
    """Raise a `DeepRageError` if a number of a table is infinite or, unless `blanks`, NaN."""
    for position in range(table.shape[1]):
        numbers = _as_numbers(table.iloc[:, position])
        wrong = np.isinf(numbers) if blanks else ~np.isfinite(numbers)
        if wrong.any():
            row = table.index[int(np.flatnonzero(wrong)[0])]
            raise DeepRageError(
                f"the result has {counted(int(wrong.sum()), 'value')} that "
                f"{'is' if wrong.sum() == 1 else 'are'} not finite, such as that of {row!r} in "
                f"{table.columns[position]!r}, so it was not written: look for values in the "
                "input that are far beyond all others."
            )


def _as_numbers(column: pd.Series) -> np.ndarray:
    """The numbers of a column, 0 for what is none."""
    if pd.api.types.is_numeric_dtype(column.dtype):
        return column.to_numpy(dtype=np.float64, na_value=math.nan)
    return np.array([value if isinstance(value, float) else 0.0 for value in column])


def _numbers(cells: list[str]) -> np.ndarray:
    numbers = np.array([float(cell) if cell else math.nan for cell in cells], dtype=np.float64)
    if np.isinf(numbers).any() or any(cell and math.isnan(float(cell)) for cell in cells):
        raise ValueError("a number is not finite")
    return numbers


def _flags(cells: list[str]) -> np.ndarray:
    if not set(cells) <= {"True", "False"}:
        raise ValueError("a cell that should be True or False is neither")
    return np.array([cell == "True" for cell in cells], dtype=bool)


_READERS: dict[Kind, Any] = {
    "name": lambda cells: pd.Series([as_name(cell) for cell in cells], dtype=object),
    "number": _numbers,
    "count": lambda cells: np.array([int(cell) for cell in cells], dtype=np.int64),
    "flag": _flags,
}
