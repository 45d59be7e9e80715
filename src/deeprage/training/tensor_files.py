"""Writing tensors, all or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from deeprage.files import written_aside


def write_tensors(
    path: Path, tensors: Mapping[str, Tensor], *, metadata: dict[str, str] | None = None
) -> None:
    """Write a safetensors file.

    Raises:
        DeepRageError: the folder cannot be written or the disk is full.
    """
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    ready = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    with written_aside(path) as aside:
        try:
            save_file(ready, aside, metadata=metadata)
        except SafetensorError as error:  # how it tells of a full disk
            raise OSError(str(error)) from error
