"""Do the tests notice a change? `make mutants`, or

    python -m tests.mutation --folders evaluation data --each 40 --seed 0

Takes mutants of each folder of the package at random, runs the tests in the folder of the same name
that run the changed line, in a copy of the project, and shows the mutants that no test noticed. A
mutant that behaves like the original is listed in `equivalent.json`, with the reason, and does not
count.
"""

from __future__ import annotations

import argparse
import ast
import fnmatch
import json
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from tests.mutation.changes import Mutant, difference, mutants
from tests.mutation.running import Copy

PROJECT = Path(__file__).parents[2]
FOLDERS = (
    "data", "networks", "training", "baselines", "factorised", "evaluation", "interpretation",
)  # fmt: skip
#: Share of the mutants that the tests of each folder should notice.
GOAL = 0.85


class Changed(NamedTuple):
    """A mutant of a file, with the file's text."""

    path: str
    source: str
    mutant: Mutant

    def difference(self) -> str:
        return difference(self.path, self.source, self.mutant.applied(self.source))

    def key(self) -> tuple[str, str, str]:
        """What it is, wherever the line has moved to: file, line before, line after."""
        _, before, after = self.difference().split("\n", 2)
        return self.path, before[1:].strip(), after.split("\n")[-1][1:].strip()


def main() -> int:
    options = _options()
    equivalent = _equivalent()
    results: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copy = Copy(PROJECT, Path(folder) / "project")
        for name in options.folders:
            results[name] = _of_folder(copy, name, equivalent, options)
    print()
    for name, result in results.items():
        share = result["noticed"] / max(result["tried"], 1)
        print(
            f"{name:15s} {result['noticed']:3d} of {result['tried']:3d} noticed ({share:.0%}), "
            f"{result['equivalent']} that change nothing left out"
        )
    if options.json:
        _record(results)
    return int(any(x["noticed"] < GOAL * x["tried"] for x in results.values()))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--folders", nargs="+", default=FOLDERS, choices=FOLDERS)
    parser.add_argument("--each", type=int, default=40, help="mutants per folder")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--files", default="*", help="pattern of files, such as 'evaluation/m*.py'")
    parser.add_argument("--tests", nargs="+", help="test files; default: the folder of that name")
    parser.add_argument("--json", action="store_true", help="write benchmarks/results/mutants.json")
    return parser.parse_args()


def _equivalent() -> set[tuple[str, str, str]]:
    rows = json.loads(Path(__file__).with_name("equivalent.json").read_text())
    return {(row["file"], row["before"], row["after"]) for row in rows}


def _of_folder(
    copy: Copy, folder: str, equivalent: set[tuple[str, str, str]], options: argparse.Namespace
) -> dict[str, Any]:
    every = []
    for file in sorted((copy.source / folder).rglob("*.py")):
        path, source = str(file.relative_to(copy.source)), file.read_text()
        if fnmatch.fnmatch(path, options.files):
            every += [Changed(path, source, mutant) for mutant in mutants(source)]
    # Each folder has its own order, so that one can be repeated alone.
    random.Random(f"{options.seed} {folder}").shuffle(every)
    start = time.monotonic()
    failed = copy.measure(options.tests or [f"tests/{folder}"])
    print(f"{folder}: the tests run in {time.monotonic() - start:.0f} s", flush=True)
    if failed:
        print(f"not used, as they fail without any change: {', '.join(failed)}", flush=True)
    tried, alike, survivors = 0, 0, []
    for changed in every:
        if tried == options.each:
            break
        if changed.key() in equivalent:
            alike += 1
            continue
        tried += 1
        tests = copy.tests_of(changed.path, changed.mutant, _functions(changed.source))
        text = changed.mutant.applied(changed.source)
        how = copy.noticed(changed.path, text, tests) if tests else None
        if how is None:
            survivors.append(changed.difference())
            print(f"passed ({len(tests)} tests): {survivors[-1]}", flush=True)
    return {
        "tried": tried,
        "noticed": tried - len(survivors),
        "equivalent": alike,
        "survivors": survivors,
    }


def _functions(source: str) -> dict[int, set[int]]:
    """The lines of each function, by its first line."""
    return {
        node.lineno: set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
        for node in ast.walk(ast.parse(source))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    }


def _record(results: dict[str, dict[str, Any]]) -> None:
    from benchmarks.record import Row, record

    rows = [
        Row(f"{name}.noticed", x["noticed"] / max(x["tried"], 1), f"of {x['tried']}", f">= {GOAL}")
        for name, x in results.items()
    ]
    sys.argv[0] = "-m tests.mutation"
    record("mutants.json", rows)


if __name__ == "__main__":
    sys.exit(main())
