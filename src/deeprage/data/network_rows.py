"""Network files as rows of cells: separators, comments, and what a header calls each column."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from deeprage.data.reading import open_text
from deeprage.errors import DeepRageError

Rows = list[list[str]]
#: Share of lines of one length from which another length is a mistake.
_ALIKE = 0.8


class Role(Enum):
    """What a column of a list of links holds."""

    REGULATOR = "regulator"
    TARGET = "target"
    EITHER = "partner"
    SIGN = "sign"
    STIMULATES = "stimulation"
    INHIBITS = "inhibition"
    WEIGHT = "weight"
    P_VALUE = "p-value"


#: Names of columns, lower case, without separators, as the usual databases and tools write them.
_NAMES: dict[Role, str] = {
    Role.REGULATOR: "regulator tf source transcriptionfactor tfname regulatorname regulatorygene "
    "from tfsymbol regulatorsymbol regulatorgenename tfgene sourcegenesymbol regulators factor "
    "tfid regulatorid tfs regulatorgene tfgenesymbol sourcename src regulatortf tfgenename "
    "regulatorgenesymbol fromnode upstream parent tfgenesymbol regulatorlocustag tflocustag",
    Role.TARGET: "target gene targetgene to tg targetname regulatedname regulatedgene regulated "
    "targetsymbol targetgenesymbol genename targetid regulatedid genesymbol geneid targets "
    "targetgenename dest regulatedgenename geneorf orf targetgeneid tonode downstream child tgname "
    "targetlocustag regulatedlocustag",
    Role.EITHER: "protein1 protein2 gene1 gene2 node1 node2 interactora interactorb partner1 "
    "partner2 genea geneb proteina proteinb officialsymbolinteractora officialsymbolinteractorb",
    Role.SIGN: "sign effect mode mor regulation regulatoryeffect interaction type function "
    "direction action modeofregulation regulationtype effecttype interactiontype tfgeneregulation "
    "relation association",
    Role.STIMULATES: "isstimulation consensusstimulation",
    Role.INHIBITS: "isinhibition consensusinhibition",
    Role.WEIGHT: "weight importance score confidencescore combinedscore likelihood mi "
    "mutualinformation coefficient coef beta probability posterior edgeweight strength "
    "correlation edge value link im rho r",
    Role.P_VALUE: "p pvalue padj pval fdr q qvalue qval adjpval adjustedpvalue adjp padjust",
}
_ROLE_OF = {name: role for role, names in _NAMES.items() for name in names.split()}


@dataclass(frozen=True)
class NetworkRows:
    """A network file.

    Attributes:
        header: names of the columns, None where the file has none that are known.
        roles: of each column, where the header says it.
        rows: all other lines; of one length unless `ragged`.
        ragged: whether lines have different numbers of cells.
    """

    header: list[str] | None
    roles: list[Role | None]
    rows: Rows
    ragged: bool


def role_of(name: str) -> Role | None:
    """What a column with this name holds."""
    plain = re.sub(r"^\(?\d+\)\s*|[\W_]", "", name.strip().lower())
    return _ROLE_OF.get(plain)


def read_rows(path: Path) -> NetworkRows:
    """The lines of a file as cells, separated by tabs, semicolons, commas or blanks.

    Lines that begin with `#` are comments; the last one before the first row may be the header.

    Raises:
        DeepRageError: unreadable, too short, or lines that no separator divides.
    """
    with open_text(path, "the network file") as handle:
        lines = [line.rstrip("\r\n") for line in handle if line.strip()]
    first = next((n for n, line in enumerate(lines) if not line.startswith("#")), len(lines))
    comment = lines[first - 1].lstrip("# ") if first else None
    lines = [line for line in lines if not line.startswith("#")]
    if not lines:
        raise DeepRageError(
            f"the network file {path} has no rows: it needs a gene x regulator table or one link a "
            "line."
        )
    rows = _split(lines, path)
    if comment is not None and not _is_header(rows[0]):
        named = _cells([comment], _separator_of(lines, path))[0]
        if _is_header(named) and len(named) == len(rows[0]):
            rows.insert(0, named)
    header = rows.pop(0) if _is_header(rows[0]) else None
    if header is not None and rows and all(len(row) == len(header) + 1 for row in rows):
        header.insert(0, "")  # as R writes a table with row names
    if not rows:
        raise DeepRageError(f"the network file {path} has a header and no rows.")
    if header is None and _lacks_corner(rows):
        rows[0].insert(0, "")
    ragged = len({len(row) for row in rows}) > 1
    if ragged and header is None:
        _check_ragged(rows, path)
    roles: list[Role | None] = [role_of(name) for name in header or rows[0]]
    if header is None:
        roles = [None] * len(roles)
    if header is not None and (ragged or len(header) != len(rows[0])):
        number, row = next((n, row) for n, row in enumerate(rows, 2) if len(row) != len(header))
        raise DeepRageError(
            f"the network file {path} has {len(row)} cells in line {number}, its header "
            f"{len(header)}: separate all lines alike, by tabs, semicolons or commas."
        )
    return NetworkRows(header, roles, rows, ragged)


def _lacks_corner(rows: Rows) -> bool:
    """Whether the first of the lines is one cell short above a table of numbers (R)."""
    others = rows[1:]
    return bool(others) and all(
        len(row) == len(rows[0]) + 1 and all(map(is_number, row[1:])) for row in others
    )


def is_number(text: str) -> bool:
    """Whether a cell is a number, with a decimal point."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def _check_ragged(rows: Rows, path: Path) -> None:
    """Raise a `DeepRageError` if lines of one length have a few others among them.

    Lines of sets of genes (GMT) have as many lengths as they please.
    """
    usual, number = Counter(len(row) for row in rows).most_common(1)[0]
    if number >= _ALIKE * len(rows) or max(len(row) for row in rows) <= 3:
        line, row = next((n, row) for n, row in enumerate(rows, 1) if len(row) != usual)
        raise DeepRageError(
            f"the network file {path} has {len(row)} cells in line {line}, most others have "
            f"{usual}: separate all lines alike, by tabs, semicolons or commas."
        )


def _is_header(cells: Sequence[str]) -> bool:
    roles = [role_of(cell) for cell in cells]
    both = Role.REGULATOR in roles and Role.TARGET in roles
    return both or roles.count(Role.EITHER) == 2


def _cells(lines: Sequence[str], separator: str | None) -> Rows:
    if separator is None:
        lines, separator = [" ".join(line.split()) for line in lines], " "
    found = csv.reader(lines, delimiter=separator)
    return [[cell.strip() for cell in row] for row in found]


def _separator_of(lines: Sequence[str], path: Path) -> str | None:
    """The separator that divides all lines alike, into most cells; tabs before all others.

    None stands for blanks.
    """
    widest: tuple[int, str | None] = (0, "\t")
    for separator in ("\t", ";", ",", None):
        try:
            rows = _cells(lines[:2000], separator)
        except csv.Error as error:
            raise DeepRageError(f"the network file {path} is not a table: {error}.") from error
        widths = {len(row) for row in rows[1:]} or {len(rows[0])}
        if len(widths) != 1 or len(rows[0]) not in (width := max(widths), width - 1):
            continue
        if width > 1 and (separator == "\t" or _is_header(rows[0])):
            return separator
        # Names hold no separator, but blanks are in many a name: they come last.
        if width > widest[0] and (separator is not None or widest[0] < 2):
            widest = (width, separator)
    if widest[0] > 1:
        return widest[1]
    return next((mark for mark in ("\t", ";", ",") if all(mark in x for x in lines)), None)


def _split(lines: Sequence[str], path: Path) -> Rows:
    separator = _separator_of(lines, path)
    try:
        rows = _cells(lines, separator)
    except csv.Error as error:
        raise DeepRageError(f"the network file {path} is not a table: {error}.") from error
    short = next((n for n, row in enumerate(rows, 1) if len(row) < 2), None)
    if short is not None and not (short == 1 and _lacks_corner(rows)):
        raise DeepRageError(
            f"the network file {path} has 1 cell in line {short}, expected 2 or more, separated by "
            "tabs, semicolons or commas."
        )
    return rows
