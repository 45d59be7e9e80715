"""Small tables beside a matrix, as strings."""

from pathlib import Path

import pandas as pd

from deeprage.data.readers.delimited import open_delimited
from deeprage.data.validation import check_unique


def read_small_table(path: Path, what: str) -> pd.DataFrame:
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
