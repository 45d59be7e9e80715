"""What another verb left in the run folder as JSON, of a version that this page can show."""

from __future__ import annotations

from typing import Any

from deeprage.errors import DeepRageError
from deeprage.report.run_folder import RunFolder


def read_result(run: RunFolder, name: str, *, version: int, verb: str) -> dict[str, Any] | None:
    """The content of a JSON file of the run folder, None where there is none.

    Raises:
        DeepRageError: it is not what `verb` writes today.
    """
    found = run.json(name)
    if found is None:
        return None
    if not isinstance(found, dict) or found.get("format_version") != version:
        raise DeepRageError(
            f"{run.folder / name} is not of this deeprage, which reads format {version}: run "
            f"`{verb}` again, or delete the file."
        )
    return found
