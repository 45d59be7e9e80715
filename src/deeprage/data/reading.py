"""Opening text files, plain or gzipped (bgzip too), with errors a user can act on."""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TextIO, cast

import pandas as pd

from deeprage.data.validation import check_unique
from deeprage.errors import DeepRageError

_GZIP_MAGIC = b"\x1f\x8b"
HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
_BUFFER = 1 << 16


def check_readable(path: Path, what: str) -> None:
    """Raise a `DeepRageError` unless `path` is a file; `what` names it in the message."""
    if path.is_dir():
        raise DeepRageError(f"{what} {path} is a folder; give a file.")
    if not path.is_file():
        raise DeepRageError(f"{what} {path} does not exist; check the path.")


def is_damaged_hdf5(path: Path, error: BaseException) -> bool:
    """Whether a file that could not be read (`error`) is a torn HDF5 file, not one of another kind.

    The HDF5 library says so by an OSError, which readers above it may wrap.
    """
    with path.open("rb") as handle:
        start = handle.read(len(HDF5_MAGIC))
    if not start:
        return True
    told: BaseException | None = error
    while told is not None and not isinstance(told, OSError):
        told = told.__cause__ or told.__context__
    return start == HDF5_MAGIC and told is not None


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


class _Text(io.RawIOBase):
    """Bytes of a text file, which holds no NUL: damaged and UTF-16 files do."""

    def __init__(self, source: BinaryIO, name: str) -> None:
        self.source, self.name = source, name

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        found = self.source.read(len(buffer))
        if b"\0" in found:
            raise DeepRageError(
                f"{self.name} is not a text file (it has NUL bytes): save it as UTF-8 text, or "
                "copy it again."
            )
        buffer[: len(found)] = found
        return len(found)


@contextmanager
def open_text(path: Path, what: str = "the file") -> Iterator[TextIO]:
    """Open a text file (UTF-8, with or without byte order mark), plain or gzipped.

    Raises:
        DeepRageError: as `open_binary`, or the content is not text.
    """
    with open_binary(path, what) as binary:
        try:
            plain = io.BufferedReader(_Text(binary, f"{what} {path}"), _BUFFER)
            yield io.TextIOWrapper(plain, encoding="utf-8-sig", newline=None)
        except UnicodeDecodeError as error:
            raise DeepRageError(
                f"{what} {path} is not UTF-8 text (it has the byte "
                f"{error.object[error.start]:#04x}): if it comes from a spreadsheet or an older "
                "program, save it again as UTF-8, for example with iconv -f latin1 -t utf-8."
            ) from error


def read_table(path: Path, what: str) -> pd.DataFrame:
    """A small table of strings with a header; tabs, or commas where the header has no tab.

    Blank cells are empty strings; lines that start with `#` are comments.

    Raises:
        DeepRageError: unreadable, empty, rows longer than the header, or columns without a name
            or of one name.
    """
    with open_text(path, what) as handle:
        lines = [line for line in handle if line.strip() and not line.startswith("#")]
    if not lines:
        raise DeepRageError(f"{what} {path} is empty; it needs a header line and rows.")
    separator = "\t" if "\t" in lines[0] else ","
    try:
        header, *rows = csv.reader(lines, delimiter=separator, strict=True)
    except csv.Error as error:
        raise DeepRageError(f"{what} {path} is not a table: {error}.") from error
    if rows and all(len(row) == len(header) + 1 for row in rows):
        header = ["", *header]  # R leaves the first column without a name
    columns, *cells = (_without_trailing_blanks(row) for row in (header, *rows))
    for row in cells:
        if len(row) > len(columns):
            raise DeepRageError(
                f"{what} {path} is not a table: the row of {row[0]!r} has {len(row)} columns, the "
                f"header {len(columns)}; separate all of them alike, by tabs or by commas."
            )
    if len(columns) > 2:  # two may be a mapping without a header, of a name to the same name
        # The first column may be without a name, as in a matrix.
        check_unique(columns if columns[0] else columns[1:], f"columns in {path}", "rename them")
    filled = [row + [""] * (len(columns) - len(row)) for row in cells]
    return pd.DataFrame(filled, columns=columns, dtype=str)


def _without_trailing_blanks(row: list[str]) -> list[str]:
    stripped = [cell.strip() for cell in row]
    while len(stripped) > 1 and not stripped[-1]:
        stripped.pop()
    return stripped
