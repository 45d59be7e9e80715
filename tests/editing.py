"""Run folders with other content, as a deeprage of another time would have left them."""

import json
from pathlib import Path
from typing import Any

from deeprage.manifest import MANIFEST, content_of


def put(run: Path, name: str, content: bytes | dict[str, Any] | list[Any]) -> None:
    """Replace a file of a run folder, and its entry in the manifest if there is one."""
    path = run / name
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    manifest = run / MANIFEST
    if manifest.is_file():
        about = json.loads(manifest.read_text())
        if name in about["files"]:
            about["files"][name] = content_of(path)._asdict()
            manifest.write_text(json.dumps(about))
