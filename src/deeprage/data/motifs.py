"""Motifs as position weight matrices (PWMs): files, JASPAR, log-odds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deeprage.data.dna import N_TOKEN
from deeprage.data.meme_format import is_meme, meme_motifs
from deeprage.data.motif_matrix import normalised
from deeprage.data.motif_text import OtherAlphabetError, OtherFormatError, blocks
from deeprage.data.reading import open_text
from deeprage.errors import DeepRageError, counted, examples, unknown

#: Taxonomic groups that JASPAR's CORE collection knows.
TAXONOMIC_GROUPS = (
    "diatoms",
    "fungi",
    "insects",
    "nematodes",
    "plants",
    "urochordates",
    "vertebrates",
)


@dataclass(frozen=True, eq=False)
class Motif:
    """A motif: the probability of each letter at each position.

    Attributes:
        name: identifier, unique within its file, such as `MA0271.1`.
        symbol: the factor's name, such as `ARG80`; the identifier where the file gives none.
        probabilities: float64 (4, width), rows A, C, G, T; columns sum to 1.
    """

    name: str
    symbol: str
    probabilities: NDArray[np.float64]

    @property
    def width(self) -> int:
        """Number of positions."""
        return int(self.probabilities.shape[1])


@dataclass(frozen=True, eq=False)
class MotifFile:
    """The motifs of a file.

    Attributes:
        motifs: in the order of the file; at least one.
        notes: one sentence for each thing that was done to some of its motifs: turned into
            probabilities, or left out.
    """

    motifs: list[Motif]
    notes: tuple[str, ...]


def read_motifs(path: Path | str) -> MotifFile:
    """Motifs of a file in MEME, JASPAR, HOMER, HOCOMOCO, TRANSFAC, CIS-BP or UniPROBE format.

    The format is recognised by content. Counts and per cent become probabilities, rows that sum to
    .9 to 1.1 are divided by their sums, and a motif that cannot be used is left out, each with a
    note.

    Raises:
        DeepRageError: the file is missing, of another format, not of DNA, or has no motif that can
            be used.
    """
    path = Path(path)
    with open_text(path, "the motif file") as handle:
        lines = handle.read().splitlines()
    stem = path.name.removesuffix(".gz").rpartition(".")[0] or path.name
    try:
        if is_meme(lines):
            layout, texts = "MEME", meme_motifs(lines)
        else:
            layout, texts = blocks(lines, stem=stem)
    except OtherAlphabetError as error:
        raise DeepRageError(
            f"{path} has the alphabet {str(error)!r}, expected 'ACGT': give motifs of DNA."
        ) from error
    except OtherFormatError as error:
        raise DeepRageError(f"{path} {error}: {_FORMATS}.") from error
    motifs: list[Motif] = []
    done: dict[str, list[str]] = {}
    left_out: dict[str, list[str]] = {}
    for text in texts:
        try:
            if text.problem is not None:
                raise ValueError(text.problem)
            matrix = normalised(text.rows)
        except ValueError as error:
            left_out.setdefault(str(error), []).append(text.name)
            continue
        motifs.append(Motif(text.name, text.symbol, matrix.probabilities))
        if matrix.note is not None and (layout == "MEME" or matrix.note != "counts"):
            done.setdefault(matrix.note, []).append(text.name)
    if not motifs:
        raise DeepRageError(_no_motif(path, left_out))
    notes = [
        f"{path.name}: {counted(len(names), 'motif')} with {what} turned into probabilities: "
        f"{examples(names)}"
        for what, names in done.items()
    ]
    notes += [
        f"{path.name}: {counted(len(names), 'motif')} left out, since the motif {why}: "
        f"{examples(names)}"
        for why, names in left_out.items()
    ]
    return MotifFile(motifs, tuple(notes))


_FORMATS = (
    "give motifs as MEME, JASPAR, HOMER, HOCOMOCO, TRANSFAC or CIS-BP text, such as MEME's lines "
    "'MOTIF name' and 'letter-probability matrix: alength= 4 w= 8', then a row of 4 numbers a "
    "position"
)


def _no_motif(path: Path, left_out: Mapping[str, Sequence[str]]) -> str:
    if not left_out:
        return f"{path} holds no motif: {_FORMATS}."
    why, names = next(iter(left_out.items()))
    total = sum(len(some) for some in left_out.values())
    if total == 1:
        return f"motif {names[0]!r} of {path} {why}, and there is no other: {_FORMATS}."
    return (
        f"none of the {total} motifs of {path} can be used; for example, {names[0]!r} {why}: "
        f"{_FORMATS}."
    )


def read_meme(path: Path | str) -> list[Motif]:
    """The motifs of `read_motifs`, without its notes."""
    return read_motifs(path).motifs


def jaspar_motifs(tax_group: str = "fungi") -> list[Motif]:
    """Motifs of the JASPAR CORE collection that the installed `pyjaspar` holds (no download).

    Raises:
        DeepRageError: the taxonomic group is unknown.
    """
    if tax_group not in TAXONOMIC_GROUPS:
        raise unknown("taxonomic group", tax_group, TAXONOMIC_GROUPS)
    return list(_jaspar(tax_group))


@cache
def _jaspar(tax_group: str) -> tuple[Motif, ...]:
    from pyjaspar import jaspardb

    motifs = []
    for motif in jaspardb().fetch_motifs(collection="CORE", tax_group=[tax_group]):
        counts = np.array([motif.counts[letter] for letter in "ACGT"], dtype=np.float64)
        motifs.append(Motif(motif.matrix_id, motif.name, counts / counts.sum(axis=0)))
    return tuple(sorted(motifs, key=lambda motif: motif.name))


def meme_text(
    motifs: Sequence[Motif],
    background: NDArray[np.float64],
    *,
    sites: Sequence[int] | None = None,
) -> str:
    """Motifs in MEME's minimal format.

    Args:
        background: frequencies (4,) of A, C, G, T.
        sites: how many sites each motif was made from.
    """
    letters = " ".join(f"{name} {x:g}" for name, x in zip("ACGT", background, strict=True))
    lines = ["MEME version 4", "", "ALPHABET= ACGT", "", "strands: + -", ""]
    lines += ["Background letter frequencies", letters, ""]
    for number, motif in enumerate(motifs):
        made_from = "" if sites is None else f" nsites= {sites[number]}"
        lines.append(f"MOTIF {motif.name} {motif.symbol}")
        lines.append(f"letter-probability matrix: alength= 4 w= {motif.width}{made_from}")
        lines += [" ".join(f"{x:.6f}" for x in column) for column in motif.probabilities.T]
        lines.append("")
    return "\n".join(lines)


def letter_frequencies(tokens: NDArray[np.int8]) -> NDArray[np.float64]:
    """Frequencies (4,) of A, C, G, T in tokens, both strands counted; N is left out.

    Even frequencies where there is no letter but N. Where a letter does not occur each is counted
    once more, so that none is impossible.
    """
    counts = np.bincount(tokens.ravel(), minlength=N_TOKEN + 1)[:N_TOKEN].astype(np.float64)
    counts += counts[::-1].copy()
    if counts.any() and not counts.all():
        counts += 1
    return counts / counts.sum() if counts.sum() else np.full(4, 0.25)


def log_odds(
    motif: Motif, background: NDArray[np.float64], *, pseudocount: float = 0.02
) -> NDArray[np.float64]:
    """Log2-odds (4, width) of a motif against letter frequencies (4,).

    A share `pseudocount` of the background is mixed into each position, so that a letter never
    seen costs about log2(pseudocount) bits and not infinity.
    """
    mixed = (1 - pseudocount) * motif.probabilities + pseudocount * background[:, None]
    odds: NDArray[np.float64] = np.log2(mixed / background[:, None])
    return odds
