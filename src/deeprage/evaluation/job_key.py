"""The key of a benchmark job: a hash of everything that its result depends on.

Two jobs with one key give the same result, so a kept result is served only for the same data,
split, settings, motif files, code and packages. Code means every module of deeprage that the
predictor reaches by its imports, so that no change can be forgotten; comments, docstrings and
layout do not count.
"""

from __future__ import annotations

import ast
import hashlib
import json
import platform
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from importlib.resources import files
from typing import Any

import numpy as np

import deeprage
from deeprage.data.split import Split

_PACKAGE = "deeprage"


def key_of(parts: Mapping[str, Any]) -> str:
    """A hash of named values that JSON can hold, independent of their order."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


def content_of_split(split: Split) -> str:
    """A hash of a split's regime and roles."""
    digest = hashlib.sha256(str(split.regime).encode())
    digest.update(np.ascontiguousarray(split.role).tobytes())
    return digest.hexdigest()[:32]


def code_of(modules: Iterable[str]) -> dict[str, Any]:
    """What the code of some modules does and stands on.

    Returns:
        `deeprage`: the version; `code`: a hash of all modules of deeprage that are reached;
        `python` and `packages`: versions of the interpreter and of all packages that they import.
    """
    sources = reached_modules(modules)
    digest = hashlib.sha256()
    for name in sorted(sources):
        digest.update(name.encode() + _behaviour(sources[name]))
    return {
        "deeprage": deeprage.__version__,
        "code": digest.hexdigest(),
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in sorted(imported_packages(sources.values()))},
    }


def reached_modules(modules: Iterable[str]) -> dict[str, bytes]:
    """Sources of modules and of all modules of deeprage that they import, directly or not.

    Imports inside of functions count. Modules that are only named in a string, as in a registry,
    do not: start from these as well.
    """
    sources: dict[str, bytes] = {}
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        if module in sources:
            continue
        source = _source(module)
        if source is None:
            continue
        sources[module] = source
        waiting += [name for name in _imports(source) if name.split(".")[0] == _PACKAGE]
    return sources


def imported_packages(sources: Iterable[bytes]) -> set[str]:
    """Top-level names of the packages, other than deeprage and Python's own, that are imported."""
    names = {name.split(".")[0] for source in sources for name in _imports(source)}
    return names - {_PACKAGE} - sys.stdlib_module_names


@cache
def _source(module: str) -> bytes | None:
    """The source of a module or package of deeprage, None if there is no such module."""
    parts = module.split(".")[1:]
    folder = files(_PACKAGE).joinpath(*parts[:-1])
    candidates = [folder.joinpath(*parts[-1:], "__init__.py")]
    if parts:
        candidates.append(folder.joinpath(f"{parts[-1]}.py"))
    return next((file.read_bytes() for file in candidates if file.is_file()), None)


@cache
def _imports(source: bytes) -> frozenset[str]:
    """Names of all modules that a source imports; a name imported from a package may be one."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    # Importing a module runs the packages that hold it.
    packages = {
        ".".join(name.split(".")[:n]) for name in names for n in range(1, name.count(".") + 1)
    }
    return frozenset(names | packages)


@cache
def _behaviour(source: bytes) -> bytes:
    """The syntax tree of a source without comments, docstrings and layout."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None:
            del node.body[0]
    return ast.dump(tree).encode()


@cache
def _version(package: str) -> str:
    """The versions of the distributions that provide a package; empty if it is not installed."""
    distributions = sorted(set(_distributions().get(package, [package])))
    return ", ".join(f"{name} {_installed(name)}" for name in distributions)


@cache
def _distributions() -> Mapping[str, list[str]]:
    return packages_distributions()


def _installed(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "absent"
