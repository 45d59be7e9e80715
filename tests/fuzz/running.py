"""One damaged input at a time, each read in a child process with limits."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import random
import resource
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.fuzz.mutations import mutated
from tests.fuzz.world import Target

#: Imported before the first child, so that none waits for them.
_IMPORTED = (
    "anndata", "Bio.SeqIO", "h5py", "jinja2", "lightgbm", "matplotlib.figure", "numpy", "pandas",
    "plotly.graph_objects", "pyarrow.parquet", "safetensors.torch", "scipy.signal", "scipy.stats",
    "sklearn.linear_model", "torch", "typer.main", "deeprage.cli.verbs", "deeprage.data.building",
    "deeprage.training.train", "deeprage.report.page", "deeprage.evaluation.benchmark",
    "deeprage.factorised.train", "deeprage.interpretation.targets",
    "deeprage.interpretation.knockout_files", "lightning_fabric",
)  # fmt: skip
#: Seconds of the processor, seconds in all (other processes may be busy), and bytes of memory.
CPU_SECONDS, WALL_SECONDS, MORE_BYTES = 25, 240, 4 << 30
#: What a command may end with: done, bad input; of a benchmark also: all its jobs failed.
_ENDS = (0, 2)


class Finding(NamedTuple):
    """An input that ended as none may.

    Attributes:
        target: its name.
        number: of the input, which with the seed makes it again.
        how: what happened, in a line.
        details: the traceback, or what was printed.
    """

    target: str
    number: int
    how: str
    details: str


def prepare() -> None:
    """Import everything that the commands use."""
    os.environ["OMP_NUM_THREADS"] = "1"
    for name in _IMPORTED:
        importlib.import_module(name)
    import torch

    torch.set_num_threads(1)


def choose(targets: Sequence[Target], seed: int, number: int) -> tuple[Target, random.Random]:
    """The target of an input, and the source of its damage."""
    rng = random.Random(f"{seed} {number}")
    (target,) = rng.choices(targets, [target.weight for target in targets])
    return target, rng


def try_input(
    world: Path, target: Target, rng: random.Random, number: int, scratch: Path
) -> Finding | None:
    """Damage the target's file in a copy of its folder and run the command on it.

    The copy is removed, unless there is a finding: then it stays for a look.
    """
    folder = scratch / f"input-{number}"
    shutil.copytree(world / target.part, folder)
    file = folder / target.file
    file.write_bytes(mutated(file.read_bytes(), target.kind, rng))
    # What the run's hashes keep from parsers that crash on damaged bytes is not vouched for.
    if target.kind != "safetensors" and file.parent.name != "trees" and rng.random() < 0.5:
        _vouch(file)
    # A run and a benchmark name the compendium where it was made.
    arguments = [argument.replace("{}", str(folder)) for argument in target.arguments]
    result = folder.with_suffix(".json")
    how, details = _watched(arguments, folder, result)
    result.unlink(missing_ok=True)
    if how is None:
        how = _left_behind(folder)
    if how is None:
        shutil.rmtree(folder)
        return None
    return Finding(target.name, number, how, details)


def _vouch(file: Path) -> None:
    """Write the damaged file's hash into the manifest of its run, as whoever edits a run may do."""
    from deeprage.manifest import MANIFEST, content_of

    for folder in file.parents:
        manifest = folder / MANIFEST
        if manifest.exists() and manifest != file:
            listed = json.loads(manifest.read_text())
            name = str(file.relative_to(folder))
            if name in listed["files"]:
                listed["files"][name] = content_of(file)._asdict()
                manifest.write_text(json.dumps(listed))
            return


def _watched(arguments: list[str], folder: Path, result: Path) -> tuple[str | None, str]:
    """What was wrong with how a command ended, None if nothing, and what it printed."""
    start = time.monotonic()
    child = os.fork()
    if child == 0:
        try:
            _in_child(arguments, folder, result)
        finally:
            os._exit(0)
    status = None
    while status is None and time.monotonic() - start < WALL_SECONDS:
        done, how = os.waitpid(child, os.WNOHANG)
        if done:
            status = how
        else:
            time.sleep(0.005)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)
    if status is None:
        os.waitpid(child, 0)
        return f"no end within {WALL_SECONDS} s", ""
    if os.WIFSIGNALED(status):
        name = signal.Signals(os.WTERMSIG(status)).name
        hung = name in ("SIGXCPU", "SIGKILL")
        return (f"no end within {CPU_SECONDS} s of computing" if hung else f"ended by {name}"), ""
    if not result.exists():
        return "ended without a result", ""
    found = json.loads(result.read_text())
    return _judged(arguments, found), found["traceback"] or found["err"][-3000:]


def _in_child(arguments: list[str], folder: Path, result: Path) -> None:
    os.setsid()
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 5))
    size = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (size + MORE_BYTES, size + MORE_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.chdir(folder)
    out, err = folder.with_suffix(".out"), folder.with_suffix(".err")
    for number, path in ((1, out), (2, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    sys.stdout, sys.stderr = (os.fdopen(os.dup(number), "w") for number in (1, 2))
    from deeprage.cli.app import run

    code, trace = None, None
    try:
        code = run(arguments)
    except BaseException:
        trace = traceback.format_exc()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    printed = {
        name: path.read_text("utf-8", "replace") for name, path in (("out", out), ("err", err))
    }
    out.unlink()
    err.unlink()
    result.write_text(json.dumps({"code": code, "traceback": trace, **printed}))


def _judged(arguments: list[str], found: dict[str, object]) -> str | None:
    trace, code, err = found["traceback"], found["code"], str(found["err"])
    if trace is not None:
        return str(trace).strip().splitlines()[-1]
    if code not in _ENDS and not (arguments[0] == "benchmark" and code == 1):
        return f"exit code {code}"
    if "Traceback" in err:
        return "a traceback was printed"
    said = [line for line in err.splitlines() if line.startswith("error: ")]
    if code and len(said) != 1:
        return f"exit code {code} with {len(said)} sentences"
    return None


def _left_behind(folder: Path) -> str | None:
    """What a command should not have left: files that are not complete, numbers that are none."""
    left = [path.name for path in folder.rglob(".deeprage-tmp-*")]
    if left:
        return f"left {left[0]} behind"
    predicted = folder / "predicted.tsv"
    if predicted.exists():
        cells = {x for line in predicted.read_text().splitlines()[1:] for x in line.split("\t")[1:]}
        if cells & {"nan", "inf", "-inf", "", "NaN"}:
            return "a predicted value is no number"
    return None
