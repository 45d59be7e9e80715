"""What a checkpoint says about its training, read without its tensors and without PyTorch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from deeprage.errors import DeepRageError
from deeprage.strict_json import parse_json

CHECKPOINT = "checkpoint.safetensors"
#: In a run folder: the training that will replace the run once it is complete.
STAGED = ".deeprage-training"
#: The header of a safetensors file is at most this long, bytes.
_LONGEST_HEADER = 100_000_000
#: Key of the text in the file's metadata.
TRAINING = "training"


def about_checkpoint(path: Path) -> dict[str, Any]:
    """The epochs that are done (`epoch`), the memory of the schedule (`progress`), the history.

    Raises:
        DeepRageError: the file cannot be read or is damaged.
    """
    try:
        with path.open("rb") as handle:
            length = int.from_bytes(handle.read(8), "little")
            if length > _LONGEST_HEADER:
                raise ValueError("its header is too long")
            header = parse_json(handle.read(length))
        about: dict[str, Any] = parse_json(header["__metadata__"][TRAINING].encode())
        int(about["epoch"]), int(about["progress"]["waited"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DeepRageError(
            f"there is no usable checkpoint at {path} ({error}): train again with --overwrite."
        ) from error
    return about
