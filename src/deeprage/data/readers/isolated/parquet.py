"""The columns of a Parquet file as plain arrays."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from deeprage.data.readers.isolated.frames import Frames
from deeprage.data.readers.isolated.limits import Limits


def send(path: Path, frames: Frames, limits: Limits) -> None:
    """Send a group with the `names` of the columns, and each column under its number.

    The group's `index` has the numbers of the columns that a data frame had as its index.

    Raises:
        TooLargeError: more than fits into memory.
        Exception: whatever the library raises for a damaged file.
    """
    # Opened here: Arrow takes no path that is not UTF-8.
    with path.open("rb") as opened, pq.ParquetFile(opened, memory_map=False) as file:
        schema = file.schema_arrow
        rows = file.metadata.num_rows
        limits.allow(f"{rows:,} rows", (rows, len(schema)), 8)
        packed = sum(
            max(0, file.metadata.row_group(group).total_byte_size)
            for group in range(file.metadata.num_row_groups)
        )
        limits.allow("its columns", (packed,), 1)
        index = _index(schema)
        frames.write("group", names=schema.names, index=index, members=[], rows=rows)
        table = file.read(use_threads=False)
    for number, column in enumerate(table.columns):
        _send_column(str(number), column, frames)


def _index(schema: pa.Schema) -> list[int]:
    """Numbers of the columns that pandas wrote as the index of the data frame."""
    try:
        about = json.loads((schema.metadata or {}).get(b"pandas", b"{}"))
        names = [name for name in about.get("index_columns", []) if isinstance(name, str)]
    except (ValueError, AttributeError):
        return []
    return [schema.names.index(name) for name in names if name in schema.names]


def _send_column(path: str, column: pa.ChunkedArray, frames: Frames) -> None:
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = pa.chunked_array([chunk.dictionary_decode() for chunk in column.chunks])
        kind = column.type if column.chunks else pa.string()
    whole = pa.types.is_integer(kind) and not column.null_count
    if whole:
        values = np.asarray(column.to_numpy())
    elif pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        values = np.asarray(pc.cast(column, pa.float64(), safe=False).to_numpy())
    elif pa.types.is_null(kind):
        values = np.full(len(column), np.nan)
    else:
        texts = [_as_text(value) for value in column.to_pylist()]
        frames.text(path, np.array(texts, dtype=object))
        return
    frames.numbers(path, [values], dtype=values.dtype, shape=values.shape)


def _as_text(value: Any) -> str:
    """A value as text; a missing one is blank."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return "" if value is None else str(value)
