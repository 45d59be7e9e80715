"""How to get the same run again."""

from pathlib import Path

from deeprage.report.blocks import Block, Code, Column, Facts, Section, Table
from deeprage.report.run_folder import RunFolder
from deeprage.report.wording import duration, file_size, flat, plain

_FILES = {
    "config.json": "resolved configuration",
    "split.npz": "the role of every cell",
    "model.safetensors": "weights and arrays of the model",
    "model.json": "architecture, regulators in order, normaliser",
    "history.jsonl": "one line an epoch",
    "metrics.json": "scores and audit",
    "predictions.npz": "predicted and observed values",
    "benchmark.json": "benchmark",
}


def reproduce(run: RunFolder) -> Section | None:
    """The command, the versions, the machine and the files of the run."""
    blocks: list[Block] = []
    if command := _command(run.config.get("command")):
        blocks.append(Code("Command", command))
    facts = {
        "deeprage": plain(run.config.get("deeprage_version")),
        "device": plain(run.config.get("device")),
        "threads": plain(run.config.get("threads")),
    }
    if isinstance(seconds := run.config.get("seconds"), int | float):
        facts["time"] = duration(float(seconds))
    if isinstance(memory := run.config.get("peak_gb"), int | float):
        facts["peak memory"] = f"{memory:.2f} GB"
    blocks.append(Facts("Program and machine", facts | flat(run.part("versions"))))
    if files := _files(run.folder):
        columns = [Column(title, numeric=False) for title in ("file", "what", "size")]
        blocks.append(Table("files", "Files of the run", "files", columns, files))
    return Section(
        "reproduce",
        "Reproduce",
        "The same settings on the same data, version, device and threads give the same numbers.",
        blocks,
    )


def _command(found: object) -> str:
    return " ".join(str(part) for part in found) if isinstance(found, list) else str(found or "")


def _files(folder: Path) -> list[list[object]]:
    return [
        [name, what, file_size((folder / name).stat().st_size)]
        for name, what in _FILES.items()
        if (folder / name).is_file()
    ]
