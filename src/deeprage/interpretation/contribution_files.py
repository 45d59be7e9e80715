"""Hypothetical contributions as the files that motif discovery reads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from deeprage.files import write_text, written_aside
from deeprage.training.tensors import one_hot

ONE_HOT = "ohe.npz"
ATTRIBUTIONS = "attr.npz"
NAMES = "attribution_genes.tsv"


def write_contributions(
    out: Path, hypothetical: NDArray[np.float32], promoters: NDArray[np.int8], genes: Sequence[str]
) -> None:
    """Write `ohe.npz` and `attr.npz`, which `modisco motifs -s ohe.npz -a attr.npz` reads, and
    `attribution_genes.tsv`, the gene of each row.

    Both hold one array, `arr_0`, of shape (N, 4, L) with letters A, C, G, T: the promoters one-hot
    (int8, N all zeros) and the hypothetical contributions (float32).

    Args:
        hypothetical: float32 (N, 4, L), see `attribution.contributions`.
        promoters: tokens (N, L).
    """
    letters = one_hot(torch.from_numpy(promoters)).numpy().astype(np.int8)
    for name, array in ((ONE_HOT, letters), (ATTRIBUTIONS, hypothetical.astype(np.float32))):
        with written_aside(out / name) as aside, aside.open("wb") as handle:
            np.savez_compressed(handle, array)
    lines = [f"{row}\t{gene}" for row, gene in enumerate(genes)]
    write_text(out / NAMES, "\n".join(["row\tgene", *lines]) + "\n")
