"""The training data as tensors, cut into blocks on demand."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from deeprage.data.compendium import Compendium
from deeprage.data.labels import classify
from deeprage.data.split import Role, Split
from deeprage.data.units import class_origin
from deeprage.training.scaling import Scaling


class Cells(NamedTuple):
    """Targets of a block: scaled values, which are known, classes (-1 unknown), all (G, C)."""

    target: Tensor
    known: Tensor
    classes: Tensor


class BlockTensors:
    """Promoters, levels and targets; everything lives on `device` once.

    Args:
        visible: what may be seen; a cell that is NaN is never a target.
        split: gives the role of the cells.
        role: which cells are targets here.
    """

    def __init__(
        self,
        visible: Compendium,
        split: Split,
        *,
        role: Role,
        scaling: Scaling,
        edges: tuple[float, ...],
        device: torch.device,
    ) -> None:
        known = split.cells(role) & ~np.isnan(visible.expression)
        known[~visible.has_promoter] = False  # a network has nothing to tell them apart by
        self.rows = np.flatnonzero(known.any(axis=1))
        self.columns = np.flatnonzero(known.any(axis=0))
        self.cells_known = known
        changes = visible.expression - class_origin(visible, split)
        classes = np.where(known, classify(changes, edges), -1)
        self.labelled = int((classes >= 0).sum())
        target = np.nan_to_num(scaling.targets(visible.expression), nan=0.0)
        self._tokens = torch.from_numpy(visible.promoters).to(device)
        self._levels = torch.from_numpy(scaling.levels(visible.regulator_levels)).to(device)
        self._target = torch.from_numpy(target).to(device)
        self._known = torch.from_numpy(known).to(device)
        self._classes = torch.from_numpy(classes.astype(np.int64)).to(device)

    def keep_rows(self, most: int, generator: np.random.Generator) -> None:
        """Forget all but `most` rows, drawn at random."""
        if len(self.rows) > most:
            self.rows = np.sort(generator.permutation(self.rows)[:most])

    def promoters(self, rows: NDArray[np.intp]) -> Tensor:
        """One-hot promoters (len(rows), 4, L) of some genes."""
        return one_hot(self._tokens[torch.from_numpy(rows).to(self._tokens.device)])

    def levels(self, columns: NDArray[np.intp]) -> Tensor:
        """Scaled regulator levels (len(columns), R) of some conditions."""
        return self._levels[torch.from_numpy(columns).to(self._levels.device)]

    def cells(self, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> Cells:
        """Targets of the block rows x columns."""
        at = (
            torch.from_numpy(rows)[:, None].to(self._target.device),
            torch.from_numpy(columns)[None, :].to(self._target.device),
        )
        return Cells(self._target[at], self._known[at], self._classes[at])


def one_hot(tokens: Tensor) -> Tensor:
    """One-hot float32 (G, 4, L) of int8 tokens (G, L); N is all zeros."""
    letters = torch.arange(4, dtype=tokens.dtype, device=tokens.device)
    return (tokens[:, None, :] == letters[None, :, None]).float()
