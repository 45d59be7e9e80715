"""What deeprage has written into a folder: names, sizes and SHA-256, in `manifest.json`.

A file that is listed is deeprage's own, and may be replaced or removed by the verb that wrote it.
Any other file in the folder is the user's. Whoever hands a file to a parser that could crash on
damaged bytes reads it with `verified_bytes`, or calls `check_file` first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from deeprage import __version__
from deeprage.errors import DeepRageError
from deeprage.files import read_json
from deeprage.schema import check_type
from deeprage.strict_json import parse_json

MANIFEST = "manifest.json"
FORMAT_VERSION = 1


class Content(NamedTuple):
    """The SHA-256 (hexadecimal) and the number of bytes of a file."""

    sha256: str
    size: int


@dataclass(frozen=True)
class Manifest:
    """The files of a folder that deeprage wrote, by their names relative to it, with `/`.

    Attributes:
        complete: of a run, whether its training has ended; True in other folders.
    """

    files: Mapping[str, Content] = field(default_factory=dict)
    complete: bool = True

    def changed(
        self, *, written: Mapping[str, Content], removed: Collection[str], complete: bool | None
    ) -> Manifest:
        """The manifest after a change; `complete` None leaves it as it is."""
        kept = {name: content for name, content in self.files.items() if name not in removed}
        return replace(
            self,
            files=dict(sorted({**kept, **written}.items())),
            complete=self.complete if complete is None else complete,
        )

    def as_json(self) -> dict[str, Any]:
        """The content of `manifest.json`."""
        return {
            "format_version": FORMAT_VERSION,
            "deeprage_version": __version__,
            "complete": self.complete,
            "files": {name: content._asdict() for name, content in self.files.items()},
        }


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a folder, None where there is none.

    Raises:
        DeepRageError: `manifest.json` is damaged or is not deeprage's.
    """
    path = folder / MANIFEST
    if not path.is_file():
        return None
    found = read_json(path)
    try:
        version = found["format_version"]
        files = {
            str(name): Content(str(content["sha256"]), int(content["size"]))
            for name, content in found["files"].items()
        }
        complete = bool(found["complete"])
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise DeepRageError(
            f"{path} is damaged, or was not written by deeprage: give another folder, or make its "
            "content again in a new one."
        ) from error
    if version != FORMAT_VERSION:
        raise DeepRageError(
            f"{path} has format {version}, this deeprage reads {FORMAT_VERSION}: make the content "
            f"of {folder} again in a new folder."
        )
    for name in files:
        check_inner(name, path)
    return Manifest(files, complete)


def check_inner(name: str, source: Path) -> None:
    """Raise a `DeepRageError` if a name of a file leads out of its folder.

    Args:
        source: what gives the name.
    """
    if not name or Path(name).is_absolute() or ".." in Path(name).parts:
        raise DeepRageError(f"{source} names {name!r}, which is outside its folder: do not use it.")


def content_of(path: Path) -> Content:
    """Hash and size of a file."""
    with path.open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
        return Content(digest, handle.tell())


def check_file(folder: Path, name: str, *, advice: str = "train again") -> Path:
    """The path of a file in a folder, once it is known to be as deeprage wrote it.

    Args:
        advice: what to do if it is not, the end of the sentence.

    Raises:
        DeepRageError: the manifest does not list it, it is missing, or its content is another one.
    """
    verified_bytes(folder, name, advice=advice)
    return folder / name


def own_bytes(folder: Path, name: str, *, advice: str = "train again") -> bytes:
    """The content of a file in a folder, verified if the manifest lists it.

    For readers that check what they read: folders that were put together by other means have no
    manifest.

    Raises:
        DeepRageError: it cannot be read, or has changed since deeprage wrote it.
    """
    manifest = read_manifest(folder)
    if manifest is not None and name in manifest.files:
        return verified_bytes(folder, name, advice=advice)
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        raise DeepRageError(f"cannot read {folder / name} ({error.strerror}): {advice}.") from error


def own_json(folder: Path, name: str, kind: Any, *, advice: str = "train again") -> Any:
    """The content of a JSON file in a folder, checked against a type (`schema.check_type`).

    Raises:
        DeepRageError: as `own_bytes`, or it is not JSON, or not of that type.
    """
    content = own_bytes(folder, name, advice=advice)
    try:
        value = parse_json(content)
    except ValueError as error:
        raise DeepRageError(f"{folder / name} is damaged ({error}): {advice}.") from error
    check_type(value, kind, path=folder / name, advice=advice)
    return value


def verified_bytes(folder: Path, name: str, *, advice: str = "train again") -> bytes:
    """The content of a file in a folder, which is as deeprage wrote it; see `check_file`."""
    path = folder / name
    manifest = read_manifest(folder)
    expected = None if manifest is None else manifest.files.get(name)
    if expected is None:
        raise DeepRageError(f"{folder} has no {name} that deeprage wrote: {advice}.")
    try:
        found = path.read_bytes()
    except OSError as error:
        raise DeepRageError(f"cannot read {path} ({error.strerror}): {advice}.") from error
    if (hashlib.sha256(found).hexdigest(), len(found)) != expected:
        raise DeepRageError(
            f"{path} is damaged or was changed: it has {len(found):,} bytes and another SHA-256 "
            f"than the {expected.size:,} bytes that {MANIFEST} lists: {advice}."
        )
    return found
