"""What is said after Ctrl-C: what is kept, and how the work goes on.

This may run in the middle of an import, so it imports nothing of the packages above.
"""

import json
from collections.abc import Sequence
from pathlib import Path

#: Names in a run folder, as in `training.checkpoint_header` and `manifest`.
CHECKPOINT, STAGED, MANIFEST = "checkpoint.safetensors", ".deeprage-training", "manifest.json"
#: Verbs that keep what is finished and take it up again by themselves.
GOING_ON = ("demo", "benchmark")


def after_interruption(arguments: Sequence[str] = (), *, since: float = 0.0) -> str:
    """One sentence for the command line that was stopped.

    Args:
        arguments: the command line, without the program's name.
        since: when it began, seconds since the epoch: a checkpoint from before is of another
            training, unless that is the one to resume.
    """
    verb = next(iter(arguments), "")
    if verb == "train":
        return f"stopped: {_training(arguments, since)}"
    if verb in GOING_ON:
        return "stopped: what is finished is kept; the same command goes on from there."
    return "stopped: finished results are intact; give the same command again."


def _training(arguments: Sequence[str], since: float) -> str:
    out = _value_of("--out", arguments)
    if out is None:
        return "nothing was trained; give the same command again."
    resumed, replacing = "--resume" in arguments, "--overwrite" in arguments
    # A training that replaces a run is beside it until it is complete.
    places = [out / STAGED] if replacing and _is_complete(out) else [out / STAGED, out]
    kept = [path for folder in places if (path := folder / CHECKPOINT).is_file()]
    if not any(resumed or path.stat().st_mtime >= since for path in kept):
        return "no epoch was finished, what was there before is kept; give the same command again."
    how = "with --resume" if replacing and not resumed else "again"
    return f"the epochs that are finished are kept; to go on, give the same command {how}."


def _is_complete(out: Path) -> bool:
    try:
        return bool(json.loads((out / MANIFEST).read_text(encoding="utf-8"))["complete"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _value_of(option: str, arguments: Sequence[str]) -> Path | None:
    """The value of an option in a command line, `--out x` or `--out=x`; the last one counts."""
    value = None
    for index, word in enumerate(arguments):
        if word == option and index + 1 < len(arguments):
            value = Path(arguments[index + 1])
        elif word.startswith(f"{option}="):
            value = Path(word.partition("=")[2])
    return value
