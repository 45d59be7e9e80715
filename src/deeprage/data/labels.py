"""Class labels by thresholds on log2 expression values."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deeprage.errors import DeepRageError

#: The paper's classes: Down if x <= -0.5, Up if x >= 0.5, else Baseline.
DEFAULT_EDGES = (-0.5, 0.5)
#: The five classes of an earlier draft of the paper: `train --edges=-2.4,-0.8,0.8,2.4`.
FIVE_CLASS_EDGES = (-2.4, -0.8, 0.8, 2.4)
#: Label of a cell whose value is missing.
MISSING = -1


def check_edges(edges: Sequence[float]) -> tuple[float, ...]:
    """The edges as a tuple.

    Raises:
        DeepRageError: there is no edge, or they are not finite or do not rise strictly.
    """
    found = tuple(float(edge) for edge in edges)
    rising = all(low < high for low, high in pairwise(found))
    if not found or not rising or not np.isfinite(found).all():
        raise DeepRageError(
            f"class edges must be one or more finite, rising numbers, got {found}; "
            f"the default is {DEFAULT_EDGES}."
        )
    return found


def classify(values: ArrayLike, edges: Sequence[float] = DEFAULT_EDGES) -> NDArray[np.int8]:
    """Classes 0 .. len(edges) of log2 `values`; NaN gives `MISSING`.

    A value that equals an edge belongs to the side away from zero (x <= -0.5 is Down,
    x >= 0.5 is Up), as in the paper's code.
    """
    numbers = np.asarray(values)
    missing = np.isnan(numbers)
    classes = np.zeros(numbers.shape, dtype=np.int8)
    with np.errstate(invalid="ignore"):
        for edge in check_edges(edges):
            classes += (numbers > edge) if edge < 0 else (numbers >= edge)
    classes[missing] = MISSING
    return classes


def class_names(edges: Sequence[float] = DEFAULT_EDGES) -> tuple[str, ...]:
    """Names of the classes: Down, Baseline, Up for two edges, else intervals."""
    found = check_edges(edges)
    if len(found) == 2:
        return ("Down", "Baseline", "Up")
    bounds = [f"{edge:g}" for edge in found]
    middle = [f"{low} .. {high}" for low, high in pairwise(bounds)]
    return (f"< {bounds[0]}", *middle, f"> {bounds[-1]}")
