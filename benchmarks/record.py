"""One form for every results file: command, date, machine, rows.

A file gathers rows of several commands. Its top level names the last of them; every row names the
one that measured it.
"""

from __future__ import annotations

import datetime
import platform
import shlex
import sys
from pathlib import Path
from typing import Any, NamedTuple

from deeprage.files import read_json, write_json

RESULTS = Path(__file__).parent / "results"
#: Where a number comes from: of the file, and of each row.
ORIGIN = ("command", "date", "machine")


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
    """Write rows to `results/file`, replacing earlier rows of the same names and keeping others.

    Kept rows keep their own command, date and machine.
    """
    path = RESULTS / file
    earlier = with_origin(read_json(path)) if path.exists() else []
    origin = {
        "command": shlex.join(["python", *_relative(sys.argv)]),
        "date": datetime.date.today().isoformat(),
        "machine": machine(),
    }
    new = {row.name: row._asdict() | origin for row in rows}
    kept = [row for row in earlier if row["name"] not in new]
    merged = sorted([*kept, *new.values()], key=lambda row: str(row["name"]))
    write_json(path, {**origin, "rows": merged})
    return path


def with_origin(content: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of a results file, each with its command, date and machine.

    A row that names none, as in files of an earlier form, takes them from the top level.
    """
    top = {key: content[key] for key in ORIGIN}
    return [row | {key: row.get(key, top[key]) for key in ORIGIN} for row in content["rows"]]


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
