"""The list of regulators: one name a line, or a column of a table."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from deeprage.data.names import NameResolver
from deeprage.data.reading import open_text
from deeprage.data.validation import check_unique
from deeprage.errors import DeepRageError, counted, examples

#: Titles of a column of genes.
_HEADERS = {
    "gene", "genes", "gene_id", "gene_name", "geneid", "id", "name", "symbol", "gene_symbol", "tf",
    "tfs", "regulator", "regulators", "transcription_factor", "locus_tag", "orf", "x",
}  # fmt: skip
#: A column other than the first has the names if it explains this share of the lines.
_MOST = 0.5
#: Answers of a column that tells regulators from other genes.
_ANSWERS = {"yes", "no", "true", "false", "y", "n", "t", "f"}

#: The gene of each spelling that is known, None where it is several.
_GeneOf = Mapping[str, int | None]


class ListedName(NamedTuple):
    """A line of a regulator list, which may be one name, a name with more beside it, or several."""

    text: str

    def spellings(self) -> list[str]:
        """All names that the line may be made of, the most literal first."""
        return [*self._whole(), *self.cells("\t"), *self._parts(), *self.text.split()[:1]]

    def names(self, gene_of: _GeneOf) -> list[str]:
        """The names that the line gives."""
        first = self.cells("\t")[:1]
        for name in (*self._whole(), *first):
            if name in gene_of:
                return [name]
        parts = self._parts()
        genes = [gene_of.get(part) for part in parts]
        if len(parts) > 1 and None not in genes and len(set(genes)) == len(genes):
            return parts
        for name in (*parts[:1], *self.text.split()[:1]):
            if name in gene_of:
                return [name]
        return first

    def _whole(self) -> list[str]:
        """The line, unless it is a row of a table."""
        return [] if "\t" in self.text else [self.text]

    def is_header(self) -> bool:
        """Whether the line looks like the title of a column."""
        first = re.split("[\t,;]", self.text)[0].strip().strip("\"'")
        return first.casefold().replace(" ", "_") in _HEADERS

    def cells(self, separator: str) -> list[str]:
        """The line as a row of a table."""
        return [cell.strip().strip("\"'") for cell in self.text.split(separator)]

    def _parts(self) -> list[str]:
        parts = (part.strip().strip("\"'") for part in re.split("[,;]", self.text))
        listed = [part for part in parts if part]
        return listed if len(listed) > 1 else []


class ChosenNames(NamedTuple):
    """Names out of a regulator list, and sentences on how they were found."""

    names: list[str]
    remarks: list[str]


def read_regulators(path: Path) -> list[ListedName]:
    """Regulator names from a text file: one a line, ` #` starts a comment.

    Which part of a line is the name shows only where the genes are known (`choose_names`): a name
    may hold blanks and commas, and others may stand beside it.

    Raises:
        DeepRageError: missing or empty file, a line given twice, or a column of yes and no.
    """
    with open_text(path, "the regulator list") as handle:
        lines = [re.sub(r"(^|\s)#.*", "", line).strip() for line in handle]
    names = [line for line in lines if line]
    if not names:
        raise DeepRageError(f"the regulator list {path} is empty; give one gene name a line.")
    check_unique(names, f"names in the regulator list {path}", "list each regulator once")
    listed = [ListedName(name) for name in names]
    _check_answers(listed, path)
    return listed


def _check_answers(listed: Sequence[ListedName], path: Path) -> None:
    """Raise a `DeepRageError` if a column answers yes and no, perhaps to what is a regulator."""
    for separator in ("\t", ",", ";"):
        title, *rows = [line.cells(separator) for line in listed]
        for column in range(1, min(map(len, rows), default=0)):
            answers = {row[column].casefold() for row in rows}
            if len(answers) == 2 and answers <= _ANSWERS:
                called = title[column] if column < len(title) else f"column {column + 1}"
                raise DeepRageError(
                    f"the column {called!r} of the regulator list {path} says "
                    f"{examples(sorted({row[column] for row in rows}))}, so that perhaps not each "
                    "line is a regulator: keep the lines of regulators, and the column of names "
                    "alone."
                )


def choose_names(listed: Sequence[ListedName], resolver: NameResolver) -> ChosenNames:
    """The name or names of each line: what is a gene of `resolver`, else the first cell."""
    spellings = dict.fromkeys(name for line in listed for name in line.spellings())
    known = resolver.resolve(list(spellings))
    gene_of: dict[str, int | None] = {**dict.fromkeys(known.ambiguous), **known.resolved}
    lines = [line.names(gene_of) for line in listed]
    number = sum(any(name in gene_of for name in names) for names in lines)
    if number < _MOST * len(listed) and (column := _column(listed, gene_of)):
        return column
    remarks = []
    if len(lines) > 1 and lines[0][0] not in gene_of and listed[0].is_header():
        remarks.append(f"the first line of the regulator list, {listed[0].text!r}, is a header")
        lines = lines[1:]
    return ChosenNames([name for names in lines for name in names], remarks)


def _column(listed: Sequence[ListedName], gene_of: _GeneOf) -> ChosenNames | None:
    """The column of a table that has names of genes in most lines."""
    best: tuple[int, list[str], int] = (0, [], 0)
    for separator in ("\t", ",", ";"):
        rows = [line.cells(separator) for line in listed]
        for column in range(max(map(len, rows))):
            cells = [row[column] for row in rows if column < len(row) and row[column]]
            number = sum(cell in gene_of for cell in cells)
            best = max(best, (number, cells, column), key=lambda one: one[0])
    number, cells, column = best
    if number < _MOST * len(listed):
        return None
    if cells[0] not in gene_of:
        cells = cells[1:]  # a header
    names = list(dict.fromkeys(cells))
    remarks = [f"column {column + 1} of the regulator list has the names: {names[0]!r}, ..."]
    if len(names) < len(cells):
        repeats = counted(len(cells) - len(names), "repeated name")
        remarks.append(f"{repeats} of the regulator list {'is' if repeats[:2] == '1 ' else 'are'} "
                       "left out")  # fmt: skip
    return ChosenNames(names, remarks)
