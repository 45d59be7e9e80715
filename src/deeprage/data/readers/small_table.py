"""Small tables beside a matrix, as strings and as numbers."""

from pathlib import Path

import numpy as np
import pandas as pd

from deeprage.data.readers.cells import Cells
from deeprage.data.readers.delimited import open_delimited
from deeprage.data.validation import check_unique
from deeprage.errors import DeepRageError


def read_table(path: Path, what: str) -> pd.DataFrame:
    """A small table of strings with a header; tabs, semicolons, commas or blanks between cells.

    Blank cells are empty strings; lines that start with `#` are comments.

    Raises:
        DeepRageError: unreadable, empty, rows longer than the header, or columns without a name
            or of one name.
    """
    with open_delimited(path, what) as table:
        rows = [[cell.strip() for cell in row.cells] for row in table.rows()]
    columns = table.header
    if len(columns) > 2:  # two may be a mapping without a header, of a name to the same name
        # The first column may be without a name, as in a matrix.
        check_unique(columns if columns[0] else columns[1:], f"columns in {path}", "rename them")
    filled = [row + [""] * (len(columns) - len(row)) for row in rows]
    return pd.DataFrame(filled, columns=columns, dtype=str)


def numbers_of(words: pd.DataFrame, path: Path, expected: str) -> pd.DataFrame:
    """The cells of a table as float64, NaN where they are missing.

    Args:
        words: cells as strings.
        path: the file, for messages.
        expected: what the numbers are, such as `a log2 level`.

    Raises:
        DeepRageError: a cell is text, or its comma may separate thousands or decimals.
    """
    cells = Cells()
    rows = [str(name) for name in words.index]
    columns = [cells.column(i, rows, words.iloc[:, i].tolist()) for i in range(words.shape[1])]
    values = np.column_stack(columns) if columns else np.empty(words.shape)
    problem = cells.comma_problem(range(words.shape[1]), values)
    if problem:
        raise DeepRageError(f"{path} cannot be read: {problem}.")
    for column in sorted(cells.text):
        row, text = cells.examples[column][0]
        raise DeepRageError(
            f"{path} has text where {expected} is expected: {text[:80]!r} in row {row!r}, column "
            f"{words.columns[column]!r}."
        )
    return pd.DataFrame(values, index=words.index, columns=words.columns)
