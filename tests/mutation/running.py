"""Runs tests in a copy of the project, in child processes that have the libraries already."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.mutation.changes import Mutant

#: Imported once, before the first child: they take longer than most tests.
LIBRARIES = (
    "numpy", "scipy.sparse", "scipy.stats", "scipy.linalg", "scipy.signal", "pandas", "torch",
    "sklearn.linear_model", "sklearn.ensemble", "lightgbm", "anndata", "pydantic", "typer",
    "plotly.graph_objects", "matplotlib", "hypothesis", "pytest", "safetensors.torch", "pyarrow",
    "Bio.SeqIO", "jinja2", "memelite",
)  # fmt: skip
#: Of the project, what the tests need.
_COPIED = ("src", "tests", "benchmarks", "pyproject.toml", "README.md", "docs", "Makefile")
#: A mutant may take this many times as long as the tests did, and this many seconds more.
TIMES, MORE_SECONDS = 5, 20
#: Files that only ever run in a process of their own, and the tests that start it.
STARTED_BY = {"evaluation/worker.py": "tests/evaluation/test_jobs.py"}


class Copy:
    """A copy of the project in `folder`, and its tests."""

    def __init__(self, project: Path, folder: Path) -> None:
        self.root = folder
        self.source = folder / "src" / "deeprage"
        for name in _COPIED:
            if (project / name).is_dir():
                skipped = shutil.ignore_patterns("__pycache__")
                shutil.copytree(project / name, folder / name, ignore=skipped)
            elif (project / name).exists():
                shutil.copy2(project / name, folder / name)
        os.environ["PYTHONPATH"] = os.pathsep.join([str(folder / "src"), str(folder)])
        os.environ["OMP_NUM_THREADS"] = "1"
        for name in LIBRARIES:
            importlib.import_module(name)
        loaded = [name for name in sys.modules if name.split(".")[0] == "deeprage"]
        assert not loaded, f"a child must import its own {loaded}"
        self.covered: dict[str, dict[str, list[str]]] = {}
        self.seconds: dict[str, float] = {}
        self.failed: set[str] = set()

    def measure(self, tests: Sequence[str]) -> list[str]:
        """Run tests once and note which lines each runs.

        Returns:
            The tests that fail without any change; they are not used.

        Raises:
            RuntimeError: the tests do not run at all.
        """
        out, log = self.root / "coverage.json", self.root / "coverage.log"
        out.unlink(missing_ok=True)

        def child() -> int:
            from tests.mutation.coverage import Coverage

            return self._pytest([*tests], [Coverage(self.source, out)])

        _in_child(child, limit=3600, log=log)
        if not out.exists():
            raise RuntimeError(f"the tests do not run: {log.read_text()[-2000:]}")
        table = json.loads(out.read_text())
        if not table["seconds"]:
            raise RuntimeError(f"the tests do not run: {log.read_text()[-2000:]}")
        self.seconds |= table["seconds"]
        for path, lines in table["covered"].items():
            known = self.covered.setdefault(path, {})
            for line, names in lines.items():
                known[line] = sorted({*known.get(line, ()), *names})
        failed: list[str] = table["failed"]
        self.failed.update(failed)
        return failed

    def tests_of(self, path: str, mutant: Mutant, functions: dict[int, set[int]]) -> list[str]:
        """The tests that run a changed line, those of the file of its name first, quick ones first.

        Code that runs at import is tested by all tests that run a function of its file. So is a
        line that the interpreter does not name, in the middle of a statement.
        """
        lines = self.covered.get(path, {})
        tests = set(lines.get(str(mutant.line), ()))
        if not tests:
            around = functions.get(mutant.function, set()) if mutant.function else None
            for line, names in lines.items():
                if around is None or int(line) in around:
                    tests.update(names)
        if not mutant.function:
            # Settings are read where nothing of their file runs.
            tests |= {name for name in self.seconds if "test_settings" in name}
        if not tests and path in STARTED_BY:
            tests = {name for name in self.seconds if name.startswith(STARTED_BY[path])}
        return self._in_order(path, tests - self.failed)

    def _in_order(self, path: str, tests: set[str]) -> list[str]:
        stem = Path(path).stem
        by_file: dict[str, list[str]] = {}
        for name in sorted(tests):
            by_file.setdefault(name.split("::")[0], []).append(name)

        def cost(file: str) -> tuple[bool, float]:
            return stem not in Path(file).stem, sum(self.seconds[name] for name in by_file[file])

        return [name for file in sorted(by_file, key=cost) for name in by_file[file]]

    def noticed(self, path: str, changed: str, tests: Sequence[str]) -> str | None:
        """How tests notice a changed file: `failed`, `hung` or `crashed`; None if they pass."""
        file = self.source / path
        original, status = file.read_text(), file.stat()
        limit = TIMES * sum(self.seconds[name] for name in tests) + MORE_SECONDS
        try:
            file.write_text(changed)
            # Another whole second than that of the bytecode beside it, which holds the original.
            os.utime(file, (status.st_atime, int(status.st_mtime) + 10))
            code = _in_child(lambda: self._pytest([*tests], []), limit=limit)
        finally:
            file.write_text(original)
            os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
        if code is None:
            return "hung"
        return {0: None, 1: "failed", 2: "failed", 4: "failed"}.get(code, "crashed")

    def _pytest(self, tests: list[str], plugins: list[object]) -> int:
        import hypothesis
        import pytest

        sys.path[:0] = [str(self.root / "src"), str(self.root)]
        os.chdir(self.root)
        hypothesis.settings.register_profile("same", derandomize=True, database=None)
        hypothesis.settings.load_profile("same")
        sys.dont_write_bytecode = not plugins
        return int(pytest.main(tests if plugins else ["-x", *tests], plugins=plugins))


def _in_child(work: Callable[[], int], *, limit: float, log: Path | None = None) -> int | None:
    """Exit code of `work` in a child process of this one; None if it takes longer than `limit`."""
    start = time.monotonic()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        code = 3
        try:
            os.setsid()
            sink = os.open(log or os.devnull, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(sink, 1)
            os.dup2(sink, 2)
            code = work()
        finally:
            os._exit(code)
    code = None
    while code is None and time.monotonic() - start < limit:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            code = os.waitstatus_to_exitcode(status)
        else:
            time.sleep(0.02)
    # What the tests started ends with them.
    _end_group(child)
    if code is None:
        os.waitpid(child, 0)
    return code


def _end_group(leader: int) -> None:
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return
