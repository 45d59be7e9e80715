"""The small tables beside a matrix: conditions, gene groups, operons, TSS, renames."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from deeprage.data.readers.cells import is_missing
from deeprage.data.readers.small_table import read_table
from deeprage.data.validation import check_unique
from deeprage.errors import DeepRageError, counted, examples


def read_conditions(path: Path) -> pd.DataFrame:
    """A condition table, TSV with the columns `condition` and `series` and any others.

    Returns:
        indexed by condition; columns as in the file, strings.

    Raises:
        DeepRageError: a column is missing or cannot be stored under its name, or a condition is
            given twice or has no series.
    """
    table = read_table(path, "the condition table")
    _require(table, ("condition", "series"), path, "the condition table")
    odd = [column for column in map(str, table.columns) if "/" in column or column == "_index"]
    if odd:
        raise DeepRageError(
            f"columns of {path} cannot be stored under the names {examples(odd)}: leave out '/', "
            "and '_index', which the file format keeps for itself."
        )
    check_unique(table["condition"], f"conditions in {path}", "give one row a condition")
    blank = table.loc[table["series"].map(is_missing), "condition"]
    if len(blank):
        raise DeepRageError(
            f"{path} has {counted(len(blank), 'condition')} without a series, such as "
            f"{examples(blank)}: name the experiment that each belongs to."
        )
    return table.set_index("condition")


def read_mapping(
    path: Path, what: str, columns: tuple[str, str], *, any_names: bool = False
) -> dict[str, str]:
    """Two columns of a table as a mapping: those named in `columns`, or the only two.

    With `any_names` the first two columns serve, whatever their names, and a value may be a name
    that looks like a missing value.

    A header with other names is taken as a row as well: it may be one, and the names of a real
    header match nothing. Rows with a missing value are left out.

    Raises:
        DeepRageError: the columns are not there, there is no row, or a key is given twice with
            unlike values.
    """
    table = read_table(path, what)
    if columns[1] in table:
        key = columns[0] if columns[0] in table else str(table.columns[0])
        table = table[[key, columns[1]]]
    elif table.shape[1] == 2 or (any_names and table.shape[1] > 2):
        table = table.iloc[:, :2]
        table.loc[len(table)] = list(table.columns)
    else:
        raise DeepRageError(
            f"{what} {path} has no column {columns[1]!r}; it has {examples(table.columns, most=8)}."
            f" Needed: {columns[0]!r} and {columns[1]!r}, separated by tabs."
        )
    pairs = table.set_axis(["key", "value"], axis=1).drop_duplicates()
    missing = pairs["value"] == "" if any_names else pairs["value"].map(is_missing)
    pairs = pairs[(pairs["key"] != "") & ~missing.astype(bool)]
    if pairs.empty:
        raise DeepRageError(f"{what} {path} has no rows with both a name and a {columns[1]}.")
    check_unique(pairs["key"], f"names in {what} {path}", "give one row a gene")
    return dict(zip(pairs["key"], pairs["value"], strict=True))


def read_groups(path: Path) -> dict[str, str]:
    """Gene groups (columns `gene`, `group`): genes of one group are never parted by a split."""
    return read_mapping(path, "the gene group file", ("gene", "group"))


def read_operons(path: Path) -> dict[str, str]:
    """Operons (columns `gene`, `operon`)."""
    return read_mapping(path, "the operon table", ("gene", "operon"))


def read_renames(path: Path) -> dict[str, str]:
    """Names in the matrix (first column) -> names in the annotation (second column)."""
    return read_mapping(path, "the table of renames", ("matrix", "annotation"), any_names=True)


def read_tss_table(path: Path) -> dict[str, int]:
    """Transcription start sites (0-based) by gene, from a TSV with 1-based positions.

    The gene is in the column `UID` or `gene`, else in the first one; the site in `tss_pos` or
    `tss`.

    Raises:
        DeepRageError: no such column, a position that is not a whole number, a gene given twice.
    """
    table = read_table(path, "the TSS table")
    genes = next((name for name in ("UID", "gene") if name in table), str(table.columns[0]))
    sites = next((name for name in ("tss_pos", "tss") if name in table), None)
    if sites is None:
        raise DeepRageError(
            f"the TSS table {path} has no column 'tss_pos' or 'tss'; it has "
            f"{examples(table.columns, most=8)}."
        )
    used = table[~table[sites].map(is_missing).astype(bool)]
    wrong = used.loc[~used[sites].str.fullmatch(r"[1-9]\d{0,11}"), sites]
    if len(wrong):
        raise DeepRageError(
            f"the TSS table {path} has {counted(len(wrong), 'position')} other than whole numbers "
            f"from 1 on, such as {examples(wrong)}: write bases of the chromosome, the first is 1."
        )
    check_unique(used[genes], f"genes in the TSS table {path}", "give the dominant site only")
    return {gene: int(site) - 1 for gene, site in zip(used[genes], used[sites], strict=True)}


def _require(table: pd.DataFrame, columns: Sequence[str], path: Path, what: str) -> None:
    lost = [column for column in columns if column not in table]
    if lost:
        raise DeepRageError(
            f"{what} {path} has no column {lost[0]!r}; it has {examples(table.columns, most=8)}. "
            f"Needed: {', '.join(columns)}, separated by tabs."
        )
