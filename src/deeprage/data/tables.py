"""The small tables beside a matrix: regulators, conditions, gene groups, operons, TSS, renames."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from deeprage.data.near_names import near_names_hint
from deeprage.data.reading import open_text, read_table
from deeprage.data.validation import check_unique
from deeprage.errors import DeepRageError, counted, examples


def read_regulators(path: Path) -> list[str]:
    """Regulator names from a text file: one a line (its first word), `#` starts a comment.

    Raises:
        DeepRageError: missing or empty file, or a name given twice.
    """
    with open_text(path, "the regulator list") as handle:
        words = [line.split("#")[0].replace(",", " ").split() for line in handle]
    names = [parts[0] for parts in words if parts]
    if not names:
        raise DeepRageError(f"the regulator list {path} is empty; give one gene name a line.")
    check_unique(names, f"names in the regulator list {path}", "list each regulator once")
    return names


def resolve_regulators(
    regulators: Sequence[str], genes: Iterable[str], symbols: Mapping[str, str]
) -> list[str]:
    """Regulators by the matrix's names; a symbol (in any case) is taken where no row has the name.

    Names that fit nothing are kept as they are, for the compendium's check to name.

    Raises:
        DeepRageError: two names mean one gene.
    """
    rows = set(genes)
    owners: dict[str, list[str]] = {}
    for gene, symbol in symbols.items():
        owners.setdefault(symbol.upper(), []).append(gene)
    resolved = []
    for name in regulators:
        meant = [name] if name in rows else owners.get(name.upper(), [])
        resolved.append(meant[0] if len(meant) == 1 else name)
    check_unique(resolved, "regulators (by name and by symbol)", "list each regulator once")
    return resolved


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
    blank = table.loc[table["series"] == "", "condition"]
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

    With `any_names` the first two columns serve, whatever their names.

    A header with other names is taken as a row as well: it may be one, and the names of a real
    header match nothing. Rows with a blank value are left out.

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
    pairs = pairs[(pairs["key"] != "") & (pairs["value"] != "")]
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
    used = table[table[sites] != ""]
    wrong = used.loc[~used[sites].str.fullmatch(r"[1-9]\d*"), sites]
    if len(wrong):
        raise DeepRageError(
            f"the TSS table {path} has {counted(len(wrong), 'position')} other than whole numbers "
            f"from 1 on, such as {examples(wrong)}: write bases of the chromosome, the first is 1."
        )
    check_unique(used[genes], f"genes in the TSS table {path}", "give the dominant site only")
    return {gene: int(site) - 1 for gene, site in zip(used[genes], used[sites], strict=True)}


def check_known(names: Iterable[str], genes: Iterable[str], what: str) -> None:
    """Raise a `DeepRageError` if no name of a table, if it has any, is a gene of the matrix."""
    given, known = list(names), list(genes)
    if given and set(known).isdisjoint(given):
        raise DeepRageError(
            f"{what} names no gene of the expression matrix: it has {examples(given)}, the matrix "
            f"{examples(known)}.{near_names_hint(given, known)}"
        )


def _require(table: pd.DataFrame, columns: Sequence[str], path: Path, what: str) -> None:
    lost = [column for column in columns if column not in table]
    if lost:
        raise DeepRageError(
            f"{what} {path} has no column {lost[0]!r}; it has {examples(table.columns, most=8)}. "
            f"Needed: {', '.join(columns)}, separated by tabs."
        )
