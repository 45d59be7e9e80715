"""Cells of a table: numbers, missing values and text, as people and programs write them."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from deeprage.errors import examples

#: Missing values, in lower case: of R, pandas, spreadsheets, and of people.
MISSING = frozenset({
    "", "na", "n/a", "n.a.", "nan", "-nan", "+nan", "1.#qnan", "1.#ind", "-1.#ind", "<na>", "null",
    "nil", "none", "missing", "-", "--", "---", "–", "—", ".", "..", "?", "nd", "n.d.",
    "#n/a", "#na", "#n/a n/a", "#div/0!", "#value!", "#ref!", "#name?", "#num!", "#null!",
})  # fmt: skip
#: What a spreadsheet writes where a formula fails.
SPREADSHEET_ERRORS = frozenset(x for x in MISSING if x.startswith("#"))
_MINUS = str.maketrans({"−": "-", "–": "-", "\u00a0": "", "\u202f": ""})
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|[+-]?inf(inity)?|[+-]?∞", re.I | re.A)
#: 1,234 or 1,234,567.8; a number with a decimal comma may look like the first.
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?", re.A)
_SURELY_GROUPED = re.compile(r"[+-]?\d{1,3}((,\d{3}){2,}(\.\d*)?|,\d{3}\.\d*)", re.A)
_DECIMAL_COMMA = re.compile(r"[+-]?(\d+,\d*|,\d+)(e[+-]?\d+)?", re.I | re.A)
_GROUPED_BY_POINTS = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+", re.A)
#: Cells of each kind that are kept as examples.
_EXAMPLES = 3


def is_missing(text: str) -> bool:
    """Whether a cell stands for a missing value."""
    return text.strip().casefold() in MISSING


def is_text(cell: str) -> bool:
    """Whether a cell is neither a number, in whatever form, nor missing."""
    return Cells().number(cell, "", 0) is None and not is_missing(cell) and not _has_comma(cell)


def are_values(cells: Iterable[str]) -> bool:
    """Whether cells are numbers or missing, and some are numbers."""
    known = [cell for cell in cells if not is_missing(cell)]
    return bool(known) and all(Cells().number(cell, "", 0) is not None for cell in known)


class Cells:
    """Reads cells as numbers, and counts what else they are.

    Attributes:
        text: number of cells of text by column, those with a decimal comma left out.
        text_rows: number of these by the name of their row.
        decimal_commas: number of cells such as `0,53` by column.
        grouped: number of cells such as `1,234`, taken for 1234, by column.
        surely_grouped: of these, such as `1,234,567` or `1,234.5`.
        examples: a few cells that are no plain numbers, with row, by column.
    """

    def __init__(self) -> None:
        self.text: Counter[int] = Counter()
        self.text_rows: Counter[str] = Counter()
        self.decimal_commas: Counter[int] = Counter()
        self.grouped: Counter[int] = Counter()
        self.surely_grouped: Counter[int] = Counter()
        self.examples: dict[int, list[tuple[str, str]]] = {}

    def row(self, name: str, cells: Sequence[str], columns: Sequence[int]) -> NDArray[np.float64]:
        """Cells of a row in these columns as numbers, NaN where they are missing or text."""
        try:
            if "_" not in "".join(cells):  # Python reads 1_000 as a number, which is a name here
                return np.array(cells, dtype=np.float64)
        except ValueError:
            pass
        pairs = zip(columns, cells, strict=True)
        return _array([self.number(cell, name, index) for index, cell in pairs])

    def column(self, index: int, names: Sequence[str], cells: Sequence[str]) -> NDArray[np.float64]:
        """The cells of a column as numbers, NaN where they are missing or text."""
        pairs = zip(names, cells, strict=True)
        return _array([self.number(cell, name, index) for name, cell in pairs])

    def number(self, cell: str, row: str, column: int) -> float | None:
        """A cell as a number, None where it is missing or text."""
        text = cell.strip()
        if text.casefold() in MISSING:
            return None
        plain = text if text.isascii() else text.translate(_MINUS)
        if _NUMBER.fullmatch(plain):
            return float(plain.replace("∞", "inf"))
        shown = self.examples.setdefault(column, [])
        if len(shown) < _EXAMPLES:
            shown.append((row, text))
        if "," in plain and _GROUPED.fullmatch(plain):
            self.grouped[column] += 1
            self.surely_grouped[column] += _SURELY_GROUPED.fullmatch(plain) is not None
            return float(plain.replace(",", ""))
        if "," in plain and _DECIMAL_COMMA.fullmatch(plain):
            self.decimal_commas[column] += 1
        else:
            self.text[column] += 1
            self.text_rows[row] += 1
        return None

    def comma_problem(self, columns: Sequence[int], values: NDArray[np.float64]) -> str | None:
        """What is wrong with numbers that have commas, None if these separate thousands.

        Args:
            columns: those that are conditions.
            values: all their values.
        """
        decimal = [i for i in columns if self.decimal_commas[i]]
        grouped = [i for i in columns if self.grouped[i]]
        if decimal:
            return (
                f"numbers have a decimal comma, such as {self._shown(decimal)}: write them with a "
                "decimal point"
            )
        sure = any(self.surely_grouped[i] for i in grouped)
        number = sum(self.grouped[i] for i in grouped)
        if grouped and not sure and not _look_grouped(number, values):
            return (
                f"it is not clear whether the comma of {self._shown(grouped)} separates thousands "
                "or decimals: write numbers without thousands separators and with a decimal point"
            )
        return None

    def _shown(self, columns: Sequence[int]) -> str:
        cells = [cell for i in columns for _, cell in self.examples[i] if "," in cell]
        return examples(cells, most=_EXAMPLES)


def points_problem(rows: Sequence[Sequence[str]]) -> str | None:
    """What is wrong with numbers whose points seem to separate thousands (1.314 beside 846)."""
    cells = [cell.strip() for row in rows for cell in row]
    pointed = [cell for cell in cells if "." in cell and _NUMBER.fullmatch(cell)]
    twice = [cell for cell in cells if cell.count(".") > 1 and _GROUPED_BY_POINTS.fullmatch(cell)]
    whole = [cell.lstrip("+-") for cell in cells if re.fullmatch(r"[+-]?\d+", cell, re.A)]
    hundreds = sum(len(cell) == 3 and cell[0] != "0" for cell in whole)
    all_grouped = all(_GROUPED_BY_POINTS.fullmatch(cell) for cell in pointed)
    none_longer = all(len(cell) <= 3 for cell in whole)
    if twice or (len(pointed) >= _EXAMPLES and all_grouped and hundreds >= 3 and none_longer):
        shown = ", ".join(repr(cell) for cell in (twice or pointed)[:_EXAMPLES])
        return (
            f"the points of {shown} seem to separate thousands: write numbers without thousands "
            "separators and with a decimal point"
        )
    return None


def _has_comma(cell: str) -> bool:
    text = cell.strip().translate(_MINUS)
    return "," in text and bool(_GROUPED.fullmatch(text) or _DECIMAL_COMMA.fullmatch(text))


def _look_grouped(grouped: int, values: NDArray[np.float64]) -> bool:
    """Whether all numbers from 1000 on are written with a comma, and smaller ones without."""
    size = np.abs(values[np.isfinite(values)])
    hundreds = (size >= 100) & (size < 1000) & (size == np.round(size))
    return int((size >= 1000).sum()) == grouped and bool(hundreds.any())


def _array(numbers: Sequence[float | None]) -> NDArray[np.float64]:
    return np.array([np.nan if number is None else number for number in numbers], dtype=np.float64)
