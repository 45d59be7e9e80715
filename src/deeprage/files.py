"""Writing without loss: everything is written aside, flushed to disk, then renamed."""

import errno
import fcntl
import json
import os
import secrets
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deeprage.errors import DeepRageError
from deeprage.strict_json import not_finite, parse_json

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: How names begin that are deeprage's own affair.
HIDDEN = ".deeprage-"
#: How the name of a file begins that is not yet complete. Its process holds a lock on it, which
#: the kernel releases when the process ends: one without a lock is a leftover.
TEMPORARY = f"{HIDDEN}tmp-"
#: How the name of a folder ends that is not yet complete (`deeprage.folders`): what is in it is
#: flushed together and counts for nothing before.
UNFINISHED = f"{HIDDEN}new"
#: File systems without locks answer with one of these.
NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL, errno.EBADF)
#: What cannot be flushed answers with one of these; there is nothing to do about it.
_NO_FLUSH = (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EBADF, errno.EACCES, errno.EPERM)
_KINDS = {
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFIFO: "a named pipe (FIFO)",
    stat.S_IFSOCK: "a socket",
}


@contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; rename it over `path` once the block has succeeded.

    An earlier file stays untouched when the block fails, the process is killed, the disk is full or
    the power fails, and its permissions are those of the new one; a new file has those that the
    user's umask gives. What a dead process has left in the folder is removed.

    Raises:
        DeepRageError: `path` is no place for a file, the folder cannot be written or the disk is
            full.
    """
    check_output(path)
    # In a folder that is not yet complete nothing counts, and all of it is flushed at the end.
    counts = not any(part.endswith(UNFINISHED) for part in path.parent.parts)
    shown = Path(*(part for part in path.parts if not _is_hidden(part)))
    try:
        make_folder(path.parent)
        remove_leftovers(path.parent)
        handle, aside = _temporary(path)
    except OSError as error:
        raise DeepRageError(
            f"cannot write {shown}: {error.strerror}. Choose another folder or free some space."
        ) from error
    try:
        yield aside
        keep_mode(path, aside)
        if counts:
            flush(aside)
        aside.replace(path)
        if counts:
            flush(path.parent)
    except OSError as error:
        raise DeepRageError(
            f"cannot write {shown}: {error.strerror or error}. An earlier file there is as it was; "
            "free some space or choose another folder, then run the command again."
        ) from error
    finally:
        aside.unlink(missing_ok=True)
        os.close(handle)


def _is_hidden(name: str) -> bool:
    return name.startswith(HIDDEN) or name.endswith(UNFINISHED)


def check_output(path: Path) -> None:
    """Raise a `DeepRageError` unless `path` is free or an ordinary file.

    Devices, pipes and sockets are not replaced, and no link is followed or replaced.
    """
    try:
        mode = path.lstat().st_mode
    except OSError:  # it is not there, or the attempt to write says why
        return
    if stat.S_ISLNK(mode):
        raise DeepRageError(
            f"cannot write {path}: it is a link to {path.resolve()}. Give the name of an ordinary "
            "file."
        )
    if stat.S_ISDIR(mode):
        raise DeepRageError(f"cannot write {path}: it is a folder. Give the name of a file.")
    if not stat.S_ISREG(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "a special file")
        raise DeepRageError(
            f"cannot write {path}: it is {kind}. Give the name of an ordinary file."
        )


def keep_mode(path: Path, aside: Path) -> None:
    """Give `aside` the permissions of the file at `path` that it will replace, if there is one."""
    with suppress(FileNotFoundError):
        earlier = path.lstat().st_mode
        if stat.S_ISREG(earlier) and stat.S_IMODE(earlier) != stat.S_IMODE(aside.stat().st_mode):
            aside.chmod(stat.S_IMODE(earlier))


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, so that they outlast a power failure."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    flush(folder.parent)


def flush(path: Path) -> None:
    """Wait until the content of a file, or the names in a folder, are on the disk."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in _NO_FLUSH:
            return
        raise
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _NO_FLUSH:
            raise
    finally:
        os.close(handle)


def remove_leftovers(folder: Path) -> None:
    """Remove the temporary files in a folder whose process has ended."""
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries if entry.name.startswith(TEMPORARY)]
    for name in names:
        with suppress(OSError):
            _remove_if_dead(folder / name)


def _remove_if_dead(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)  # fails while its process lives
        path.unlink()
    finally:
        os.close(handle)


def _temporary(path: Path) -> tuple[int, Path]:
    """A new empty file beside `path`, with the permissions of the umask, and the lock on it."""
    suffix = path.suffix if len(path.suffix) <= 16 else ""
    while True:
        aside = path.parent / f"{TEMPORARY}{secrets.token_hex(6)}{suffix}"
        handle = os.open(aside, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if aside.exists():
                return handle, aside
        except OSError as error:
            if error.errno in NO_LOCKS:
                return handle, aside
            if error.errno != errno.EWOULDBLOCK:
                os.close(handle)
                raise
        os.close(handle)  # another process took it for a leftover before it was locked


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path`, all or nothing."""
    with written_aside(path) as aside:
        aside.write_text(text, encoding="utf-8")


def write_arrays(path: Path, arrays: Mapping[str, "NDArray[Any]"]) -> None:
    """Write arrays by name as a compressed `.npz` to `path`, all or nothing."""
    import numpy as np

    with written_aside(path) as aside, aside.open("wb") as handle:
        np.savez_compressed(handle, **arrays)  # type: ignore[arg-type]


def write_json(path: Path, content: Any) -> None:
    """Write `content` as indented JSON to `path`, all or nothing."""
    write_text(path, json_text(content))


def json_text(content: Any) -> str:
    """`content` as indented JSON, which has no NaN.

    Raises:
        DeepRageError: a number is NaN or infinite.
    """
    try:
        return json.dumps(content, indent=1, allow_nan=False) + "\n"
    except ValueError as error:
        if (place := not_finite(content)) is None:
            raise
        raise DeepRageError(
            f"the result has a value that is not finite ({place}), so it was not written: look "
            "for values in the input that are far beyond all others."
        ) from error


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises:
        DeepRageError: the file is missing or is not JSON.
    """
    try:
        return parse_json(path.read_bytes())
    except OSError as error:
        raise DeepRageError(f"cannot read {path}: {error.strerror}.") from error
    except ValueError as error:
        raise DeepRageError(f"{path} is not valid JSON ({error}).") from error
