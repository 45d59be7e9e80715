"""Output that cannot be encoded or written never ends a command in a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deeprage.cli.console import show, table
from deeprage.printable import printable

from .conftest import Deeprage


def shell(line: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command line in a shell, `deeprage` being this one."""
    return subprocess.run(
        ["bash", "-c", line.replace("deeprage", f"{sys.executable} -m deeprage", 1)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


class TestEncodings:
    @pytest.mark.parametrize(
        "environment",
        [
            {"PYTHONIOENCODING": "ascii"},
            {"PYTHONIOENCODING": "latin-1:strict"},
            {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
        ],
    )
    def test_a_name_beyond_the_encoding_is_escaped(self, environment: dict[str, str]) -> None:
        found = shell("deeprage data fetch 'вид\N{GREEK SMALL LETTER ALPHA}'", **environment)
        assert found.returncode == 2
        assert found.stderr.startswith("error: unknown data set")
        assert "\\" in found.stderr

    def test_a_file_name_that_is_no_text(self) -> None:
        found = shell("deeprage data describe $'caf\\xe9.h5ad'")
        assert found.returncode == 2
        assert "caf\\xe9.h5ad" in found.stderr
        assert found.stderr.count("\n") == 1


class TestWhereOutputGoes:
    @pytest.mark.parametrize(
        ("line", "code", "words"),
        [
            ("deeprage data list > /dev/full", 2, "No space left on device"),
            ("deeprage --version > /dev/full", 2, "No space left on device"),
            ("deeprage --version >&-", 0, ""),
            ("deeprage --version 2>&-", 0, ""),
            ("deeprage data describe gone.h5ad 2> /dev/full", 2, ""),
            ("deeprage data describe gone.h5ad 2>&-", 2, ""),
            ("set -o pipefail; deeprage data list | true", 1, ""),
        ],
    )
    def test_a_place_that_takes_nothing(self, line: str, code: int, words: str) -> None:
        found = shell(line)
        assert found.returncode == code
        assert found.stderr.count("\n") == bool(words)
        assert words in found.stderr

    def test_a_closed_descriptor_is_not_given_to_the_next_file(self, tmp_path: Path) -> None:
        program = (
            "from deeprage.cli import app\n"
            "app._run_verb = lambda arguments: print(open(arguments[0]).fileno() > 2)\n"
            "app.main()"
        )
        path, out = tmp_path / "file", tmp_path / "out"
        path.write_text("")
        subprocess.run(
            ["bash", "-c", f"{sys.executable} -c '{program}' {path} <&- > {out} 2>&-"], check=True
        )
        assert out.read_text() == "True\n"


class TestNames:
    NAMES = ("A[/b]", "[x]", "NA", "007", "1e5", "<b>", ":heart:", "x" * 300, "גן", "🧬", "$a_b$")

    @pytest.mark.parametrize("name", NAMES)
    def test_are_printed_as_they_are(self, name: str, capsys: pytest.CaptureFixture[str]) -> None:
        show(table(name, [name], [[name]]), name)
        shown = capsys.readouterr().out
        squeezed = "".join(character for character in shown if character not in " \n│┃")
        assert squeezed.count(name) == 4

    def test_cannot_steer_the_terminal(self, capsys: pytest.CaptureFixture[str]) -> None:
        show(table("t", ["gene"], [["a\x1b[2J\x07b\u202ec"]]), "a\x1b[2J\x07b\u202ec")
        shown = capsys.readouterr().out
        assert shown.count(r"a\x1b[2J\x07b\u202ec") == 2

    def test_letters_of_any_script_stay(self) -> None:
        for text in ("évolution", "גן", "ген", "遺伝子", "🧬", "a\tb\n"):
            assert printable(text) == text


def test_a_note_that_cannot_be_written_stops_nothing(
    deeprage: Deeprage, monkeypatch: pytest.MonkeyPatch
) -> None:
    from deeprage.cli.console import note

    class Full:
        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

        def flush(self) -> None:
            return

        def fileno(self) -> int:
            raise OSError

    monkeypatch.setattr(sys, "stderr", Full())
    note("done")
