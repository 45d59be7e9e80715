"""What another verb left in the run folder as JSON, of a version that this page can show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from deeprage.errors import DeepRageError
from deeprage.report.run_folder import RunFolder
from deeprage.schema import check_type

Plain = dict[str, Any]


def read_result(run: RunFolder, name: str, kind: Any, *, version: int, verb: str) -> Any | None:
    """The content of a JSON file of the run folder, None where there is none.

    Args:
        kind: the type of its content.

    Raises:
        DeepRageError: it is not what `verb` writes today, or has changed since.
    """
    advice = f"run `{verb}` again, or delete the file"
    content = run.json(name, Plain, advice=advice)
    if content is None:
        return None
    check_version(content, run.folder / name, version=version, advice=advice)
    check_type(content, kind, path=run.folder / name, advice=advice)
    return content


def check_version(content: Plain, path: Path, *, version: int, advice: str) -> None:
    """Raise a `DeepRageError` unless a file has the format that this deeprage reads."""
    if content.get("format_version") != version:
        raise DeepRageError(
            f"{path} has format {content.get('format_version')}, this deeprage reads {version}: "
            f"{advice}."
        )
