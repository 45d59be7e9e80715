"""Patterns that TF-MoDISco found in contributions, read from its result."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from deeprage.data.motifs import Motif
from deeprage.errors import DeepRageError
from deeprage.interpretation.motifs import (
    Matched,
    MotifOptions,
    match_motifs,
    motifs_of_counts,
)

if TYPE_CHECKING:
    from h5py import Group

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
    import h5py

    try:
        with h5py.File(path, "r") as file:
            found = [
                _pattern(file[group][name], f"{group}.{name}", raises=raises)
                for raises, group in _GROUPS.items()
                if group in file
                for name in sorted(file[group], key=_number)
            ]
    except (OSError, KeyError, ValueError, IndexError) as error:
        raise DeepRageError(
            f"{path} cannot be read as the result of TF-MoDISco ({error}): give the .h5 that "
            "`modisco motifs` wrote."
        ) from error
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


def _pattern(group: Group, name: str, *, raises: bool) -> Pattern:
    shares = np.asarray(group["sequence"], dtype=np.float64).T
    if shares.ndim != 2 or shares.shape[0] != 4:
        raise ValueError(f"{name} has a matrix of shape {shares.shape}, not 4 letters wide")
    seqlets = int(np.asarray(group["seqlets"]["n_seqlets"]).ravel()[0])
    return Pattern(name, shares * seqlets, seqlets, raises)


def _number(name: str) -> int:
    return int(name.rsplit("_", 1)[-1])
