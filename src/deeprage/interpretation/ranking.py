"""The ranked table of a knock-out: which genes change most, how, and whether that is chance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import false_discovery_control

from deeprage.interpretation.epistasis import Dissection, mean_size
from deeprage.interpretation.knockout import KnockOut
from deeprage.interpretation.nulls import empirical_p


def ranking(
    found: KnockOut,
    *,
    genes: Sequence[str],
    symbols: Sequence[str],
    conditions: Sequence[str],
    null: NDArray[np.float32] | None = None,
    targets: NDArray[np.bool_] | None = None,
    dissection: Dissection | None = None,
) -> pd.DataFrame:
    """Genes by how much they change, the most first.

    Args:
        genes, symbols, conditions: names of the rows and columns.
        null: mean |change| (K, G) of random knock-outs; gives `p` and `q`.
        targets: bool (G,), known targets; gives `target`.
        dissection: gives `epistasis`, its mean over conditions.

    Returns:
        columns `gene`, `symbol`, `change` (mean over conditions, log2), `size` (mean of |change|),
        `largest` and `condition` (the largest change and where), `before` and `after` (in the
        condition that changes most over all genes, see `shown_condition`), `sites`.
    """
    change = found.change
    size = mean_size(change)
    at = np.abs(change).argmax(axis=1)
    shown = shown_condition(found)
    table = pd.DataFrame(
        {
            "gene": list(genes),
            "symbol": list(symbols),
            "change": change.mean(axis=1),
            "size": size,
            "largest": change[np.arange(len(change)), at],
            "condition": [conditions[column] for column in at],
            "before": found.before[:, shown],
            "after": found.after[:, shown],
            "sites": found.sites,
        }
    )
    if null is not None and len(null):
        table["p"] = empirical_p(size, null)
        table["q"] = false_discovery_control(table["p"])
    if targets is not None:
        table["target"] = targets
    if dissection is not None:
        table["epistasis"] = dissection.epistasis().mean(axis=1)
    return table.sort_values("size", ascending=False, kind="stable").reset_index(drop=True)


def shown_condition(found: KnockOut) -> int:
    """The condition whose genes change most, by the mean square: the one a figure shows."""
    return int((found.change**2).mean(axis=0).argmax())
