"""Names of conditions in two tables, of which R may have changed those of one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from deeprage.data.name_forms import r_name
from deeprage.data.near_names import near_names_hint
from deeprage.errors import DeepRageError, examples


def match_conditions(columns: Sequence[str], listed: Iterable[str]) -> dict[str, str]:
    """Names of the condition table by the matrix's names, where R's check.names changed them.

    Empty if they are alike, or where a changed name could be that of several conditions.
    """
    table = list(listed)
    if set(columns) <= set(table):
        return {}
    by_form: dict[str, list[str]] = {}
    for name in table:
        by_form.setdefault(r_name(name), []).append(name)
    renamed = {}
    for column in columns:
        meant = [column] if column in table else by_form.get(r_name(column), [])
        if len(meant) == 1 and meant[0] != column:
            renamed[column] = meant[0]
    final = [renamed.get(column, column) for column in columns]
    return renamed if len(set(final)) == len(final) else {}


def check_conditions(matrix: pd.DataFrame, conditions: pd.DataFrame) -> None:
    """Raise a `DeepRageError` if a condition of the matrix is not in the table."""
    lost = [name for name in matrix.columns if name not in conditions.index]
    if not lost:
        return
    forms = {r_name(str(name)) for name in conditions.index}
    hint = (
        " R's check.names changes names like this: several conditions of the table would be called "
        "so."
        if any(r_name(str(name)) in forms for name in lost)
        else near_names_hint(lost, conditions.index)
    )
    raise DeepRageError(
        f"{len(lost)} of {matrix.shape[1]} conditions of the expression matrix are not in the "
        f"condition table, such as {examples(lost)}; the table has {examples(conditions.index)}. "
        f"Write the names as in the matrix's header.{hint}"
    )
