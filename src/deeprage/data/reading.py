"""Opening text files, plain or gzipped (bgzip too), with errors a user can act on."""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO, cast

import pandas as pd

from deeprage.errors import DeepRageError

_GZIP_MAGIC = b"\x1f\x8b"


def check_readable(path: Path, what: str) -> None:
    """Raise a `DeepRageError` unless `path` is a file; `what` names it in the message."""
    if path.is_dir():
        raise DeepRageError(f"{what} {path} is a folder; give a file.")
    if not path.is_file():
        raise DeepRageError(f"{what} {path} does not exist; check the path.")


@contextmanager
def open_binary(path: Path, what: str = "the file") -> Iterator[BinaryIO]:
    """Open a file for reading, unpacking gzip by its content and not by its name.

    Raises:
        DeepRageError: the file is missing, unreadable or a damaged gzip file, also when that
            shows only while the block reads on.
    """
    check_readable(path, what)
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == _GZIP_MAGIC
            raw.seek(0)
            yield cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if packed else raw
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DeepRageError(
            f"{what} {path} is a damaged gzip file ({error}): download or copy it again."
        ) from error
    except OSError as error:
        raise DeepRageError(f"cannot read {what} {path}: {error.strerror or error}.") from error


@contextmanager
def open_text(path: Path, what: str = "the file") -> Iterator[TextIO]:
    """Open a text file (UTF-8, with or without byte order mark), plain or gzipped.

    Raises:
        DeepRageError: as `open_binary`, or the content is not text.
    """
    with open_binary(path, what) as binary:
        try:
            yield io.TextIOWrapper(binary, encoding="utf-8-sig", newline=None)
        except UnicodeDecodeError as error:
            raise DeepRageError(
                f"{what} {path} is not a text file (byte {error.start} is not UTF-8)."
            ) from error


def read_table(path: Path, what: str) -> pd.DataFrame:
    """A small table of strings with a header; tabs, or commas where the header has no tab.

    Blank cells are empty strings; lines that start with `#` are comments.

    Raises:
        DeepRageError: unreadable, empty, or rows of unequal length.
    """
    with open_text(path, what) as handle:
        lines = [line for line in handle if line.strip() and not line.startswith("#")]
    if not lines:
        raise DeepRageError(f"{what} {path} is empty; it needs a header line and rows.")
    separator = "\t" if "\t" in lines[0] else ","
    try:
        table = pd.read_csv(
            io.StringIO("".join(lines)),
            sep=separator,
            dtype=str,
            keep_default_na=False,
            index_col=False,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise DeepRageError(f"{what} {path} is not a table: {error}.") from error
    table.columns = [str(column).strip() for column in table.columns]
    for column in table.columns:
        table[column] = table[column].fillna("").str.strip()
    return table
