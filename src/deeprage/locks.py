"""One deeprage process at a time on a folder or a file.

The lock is that of the kernel on a hidden file (`flock`), which is released when its process ends,
however it ends. The hidden file is removed with the lock; one that a killed process left is taken
over. On a file system without locks, processes are not kept apart.
"""

import errno
import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from deeprage.errors import DeepRageError
from deeprage.files import NO_LOCKS, check_output, make_folder, remove_leftovers

LOCK = ".deeprage-lock"
#: Locks of this process: lock file -> thread that holds it. The thread may take it again.
_held: dict[Path, int] = {}


@contextmanager
def locked_folder(folder: Path) -> Iterator[None]:
    """Keep other deeprage processes away from `folder`, which is made if it is not there.

    Temporary files of dead processes in it are removed. A folder that was made here and is still
    empty is removed at the end. The same thread may lock a folder again inside the block.

    Raises:
        DeepRageError: another process (or thread) works in it, it cannot be written, or `folder` is
            a file or a link.
    """
    _check_folder(folder)
    made = _missing(folder)
    try:
        with _told(folder):
            make_folder(folder)
        with _locked(folder / LOCK, folder):
            with _told(folder):
                remove_leftovers(folder)
            yield
    finally:
        with suppress(OSError):  # not empty: it is needed
            for one in made:
                one.rmdir()


@contextmanager
def locked_file(path: Path, *, wait: bool = False) -> Iterator[None]:
    """Keep other deeprage processes from writing the file `path` and those that belong to it.

    Args:
        wait: for the end of another process, instead of the error.
    """
    check_output(path)
    with _told(path):
        make_folder(path.parent)
    with _locked(path.parent / f".{path.name}{LOCK}", path, wait=wait):
        yield


@contextmanager
def _told(what: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _unwritable(what, error) from error


def _unwritable(what: Path, error: OSError) -> DeepRageError:
    return DeepRageError(
        f"cannot write to {what}: {error.strerror or error}. Choose another place, or make it "
        "writable."
    )


def _check_folder(folder: Path) -> None:
    if folder.is_symlink():
        raise DeepRageError(
            f"cannot write to {folder}: it is a link to {folder.resolve()}. Give that folder."
        )
    if folder.exists() and not folder.is_dir():
        raise DeepRageError(f"cannot write to {folder}: it is not a folder. Give a folder.")


def _missing(folder: Path) -> list[Path]:
    """The folder and those above it that are not there, the innermost first."""
    return [one for one in (folder, *folder.parents) if not one.exists()]


@contextmanager
def _locked(path: Path, what: Path, *, wait: bool = False) -> Iterator[None]:
    path = path.parent.resolve() / path.name
    if _held.get(path) == threading.get_ident():
        yield
        return
    handle = _acquire(path, what, wait=wait)
    _held[path] = threading.get_ident()
    try:
        yield
    finally:
        del _held[path]
        with suppress(OSError):
            path.unlink()  # before it is released: whoever waits for it sees that it is gone
        os.close(handle)


def _acquire(path: Path, what: Path, *, wait: bool) -> int:
    while True:
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
        except FileNotFoundError:  # the process that made the folder has just removed it
            make_folder(path.parent)
            continue
        except OSError as error:
            raise _unwritable(what, error) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except OSError as error:
            if error.errno not in NO_LOCKS:
                holder = os.read(handle, 100).decode(errors="replace").strip()
                os.close(handle)
                if error.errno != errno.EWOULDBLOCK:
                    raise
                raise DeepRageError(
                    f"another deeprage process{f' ({holder})' if holder else ''} is working on "
                    f"{what}: wait until it has ended, or choose another place."
                ) from error
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(handle), path.stat()):
                os.ftruncate(handle, 0)
                os.write(handle, f"process {os.getpid()} on {os.uname().nodename}\n".encode())
                return handle
        os.close(handle)  # its holder removed it: take the one that is there now
