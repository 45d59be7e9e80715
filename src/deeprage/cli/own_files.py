"""The files that a run cannot do without, so that no output takes their place."""

from collections.abc import Sequence
from pathlib import Path

from deeprage.cli.parsing import check_outputs
from deeprage.manifest import MANIFEST, read_manifest
from deeprage.training.run import FILES, Run

#: Of these kinds a run keeps more files than are named here; nothing else of them is written to it.
_KEPT = {".json", ".jsonl", ".npz", ".safetensors"}


def own_files(run: Run) -> list[Path]:
    """Everything that the verbs keep in a run folder, there or not, and the run's compendium."""
    named = {MANIFEST, *FILES, *getattr(read_manifest(run.path), "files", ())}
    kept = [path for path in run.path.iterdir() if path.suffix in _KEPT]
    compendium = run.config.get("compendium_path")
    return [
        *(run.path / name for name in sorted(named)),
        *kept,
        *([Path(str(compendium))] if compendium else []),
    ]


def spare_run(
    run: Run,
    outputs: Sequence[Path | None],
    inputs: Sequence[Path | None] = (),
    *,
    usual: str | None = None,
) -> None:
    """Raise a `DeepRageError` if a file to write is an input, another output or the run's own.

    Args:
        usual: the one of the run's own files that is meant to be written.
    """
    check_outputs(outputs, [*inputs, *(path for path in own_files(run) if path.name != usual)])
