"""Expression matrices from files of any kind, as genes x conditions."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd

from deeprage.data.near_names import spreadsheet_hint
from deeprage.data.orientation import check_orientation
from deeprage.data.readers.descriptions import numeric_descriptions, summary_rows
from deeprage.data.readers.h5ad_matrix import read_h5ad_matrix
from deeprage.data.readers.parquet_matrix import read_parquet_matrix
from deeprage.data.readers.raw_matrix import RawMatrix
from deeprage.data.readers.text_matrix import WHAT, read_text_matrix
from deeprage.data.reading import HDF5_MAGIC, plain_file, start_of
from deeprage.data.validation import check_unique
from deeprage.errors import DeepRageError, counted, examples, unknown
from deeprage.listing import listed

#: A count of 2^30 reads; log2 values of any kind lie well within.
LARGEST_LOG2 = 30
_PARQUET = b"PAR1"
#: Names of genes are taken from a column of text where a smaller share of the names are genes than
#: the first, and more than so many times as many of the column.
_FEW_GENES, _MORE_GENES = 0.5, 3
#: Names that are looked at in each column of text.
_SAMPLE = 500


class Choose(Protocol):
    """Decides where the genes of a matrix are; see `orientation.OrientationChooser`."""

    def __call__(self, rows: Sequence[str], columns: Sequence[str], usual: str) -> str:
        """`rows` or `columns`; `usual` where nothing tells."""

    def number_of_genes(self, names: Sequence[str]) -> int:
        """How many of these names are known genes."""


@dataclass(frozen=True)
class ExpressionFile:
    """The matrix of a file.

    Attributes:
        values: float64 genes (index) x conditions (columns), NaN where missing.
        remarks: sentences on what was left out or understood.
        layers: other matrices of the file that may be chosen.
    """

    values: pd.DataFrame
    remarks: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()


def read_expression(
    path: Path,
    *,
    orientation: str = "auto",
    choose: Choose | None = None,
    layer: str | None = None,
    gene_column: str | None = None,
    drop_columns: Sequence[str] = (),
    conditions: Collection[str] = (),
) -> ExpressionFile:
    """Read a matrix of numbers; the kind of file is recognised by its content.

    Text files have condition names in the first line and gene names in the first column (or the
    other way round), with tabs, commas, semicolons or blanks between cells. Columns of text and
    what featureCounts, GCT and others put beside the values are left out, and so are HTSeq's and
    STAR's counts of reads without a gene. In an h5ad file the genes are `var`, as the field has it.

    Args:
        path: the file, plain or gzipped.
        orientation: whether genes are `rows` or `columns` (in h5ad: of the AnnData, so they
            usually are columns); with `auto`, `choose` decides.
        choose: by default genes are rows (h5ad: columns).
        layer: of an h5ad file, instead of X; `raw` is .raw.
        gene_column: a column of text that has the names of the genes.
        drop_columns: conditions to leave out.
        conditions: names that are conditions, though they may look like `Length`.

    Raises:
        DeepRageError: missing or unreadable file, duplicate names, cells of text among values, or
            columns such as `Length` that are hardly conditions.
    """
    check_orientation(orientation)
    raw = _read(path, layer)
    if raw.values.empty:
        texts = _texts_in_place(raw.row_labels)
        raise DeepRageError(
            f"{WHAT} {path} has {raw.values.shape[0]} rows and {raw.values.shape[1]} columns of "
            f"values{texts}; genes are rows, conditions columns, names are in the first line and "
            "column."
        )
    if orientation == "auto":
        names = list(raw.values.index), list(raw.values.columns)
        orientation = raw.genes if choose is None else choose(*names, raw.genes)
    in_rows = orientation == "rows"
    matrix = raw.values if in_rows else raw.values.T
    labels = raw.row_labels if in_rows else raw.column_labels
    _check_texts(path, raw.row_labels if in_rows else {}, conditions)
    remarks = [*raw.remarks]
    matrix, named = _named_genes(path, matrix, labels, gene_column, choose, remarks)
    remarks += _on_left_out(path, [title for title in raw.left_out if title != named])
    matrix = _without_summary(path, matrix, remarks)
    matrix = _without(path, matrix, drop_columns)
    _check_conditions(path, matrix, conditions)
    _check_names(path, matrix, labels)
    return ExpressionFile(matrix, tuple(remarks), raw.layers)


def whole_numbers_remark(expression: pd.DataFrame) -> str | None:
    """A sentence on a matrix of whole numbers from 0 on, which log2 values hardly are."""
    values = expression.to_numpy(dtype=np.float64)
    known = values[np.isfinite(values)]
    if not len(known) or (known < 0).any() or (known != np.round(known)).any():
        return None
    return (
        "all values of the matrix are whole numbers from 0 on, such as counts: if they are no "
        "log2 values, import them again with --log2"
    )


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


def check_logarithms(expression: pd.DataFrame, layers: Sequence[str] = ()) -> None:
    """Raise a `DeepRageError` if a matrix (genes x conditions) holds what no log2 value can be.

    Counts, TPM and intensities that were never turned into logarithms give a model that sees
    little but its few largest cells.

    Args:
        layers: other matrices of the file, which may have logarithms.
    """
    size = np.abs(expression.to_numpy(dtype=np.float64))
    # Endless values have an error of their own.
    beyond = (size > LARGEST_LOG2) & (size <= np.finfo(np.float32).max)
    if beyond.any():
        row, column = np.argwhere(beyond)[0]
        offered = f", or choose one of the layers {examples(layers)} with --layer" if layers else ""
        raise DeepRageError(
            f"the expression matrix has {counted(int(beyond.sum()), 'cell')} beyond "
            f"{LARGEST_LOG2}, which no log2 value is, such as {size[row, column]:g} "
            f"of {str(expression.index[row])!r} in {str(expression.columns[column])!r}: if these "
            f"are counts, TPM or intensities, give --log2{offered}."
        )


def _read(path: Path, layer: str | None) -> RawMatrix:
    start = start_of(path, WHAT)
    if start.startswith(HDF5_MAGIC):
        with plain_file(path, WHAT) as plain:
            return read_h5ad_matrix(plain, path, layer)
    if layer is not None:
        raise DeepRageError(
            f"--layer chooses a layer of an .h5ad file, and {path} is none: leave it out."
        )
    if start.startswith(_PARQUET):
        with plain_file(path, WHAT) as plain:
            return read_parquet_matrix(plain, path)
    return read_text_matrix(path)


def _named_genes(
    path: Path,
    matrix: pd.DataFrame,
    labels: dict[str, list[str]],
    gene_column: str | None,
    choose: Choose | None,
    remarks: list[str],
) -> tuple[pd.DataFrame, str | None]:
    """The matrix with names of genes, and the column of text that they were taken from."""
    if gene_column is not None:
        if gene_column not in labels:
            raise unknown(f"column of gene names in {path}", gene_column, labels or ["none"])
        _check_no_values(path, matrix, gene_column)
        return matrix.set_axis(pd.Index(labels[gene_column], dtype=object), axis=0), gene_column
    own = list(matrix.index)
    known = 0 if choose is None else choose.number_of_genes(own)
    if choose is not None and known < _FEW_GENES * len(own):
        best = max(labels, key=lambda title: _share_of_genes(labels[title], choose), default="")
        number = choose.number_of_genes(labels[best]) if best else 0
        if number > _MORE_GENES * known:
            _check_no_values(path, matrix, best)
            remarks.append(
                f"names of genes are taken from the column {best!r} of {path}, of which {number:,} "
                f"are known genes; of the other names ({examples(own)}) {known:,} are."
            )
            return matrix.set_axis(pd.Index(labels[best], dtype=object), axis=0), best
    if not known and _are_positions(own):
        offered = f": choose one of the columns {examples(labels, most=8)} with --gene-column"
        raise DeepRageError(
            f"the genes of {path} are only numbered ({examples(own)})"
            f"{offered if labels else ': give the matrix names of genes'}."
        )
    return matrix, None


def _check_no_values(path: Path, matrix: pd.DataFrame, gene_column: str) -> None:
    """Raise a `DeepRageError` if the first column, which is no name of a gene, has values."""
    names = [str(name) for name in matrix.index]
    numbers = pd.to_numeric(pd.Series(names), errors="coerce")
    whole = all(name.isdecimal() for name in names)
    if numbers.notna().mean() > _FEW_GENES and not (whole and matrix.index.is_unique):
        raise DeepRageError(
            f"the first column of {path} has values ({examples(names)}), and the names of the "
            f"genes stand in the column {gene_column!r}: make this column the first one, so that "
            "no condition is lost."
        )


def _share_of_genes(names: Sequence[str], choose: Choose) -> tuple[float, int]:
    """Share of known genes in a sample of names, and how many different ones there are."""
    step = max(1, len(names) // _SAMPLE)
    sample = names[::step]
    return choose.number_of_genes(sample) / max(1, len(sample)), len(set(names))


def _are_positions(names: Sequence[str]) -> bool:
    """Whether names are 0, 1, 2 or 1, 2, 3 and so on."""
    return any(names == [str(first + i) for i in range(len(names))] for first in (0, 1))


def _texts_in_place(labels: dict[str, list[str]]) -> str:
    """What a matrix without values has instead, with a blank before it."""
    cells = [f"{cells[0]} ({title})" for title, cells in labels.items() if cells]
    return (
        f" and {counted(len(labels), 'column')} of text such as {examples(cells)}" if cells else ""
    )


def _on_left_out(path: Path, titles: Sequence[str]) -> list[str]:
    if not titles:
        return []
    verb = "is" if len(titles) == 1 else "are"
    return [
        f"{counted(len(titles), 'column')} of {path} with descriptions {verb} left out: "
        f"{examples(titles, most=12)}."
    ]


def _without_summary(path: Path, matrix: pd.DataFrame, remarks: list[str]) -> pd.DataFrame:
    names = summary_rows(map(str, matrix.index))
    if not names:
        return matrix
    one = len(names) == 1
    remarks.append(
        f"{counted(len(names), 'row')} of {path} {'is a summary and no gene' if one else 'are'}"
        f"{'' if one else ' summaries and no genes'}, and left out: {examples(names, most=6)}."
    )
    return matrix.drop(index=names)


def _without(path: Path, matrix: pd.DataFrame, given: Sequence[str]) -> pd.DataFrame:
    known = {str(name) for name in matrix.columns}
    names = listed("--drop-columns", given, known.__contains__) if given else None
    for name in names or []:
        if name not in known:
            raise unknown(f"column of {path}", name, known)
    return matrix.drop(columns=names or [])


def _check_texts(path: Path, labels: dict[str, list[str]], conditions: Collection[str]) -> None:
    """Raise a `DeepRageError` if columns of text are conditions."""
    textual = [title for title in labels if title in conditions]
    if textual:
        raise DeepRageError(
            f"{counted(len(textual), 'condition')} of the condition table "
            f"{'has' if len(textual) == 1 else 'have'} text in place of values in {path}: "
            f"{examples(textual)}, such as {examples(labels[textual[0]])}."
        )


def _check_conditions(path: Path, matrix: pd.DataFrame, conditions: Collection[str]) -> None:
    doubtful = [x for x in numeric_descriptions(map(str, matrix.columns)) if x not in conditions]
    if doubtful:
        one = len(doubtful) == 1
        raise DeepRageError(
            f"the {'column' if one else 'columns'} {examples(doubtful, most=12)} of {path} "
            f"{'describes' if one else 'describe'} genes by {'its name' if one else 'their names'} "
            f"and {'is' if one else 'are'} hardly {'a condition' if one else 'conditions'}: leave "
            f"{'it' if one else 'them'} out with --drop-columns {','.join(doubtful)!r}, or list "
            f"{'it' if one else 'them'} in the condition table."
        )


def _check_names(path: Path, matrix: pd.DataFrame, labels: dict[str, list[str]]) -> None:
    repeated = list(matrix.index[matrix.index.duplicated()])
    unique = [title for title, names in labels.items() if len(set(names)) == len(names)]
    if repeated and labels and not unique and matrix.shape[1] == 1:
        raise DeepRageError(
            f"{path} looks like a long table, with one row for each gene and condition: "
            f"{examples(repeated, most=1)} stands in several rows, beside the columns of text "
            f"{examples(labels)}. Turn it into a matrix of genes x conditions, for example with "
            "pandas.DataFrame.pivot or tidyr::pivot_wider."
        )
    other = f", or take names from a column: --gene-column {unique[0]}" if unique else ""
    advice = f"average or drop the repeats{other}.{spreadsheet_hint(repeated)}".rstrip(".")
    check_unique(matrix.index, f"genes in {path}", advice)
    check_unique(matrix.columns, f"conditions in {path}", "rename them")
