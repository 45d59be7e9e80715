"""The building blocks of a page: what a section may hold, and how each becomes data for HTML.

Each block names its template, `templates/blocks/<kind>.html`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from markupsafe import Markup
    from plotly.graph_objects import Figure as PlotlyFigure


@dataclass(frozen=True)
class Reading:
    """What follows every figure: what it shows, which range is good, what to do if it is not."""

    shows: str
    good: str
    otherwise: str


@dataclass(frozen=True)
class Figure:
    """An interactive figure and how to read it.

    Attributes:
        name: unique on the page; the element's id is `figure-<name>`.
        square: keep it about as wide as it is high.
    """

    name: str
    title: str
    plotly: PlotlyFigure
    reading: Reading
    square: bool = False
    kind: ClassVar[str] = "figure"

    @property
    def json(self) -> str:
        """Plotly's data and layout as JSON."""
        return str(self.plotly.to_json())

    @property
    def height(self) -> int:
        """Pixels kept free until the figure is drawn."""
        return int(self.plotly.layout.height or 420)


@dataclass(frozen=True)
class Column:
    """A column of a table: its heading, an explanation, and how numbers are printed."""

    title: str
    help: str = ""
    digits: int | None = None
    numeric: bool = True
    unit: str = ""

    def text(self, value: object) -> str:
        """A cell's text; what is missing is a dash."""
        if value is None or value != value:
            return "–"
        if hasattr(value, "__html__"):
            return value  # type: ignore[return-value]  # a drawing, trusted as it is
        if isinstance(value, float) and self.digits is not None:
            return f"{round(value, self.digits) + 0.0:.{self.digits}f}".replace("-", "−")
        return f"{value:,}" if isinstance(value, int) else str(value)


@dataclass(frozen=True)
class Table:
    """A table that sorts by column and is saved as TSV; a long one is searched and paged.

    Attributes:
        name: unique on the page; the table's id is `table-<name>` and its file `<name>.tsv`.
        what: the noun of its rows, in the plural.
        rows: values, one sequence a row.
        marked: (row, column) of cells that are best in their column.
        strong: rows to stand out.
        page: rows shown at once; None shows all, without a search box.
        folded: show the title only until the reader opens it.
    """

    name: str
    title: str
    what: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[object]]
    marked: frozenset[tuple[int, int]] = frozenset()
    strong: frozenset[int] = frozenset()
    page: int | None = None
    note: str = ""
    folded: bool = False
    kind: ClassVar[str] = "table"

    @property
    def texts(self) -> list[list[str]]:
        """The rows as printed."""
        return [
            [column.text(value) for column, value in zip(self.columns, row, strict=True)]
            for row in self.rows
        ]


@dataclass(frozen=True)
class Gallery(Table):
    """A table with drawings in its cells, such as logos.

    Attributes:
        drawings: what the cells' drawings use, put on the page once before the table.
    """

    drawings: Markup | str = ""
    kind: ClassVar[str] = "gallery"


@dataclass(frozen=True)
class Facts:
    """Names and values, in two columns."""

    title: str
    facts: Mapping[str, str]
    kind: ClassVar[str] = "facts"


@dataclass(frozen=True)
class Share:
    """A part of a whole; `style` picks its colour."""

    label: str
    count: int
    style: str


@dataclass(frozen=True)
class Shares:
    """Parts of a whole as one bar, with counts and percentages."""

    title: str
    shares: Sequence[Share]
    kind: ClassVar[str] = "shares"

    @property
    def total(self) -> int:
        """What the parts add up to, at least 1."""
        return max(1, sum(share.count for share in self.shares))


@dataclass(frozen=True)
class Matrix:
    """One confusion matrix, percent of all cells; rows are the truth, columns the prediction."""

    title: str
    names: Sequence[str]
    percent: Sequence[Sequence[float]]

    @property
    def recall(self) -> list[float | None]:
        """Of the cells that truly belong to a class, the percentage found, by class."""
        sums = [sum(row) for row in self.percent]
        return [
            100 * row[number] / total if total else None
            for number, (row, total) in enumerate(zip(self.percent, sums, strict=True))
        ]

    @property
    def precision(self) -> list[float | None]:
        """Of the cells predicted to be in a class, the percentage that are, by class."""
        sums = [sum(column) for column in zip(*self.percent, strict=True)]
        return [
            100 * self.percent[number][number] / total if total else None
            for number, total in enumerate(sums)
        ]

    @property
    def largest(self) -> float:
        """The largest entry, for the colour scale."""
        return max(max(row) for row in self.percent) or 1.0


@dataclass(frozen=True)
class Matrices:
    """Confusion matrices side by side."""

    name: str
    matrices: Sequence[Matrix]
    reading: Reading
    kind: ClassVar[str] = "matrices"


@dataclass(frozen=True)
class Code:
    """A command to copy."""

    title: str
    text: str
    kind: ClassVar[str] = "code"


@dataclass(frozen=True)
class Meanings:
    """Terms, what each means and what would be a good value."""

    title: str
    terms: Sequence[tuple[str, str, str]]
    kind: ClassVar[str] = "meanings"


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: `level` is ok, note, warning, fail or unknown."""

    level: str
    name: str
    value: str
    verdict: str

    @property
    def sign(self) -> str:
        """The level in a sign and a word, to be read without colour."""
        return _SIGNS.get(self.level, "? see")


_SIGNS = {"ok": "✓ fine", "note": "• note", "warning": "▲ attention", "fail": "✗ leak"}


@dataclass(frozen=True)
class Checks:
    """A list of checks and their verdicts."""

    title: str
    checks: Sequence[Check]
    kind: ClassVar[str] = "checks"


Block = Figure | Table | Gallery | Facts | Shares | Matrices | Code | Meanings | Checks


@dataclass(frozen=True)
class Section:
    """A part of the page: a heading, a sentence that leads in, and blocks."""

    slug: str
    title: str
    lead: str
    blocks: Sequence[Block] = field(default_factory=tuple)
