"""A matrix as it stands in a file, before it is known what its rows and columns are."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deeprage.data.readers.cells import Cells
from deeprage.data.readers.descriptions import beside_texts, is_description
from deeprage.errors import DeepRageError, counted, examples

#: Columns that are named in a message.
_MOST_NAMED = 12
#: Share of the known cells of a column that are text, from which the column is one of text.
_TEXT_SHARE = 0.5


@dataclass(frozen=True)
class RawMatrix:
    """A matrix as it stands in a file.

    Attributes:
        values: float64 rows x columns, NaN where missing, under their names.
        row_labels, column_labels: texts that describe rows (columns of the file that are no
            values) and columns, by their titles.
        left_out: titles of all columns of the file that are no values.
        genes: `rows` or `columns`, where genes usually are in such a file.
        layers: other matrices of the file that may be chosen.
        remarks: sentences on what was left out or understood.
    """

    values: pd.DataFrame
    row_labels: dict[str, list[str]] = field(default_factory=dict)
    column_labels: dict[str, list[str]] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    genes: str = "rows"
    layers: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReadColumns:
    """Columns of a table after its cells were read as numbers.

    Attributes:
        titles: names of all columns, that of the row names left out.
        rows: names of the rows.
        numeric: indices of the columns that were read as numbers.
        values: float64 (rows, numeric columns), NaN where missing or text.
        cells: what else the cells of these columns were.
        texts: cells of the other columns by index.
    """

    titles: Sequence[str]
    rows: Sequence[str]
    numeric: Sequence[int]
    values: NDArray[np.float64]
    cells: Cells
    texts: dict[int, list[str]]

    def separated(self, path: Path, remarks: Sequence[str] = ()) -> RawMatrix:
        """Values and descriptions apart.

        Raises:
            DeepRageError: cells of text among values, or numbers that cannot be understood.
        """
        left_out = self._left_out()
        kept = [place for place, index in enumerate(self.numeric) if index not in left_out]
        values = self.values if len(kept) == len(self.numeric) else self.values[:, kept]
        columns = [self.numeric[place] for place in kept]
        self._check(path, columns, values)
        return RawMatrix(
            values=pd.DataFrame(
                values,
                index=pd.Index(list(self.rows), dtype=object),
                columns=pd.Index([self.titles[index] for index in columns], dtype=object),
            ),
            row_labels={self.titles[index]: cells for index, cells in self.texts.items()},
            left_out=tuple(self.titles[index] for index in sorted(left_out)),
            remarks=(*remarks, *self._remarks(path, columns)),
        )

    def _left_out(self) -> set[int]:
        """Columns that describe genes or samples."""
        known = dict(zip(self.numeric, (~np.isnan(self.values)).sum(axis=0).tolist(), strict=True))
        texts = set(self.texts)
        for index, number in self.cells.text.items():
            others = known[index] + self.cells.decimal_commas[index]
            if number > _TEXT_SHARE * (number + others) or is_description(self.titles[index]):
                texts.add(index)
        return texts | beside_texts(self.titles, texts)

    def _remarks(self, path: Path, columns: Sequence[int]) -> list[str]:
        grouped = [index for index in columns if self.cells.grouped[index]]
        if grouped:
            cell = next(x for _, x in self.cells.examples[grouped[0]] if "," in x)
            return [f"commas are read as thousands separators in {path}, such as that of {cell!r}."]
        return []

    def _check(self, path: Path, columns: Sequence[int], values: NDArray[np.float64]) -> None:
        problem = self.cells.comma_problem(columns, values)
        if problem:
            raise DeepRageError(f"the expression matrix {path} cannot be read: {problem}.")
        wrong = [index for index in columns if self.cells.text[index]]
        if not wrong:
            return
        number = sum(self.cells.text[index] for index in wrong)
        shown = [
            f"{text[:80]} (row {row}, column {self.titles[index]})"
            for index in wrong[:_MOST_NAMED]
            for row, text in self.cells.examples[index]
        ]
        raise DeepRageError(
            f"the expression matrix {path} has {counted(number, 'cell')} of text in the "
            f"{self._where(wrong)}, such as {examples(shown)}: leave missing cells blank, and "
            "remove rows and columns of descriptions."
        )

    def _where(self, columns: Sequence[int]) -> str:
        """The rows or the columns that have text, whichever are fewer."""
        rows = list(self.cells.text_rows)
        if len(rows) < len(columns):
            return f"{'row' if len(rows) == 1 else 'rows'} {examples(rows, most=_MOST_NAMED)}"
        names = examples([self.titles[index] for index in columns], most=_MOST_NAMED)
        return f"{'column' if len(columns) == 1 else 'columns'} {names}"
