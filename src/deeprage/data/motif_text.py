"""Motif files as text: which format a file has, and the rows of numbers of each motif.

MEME is read by `meme_text`; here are JASPAR, HOMER, HOCOMOCO, TRANSFAC, CIS-BP, UniPROBE and plain
matrices.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

Row = list[str]
_LETTERS = ("A", "C", "G", "T")
_ORDER = {letter: column for column, letter in enumerate(_LETTERS)}
_WORDS = re.compile(r"[\s,;|:\[\]]+")


@dataclass(eq=False)
class MotifText:
    """A motif as its file has it.

    Attributes:
        name: identifier; symbol: the factor's name, the identifier where there is none.
        rows: text of one row a position, in the order A, C, G, T.
        problem: why the motif cannot be used, if the layout says so; continues its name.
    """

    name: str
    symbol: str
    rows: list[Row] = field(default_factory=list)
    problem: str | None = None


class OtherAlphabetError(ValueError):
    """The file's motifs are not of DNA; holds the alphabet."""


class OtherFormatError(ValueError):
    """The file is of no format that is read; the message says what it is, if that is clear."""


def blocks(lines: Sequence[str], *, stem: str) -> tuple[str, list[MotifText]]:
    """Name of the format, and the motifs, of the lines of a file that is not MEME.

    Args:
        stem: of the file's name, for a motif that has none.

    Raises:
        OtherAlphabetError, OtherFormatError: see there.
    """
    kept = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    first = kept[0].lstrip() if kept else ""
    if first.startswith(("<", "{", "[{")):
        kind = "XML or HTML" if first[:1] == "<" else "JSON"
        raise OtherFormatError(f"is {kind}")
    keys = {line.split()[0] for line in kept}
    if keys & {"P0", "PO", "p0", "po"} or {"DE", "XX"} <= keys:
        return "TRANSFAC", list(_transfac(kept, stem))
    if any(_letter_header(line) for line in kept) and not first.startswith(">"):
        return "CIS-BP", list(_tables(kept, stem))
    if any(line.startswith(">") for line in kept):
        return _headed(kept)
    matrix = [line for line in kept if _is_row(line) or _letter_row(line)]
    if not matrix:
        raise OtherFormatError("holds no motif")
    return "matrix", list(_unheaded(kept, stem))


def _split(line: str) -> Row:
    return [word for word in _WORDS.split(line.strip()) if word]


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _is_row(line: str) -> bool:
    """Whether a line holds numbers alone."""
    words = _split(line)
    return bool(words) and all(_is_number(word) for word in words)


def _letter_row(line: str) -> str | None:
    """The letter of a line such as `A [ 1 0 19 ]`, or None."""
    words = _split(line)
    letter = words[0].upper() if words else ""
    if len(letter) != 1 or letter not in "ACGTU" or len(words) < 2:
        return None
    return letter if _is_number(words[1]) else None


class _Columns(NamedTuple):
    """Where the numbers of A, C, G and T stand in a row, and whether its own number is before."""

    letters: tuple[int, ...] = (0, 1, 2, 3)
    numbered: bool = False


def _letter_header(line: str) -> _Columns | None:
    """Columns of a line such as `Pos A C G T`, or None."""
    words = [word.upper() for word in _split(line)]
    numbered = words[:1] in (["POS"], ["POSITION"], ["PO"], ["P0"])
    if numbered:
        words = words[1:]
    if sorted(words) == ["A", "C", "G", "U"]:
        raise OtherAlphabetError("ACGU")
    if sorted(words) != list(_LETTERS):
        return None
    return _Columns(tuple(words.index(letter) for letter in _LETTERS), numbered)


def _by_position(lines: Sequence[str], columns: _Columns | None = None) -> list[Row]:
    """Rows (positions x 4) of lines with a row a position, without the position's number."""
    columns = columns or _Columns()
    rows = [_split(line) for line in lines]
    if columns.numbered or (rows and all(len(row) > 4 and row[0].isdigit() for row in rows)):
        rows = [row[1:] for row in rows]
    # What follows the four numbers is the consensus letter.
    return [[row[at] for at in columns.letters] if len(row) >= 4 else row for row in rows]


def _by_letter(lines: Sequence[str]) -> MotifText:
    """A motif without a name from lines with a row a letter, in this order if not labelled."""
    made = MotifText("", "")
    labels = [_letter_row(line) for line in lines]
    if "U" in labels:
        raise OtherAlphabetError("ACGU")
    rows = [
        _split(line)[0 if label is None else 1 :] for line, label in zip(lines, labels, strict=True)
    ]
    if all(labels):
        if sorted(str(label) for label in labels) != list(_LETTERS):
            made.problem = "has not one row for each of A, C, G and T"
            return made
        rows = [rows[labels.index(letter)] for letter in _LETTERS]
    if len({len(row) for row in rows}) != 1:
        made.problem = "has rows of unequal length"
        return made
    made.rows = [list(position) for position in zip(*rows, strict=True)]
    return made


def _matrix(lines: Sequence[str]) -> MotifText:
    """A motif without a name from its lines of numbers, whichever way they run."""
    if any(_letter_row(line) for line in lines):
        return _by_letter([line for line in lines if _letter_row(line)])
    columns = next((found for line in lines if (found := _letter_header(line))), None)
    rows = [line for line in lines if _is_row(line)]
    if columns is not None:
        return MotifText("", "", _by_position(rows, columns))
    widths = {len(_split(line)) for line in rows}
    if len(rows) == 4 and widths != {4}:
        return _by_letter(rows)
    if len(rows) == 4:
        return _square(rows)
    return MotifText("", "", _by_position(rows))


def _square(lines: Sequence[str]) -> MotifText:
    """Four positions and four letters: the sums say which way they run."""
    values = [[float(word) for word in _split(line)] for line in lines]
    down = [sum(column) for column in zip(*values, strict=True)]
    across = [sum(row) for row in values]
    same_down, same_across = _alike(down), _alike(across)
    if same_down and not same_across:
        return _by_letter(lines)
    if same_across and not same_down:
        return MotifText("", "", _by_position(lines))
    return MotifText(
        "", "", problem="has 4 rows and 4 columns without letters, so that its direction is unclear"
    )


def _alike(totals: Sequence[float]) -> bool:
    return max(totals) - min(totals) <= 0.02 * max(abs(total) for total in totals)


def _headed(lines: Sequence[str]) -> tuple[str, list[MotifText]]:
    """Motifs that begin with `>`: JASPAR, HOMER, HOCOMOCO, Cluster-Buster."""
    found: list[MotifText] = []
    layout = "JASPAR"
    starts = [number for number, line in enumerate(lines) if line.startswith(">")]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        body = lines[start + 1 : end]
        if body and all(re.fullmatch(r"[ACGTUNacgtun\s-]{3,}", line) for line in body):
            raise OtherFormatError("is FASTA, a file of sequences")
        motif = _matrix(body)
        labelled = any(_letter_row(line) for line in body)
        if not labelled and len(body) != 4:
            layout = "HOMER"
        motif.name, motif.symbol = _title(lines[start], positions=len(body))
        if not motif.rows and motif.problem is None:
            motif.problem = "has an empty matrix"
        found.append(motif)
    return layout, found


def _title(line: str, *, positions: int) -> tuple[str, str]:
    """Name and symbol of a line that begins with `>`.

    HOMER has the consensus first, then the name; JASPAR the identifier, then the factor.
    """
    text = line[1:].strip()
    words = [word.strip() for word in text.split("\t")] if "\t" in text else text.split()
    words = [word for word in words if word] or ["unnamed"]
    if len(words) == 1:
        return words[0], words[0]
    scored = len(words) > 2 and _is_number(words[2])
    consensus = re.fullmatch(r"[ACGTRYSWKMBDHVN]+", words[0], re.IGNORECASE)
    if consensus and (scored or len(words[0]) == positions):
        return words[1], words[1]
    return words[0], words[1]


def _transfac(lines: Sequence[str], stem: str) -> Iterator[MotifText]:
    """Records with AC, ID, NA or DE and a matrix, after P0 or PO; `//` ends one."""
    fields: dict[str, str] = {}
    columns = _Columns(numbered=True)
    rows: list[str] = []
    matrix = False
    for line in [*lines, "//"]:
        key = line.split()[0]
        if key == "//" or (matrix and key in ("AC", "ID", "DE") and key in fields):
            if matrix:
                name = fields.get("AC") or fields.get("ID") or fields.get("DE") or stem
                symbol = fields.get("NA") or fields.get("ID") or fields.get("DE") or name
                yield MotifText(name.split()[0], symbol.split()[0], _by_position(rows, columns))
            fields, columns, rows, matrix = {}, _Columns(numbered=True), [], False
        if key.upper() in ("P0", "PO"):
            columns = _letter_header(line) or columns
            matrix = True
        elif key.isdigit() and (matrix or "DE" in fields):
            matrix = True
            rows.append(line)
        elif key in ("AC", "ID", "NA", "DE"):
            fields.setdefault(key, line.strip()[len(key) :].strip() or stem)


def _tables(lines: Sequence[str], stem: str) -> Iterator[MotifText]:
    """Tables below `Pos A C G T`, each perhaps after lines such as `TF Name<tab>Fab3` (CIS-BP)."""
    fields: dict[str, str] = {}
    columns: _Columns | None = None
    rows: list[str] = []
    number = 0

    def made() -> MotifText:
        name = (
            fields.get("motif") or fields.get("tf") or (stem if number < 2 else f"{stem}_{number}")
        )
        symbol = fields.get("tf name") or fields.get("gene") or name
        return MotifText(name, symbol, _by_position(rows, columns))

    for line in lines:
        header = _letter_header(line)
        if columns is not None and (header is not None or not _is_row(line)):
            yield made()
            fields, columns, rows = {}, None, []
        if header is not None:
            number += 1
            columns = header
        elif columns is not None:
            rows.append(line)
        else:
            key, _, value = line.strip().partition("\t")
            fields[key.strip().lower()] = value.strip()
    if columns is not None:
        yield made()


def _unheaded(lines: Sequence[str], stem: str) -> Iterator[MotifText]:
    """Matrices without `>`: rows by letter below a line of text (UniPROBE), or numbers alone."""
    title = ""
    body: list[str] = []
    made: list[tuple[str, list[str]]] = []
    for line in lines:
        if _is_row(line) or _letter_row(line):
            if body and _letter_row(line) == "A" and _letter_row(body[0]) == "A":
                made.append((title, body))
                title, body = "", []
            body.append(line)
            continue
        if body:
            made.append((title, body))
        title, body = line, []
    if body:
        made.append((title, body))
    for number, (text, rows) in enumerate(made, start=1):
        motif = _matrix(rows)
        words = text.replace("Protein:", " ").split()
        named = stem if len(made) == 1 else f"{stem}_{number}"
        motif.name = motif.symbol = words[0] if words else named
        yield motif
