"""What a compendium says of its origin, and the recipe that it was made by."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deeprage import __version__
from deeprage.data.compendium import Compendium
from deeprage.errors import DeepRageError
from deeprage.manifest import content_of


def with_provenance(compendium: Compendium, facts: Mapping[str, Any]) -> Compendium:
    """The compendium with further entries in its provenance; the AnnData is the same one."""
    about = json.loads(str(compendium.adata.uns["deeprage"]))
    about["provenance"] |= facts
    compendium.adata.uns["deeprage"] = json.dumps(about)
    return Compendium(compendium.adata)


def recipe_of(path: Path) -> dict[str, Any] | None:
    """How the compendium at `path` was made: empty if it does not say, None if it is none."""
    try:
        about = Compendium.load(path).about
    except (DeepRageError, OSError):
        return None
    return dict(about["provenance"].get("recipe") or {})


def import_recipe(options: Mapping[str, object]) -> dict[str, Any]:
    """The recipe of an import: files by the SHA-256 of their content, other options as given.

    Two imports with the same recipe give the same compendium.

    Args:
        options: of `deeprage data import`, files among them as paths.
    """
    given = {
        name: value
        for name, value in options.items()
        if value is not None and value is not False and value not in ([], ())
    }
    return {
        "dataset": "import",
        "deeprage_version": __version__,
        "options": {name: _content(value) for name, value in sorted(given.items())},
    }


def _content(value: object) -> object:
    """A number or text as it is, a file by its name and content, a folder by those in it."""
    if isinstance(value, (list, tuple)):
        return [_content(one) for one in value]
    if not isinstance(value, Path):
        return value
    files = sorted(value.rglob("*")) if value.is_dir() else [value]
    return ", ".join(
        f"{file.name} (SHA-256 {content_of(file).sha256})" for file in files if file.is_file()
    )
