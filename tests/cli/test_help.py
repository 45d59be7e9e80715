"""Help, version, and what a mistyped word leads to."""

import subprocess
import sys

import pytest

from deeprage import __version__, api
from deeprage.cli.app import main

from .conftest import Deeprage

VERBS = ("demo", "data", "train", "evaluate", "benchmark", "predict", "report")
HEAVY = ("torch", "anndata", "pandas", "lightgbm", "matplotlib", "sklearn", "scipy", "plotly")


def test_importing_the_command_line_imports_nothing_heavy() -> None:
    found = subprocess.run(
        [sys.executable, "-c", "import sys, deeprage.cli.app; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert not set(HEAVY) & set(found.stdout.split())


def test_help_lists_every_verb_and_each_verb_has_help(deeprage: Deeprage) -> None:
    shown = deeprage("--help").out
    for verb in VERBS:
        assert f"\n  {verb} " in shown
        assert deeprage(verb, "--help").code == 0


def test_no_arguments_shows_the_help(deeprage: Deeprage) -> None:
    assert "Usage: deeprage" in deeprage().err


def test_version(deeprage: Deeprage) -> None:
    assert deeprage("--version").out == f"deeprage {__version__}\n"


def test_closed_streams_are_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    for stream in ("stdout", "stderr"):
        monkeypatch.setattr(sys, stream, None)
    monkeypatch.setattr(sys, "argv", ["deeprage", "data", "list"])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 0


def test_python_has_a_function_for_every_verb() -> None:
    assert {"demo", "train", "evaluate", "predict", "report", "fetch", "describe"} <= set(
        api.__all__
    )


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
