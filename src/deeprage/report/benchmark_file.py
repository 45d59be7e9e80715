"""What `deeprage benchmark` left behind, read for a page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from deeprage.errors import DeepRageError
from deeprage.manifest import own_json
from deeprage.report.result_file import Plain, check_version
from deeprage.report.schemas.benchmark import BenchmarkFile
from deeprage.schema import check_type

#: Folder of a benchmark inside a run folder, whose report then shows it.
BENCHMARK = "benchmark"
#: Raised by one whenever an older program could misread a newer `benchmark.json`.
_FORMAT = 1
_RESULT = "benchmark.json"
_AGAIN = "run `deeprage benchmark` again; finished jobs are kept"


def has_benchmark(folder: Path) -> bool:
    """Whether a folder holds the result of a benchmark."""
    return (folder / _RESULT).is_file()


def read_benchmark(folder: Path) -> dict[str, Any]:
    """The content of the `benchmark.json` in a folder.

    Raises:
        DeepRageError: there is none, one of another version, or one that has changed since.
    """
    if not has_benchmark(folder):
        raise DeepRageError(f"there is no {folder / _RESULT}: make it with `deeprage benchmark`.")
    content: dict[str, Any] = own_json(folder, _RESULT, Plain, advice=_AGAIN)
    check_version(content, folder / _RESULT, version=_FORMAT, advice=_AGAIN)
    check_type(content, BenchmarkFile, path=folder / _RESULT, advice=_AGAIN)
    return content
