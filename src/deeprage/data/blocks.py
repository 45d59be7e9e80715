"""Blocks: the tiles of the matrix that one training step sees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Block(NamedTuple):
    """Rows and columns of one tile; its cells are their product."""

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]


def epoch_blocks(
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
    *,
    shape: tuple[int, int],
    generator: np.random.Generator,
) -> list[Block]:
    """Tiles of `shape` that cover rows x columns exactly once, shuffled.

    Genes are parted anew at each call, and for each gene part the conditions, so that over the
    epochs every gene meets every condition in changing company.
    """
    tiles = [
        Block(row_part, column_part)
        for row_part in _parts(rows, shape[0], generator)
        for column_part in _parts(columns, shape[1], generator)
    ]
    return [tiles[at] for at in generator.permutation(len(tiles))]


def _parts(
    items: NDArray[np.intp], size: int, generator: np.random.Generator
) -> Iterator[NDArray[np.intp]]:
    # Even parts: a last part of one gene would make a step as large as a full one.
    yield from np.array_split(generator.permutation(items), max(1, -(-len(items) // size)))
