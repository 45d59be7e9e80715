"""Files of a cache that are checked before they are used again.

Beside each file stands its SHA-256 hash, written last. A file that is cut short, empty or changed
does not have its hash, and is made again.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from deeprage.files import write_text

_SUFFIX = ".sha256"


def seal(path: Path) -> None:
    """Write the hash of a complete file beside it."""
    write_text(_seal_of(path), hash_of_file(path) + "\n")


def is_intact(path: Path) -> bool:
    """Whether a file is there and has the hash that was written when it was complete."""
    try:
        return _seal_of(path).read_text(encoding="ascii").strip() == hash_of_file(path)
    except (OSError, ValueError):
        return False


def hash_of_file(path: Path) -> str:
    """The SHA-256 hash of a file's bytes, in hexadecimal."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _seal_of(path: Path) -> Path:
    return path.with_name(path.name + _SUFFIX)
