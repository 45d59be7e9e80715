"""Writing without loss: everything is written aside, then renamed."""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deeprage.errors import DeepRageError


@contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; rename it over `path` once the block has succeeded.

    An earlier file stays untouched when the block fails, the disk is full or Ctrl-C arrives.

    Raises:
        DeepRageError: the folder cannot be written or the disk is full.
    """
    if path.is_dir():
        raise DeepRageError(f"cannot write {path}: it is a folder. Give the name of a file.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(
            dir=path.parent, prefix=f".{path.name}.", suffix=path.suffix
        )
        os.close(handle)
    except OSError as error:
        raise DeepRageError(
            f"cannot write {path}: {error.strerror}. Choose another folder or free some space."
        ) from error
    aside = Path(name)
    try:
        yield aside
        aside.chmod(0o644)
        aside.replace(path)
    except OSError as error:
        raise DeepRageError(
            f"cannot write {path}: {error.strerror or error}. An earlier file there is as it was; "
            "free some space or choose another folder, then run the command again."
        ) from error
    finally:
        aside.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path`, all or nothing."""
    with written_aside(path) as aside:
        aside.write_text(text, encoding="utf-8")


def write_json(path: Path, content: Any) -> None:
    """Write `content` as indented JSON to `path`, all or nothing."""
    write_text(path, json_text(content))


def json_text(content: Any) -> str:
    """`content` as indented JSON, which has no NaN."""
    return json.dumps(content, indent=1, allow_nan=False) + "\n"


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises:
        DeepRageError: the file is missing or is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DeepRageError(f"cannot read {path}: {error.strerror}.") from error
    except ValueError as error:
        raise DeepRageError(f"{path} is not valid JSON ({error}).") from error
