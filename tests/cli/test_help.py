"""Help, version, and what a mistyped word leads to."""

import inspect
import subprocess
import sys
from typing import Any

import pytest
from typer.main import get_command

from deeprage import __version__, api
from deeprage.cli.verbs import app

from .conftest import Deeprage

#: Every verb, as it is typed, and its function in `api`.
VERBS = {
    "demo": "demo",
    "data list": "list_data",
    "data fetch": "fetch",
    "data import": "import_data",
    "data describe": "describe",
    "train": "train",
    "evaluate": "evaluate",
    "benchmark": "benchmark",
    "predict": "predict",
    "motifs": "motifs",
    "knockout": "knockout",
    "attribute": "attribute",
    "targets": "targets",
    "report": "report",
}
HEAVY = ("torch", "anndata", "pandas", "lightgbm", "matplotlib", "sklearn", "scipy", "plotly")


def test_importing_the_command_line_imports_nothing_heavy() -> None:
    found = subprocess.run(
        [sys.executable, "-c", "import sys, deeprage.cli.app; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert not set(HEAVY) & set(found.stdout.split())


def registered(command: Any, path: str = "") -> dict[str, Any]:
    """All commands without subcommands, by the words that call them."""
    if not hasattr(command, "commands"):
        return {path: command}
    found = {}
    for name, below in command.commands.items():
        found |= registered(below, f"{path} {name}".strip())
    return found


def test_the_verbs_are_those_that_are_registered() -> None:
    assert set(registered(get_command(app))) == set(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_help_lists_every_verb_and_each_verb_has_help(deeprage: Deeprage, verb: str) -> None:
    *group, name = verb.split()
    assert f"\n  {name} " in deeprage(*group, "--help").out
    shown = deeprage(*verb.split(), "--help")
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.strip().startswith(f"Usage: deeprage {verb} ")
    described = shown.out.split("Options:")[0].strip().splitlines()[1:]
    assert any(len(line.split()) > 3 for line in described)


def test_no_arguments_shows_the_help(deeprage: Deeprage) -> None:
    assert "Usage: deeprage" in deeprage().err


def test_version(deeprage: Deeprage) -> None:
    assert deeprage("--version").out == f"deeprage {__version__}\n"


def test_python_has_a_function_for_every_verb() -> None:
    assert sorted(api.__all__) == sorted(VERBS.values())
    for verb, command in registered(get_command(app)).items():
        inner = inspect.unwrap(command.callback)
        own = inspect.unwrap(getattr(api, VERBS[verb]))
        assert (inner.__module__, inner.__name__) == (own.__module__, own.__name__)


@pytest.mark.parametrize(
    ("arguments", "near"),
    [
        (("trian", "x"), "'train'"),
        (("data", "fetsh", "x"), "'fetch'"),
        (("train", "x", "--regim", "genes"), "--regime"),
        (("data", "import", "--expresion", "x"), "--expression"),
    ],
)
def test_an_unknown_verb_or_option_names_the_nearest(
    deeprage: Deeprage, arguments: tuple[str, ...], near: str
) -> None:
    found = deeprage(*arguments)
    assert found.code == 2
    assert f"Did you mean {near}?" in found.err
    assert found.err.count("\n") == 1


def test_the_catalog_is_listed_with_sources_and_licences(deeprage: Deeprage) -> None:
    shown = deeprage("data", "list").out
    for word in ("yeast-stress", "ecoli-precise", "simulated", "licence:", "source:"):
        assert word in shown
