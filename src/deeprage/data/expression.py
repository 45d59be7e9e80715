"""Expression matrices from TSV, CSV, Parquet and h5ad files, as genes x conditions."""

import csv
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deeprage.data.near_names import spreadsheet_hint
from deeprage.data.orientation import check_orientation
from deeprage.data.reading import is_damaged_hdf5, open_binary, open_text
from deeprage.data.validation import check_unique
from deeprage.errors import DeepRageError, counted, examples, unknown
from deeprage.listing import listed

#: A count of 2^30 reads; log2 values of any kind lie well within.
LARGEST_LOG2 = 30
_MISSING = ["", " ", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "NAN", "null", "NULL", "None"]
_PARQUET, _HDF5 = b"PAR1", b"\x89HDF"


#: Called with the names of rows and columns and the usual place of genes, `rows` or `columns`.
Choose = Callable[[Sequence[str], Sequence[str], str], str]


def read_expression(
    path: Path, *, orientation: str = "auto", choose: Choose | None = None
) -> pd.DataFrame:
    """Read a matrix of numbers; the kind of file is told from its content.

    Text files have condition names in the first line and gene names in the first column (or the
    other way round); tabs, or commas where the first line has no tab; blank and NA cells are
    missing. In an h5ad file the genes are `var`, as the field has it.

    Args:
        path: the file, plain or gzipped.
        orientation: whether genes are `rows` or `columns` (in h5ad: of the AnnData, so they
            usually are columns); with `auto`, `choose` decides.
        choose: see `orientation.OrientationChooser`; by default genes are rows (h5ad: columns).

    Returns:
        float64 genes (index) x conditions (columns), NaN where missing.

    Raises:
        DeepRageError: missing or unreadable file, duplicate names, or cells that are text; it
            gives the count and three examples.
    """
    check_orientation(orientation)
    with open_binary(path, "the expression matrix") as handle:
        magic = handle.read(4)
    if magic == _HDF5:
        table, usual = _read_h5ad(path), "columns"
    elif magic == _PARQUET:
        table, usual = _read_parquet(path), "rows"
    else:
        table, usual = _read_text(path), "rows"
    if table.empty:
        raise DeepRageError(
            f"the expression matrix {path} has {table.shape[0]} rows and {table.shape[1]} columns "
            "of values; genes are rows, conditions columns, names are in the first line and column."
        )
    if orientation == "auto":
        names = list(map(str, table.index)), list(map(str, table.columns))
        orientation = usual if choose is None else choose(*names, usual)
    matrix = table if orientation == "rows" else table.T
    repeated = list(matrix.index[matrix.index.duplicated()])
    advice = f"average or drop the repeats.{spreadsheet_hint(repeated)}".rstrip(".")
    check_unique(matrix.index, f"genes in {path}", advice)
    check_unique(matrix.columns, f"conditions in {path}", "rename them")
    return matrix


def transform_expression(
    expression: pd.DataFrame, *, log2: bool = False, reference: Sequence[str] = ()
) -> pd.DataFrame:
    """Log2 values from counts or TPM, and log2 fold changes from log2 values.

    Args:
        expression: genes x conditions.
        log2: take log2(x + 1).
        reference: conditions whose mean, for each gene over those that are not missing, is
            subtracted from all conditions (after the logarithm).

    Raises:
        DeepRageError: negative values under `log2`, or an unknown reference condition.
    """
    values = expression
    if log2:
        negative = int((values < 0).to_numpy().sum())
        if negative:
            raise DeepRageError(
                f"the expression matrix has {counted(negative, 'negative cell')}, so it is none of "
                "counts or TPM; leave out `--log2` if the values are logarithms already."
            )
        values = values.add(1).transform(np.log2)
    known = {str(name) for name in values.columns}
    names = listed("--reference", reference, known.__contains__) or []
    for name in names:
        if name not in known:
            raise unknown("reference condition", name, known)
    if names:
        values = values.sub(values[names].mean(axis=1), axis=0)
    return values


def check_logarithms(expression: pd.DataFrame) -> None:
    """Raise a `DeepRageError` if a matrix (genes x conditions) holds what no log2 value can be.

    Counts, TPM and intensities that were never turned into logarithms give a model that sees
    little but its few largest cells.
    """
    size = np.abs(expression.to_numpy(dtype=np.float64))
    # Endless values have an error of their own.
    beyond = (size > LARGEST_LOG2) & (size <= np.finfo(np.float32).max)
    if beyond.any():
        row, column = np.argwhere(beyond)[0]
        raise DeepRageError(
            f"the expression matrix has {counted(int(beyond.sum()), 'cell')} beyond "
            f"{LARGEST_LOG2}, which no log2 value is, such as {size[row, column]:g} "
            f"of {str(expression.index[row])!r} in {str(expression.columns[column])!r}: if these "
            "are counts, TPM or intensities, give --log2."
        )


def _read_text(path: Path) -> pd.DataFrame:
    separator, header = _layout(path)
    columns = [name.strip() for name in header[1:]]
    check_unique(columns, f"column names in {path}", "rename them")
    # Names may look like anything, a missing value included; columns are told by number.
    positions = [str(number) for number in range(len(header))]
    with open_text(path, "the expression matrix") as handle:
        try:
            table = pd.read_csv(
                handle,
                sep=separator,
                header=None,
                skiprows=1,
                names=positions,
                index_col=False,
                dtype={positions[0]: str},
                keep_default_na=False,
                na_values=dict.fromkeys(positions[1:], _MISSING),
                low_memory=False,
            )
        except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
            message = f"the expression matrix {path} is not a table: {error}."
            raise DeepRageError(message) from error
    names = table.pop(positions[0]).str.strip()
    return _numbers(table.set_axis(columns, axis=1).set_axis(names, axis=0), path)


def _layout(path: Path) -> tuple[str, list[str]]:
    """The separator, and the header with a name (that may be blank) for the first column too.

    Raises:
        DeepRageError: no condition names, or lines with fewer cells than the header has.
    """
    header: list[str] = []
    short: list[int] = []
    with open_text(path, "the expression matrix") as handle:
        first = handle.readline()
        separator = "\t" if "\t" in first else ","
        for number, line in enumerate(handle, start=2):
            if number == 2:
                header, row = _cells(first, separator), _cells(line, separator)
                if len(row) == len(header) + 1:
                    header = ["", *header]  # R leaves the first column without a name
            if line.count(separator) + 1 < len(header) and line.strip():
                short.append(number)
    header = header or _cells(first, separator)
    if len(header) < 2:
        raise DeepRageError(
            f"the first line of the expression matrix {path} has {counted(len(header), 'column')}; "
            "expected gene names and then one column a condition, separated by tabs or commas."
            f"{_semicolons(first)}"
        )
    if short:
        raise DeepRageError(
            f"the expression matrix {path} has {counted(len(short), 'line')} with fewer than the "
            f"header's {len(header)} columns, such as line {short[0]}: the file may be cut short; "
            "leave a missing cell blank, between its separators."
        )
    return separator, header


def _semicolons(line: str) -> str:
    """A hint for a first line that is separated otherwise."""
    return " It looks separated by semicolons: save it with tabs." if ";" in line else ""


def _decimal_commas(values: Iterable[str]) -> str:
    """A hint for numbers as some countries write them."""
    if any(re.fullmatch(r"[+-]?\d*,\d+", value.strip()) for value in values):
        return " Write numbers with a decimal point, not a comma."
    return ""


def _cells(line: str, separator: str) -> list[str]:
    return next(csv.reader([line], delimiter=separator), [])


def _read_parquet(path: Path) -> pd.DataFrame:
    with open_binary(path, "the expression matrix") as handle:
        try:
            table = pd.read_parquet(handle)
        except (ValueError, OSError) as error:
            raise DeepRageError(f"{path} is a damaged Parquet file: {error}.") from error
    if isinstance(table.index, pd.RangeIndex) and table.shape[1]:
        table = table.set_index(table.columns[0])
    return _numbers(_named(table), path)


def _read_h5ad(path: Path) -> pd.DataFrame:
    """The matrix X, observations x variables."""
    from anndata import read_h5ad

    with tempfile.TemporaryDirectory() as folder:
        plain = path
        with path.open("rb") as raw:
            packed = raw.read(4) != _HDF5
        if packed:
            plain = Path(folder) / "matrix.h5ad"
            with open_binary(path) as source, plain.open("wb") as target:
                shutil.copyfileobj(source, target)
        try:
            adata = read_h5ad(plain)
        except (OSError, ValueError, KeyError, TypeError) as error:
            if is_damaged_hdf5(plain, error):
                raise DeepRageError(
                    f"{path} is damaged, perhaps cut short: copy or download it again."
                ) from error
            raise DeepRageError(f"{path} cannot be read as h5ad: {error}.") from error
    if adata.X is None:
        raise DeepRageError(f"{path} has no matrix X; store the expression values there.")
    return _named(adata.to_df()).astype(np.float64)


def _named(table: pd.DataFrame) -> pd.DataFrame:
    return table.set_axis(table.index.astype(str), axis=0).set_axis(
        table.columns.astype(str), axis=1
    )


def _numbers(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """The table as float64.

    Raises:
        DeepRageError: there are cells of text.
    """
    textual = [
        number
        for number, kind in enumerate(table.dtypes)
        if not pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_bool_dtype(kind)
    ]
    found: list[tuple[str, str, object]] = []
    columns: list[NDArray[np.float64]] = []
    for number in range(table.shape[1]):
        column = table.iloc[:, number]
        if number not in textual:
            columns.append(column.to_numpy(dtype=np.float64, na_value=np.nan))
            continue
        strings = column.astype(object).where(column.notna(), None)
        parsed = pd.to_numeric(strings.map(_not_a_switch), errors="coerce")
        wrong = (parsed.isna() & strings.notna()).to_numpy()
        found += [
            (str(gene), str(table.columns[number]), value) for gene, value in column[wrong].items()
        ]
        columns.append(parsed.to_numpy(dtype=np.float64))
    if found:
        shown = [f"{value} (row {row}, column {name})" for row, name, value in found[:4]]
        raise DeepRageError(
            f"the expression matrix {path} has {counted(len(found), 'cell')} of text, such as "
            f"{examples(shown)}: leave missing cells blank, and remove columns of descriptions."
            f"{_decimal_commas(str(value) for _, _, value in found)}"
        )
    values = np.column_stack(columns) if columns else np.empty((len(table), 0))
    return pd.DataFrame(values, index=table.index.astype(str), columns=table.columns)


def _not_a_switch(value: object) -> object:
    """True and False are text here, though they can be counted as 1 and 0."""
    return str(value) if isinstance(value, bool) else value
