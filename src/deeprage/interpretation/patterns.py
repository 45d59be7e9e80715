"""Patterns that TF-MoDISco found in contributions, read from its result."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deeprage.data.motifs import Motif
from deeprage.data.readers.guarded import Content, read_hdf5
from deeprage.data.reading import HDF5_MAGIC, check_readable, start_of
from deeprage.errors import DeepRageError
from deeprage.interpretation.motifs import (
    Matched,
    MotifOptions,
    match_motifs,
    motifs_of_counts,
)

_WHAT = "the result of TF-MoDISco"
#: Where the parts of a pattern are in its group.
_SHARES, _SEQLETS = "sequence", "seqlets/n_seqlets"
#: Groups of the file, by whether their patterns raise what was explained.
_GROUPS = {True: "pos_patterns", False: "neg_patterns"}


class Pattern(NamedTuple):
    """One pattern.

    Attributes:
        name: `pos_patterns.pattern_0` and so on.
        counts: float64 (4, width), letters over its seqlets.
        seqlets: stretches of promoters that it was made from.
        raises: whether it raises the quantity that was explained.
    """

    name: str
    counts: NDArray[np.float64]
    seqlets: int
    raises: bool


class MatchedPatterns(NamedTuple):
    """Patterns and how they compare with known motifs, in one order."""

    patterns: list[Pattern]
    matched: Matched


def read_patterns(path: Path | str) -> list[Pattern]:
    """Patterns of the `.h5` that `modisco motifs` writes (tfmodisco-lite 2 and later).

    Raises:
        DeepRageError: missing or unreadable file, another format, or no pattern.
    """
    path = Path(path)
    check_readable(path, _WHAT)
    if not start_of(path, _WHAT).startswith(HDF5_MAGIC):
        raise _no_result(path, "it is no HDF5 file")
    name = f"{_WHAT} {path}"
    groups = read_hdf5(path, name, taken=(), listed=list(_GROUPS.values()))
    try:
        places = [
            (f"{group}/{pattern}", raises)
            for raises, group in _GROUPS.items()
            for pattern in sorted(groups[group].members, key=_number)
        ]
        parts = [f"{place}/{part}" for place, _ in places for part in (_SHARES, _SEQLETS)]
        content = read_hdf5(path, name, taken=parts, listed=()) if parts else {}
        found = [_pattern(content, place, raises=raises) for place, raises in places]
    except (ValueError, IndexError) as error:
        raise _no_result(path, str(error)) from error
    if not found:
        raise DeepRageError(
            f"{path} holds no pattern: give `modisco motifs` more promoters or a larger window."
        )
    return found


def match_patterns(
    patterns: list[Pattern],
    targets: Sequence[Motif],
    background: NDArray[np.float64],
    options: MotifOptions,
) -> MatchedPatterns:
    """Trim and group the patterns as motifs of filters are, and compare them with known ones."""
    found = motifs_of_counts(
        [pattern.counts for pattern in patterns],
        background,
        [pattern.name for pattern in patterns],
        numbers=np.arange(len(patterns)),
        least_bits=options.least_bits,
    )
    rng = np.random.default_rng(options.seed)
    return MatchedPatterns(patterns, match_motifs(found, targets, background, options, rng))


def _no_result(path: Path, reason: str) -> DeepRageError:
    return DeepRageError(
        f"{path} cannot be read as the result of TF-MoDISco ({reason}): give the .h5 that "
        "`modisco motifs` wrote."
    )


def _pattern(content: Content, place: str, *, raises: bool) -> Pattern:
    name = place.replace("/", ".")
    shares, number = (content[f"{place}/{part}"].values for part in (_SHARES, _SEQLETS))
    if shares is None or number is None:
        raise ValueError(f"{name} has no sequence or no number of seqlets")
    if shares.ndim != 2 or shares.shape[1] != 4 or shares.dtype.kind not in "iuf":
        raise ValueError(f"{name} has a matrix of shape {shares.T.shape}, not 4 letters wide")
    seqlets = int(number.ravel()[0])
    return Pattern(name, shares.T.astype(np.float64) * seqlets, seqlets, raises)


def _number(name: str) -> int:
    return int(name.rsplit("_", 1)[-1])
