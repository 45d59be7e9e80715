"""Motif files in MEME's formats, minimal or full text, with the dialects that other tools write."""

from __future__ import annotations

import re
from collections.abc import Sequence

from deeprage.data.motif_text import MotifText, OtherAlphabetError, Row

_SIGNS = re.compile(r"MEME version\b|MOTIF\s|ALPHABET\b|(?i:letter-probability matrix)")
_MATRIX = re.compile(r"letter-probability matrix\s*:?(?P<settings>.*)", re.IGNORECASE)
_WIDTH = re.compile(r"\bw\s*=\s*(\d+)")
_LETTERS = re.compile(r"\balength\s*=\s*(\d+)")
_NUMBER = re.compile(r"[-+]?(\.?\d|nan|inf)", re.IGNORECASE)
_DNA = "ACGT"


def is_meme(lines: Sequence[str]) -> bool:
    """Whether lines are those of a file of MEME."""
    return any(_SIGNS.match(line.strip()) for line in lines)


def meme_motifs(lines: Sequence[str]) -> list[MotifText]:
    """The motifs of a file of MEME, each with its letter-probability matrix.

    A motif without one (a name alone, or log-odds alone) has a problem in place of rows.

    Raises:
        OtherAlphabetError: the alphabet is not that of DNA.
    """
    _check_alphabet(lines)
    motifs: list[MotifText] = []
    waiting: MotifText | None = None
    for number, line in enumerate(lines):
        words = line.split()
        if words[:1] == ["MOTIF"]:
            waiting = MotifText(*_title(words[1:], len(motifs) + 1))
            waiting.problem = "has no letter-probability matrix"
            motifs.append(waiting)
        elif (header := _MATRIX.match(line.strip())) is not None:
            if waiting is None:
                name = f"motif_{len(motifs) + 1}"
                waiting = MotifText(name, name)
                motifs.append(waiting)
            _read_matrix(waiting, header["settings"], lines[number + 1 :])
            waiting = None
    return motifs


def _title(words: Sequence[str], number: int) -> tuple[str, str]:
    """Name and symbol after MOTIF; MEME's full text goes on with `width = 8`."""
    known = list(words)
    for end, word in enumerate(words):
        if word.startswith("width") and "=" in " ".join(words[end : end + 2]):
            known = known[:end]
            break
    name = known[0] if known else f"motif_{number}"
    return name, known[1] if len(known) > 1 else name


def _read_matrix(motif: MotifText, settings: str, lines: Sequence[str]) -> None:
    width, letters = _WIDTH.search(settings), _LETTERS.search(settings)
    if letters is not None and int(letters[1]) != len(_DNA):
        raise OtherAlphabetError(f"of {letters[1]} letters")
    motif.rows = _rows(lines, int(width[1]) if width else None)
    motif.problem = None
    if not motif.rows:
        motif.problem = "has an empty matrix"
    elif width is not None and len(motif.rows) != int(width[1]):
        motif.problem = f"has {len(motif.rows)} rows, although its header says w= {width[1]}"


def _rows(lines: Sequence[str], width: int | None) -> list[Row]:
    """Rows of numbers up to another line, or a blank one after the last row."""
    rows: list[Row] = []
    for line in lines:
        words = [word for word in re.split(r"[\s,;]+", line.strip()) if word]
        if not words:
            if rows and (width is None or len(rows) >= width):
                break
        elif _NUMBER.match(words[0]):
            rows.append(words)
        else:
            break
    return rows


def _check_alphabet(lines: Sequence[str]) -> None:
    for number, line in enumerate(lines):
        text = line.strip()
        if not text.upper().startswith("ALPHABET"):
            continue
        if "=" in text:
            letters = "".join(text.partition("=")[2].split())
            if letters.upper() != _DNA:
                raise OtherAlphabetError(letters)
        else:
            _check_block(text, lines[number + 1 :])
        return


def _check_block(opening: str, lines: Sequence[str]) -> None:
    """A block between ALPHABET and END ALPHABET: core letters have a `~`, or no `=`."""
    core: list[str] = []
    for line in lines:
        text = line.strip()
        if text.upper().startswith("END ALPHABET"):
            break
        if text and "=" not in text.split('"')[0]:
            # A pair of complements stands on one line: A "Adenine" CC0000 ~ T "Thymine" 008000.
            core += [half.split()[0] for half in text.split("~") if half.split()]
    if "".join(sorted(core)).upper() != _DNA:
        raise OtherAlphabetError("".join(core) or opening)
