"""Motifs against known motifs: Tomtom p-values, and q-values over the known ones."""

from __future__ import annotations

import atexit
import tempfile
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deeprage.data.motifs import Motif
from deeprage.errors import DeepRageError

#: With fewer known motifs Tomtom's background is poor (MEME's own program warns).
FEW_TARGETS = 50


@dataclass(frozen=True, eq=False)
class Matches:
    """How well each query fits each target.

    Attributes:
        p: float64 (Q, T), Tomtom's p-value of the best alignment on either strand.
        q: float64 (Q, T), the false discovery rate at which a target is still a match of its
            query, by Benjamini and Hochberg over the query's targets.
        offset: intp (Q, T), the query's first position in coordinates of the (turned) target.
        reverse: bool (Q, T), whether the target is turned to its reverse complement.
    """

    p: NDArray[np.float64]
    q: NDArray[np.float64]
    offset: NDArray[np.intp]
    reverse: NDArray[np.bool_]

    @property
    def best(self) -> NDArray[np.intp]:
        """The target with the smallest p-value of each query, (Q,)."""
        found: NDArray[np.intp] = self.p.argmin(axis=1)
        return found

    @property
    def best_q(self) -> NDArray[np.float64]:
        """The smallest q-value of each query, (Q,)."""
        found: NDArray[np.float64] = self.q.min(axis=1)
        return found


def compare(queries: Sequence[Motif], targets: Sequence[Motif]) -> Matches:
    """Compare every query with every target (Gupta 2007, in memelite's implementation).

    q-values are taken over the targets of one query, as Tomtom does; so with many queries some
    match by chance, and how many is what `shuffled_filters` measures. The first call on a machine
    compiles for about a minute.

    Raises:
        DeepRageError: there is no query or no target.
    """
    from scipy.stats import false_discovery_control

    if not queries or not targets:
        raise DeepRageError(
            f"{len(queries)} motifs cannot be compared with {len(targets)} known ones: there must "
            "be one of each."
        )
    tomtom = _tomtom()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="tomtom was given")
        p, _, offset, _, strand = tomtom(
            [motif.probabilities for motif in queries], [motif.probabilities for motif in targets]
        )
    p = np.clip(p, np.finfo(np.float64).tiny, 1.0)
    return Matches(
        p=p,
        q=false_discovery_control(p, axis=1),
        offset=offset.astype(np.intp),
        reverse=strand.astype(bool),
    )


def _tomtom() -> Callable[..., Any]:
    """memelite's function, which numba compiles and caches: in a temporary folder if need be."""
    try:
        from memelite import tomtom
    except RuntimeError as error:  # the package's folder and the home are both read-only
        if "no locator available" not in str(error):
            raise
        folder = tempfile.TemporaryDirectory(prefix="deeprage-numba-")
        atexit.register(folder.cleanup)
        from numba.core import config

        vars(config)["CACHE_DIR"] = folder.name
        from memelite import tomtom
    function: Callable[..., Any] = tomtom
    return function
