"""Predictions as tables of text."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deeprage.data.labels import class_names
from deeprage.own_tables import check_finite, table_text


def values_text(
    values: NDArray[np.float32], genes: Sequence[str], conditions: Sequence[str]
) -> str:
    """Log2 values (G, C) as TSV: genes are rows, conditions columns."""
    table = pd.DataFrame(values, index=pd.Index(genes, name="gene"), columns=list(conditions))
    return table_text(table, index=True, digits="%.4f")


def classes_text(
    probabilities: NDArray[np.float32],
    genes: Sequence[str],
    conditions: Sequence[str],
    edges: Sequence[float],
) -> str:
    """Class probabilities (G, C, classes) as TSV: one row a gene and condition."""
    names = class_names(edges)
    rows = pd.MultiIndex.from_product([genes, conditions], names=["gene", "condition"])
    flat = probabilities.reshape(-1, len(names))
    table = pd.DataFrame(flat, index=rows, columns=list(names))
    table.insert(0, "class", np.array(names)[flat.argmax(axis=1)])
    return table_text(table, index=True, digits="%.4f")


def intervals_text(
    values: NDArray[np.float32],
    lower: NDArray[np.float32],
    upper: NDArray[np.float32],
    known: NDArray[np.str_],
    genes: Sequence[str],
    conditions: Sequence[str],
) -> str:
    """Values (G, C) between the ends of their intervals as TSV: one row a gene and condition.

    The ends are blank where no cell of that kind was left out, so that nothing can be said.

    Args:
        known: what was known of the gene and the condition (G, C).
    """
    rows = pd.MultiIndex.from_product([genes, conditions], names=["gene", "condition"])
    columns = {"value": values, "lower": lower, "upper": upper, "known": known}
    table = pd.DataFrame({name: x.ravel() for name, x in columns.items()}, index=rows)
    check_finite(table[["value"]])
    table = table.replace([np.inf, -np.inf], np.nan)
    return table_text(table, index=True, digits="%.4f", blanks=True)
