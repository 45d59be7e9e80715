"""Several files of one folder change together: all or none, whenever the process is killed.

A change is built in a hidden folder inside the folder that it is for. Once it is complete and on
the disk, that hidden folder is renamed; from then on it stands, and its files are moved to their
places. If the process is killed before the rename, the next command removes the unfinished change;
if after it, the next command finishes the moves. The folder's manifest is part of the change.

Files that the manifest does not list are the user's: they are neither replaced nor removed, and
links are not followed out of the folder.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from deeprage.errors import DeepRageError, examples
from deeprage.files import (
    HIDDEN,
    UNFINISHED,
    check_output,
    flush,
    keep_mode,
    make_folder,
    read_json,
    remove_leftovers,
    write_json,
)
from deeprage.locks import locked_file, locked_folder
from deeprage.manifest import MANIFEST, Manifest, check_inner, content_of, read_manifest

#: A change that is being built; it is worth nothing once its process has ended.
NEW = UNFINISHED
#: A change that stands and is being moved to its place.
COMMIT = f"{HIDDEN}commit"
#: In a change: the names that it removes.
REMOVED = f"{HIDDEN}removed.json"


@contextmanager
def folder_change(
    folder: Path,
    *,
    names: Iterable[str] = (),
    removed: Collection[str] = (),
    adopted: Iterable[str] = (),
    complete: bool | None = None,
) -> Iterator[Path]:
    """Give an empty folder; what the block puts there comes into `folder`, all or nothing.

    The folder is locked for the whole block (`locks.locked_folder`).

    Args:
        names: files that the block will write, so that a name which is the user's is refused
            before the work.
        removed: names relative to the folder that go; one that ends in `/` stands for all files
            below it. Those that the manifest does not list stay.
        adopted: names of files that are in the folder already and that the manifest shall list.
        complete: of a run, whether its training has now ended.

    Raises:
        DeepRageError: another process works there, it cannot be written, or a name to write is a
            file of the user or leads through a link.
    """
    with locked_folder(folder):
        manifest = recovered(folder)
        check_names(folder, manifest, names)
        aside = folder / NEW
        try:
            with _told(folder):
                aside.mkdir()
            yield aside
            commit(folder, aside, removed=removed, adopted=adopted, complete=complete)
        finally:
            shutil.rmtree(aside, ignore_errors=True)


@contextmanager
def file_change(path: Path, *, wait: bool = False) -> Iterator[Path]:
    """Give an empty folder; the files that the block puts there come beside `path`, all or none.

    For a file and those that belong to it, in a folder of the user without a manifest. What may be
    replaced is for the caller to decide, inside the block; `path` is locked for the whole of it.

    Args:
        wait: for the end of another process that writes `path`, instead of the error.

    Raises:
        DeepRageError: another process writes `path`, it is no ordinary file, or the folder cannot
            be written.
    """
    folder = path.parent
    aside, standing = (folder / f".{path.name}{name}" for name in (NEW, COMMIT))
    with locked_file(path, wait=wait):
        with _told(folder):
            if _is_folder(standing):
                _apply(folder, standing)
            shutil.rmtree(aside, ignore_errors=True)
            remove_leftovers(folder)
            aside.mkdir()
        try:
            yield aside
            with _told(folder):
                for file in aside.iterdir():
                    check_output(folder / file.name)
                if any(aside.iterdir()):
                    _stand(folder, aside, standing)
        finally:
            shutil.rmtree(aside, ignore_errors=True)


def recovered(folder: Path) -> Manifest:
    """Finish or remove what a killed process left of a change; give the folder's manifest."""
    with locked_folder(folder):
        if is_interrupted(folder):
            with _told(folder):
                _apply(folder)
        shutil.rmtree(folder / NEW, ignore_errors=True)
        return read_manifest(folder) or Manifest()


def is_interrupted(folder: Path) -> bool:
    """Whether a change of the folder stands but not all of its files are in their places."""
    return _is_folder(folder / COMMIT)


def _is_folder(path: Path) -> bool:
    """Whether it is a folder itself, not a link to one: what is elsewhere is not moved."""
    return path.is_dir() and not path.is_symlink()


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    """Turn what the system says of a failure into a sentence."""
    try:
        yield
    except OSError as error:
        raise DeepRageError(
            f"cannot write to {folder}: {error.strerror or error}. Earlier results there are safe; "
            "free some space or choose another folder, then run the command again."
        ) from error


def commit(
    folder: Path,
    aside: Path,
    *,
    removed: Collection[str] = (),
    adopted: Iterable[str] = (),
    complete: bool | None = None,
) -> None:
    """Move all files of `aside`, a folder inside `folder`, to their places in `folder`.

    The caller holds the lock. Names that begin with `HIDDEN` are left out, and so is a manifest
    that `aside` has itself, which is whole at any moment. Arguments as of `folder_change`.
    """
    with _told(folder):
        manifest = read_manifest(folder) or Manifest()
        for path in aside.glob(f"{HIDDEN}*"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        files = [path for path in sorted(aside.rglob("*")) if path.is_file()]
        names = {path.relative_to(aside).as_posix(): path for path in files}
        names.pop(MANIFEST, None)
        written = {name: content_of(path) for name, path in names.items()}
        check_names(folder, manifest, written)
        gone = [name for name in _listed(removed, manifest) if name not in written]
        listed = {name: content_of(folder / name) for name in adopted} | written
        after = manifest.changed(written=listed, removed=gone, complete=complete)
        write_json(aside / MANIFEST, after.as_json())
        write_json(aside / REMOVED, gone)
        _stand(folder, aside, folder / COMMIT)


def _stand(folder: Path, aside: Path, standing: Path) -> None:
    """Rename a complete change, so that it stands, and move its files to their places."""
    for path in (*aside.rglob("*"), aside):
        flush(path)
    aside.rename(standing)
    try:
        flush(folder)
        _apply(folder, standing)
    except KeyboardInterrupt:  # it takes a moment, and then nothing is left half done
        _apply(folder, standing)
        raise


def _listed(names: Iterable[str], manifest: Manifest) -> list[str]:
    """The files of the manifest that have one of the names, or lie below one that ends in `/`."""
    chosen = set(names)
    folders = tuple(name for name in chosen if name.endswith("/"))
    return [name for name in manifest.files if name in chosen or name.startswith(folders)]


def _apply(folder: Path, source: Path | None = None) -> None:
    """Move the files of a change that stands to their places; again, if that was interrupted."""
    source = source or folder / COMMIT
    touched = {folder}
    gone = read_json(source / REMOVED) if (source / REMOVED).is_file() else []
    for name in gone:
        _check_parents(folder, name)
        (folder / name).unlink(missing_ok=True)
        touched |= _pruned(folder, Path(name).parent)
    files = [path for path in sorted(source.rglob("*")) if path.is_file()]
    files.sort(key=lambda path: path.name == MANIFEST)  # last
    for path in files:
        if path.name == REMOVED:
            continue
        target = folder / path.relative_to(source)
        _check_parents(folder, path.relative_to(source).as_posix())
        make_folder(target.parent)
        keep_mode(target, path)
        path.replace(target)
        touched.add(target.parent)
    for changed in touched:
        if changed.is_dir():
            flush(changed)
    shutil.rmtree(source, ignore_errors=True)


def _pruned(folder: Path, inner: Path) -> set[Path]:
    """Remove the folders of a removed file that are empty now; the lowest that is left."""
    while inner != Path():
        try:
            (folder / inner).rmdir()
        except FileNotFoundError:
            pass
        except OSError:  # not empty
            break
        inner = inner.parent
    return {folder / inner}


def check_names(folder: Path, manifest: Manifest, names: Iterable[str]) -> None:
    """Raise a `DeepRageError` if a name to write is the user's file, or leads through a link."""
    foreign = []
    for name in names:
        _check_parents(folder, name)
        path = folder / name
        if not path.is_symlink():
            check_output(path)
        if (path.exists() or path.is_symlink()) and name not in (*manifest.files, MANIFEST):
            foreign.append(name)
    if foreign:
        raise DeepRageError(
            f"{folder} has {examples(foreign)}, which deeprage did not write there and does not "
            "replace: move what is yours elsewhere, or choose another folder."
        )


def _check_parents(folder: Path, name: str) -> None:
    """Raise a `DeepRageError` unless `name` stays in `folder`, through folders and no links."""
    check_inner(name, folder)
    for parent in list(Path(name).parents)[:-1]:
        path = folder / parent
        if path.is_symlink():
            raise DeepRageError(
                f"cannot write to {path}: it is a link to {path.resolve()}, and links are not "
                "followed out of a folder. Replace it by a folder."
            )
        if path.exists() and not path.is_dir():
            raise DeepRageError(f"cannot write to {path}: it is not a folder. Move it elsewhere.")


def visible_names(folder: Path) -> list[str]:
    """What a folder holds, but for hidden files, in alphabetical order."""
    with suppress(FileNotFoundError):
        return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    return []
