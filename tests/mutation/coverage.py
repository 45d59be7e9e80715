"""Which tests run which lines, and how long each takes: a pytest plugin."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest


class Coverage:
    """Follows every call in the files under `source` and writes a table when the tests end.

    What a fixture runs counts for each test that asks for it, whichever was first.
    """

    def __init__(self, source: Path, out: Path) -> None:
        self.prefix = str(source) + os.sep
        self.out = out
        self.active: set[tuple[str, int]] = set()
        self.by_fixture: dict[int, set[tuple[str, int]]] = defaultdict(set)
        self.by_test: dict[str, set[tuple[str, int]]] = {}
        self.seconds: dict[str, float] = defaultdict(float)
        self.failed: set[str] = set()

    def follow(self, frame: FrameType, event: str, argument: Any) -> Any:
        name = frame.f_code.co_filename
        if not name.startswith(self.prefix) or frame.f_code.co_name == "<module>":
            return None
        return self._line(name)

    def _line(self, name: str) -> Any:
        path = name[len(self.prefix) :]

        def local(frame: FrameType, event: str, argument: Any) -> Any:
            self.active.add((path, frame.f_lineno))
            return local

        return local

    def start(self) -> set[tuple[str, int]]:
        """Count into a new set; gives the one that was filled before."""
        before, self.active = self.active, set()
        threading.settrace(self.follow)
        sys.settrace(self.follow)
        return before

    def stop(self, before: set[tuple[str, int]]) -> set[tuple[str, int]]:
        """The lines since `start`; goes on with the set from before."""
        filled, self.active = self.active, before
        return filled

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: Any) -> Generator[None, Any, Any]:
        before = self.start()
        try:
            return (yield)
        finally:
            self.by_fixture[id(fixturedef)] |= self.stop(before)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: Any, nextitem: Any) -> Generator[None, Any, Any]:
        before, start = self.start(), time.perf_counter()
        result = yield
        sys.settrace(None)
        self.seconds[item.nodeid] += time.perf_counter() - start
        lines = self.stop(before)
        for definitions in item._fixtureinfo.name2fixturedefs.values():
            for definition in definitions:
                lines |= self.by_fixture[id(definition)]
        self.by_test[item.nodeid] = lines
        return result

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            self.failed.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        covered: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
        for test in self.by_test.keys() - self.failed:
            for path, line in self.by_test[test]:
                covered[path][line].append(test)
        table = {"covered": covered, "seconds": self.seconds, "failed": sorted(self.failed)}
        self.out.write_text(json.dumps(table))
