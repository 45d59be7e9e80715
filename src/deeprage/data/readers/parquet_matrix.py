"""Matrices in Parquet files."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deeprage.data.readers.cells import Cells, is_missing, is_text
from deeprage.data.readers.guarded import read_parquet
from deeprage.data.readers.raw_matrix import RawMatrix, ReadColumns
from deeprage.data.readers.text_matrix import WHAT
from deeprage.data.validation import check_unique
from deeprage.errors import DeepRageError


def read_parquet_matrix(file: Path, path: Path) -> RawMatrix:
    """A matrix with the names of its rows in the index of a data frame, or in the first column.

    Args:
        file: what is opened.
        path: what messages call it, which may be packed.

    Raises:
        DeepRageError: damaged, too large, or cells of text among values.
    """
    titles, index, content = read_parquet(file, f"{WHAT} {path}")
    columns = [content[str(number)].values for number in range(len(titles))]
    if not columns:
        raise DeepRageError(f"{WHAT} {path} has no columns.")
    named = index[0] if index else 0
    rows = [_name(value) for value in _array(columns.pop(named))]
    titles = titles[:named] + titles[named + 1 :]
    check_unique(titles, f"column names in {path}", "rename them")
    cells = Cells()
    texts: dict[int, list[str]] = {}
    numbers: dict[int, NDArray[np.float64]] = {}
    for number, column in enumerate(map(_array, columns)):
        if column.dtype != object:
            numbers[number] = column.astype(np.float64)
        elif _is_text(column.tolist()):
            texts[number] = column.tolist()
        else:
            numbers[number] = cells.column(number, rows, column.tolist())
    values = np.empty((len(rows), len(numbers)))
    for place, column in enumerate(numbers.values()):
        values[:, place] = column
    return ReadColumns(titles, rows, list(numbers), values, cells, texts).separated(path)


def _array(values: NDArray[Any] | None) -> NDArray[Any]:
    if values is None:
        raise ValueError("a column was not read")
    return values


def _is_text(cells: Sequence[str]) -> bool:
    known = [cell for cell in cells if not is_missing(cell)]
    return bool(known) and all(map(is_text, known[:200]))


def _name(value: object) -> str:
    """A name as text; a whole number has no decimals."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value).strip()
