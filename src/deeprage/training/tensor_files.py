"""Tensors as files: written all or nothing, read from bytes that may be damaged."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from deeprage.errors import DeepRageError
from deeprage.files import written_aside
from deeprage.strict_json import parse_json


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


def tensors_of(
    content: bytes, *, path: Path, advice: str
) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors, and the metadata, that the content of a safetensors file holds.

    Args:
        path: of the file, and `advice`, what to do if it is damaged: for the error.

    Raises:
        DeepRageError: it is damaged.
    """
    from safetensors.torch import load

    try:
        tensors = load(content)
        header = parse_json(content[8 : 8 + int.from_bytes(content[:8], "little")])
    except MemoryError:
        raise
    except Exception as error:  # SafetensorError, and what follows from a type torch does not know
        raise DeepRageError(f"{path} is damaged ({error}): {advice}.") from error
    return tensors, header.get("__metadata__") or {}
