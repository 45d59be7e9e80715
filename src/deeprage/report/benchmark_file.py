"""What `deeprage benchmark` left behind, read for a page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from deeprage.errors import DeepRageError
from deeprage.files import read_json

#: Folder of a benchmark inside a run folder, whose report then shows it.
BENCHMARK = "benchmark"
#: Raised by one whenever an older program could misread a newer `benchmark.json`.
_FORMAT = 1
_RESULT = "benchmark.json"


def has_benchmark(folder: Path) -> bool:
    """Whether a folder holds the result of a benchmark."""
    return (folder / _RESULT).is_file()


def read_benchmark(folder: Path) -> dict[str, Any]:
    """The content of the `benchmark.json` in a folder.

    Raises:
        DeepRageError: there is none, or one of another version.
    """
    path = folder / _RESULT
    if not path.is_file():
        raise DeepRageError(f"there is no {path}: make it with `deeprage benchmark`.")
    found: dict[str, Any] = read_json(path)
    if found.get("format_version") != _FORMAT:
        raise DeepRageError(
            f"{path} has format {found.get('format_version')}, this deeprage reads {_FORMAT}: "
            "run `deeprage benchmark` again; finished jobs are kept."
        )
    return found
