"""One form for every results file: command, date, machine, rows."""

from __future__ import annotations

import datetime
import platform
import shlex
import sys
from pathlib import Path
from typing import Any, NamedTuple

from deeprage.files import read_json, write_json

RESULTS = Path(__file__).parent / "results"


class Row(NamedTuple):
    """One measured number beside what was asked for.

    Attributes:
        goal: what it should reach, as text such as `>= 0.80`; None if it is only recorded.
        reference: the published or simple number beside it, as text.
    """

    name: str
    value: float
    unit: str
    goal: str | None = None
    reference: str | None = None


def record(file: str, rows: list[Row]) -> Path:
    """Write rows to `results/file`, replacing earlier rows of the same names and keeping others."""
    path = RESULTS / file
    earlier: list[dict[str, Any]] = read_json(path)["rows"] if path.exists() else []
    new = {row.name: row._asdict() for row in rows}
    kept = [row for row in earlier if row["name"] not in new]
    content = {
        "command": shlex.join(["python", *_relative(sys.argv)]),
        "date": datetime.date.today().isoformat(),
        "machine": machine(),
        "rows": sorted([*kept, *new.values()], key=lambda row: str(row["name"])),
    }
    write_json(path, content)
    return path


def show(rows: list[Row]) -> None:
    """Print rows as a table."""
    for row in rows:
        goal = f"goal {row.goal}" if row.goal else ""
        reference = f"({row.reference})" if row.reference else ""
        print(f"{row.name:42s} {row.value:12.4g} {row.unit:10s} {goal:14s} {reference}", flush=True)


def machine() -> str:
    """The processor, its cores and the versions that matter."""
    import torch

    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        name = lines[0].split(":", 1)[1].strip() if lines else name
    return (
        f"{name}, {torch.get_num_threads()} threads, Python {platform.python_version()}, "
        f"torch {torch.__version__}"
    )


def _relative(arguments: list[str]) -> list[str]:
    """The command with paths as seen from the project's root, where it is run."""
    root = str(Path.cwd()) + "/"
    return [argument.removeprefix(root) for argument in arguments]
