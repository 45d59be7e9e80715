"""Matrices in tables of text: TSV, CSV, GCT, and what counting programs write."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from deeprage.data.readers.cells import Cells, are_values, is_missing, is_text, points_problem
from deeprage.data.readers.delimited import Delimited, Row, open_delimited
from deeprage.data.readers.quantifiers import check_is_matrix, no_header
from deeprage.data.readers.raw_matrix import RawMatrix, ReadColumns
from deeprage.data.validation import check_unique
from deeprage.errors import DeepRageError, counted, examples

WHAT = "the expression matrix"
_ALIGNMENT = re.compile(
    r"([._]?(Aligned|sortedBy\w+|sorted|toTranscriptome|out|markdup|dedup))*\.(bam|sam|cram)",
    re.IGNORECASE,
)


def read_text_matrix(path: Path) -> RawMatrix:
    """A matrix with names in its first line and its first column.

    Raises:
        DeepRageError: unreadable, no matrix, or rows or cells that do not fit.
    """
    with open_delimited(path, WHAT) as table:
        check_is_matrix(path, table.header, [row.cells[0] for row in table.sample])
        _check_header(path, table)
        check_unique(table.header[1:], f"column names in {path}", "rename them")
        sample = [row.cells for row in table.sample[_described_rows(table) :]]
        described = _columns_of_text(sample, len(table.header)) | _declared_columns(table)
        texts: dict[int, list[str]] = {index: [] for index in sorted(described)}
        numeric = [i for i in range(len(table.header) - 1) if i not in described]
        problem = points_problem(
            [[row[i + 1] for i in numeric if i + 1 < len(row)] for row in sample]
        )
        if problem:
            raise DeepRageError(f"{WHAT} {path} cannot be read: {problem}.")
        cells, names, values = Cells(), [], []
        for name, row in _named_rows(path, table):
            names.append(name)
            values.append(cells.row(name, [row[i] for i in numeric] if texts else row, numeric))
            for index, column in texts.items():
                column.append(row[index].strip())
        remarks = _remarks(path, table)
        titles, renamed = _sample_names(table.header[1:])
        if renamed:
            remarks.append(
                f"columns of {path} such as {renamed!r} are named after files of alignments, and "
                f"called {examples([titles[table.header[1:].index(renamed)]])} and so on here."
            )
    shape = (len(names), len(numeric))
    array = np.array(values, dtype=np.float64).reshape(shape)
    return ReadColumns(titles, names, numeric, array, cells, texts).separated(path, remarks)


def _check_header(path: Path, table: Delimited) -> None:
    """Raise a `DeepRageError` for a header without conditions, or one that holds values."""
    if len(table.header) < 2:
        raise DeepRageError(
            f"the first line of the expression matrix {path} has 1 column "
            f"({table.header[0][:80]!r}); expected gene names and then one column a condition, "
            "separated by tabs, commas, semicolons or blanks."
        )
    titles = table.header[1:]
    if not table.header[0] or not are_values(titles):
        return
    # Times of a course may be the names of conditions: 0, 15, 30.
    numbers = Cells().row("", titles, range(len(titles)))
    steps = np.diff(numbers)
    whole = all(re.fullmatch(r"-?\d+", title.strip()) for title in titles)
    course = whole and len(titles) > 1 and bool((steps > 0).all() or (steps < 0).all())
    if not course:
        raise no_header(path, table.header, [row.cells[0] for row in table.sample])


def _check_points(path: Path, sample: Sequence[Sequence[str]], numeric: Sequence[int]) -> None:
    cells = [[row[index + 1] for index in numeric if index + 1 < len(row)] for row in sample]
    problem = points_problem(cells)
    if problem:
        raise DeepRageError(f"{WHAT} {path} cannot be read: {problem}.")


def _declared_columns(table: Delimited) -> set[int]:
    """Columns that a GCT file declares to be descriptions."""
    if not table.declared:
        return set()
    return set(range(table.declared[2] if len(table.declared) > 2 else 1))


def _described_rows(table: Delimited) -> int:
    """How many of the first rows a GCT file declares to be descriptions of columns."""
    return table.declared[3] if len(table.declared) > 3 else 0


def _columns_of_text(sample: Sequence[Sequence[str]], width: int) -> set[int]:
    """Columns of which all known cells of a sample are text, by their place after the names."""
    texts = set()
    for column in range(1, width):
        known = [row[column] for row in sample if column < len(row) and not is_missing(row[column])]
        if known and all(map(is_text, known)):
            texts.add(column - 1)
    return texts


def _named_rows(path: Path, table: Delimited) -> Iterator[tuple[str, list[str]]]:
    """Name and cells of each row.

    Raises:
        DeepRageError: rows are shorter than the header, or not as many as the file declares.
    """
    short: list[Row] = []
    number = 0
    for row in table.rows():
        number += 1
        if len(row.cells) < len(table.header):
            short.append(row)
        elif number > _described_rows(table):
            yield row.cells[0].strip(), row.cells[1:]
    if short:
        raise DeepRageError(
            f"the expression matrix {path} has {counted(len(short), 'line')} with fewer than the "
            f"header's {len(table.header)} columns, such as line {short[0].line}: the file may be "
            "cut short; leave a missing cell blank, between its separators."
        )
    declared = table.declared[0] if table.declared else number
    if number - _described_rows(table) != declared:
        raise DeepRageError(
            f"the expression matrix {path} declares {counted(declared, 'row')} in its second line "
            f"and has {number - _described_rows(table):,}: the file may be cut short."
        )


def _remarks(path: Path, table: Delimited) -> list[str]:
    if not table.skipped:
        return []
    return [
        f"left out of {path} as comments: {counted(table.skipped, 'line')} after the header with "
        "'#' or '!' in the first place."
    ]


def _sample_names(titles: Sequence[str]) -> tuple[list[str], str]:
    """Names of samples without folders and suffixes of alignments, and one that was changed."""
    short = [_ALIGNMENT.sub("", PurePosixPath(x.replace("\\", "/")).name) for x in titles]
    changed = [x for x in titles if _ALIGNMENT.search(x)]
    names = [new if _ALIGNMENT.search(old) else old for old, new in zip(titles, short, strict=True)]
    if not changed or not all(names) or len(set(names)) < len(names):
        return list(titles), ""
    return names, changed[0]
