"""Motifs as position weight matrices (PWMs): MEME files, JASPAR, log-odds."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deeprage.data.dna import N_TOKEN
from deeprage.data.reading import open_text
from deeprage.errors import DeepRageError, unknown

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
_HEADER = re.compile(r"letter-probability matrix:(?P<settings>.*)")
_WIDTH = re.compile(r"\bw=\s*(\d+)")


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


def read_meme(path: Path | str) -> list[Motif]:
    """Motifs of a file in MEME's minimal format.

    Raises:
        DeepRageError: the file is missing, holds no motif, is not of DNA, or a matrix is damaged.
    """
    path = Path(path)
    with open_text(path, "the motif file") as handle:
        lines = handle.read().splitlines()
    motifs: list[Motif] = []
    title: list[str] = []
    for number, line in enumerate(lines):
        words = line.split()
        if words[:1] == ["ALPHABET="] and "".join(words[1:]) != "ACGT":
            raise DeepRageError(
                f"{path} has the alphabet {' '.join(words[1:])!r}, expected 'ACGT': "
                "give motifs of DNA."
            )
        if words[:1] == ["MOTIF"]:
            title = words[1:]
        elif (header := _HEADER.match(line.strip())) is not None:
            name = title[0] if title else f"motif_{len(motifs) + 1}"
            symbol = title[1] if len(title) > 1 else name
            width = _WIDTH.search(header["settings"])
            rows = _matrix_rows(lines[number + 1 :], int(width[1]) if width else None)
            motifs.append(Motif(name, symbol, _probabilities(rows, name=name, path=path)))
    if not motifs:
        raise DeepRageError(
            f"{path} holds no motif: expected MEME format, with lines 'MOTIF name' and "
            "'letter-probability matrix: alength= 4 w= 8'."
        )
    return motifs


def _matrix_rows(lines: Sequence[str], width: int | None) -> list[list[str]]:
    rows: list[list[str]] = []
    for line in lines:
        words = line.split()
        if words and (words[0][0].isdigit() or words[0][0] in ".-+"):
            rows.append(words)
            if len(rows) == width:
                break
        elif words or (rows and width is None):
            break
    return rows


def _probabilities(rows: list[list[str]], *, name: str, path: Path) -> NDArray[np.float64]:
    try:
        matrix = np.array([[float(word) for word in row] for row in rows], dtype=np.float64)
    except ValueError as error:
        raise DeepRageError(f"motif {name!r} of {path} has a row of text ({error}).") from error
    if matrix.ndim != 2 or matrix.shape[1] != 4 or not (matrix >= 0).all():
        raise DeepRageError(
            f"motif {name!r} of {path} is not a matrix of 4 probabilities a row: correct the file."
        )
    totals = matrix.sum(axis=1, keepdims=True)
    if (np.abs(totals - 1) > 0.02).any():
        worst = float(totals[np.argmax(np.abs(totals - 1))].item())
        raise DeepRageError(
            f"motif {name!r} of {path} has a row that sums to {worst:g}, expected 1: "
            "give probabilities, not counts."
        )
    return np.ascontiguousarray((matrix / totals).T)


def jaspar_motifs(tax_group: str = "fungi") -> list[Motif]:
    """Motifs of the JASPAR CORE collection that the installed `pyjaspar` holds (no download).

    Raises:
        DeepRageError: the taxonomic group is unknown.
    """
    from pyjaspar import jaspardb

    if tax_group not in TAXONOMIC_GROUPS:
        raise unknown("taxonomic group", tax_group, TAXONOMIC_GROUPS)
    found = jaspardb().fetch_motifs(collection="CORE", tax_group=[tax_group])
    motifs = []
    for motif in found:
        counts = np.array([motif.counts[letter] for letter in "ACGT"], dtype=np.float64)
        motifs.append(Motif(motif.matrix_id, motif.name, counts / counts.sum(axis=0)))
    return sorted(motifs, key=lambda motif: motif.name)


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


def load_motifs(paths: Iterable[Path | str] | None) -> list[Motif]:
    """Motifs of all the given MEME files, in order; JASPAR's fungi where `paths` is None."""
    if paths is None:
        return jaspar_motifs()
    motifs = [motif for path in paths for motif in read_meme(path)]
    if not motifs:
        raise DeepRageError("the list of motif files is empty; give at least one MEME file.")
    return motifs


def letter_frequencies(tokens: NDArray[np.int8]) -> NDArray[np.float64]:
    """Frequencies (4,) of A, C, G, T in tokens, both strands counted; N is left out.

    Even frequencies where there is no letter but N.
    """
    counts = np.bincount(tokens.ravel(), minlength=N_TOKEN + 1)[:N_TOKEN].astype(np.float64)
    counts += counts[::-1].copy()
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
