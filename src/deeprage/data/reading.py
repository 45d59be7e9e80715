"""Opening files, plain or gzipped (bgzip too), with errors a user can act on."""

import gzip
import io
import shutil
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, TextIO, cast

from deeprage.data.readers.file_kinds import kind_of_bytes, kind_of_folder
from deeprage.errors import DeepRageError
from deeprage.memory import available_bytes

_GZIP_MAGIC = b"\x1f\x8b"
HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
_BUFFER = 1 << 16
#: Bytes from which a file is recognised.
_START = 512
#: A gzip file is refused that unpacks to so many times its size, and to more than a share of the
#: free memory or than a bound.
_RATIO, _SHARE, _MOST_UNPACKED = 100, 0.25, 2 << 30
_OTHERS = {
    stat.S_IFIFO: "a pipe: write its content to a file first",
    stat.S_IFCHR: "a device: give a file",
    stat.S_IFBLK: "a device: give a file",
    stat.S_IFSOCK: "a socket: give a file",
}


def check_readable(path: Path, what: str) -> None:
    """Raise a `DeepRageError` unless `path` is a file; `what` names it in the message."""
    if path.is_dir():
        kind = kind_of_folder(path)
        raise DeepRageError(f"{what} {path} is {kind}." if kind else _is_folder(path, what))
    try:
        mode = stat.S_IFMT(path.stat().st_mode)
    except (OSError, ValueError) as error:
        raise DeepRageError(f"{what} {path} does not exist; check the path.") from error
    if mode != stat.S_IFREG:
        raise DeepRageError(f"{what} {path} is {_OTHERS.get(mode, 'no file: give a file')}.")


def _is_folder(path: Path, what: str) -> str:
    return f"{what} {path} is a folder; give a file."


def start_of(path: Path, what: str = "the file") -> bytes:
    """The first bytes of a file, unpacked.

    Raises:
        DeepRageError: as `open_binary`.
    """
    with open_binary(path, what) as handle:
        return handle.read(_START)


@contextmanager
def open_binary(path: Path, what: str = "the file") -> Iterator[BinaryIO]:
    """Open a file for reading, unpacking gzip by its content and not by its name.

    Raises:
        DeepRageError: the file is missing, unreadable, a damaged gzip file or one that unpacks to
            far more than its size, also when that shows only while the block reads on.
    """
    check_readable(path, what)
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == _GZIP_MAGIC
            raw.seek(0)
            if packed:
                unpacked = _Unpacked(raw, f"{what} {path}")
                yield cast(BinaryIO, io.BufferedReader(unpacked, _BUFFER))
            else:
                yield raw
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DeepRageError(
            f"{what} {path} is a damaged gzip file ({error}): download or copy it again."
        ) from error
    except OSError as error:
        raise DeepRageError(f"cannot read {what} {path}: {error.strerror or error}.") from error


@contextmanager
def plain_file(path: Path, what: str) -> Iterator[Path]:
    """The file itself, or an unpacked copy of a gzip file for the time of the block.

    Raises:
        DeepRageError: as `open_binary`.
    """
    with path.open("rb") as raw:
        packed = raw.read(2) == _GZIP_MAGIC
    if not packed:
        yield path
        return
    with TemporaryDirectory() as folder:
        plain = Path(folder) / path.stem
        with open_binary(path, what) as source, plain.open("wb") as target:
            shutil.copyfileobj(source, target)
        yield plain


class _Unpacked(io.RawIOBase):
    """The content of a gzip file, as long as it is not out of all proportion."""

    def __init__(self, packed: BinaryIO, name: str) -> None:
        self.packed, self.name = packed, name
        self.source = gzip.GzipFile(fileobj=packed)
        self.size = 0
        self.most = min(int(_SHARE * available_bytes()), _MOST_UNPACKED)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        number = self.source.readinto(buffer)
        self.size += number
        if self.size > self.most and self.size > _RATIO * self.packed.tell():
            raise DeepRageError(
                f"{self.name} unpacks to over {self.size / 1e9:,.1f} GB, more than {_RATIO} times "
                "its size: check that it is the right file; if it is, unpack it first (gunzip)."
            )
        return number


class _Text(io.RawIOBase):
    """Bytes of a text file, which holds no NUL: damaged and UTF-16 files do."""

    def __init__(self, source: BinaryIO, path: Path, what: str) -> None:
        self.source, self.path, self.what = source, path, what
        self.begun = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self.source.read(len(buffer))
        if not self.begun:
            self.begun = True
            kind = kind_of_bytes(piece[:_START], self.path)
            if kind is not None:
                raise DeepRageError(f"{self.what} {self.path} is {kind}.")
        if b"\0" in piece:
            raise DeepRageError(
                f"{self.what} {self.path} is not a text file (it has NUL bytes): save it as UTF-8 "
                "text, or copy it again."
            )
        buffer[: len(piece)] = piece
        return len(piece)


@contextmanager
def open_text(path: Path, what: str = "the file") -> Iterator[TextIO]:
    """Open a text file (UTF-8, with or without byte order mark), plain or gzipped.

    Raises:
        DeepRageError: as `open_binary`, or the content is not text.
    """
    with open_binary(path, what) as binary:
        try:
            plain = io.BufferedReader(_Text(binary, path, what), _BUFFER)
            yield io.TextIOWrapper(plain, encoding="utf-8-sig", newline=None)
        except UnicodeDecodeError as error:
            raise DeepRageError(
                f"{what} {path} is not UTF-8 text (it has the byte "
                f"{error.object[error.start]:#04x}): if it comes from a spreadsheet or an older "
                "program, save it again as UTF-8, for example with iconv -f latin1 -t utf-8."
            ) from error
