"""Rows of numbers of a motif file as probabilities: what is normalised and what is left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

#: Rounding of printed probabilities moves the sum of a row by at most this.
_ROUNDING = 0.02
#: A row of probabilities whose sum differs from 1 by at most this is normalised.
_NORMALISED = 0.1
#: Rows of per cent sum to 100, those of weighted counts to one number, both within this share.
_SAME_TOTAL = 0.1
_PER_CENT = 5.0


class Normalised(NamedTuple):
    """A matrix of probabilities, and what was done to get it.

    Attributes:
        probabilities: float64 (4, width), rows A, C, G, T; columns sum to 1.
        note: what the numbers were, if they were not probabilities; None otherwise.
    """

    probabilities: NDArray[np.float64]
    note: str | None


def normalised(rows: Sequence[Sequence[str]]) -> Normalised:
    """Probabilities from rows of text, one row a position, with the numbers of A, C, G, T.

    Rows that sum to .9 to 1.1 are divided by their sums. Counts and per cent become
    probabilities.

    Raises:
        ValueError: the rows are none of these; the message continues a sentence that begins with
            the motif's name.
    """
    if not rows:
        raise ValueError("has an empty matrix")
    numbers = np.array([_numbers(row) for row in rows], dtype=np.float64)
    if not np.isfinite(numbers).all():
        raise ValueError("has a value that is not finite")
    if (numbers < 0).any():
        raise ValueError("has negative values, as log-odds have")
    with np.errstate(over="ignore"):
        totals = numbers.sum(axis=1)
    if not np.isfinite(totals).all():
        raise ValueError("has a row that is too large to be summed")
    if (totals == 0).any():
        raise ValueError("has a row of zeros")
    return Normalised(np.ascontiguousarray((numbers / totals[:, None]).T), _note(numbers, totals))


def _numbers(row: Sequence[str]) -> list[float]:
    if len(row) != 4:
        raise ValueError(f"has a row of {len(row)} values, expected 4")
    found = []
    for cell in row:
        try:
            found.append(float(cell))
        except ValueError:
            raise ValueError(f"has {cell!r} in place of a number") from None
    return found


def _note(numbers: NDArray[np.float64], totals: NDArray[np.float64]) -> str | None:
    away = np.abs(totals - 1)
    worst = float(totals[np.argmax(away)])
    if away.max() <= _ROUNDING:
        return None
    if away.max() <= _NORMALISED:
        return f"rows that sum to {worst:.3g}"
    if (np.abs(totals - 100) <= _PER_CENT).all():
        return "per cent"
    whole = (numbers == np.round(numbers)).all()
    alike = totals.min() >= 2 and totals.max() <= (1 + _SAME_TOTAL) * totals.min()
    if whole or alike:
        return "counts"
    raise ValueError(f"has a row that sums to {worst:.3g}, expected 1")
