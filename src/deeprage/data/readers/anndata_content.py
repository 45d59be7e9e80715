"""Names, tables and matrices of an AnnData file, from the plain arrays of its elements.

The formats of elements are those that AnnData documents (on-disk format), early versions included.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from deeprage.data.readers.guarded import Content, Element
from deeprage.memory import available_bytes

_SPARSE = {"csr_matrix": "csr", "csc_matrix": "csc", "csr": "csr", "csc": "csc"}
_MISSING = Element("missing")
#: Copies of a matrix that an import holds at a time.
_COPIES = 3


class ElementError(Exception):
    """Why an element of a file cannot be used, as the end of a sentence: `it holds text`."""


def frame_names(content: Content, frame: str) -> list[str]:
    """The names of observations (`obs`) or variables (`var`).

    Raises:
        ElementError: there are none.
    """
    values = column(content, f"{frame}/{_index_column(content, frame)}")
    if values is None:
        raise ElementError(f"{frame} has no names")
    return ["" if missing else str(x) for x, missing in zip(values, pd.isna(values), strict=True)]


def frame_columns(content: Content, frame: str) -> list[str]:
    """Names of the columns of a table, its index left out."""
    group = content.get(frame, _MISSING)
    index = _index_column(content, frame)
    ordered = group.attributes.get("column-order", [])
    names = [str(name) for name in ordered if f"{frame}/{name}" in content]
    return [*names, *(x for x in group.members if x not in {index, "__categories", *names})]


def column(content: Content, path: str) -> Any:
    """A column as a one-dimensional array or categorical, None if it is of an unknown kind."""
    element = content.get(path, _MISSING)
    if element.kind in ("numbers", "text"):
        assert element.values is not None
        return element.values if element.values.ndim == 1 else None
    codes, categories = (content.get(f"{path}/{x}", _MISSING) for x in ("codes", "categories"))
    if codes.kind == "numbers" and categories.values is not None:
        return _categorical(codes.values, categories.values, element.attributes)
    values, mask = (content.get(f"{path}/{x}", _MISSING) for x in ("values", "mask"))
    if values.values is not None and mask.kind == "numbers":
        return _nullable(values.values, mask.values)
    return None


def matrix(content: Content, path: str) -> NDArray[Any]:
    """A matrix of real numbers, dense or sparse in the file.

    Raises:
        ElementError: it is not there, or something else.
    """
    element = content.get(path, _MISSING)
    if element.kind == "group":
        return _from_sparse(content, path)
    if element.kind == "link":
        raise ElementError(f"it is a link to {element.reason!r}, and links are not followed")
    if element.kind == "unreadable":
        raise ElementError(element.reason)
    if element.kind == "text":
        raise ElementError("it holds text")
    if element.values is None:
        raise ElementError("it is not there")
    return _checked(element.values)


def table(content: Content, frame: str) -> pd.DataFrame:
    """A table with all columns of a known kind.

    Raises:
        ElementError: it has no names.
    """
    names = frame_names(content, frame)
    columns = {name: column(content, f"{frame}/{name}") for name in frame_columns(content, frame)}
    kept = {k: v for k, v in columns.items() if v is not None and len(v) == len(names)}
    return pd.DataFrame(kept, index=pd.Index(names, dtype=object))


def _index_column(content: Content, frame: str) -> str:
    group = content.get(frame, _MISSING)
    named = group.attributes.get("_index")
    if isinstance(named, str):
        return named
    return next((name for name in ("_index", "index") if name in group.members), "_index")


def _categorical(codes: Any, categories: NDArray[Any], attributes: Any) -> Any:
    numbers = np.asarray(codes)
    fits = numbers.ndim == categories.ndim == 1 and numbers.dtype.kind in "iu"
    if not fits or numbers.max(initial=-1) >= len(categories) or numbers.min(initial=0) < -1:
        return None
    if len(set(categories.tolist())) < len(categories):
        return np.array([None if code < 0 else categories[code] for code in numbers], dtype=object)
    ordered = bool(attributes.get("ordered", False))
    return pd.Categorical.from_codes(
        numbers.astype(np.intp), pd.Index(categories.tolist()), ordered=ordered
    )


def _nullable(values: NDArray[Any], mask: Any) -> Any:
    missing = np.asarray(mask, dtype=bool)
    if values.ndim != 1 or missing.shape != values.shape:
        return None
    if not missing.any():
        return values
    if values.dtype.kind in "iuf":
        return np.where(missing, np.nan, values.astype(np.float64))
    objects = values.astype(object)
    objects[missing] = None
    return objects


def _from_sparse(content: Content, path: str) -> NDArray[Any]:
    element = content[path]
    about = element.attributes
    encoding = str(about.get("encoding-type") or about.get("h5sparse_format") or "")
    shape = about.get("shape") or about.get("h5sparse_shape")
    parts = [content.get(f"{path}/{x}", _MISSING) for x in ("data", "indices", "indptr")]
    if encoding not in _SPARSE or not isinstance(shape, Sequence) or len(shape) != 2:
        kind = f"of the kind {encoding!r}" if encoding else "a group"
        raise ElementError(f"it is {kind}, not a matrix of numbers")
    for part in parts:
        if part.kind != "numbers":
            raise ElementError(f"its sparse parts are incomplete {part.reason}".rstrip())
    data, indices, indptr = (np.asarray(part.values) for part in parts)
    return _dense(_SPARSE[encoding], _checked(data, 1), indices, indptr, shape)


def _dense(
    kind: str, data: NDArray[Any], indices: NDArray[Any], indptr: NDArray[Any], shape: Any
) -> NDArray[Any]:
    """A dense matrix, after a check that no index leads out of it."""
    rows, columns = (int(length) for length in shape)
    major, minor = (rows, columns) if kind == "csr" else (columns, rows)
    sound = (
        min(rows, columns) >= 0
        and indices.dtype.kind in "iu"
        and indptr.dtype.kind in "iu"
        and indices.shape == data.shape
        and indptr.shape == (major + 1,)
        and indptr[0] == 0
        and indptr[-1] == len(data)
        and bool((np.diff(indptr.astype(np.int64)) >= 0).all())
        and (not len(indices) or (indices.min() >= 0 and indices.max() < minor))
    )
    if not sound:
        raise ElementError("its indices do not fit its shape, so the file is damaged")
    needed = _COPIES * 8 * rows * columns
    if needed > available_bytes():
        raise ElementError(
            f"its {rows:,} x {columns:,} values need {needed / 1e9:,.1f} GB of memory; if they are "
            "single cells, sum or average the cells of each condition first"
        )
    maker = sparse.csr_matrix if kind == "csr" else sparse.csc_matrix
    made = maker((data, indices.astype(np.int64), indptr.astype(np.int64)), shape=(rows, columns))
    dense: NDArray[Any] = made.toarray()
    return dense


def _checked(values: NDArray[Any], dimensions: int = 2) -> NDArray[Any]:
    kinds = {"c": "complex numbers", "b": "values that are true or false"}
    if values.dtype.kind in kinds:
        raise ElementError(f"it holds {kinds[values.dtype.kind]}")
    if values.ndim != dimensions:
        raise ElementError(f"it has {values.ndim} dimensions, not {dimensions}")
    return values
