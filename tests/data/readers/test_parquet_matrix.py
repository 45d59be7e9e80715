"""Matrices in Parquet files."""

import gzip
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from deeprage.data.expression import read_expression
from deeprage.errors import DeepRageError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "m.parquet"


def read(path: Path) -> pd.DataFrame:
    return read_expression(path).values


def test_the_index_of_a_data_frame_has_the_names(path: Path) -> None:
    pd.DataFrame({"a": [1.5, np.nan], "b": [2, 3]}, index=["x", "007"]).to_parquet(path)
    table = read(path)
    assert list(table.index) == ["x", "007"]
    np.testing.assert_array_equal(table.to_numpy(), [[1.5, 2], [np.nan, 3]])


@pytest.mark.parametrize(
    ("column", "values"),
    [
        (["1.5", "-", "#DIV/0!"], [1.5, np.nan, np.nan]),
        (["NA", "N/A", "2"], [np.nan, np.nan, 2]),
        ([None, "missing", "1e3"], [np.nan, np.nan, 1000]),
        (pa.array([1, None, 3], pa.int32()), [1, np.nan, 3]),
        (pa.array([Decimal("1.50"), None, None], pa.decimal128(5, 2)), [1.5, np.nan, np.nan]),
        (pa.array([1, 2, 3], pa.float16()), [1, 2, 3]),
        (pa.array(["7", "8", "7"]).dictionary_encode(), [7, 8, 7]),
        (pa.nulls(3), [np.nan] * 3),
    ],
)
def test_values_of_many_types(path: Path, column: object, values: list[float]) -> None:
    pq.write_table(pa.table({"gene": ["x", "y", "z"], "a": column, "b": [1.0, 2.0, 3.0]}), path)
    np.testing.assert_array_equal(read(path)["a"], values)


@pytest.mark.parametrize("column", [["high", "low"], [True, False], [b"\xff", b"x"]])
def test_columns_of_text_are_left_out(path: Path, column: list[object]) -> None:
    pq.write_table(pa.table({"gene": ["x", "y"], "note": column, "a": [1.0, 2.0]}), path)
    expression = read_expression(path)
    assert list(expression.values.columns) == ["a"]
    assert "'note'" in expression.remarks[0]


def test_text_among_values(path: Path) -> None:
    table = {"gene": ["x", "y", "z"], "a": ["1", "2", "hot"]}
    pq.write_table(pa.table(table), path)
    with pytest.raises(DeepRageError, match=r"1 cell of text in the column 'a', such as 'hot"):
        read(path)


def test_whole_numbers_as_names(path: Path) -> None:
    pq.write_table(pa.table({"entrez": [850, 851], "a": [1.0, 2.0]}), path)
    assert list(read(path).index) == ["850", "851"]


def test_damaged_files_end_in_one_sentence(path: Path) -> None:
    pd.DataFrame(np.arange(60.0).reshape(20, 3), columns=list("abc")).assign(
        gene=[f"g{i}" for i in range(20)]
    )[["gene", "a", "b", "c"]].to_parquet(path)
    content = path.read_bytes()
    rng = np.random.default_rng(3)
    messages = []
    for _ in range(15):
        changed = bytearray(content)
        for place in rng.integers(4, len(content), 3):
            changed[place] = rng.integers(256)
        path.write_bytes(changed)
        try:
            read(path)
        except DeepRageError as error:
            messages.append(str(error))
    assert messages
    assert not any("\n" in message for message in messages)


def test_more_rows_than_memory_are_refused(path: Path, monkeypatch) -> None:
    from deeprage.data.readers import guarded

    monkeypatch.setattr(guarded, "available_bytes", lambda: 1 << 20)
    rows = 300_000
    pq.write_table(pa.table({"gene": pa.nulls(rows), "a": pa.nulls(rows)}), path)
    with pytest.raises(DeepRageError, match=r"300,000 rows of the expression matrix .* needs"):
        read(path)


def test_packed_with_gzip(path: Path) -> None:
    pd.DataFrame({"a": [1.0]}, index=["x"]).to_parquet(path)
    packed = path.with_suffix(".parquet.gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert read(packed).loc["x", "a"] == 1
