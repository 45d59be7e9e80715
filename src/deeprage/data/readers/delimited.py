"""Tables of text: separators, quotes, headers and comments as programs and people write them."""

import csv
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple, TextIO

from deeprage.data.readers.cells import SPREADSHEET_ERRORS, are_values
from deeprage.data.readers.file_kinds import kind_of_text
from deeprage.data.reading import open_text
from deeprage.errors import DeepRageError
from deeprage.own_tables import as_name

#: In the order of preference; blanks only if nothing else separates.
SEPARATORS = {"\t": "tabs", ";": "semicolons", ",": "commas", " ": "blanks"}
#: Lines, and characters, from which the layout of a table is taken.
_SAMPLE_LINES, _SAMPLE_SIZE = 200, 4 << 20
#: A quoted cell that goes over more lines than this is one whose quote was never closed.
_MOST_LINES = 50
_END_OF_GEO = "!series_matrix_table_end"
_GCT = re.compile(r"#1\.[23]\s*")


class Row(NamedTuple):
    """A row of a table, and the number of its line in the file."""

    line: int
    cells: list[str]


class Delimited:
    """A table of text, while its file is open.

    Attributes:
        separator: what stands between cells.
        header: names of the columns, the first of which may be blank.
        comments: lines before the header that start with `#` or `!`.
        declared: the numbers in the second line of a GCT file, empty for other files.
        sample: the first rows.
        skipped: number of lines after the header that are comments, as far as rows were read.
    """

    def __init__(self, handle: TextIO, path: Path, what: str) -> None:
        self.path, self.what = path, what
        self.comments: list[str] = []
        self.declared: list[int] = []
        self.skipped = 0
        self._blank_names = 0
        lines = self._content(handle)
        first = next(lines, None)
        if first is not None and self.comments and _GCT.fullmatch(self.comments[0]):
            self.declared = [int(x) for x in re.findall(r"\b\d{1,9}\b", first[1])]
            first = next(lines, None)
        if first is None:
            raise DeepRageError(f"{what} {path} is empty; it needs a header line and rows.")
        kind = kind_of_text(self.comments[0] if self.comments else first[1][:200])
        if kind is not None:
            raise DeepRageError(f"{what} {path} is {kind}.")
        peeked = _peeked(lines)
        texts = [first[1], *(text for _, text in peeked)]
        self.separator = "\t" if self.declared else _separator(texts)
        parsed = self._parsed(chain([first, *peeked], lines))
        head = next(parsed)
        self.sample = list(islice(parsed, len(peeked)))
        self._rest = parsed
        self._set_header(head)

    def rows(self) -> Iterator[Row]:
        """All rows, none longer than the header.

        Raises:
            DeepRageError: a row is longer, or its quotes do not fit.
        """
        for row in chain(self.sample, self._rest):
            extra = row.cells[len(self.header) :]
            if any(cell.strip() for cell in extra):
                raise self._too_long(row)
            if any(cell.strip() for cell in row.cells):
                yield Row(row.line, row.cells[: len(self.header)])

    def _content(self, handle: TextIO) -> Iterator[tuple[int, str]]:
        """Numbered lines from the header on, without comments and blank lines."""
        begun = False
        for number, line in enumerate(handle, start=1):
            if not line.strip():
                continue
            if line[0] in "#!^" and not _is_error(line):
                if begun:
                    self.skipped += not line.startswith(_END_OF_GEO)
                else:
                    self.comments.append(line.rstrip("\n"))
                continue
            begun = True
            yield number, line.rstrip("\n")

    def _parsed(self, lines: Iterator[tuple[int, str]]) -> Iterator[Row]:
        for number, text in lines:
            if '"' in text:
                cells = self._quoted(number, text, lines)
            else:
                cells = text.split(None if self.separator == " " else self.separator)
            if "'" in text:  # as deeprage writes a name that a spreadsheet would compute
                cells = [as_name(cell) for cell in cells]
            yield Row(number, cells)

    def _quoted(self, number: int, text: str, lines: Iterator[tuple[int, str]]) -> list[str]:
        """The cells of a line with quotes, and of the lines in which a quoted cell goes on."""
        for _ in range(_MOST_LINES):
            try:
                return next(_reader(text, self.separator))
            except csv.Error as error:
                if "unexpected end" not in str(error):
                    if self.separator == "\t":  # quotes that are part of the text
                        return [_unquoted(cell) for cell in text.split("\t")]
                    break
            more = next(lines, None)
            if more is None:
                break
            text = f"{text}\n{more[1]}"
        raise DeepRageError(
            f'{self.what} {self.path} is not a table: in line {number} a quote (") is not closed, '
            "or a cell is longer than its quotes: correct that line, or save the table without "
            "quotes."
        )

    def _set_header(self, head: Row) -> None:
        named = self._commented_header(head)
        if named is not None:
            self.sample.insert(0, head)
        header = [cell.strip() for cell in (head.cells if named is None else named)]
        while len(header) > 1 and not header[-1]:
            header.pop()
            self._blank_names += 1
        full = [row.cells for row in self.sample if len(row.cells) > 1]
        longer = full and all(len(cells) == len(header) + 1 for cells in full)
        if longer and any(cells[-1].strip() for cells in full) and not self._blank_names:
            header = ["", *header]  # R leaves the first column without a name
        self.header = header

    def _commented_header(self, head: Row) -> list[str] | None:
        """The header if it is a comment (`#gene`, `#OTU ID`), and the first line holds values."""
        if not self.comments or self.declared or not self.comments[-1].startswith("#"):
            return None
        cells = _cells(self.comments[-1].lstrip("#").strip(" "), self.separator)
        same = len(cells) == len(head.cells) > 1
        return cells if same and are_values(head.cells[1:]) and not are_values(cells[1:]) else None

    def _too_long(self, row: Row) -> DeepRageError:
        width = len(self.header)
        if not any(cell.strip() for cell in row.cells[width + self._blank_names :]):
            return DeepRageError(
                f"{self._blank_names} of the columns in {self.path} have no name: name them or "
                "leave them out."
            )
        return DeepRageError(
            f"{self.what} {self.path} is not a table: the row of {row.cells[0][:80]!r} (line "
            f"{row.line:,}) has {len(row.cells)} columns, the header {width}; separate all of them "
            "alike, by tabs or by commas."
        )


@contextmanager
def open_delimited(path: Path, what: str) -> Iterator[Delimited]:
    """Open a table of text and find out how it is written.

    Raises:
        DeepRageError: as `reading.open_text`, or the file is empty or no table.
    """
    with open_text(path, what) as handle:
        yield Delimited(handle, path, what)


def _peeked(lines: Iterator[tuple[int, str]]) -> list[tuple[int, str]]:
    peeked: list[tuple[int, str]] = []
    size = 0
    for number, text in islice(lines, _SAMPLE_LINES):
        peeked.append((number, text))
        size += len(text)
        if size > _SAMPLE_SIZE:
            break
    return peeked


def _separator(lines: Sequence[str]) -> str:
    """What separates the cells of most columns, in all lines alike."""
    head, *rows = lines
    consistent: dict[str, int] = {}
    for separator in SEPARATORS:
        widths = {_width(row, separator) for row in rows}
        width = widths.pop() if len(widths) == 1 else 0
        if width > 1 and width - _width(head, separator) in (0, 1):
            consistent[separator] = width
    if consistent.keys() == {" "} and any(mark in head for mark in "\t;,"):
        consistent.clear()  # the blanks are within names
    if len(consistent) > 1:
        consistent.pop(" ", None)
    if consistent:
        return max(consistent, key=lambda separator: consistent[separator])
    for line in lines[:2]:
        for separator in SEPARATORS:
            if separator in line.strip():
                return separator
    return "\t"


def _width(line: str, separator: str) -> int:
    return len(_cells(line, separator))


def _cells(line: str, separator: str) -> list[str]:
    if '"' not in line:
        return line.split() if separator == " " else line.split(separator)
    try:
        return next(_reader(line, separator, strict=False), [])
    except csv.Error:
        return []


def _reader(text: str, separator: str, *, strict: bool = True) -> Iterator[list[str]]:
    return csv.reader(
        [f"{line}\n" for line in text.split("\n")],
        delimiter=separator,
        strict=strict,
        skipinitialspace=separator == " ",
    )


def _unquoted(cell: str) -> str:
    """A cell without quotes around it."""
    return cell[1:-1] if len(cell) > 1 and cell[0] == cell[-1] == '"' else cell


def _is_error(line: str) -> bool:
    """Whether a line begins with what a spreadsheet writes for a failed formula, not a comment."""
    return re.split(r"[\t;, ]", line.strip('"'), maxsplit=1)[0].strip('"\n').casefold() in (
        SPREADSHEET_ERRORS
    )
