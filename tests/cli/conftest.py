"""A tiny compendium and a run on it, and a way to give command lines in this process."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from deeprage.cli.app import run as run_command

#: A network that trains in a moment.
TINY = (
    "--epochs", "1", "--threads", "1", "--device", "cpu", "--set", "network.filters=4",
    "--set", "network.filter_width=7", "--set", "network.hidden=[8, 8]",
    "--set", "network.regulator_units=8",
)  # fmt: skip
#: The same for networks that take the levels of regulators as they are.
TINY_RAW = TINY[:-2]


class Result(NamedTuple):
    """What a command left on the terminal, and its exit code."""

    code: int
    out: str
    err: str


Deeprage = Callable[..., Result]


@pytest.fixture
def deeprage(capsys: pytest.CaptureFixture[str]) -> Deeprage:
    """Run a command line: `deeprage("data", "list")`."""

    def give(*arguments: object) -> Result:
        capsys.readouterr()
        code = run_command([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Result(code, out, err)

    return give


def refused(result: Result, *words: str) -> None:
    """Exit code 2 and one line of error that has all the words, after a few notes at most."""
    assert result.code == 2, result.err
    *notes, error = result.err.splitlines()
    assert len(notes) <= 2
    assert not any(line.startswith(("error", "Traceback", " ")) for line in notes)
    assert error.startswith("error: ")
    for word in words:
        assert word in error


def checksums(folder: Path) -> dict[str, str]:
    """SHA-256 of every file under a folder, by name."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated compendium of 40 genes and 6 regulators in 18 conditions of 6 series."""
    path = tmp_path_factory.mktemp("data") / "toy.h5ad"
    sizes = {
        "genes": 40,
        "conditions": 18,
        "series": 6,
        "regulators": 6,
        "promoter_length": 60,
        "motif_width": 6,
        "motifs_per_gene": 1,
        "and_pairs": 1,
    }
    options = [part for size in sizes.items() for part in ("--set", "{}={}".format(*size))]
    assert run_command(["data", "fetch", "simulated", *options, "--out", str(path)]) == 0
    return path


@pytest.fixture(scope="session")
def toy_run(toy: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on the toy compendium, trained and evaluated; tests only read it."""
    out = tmp_path_factory.mktemp("runs") / "toy"
    assert run_command(["train", str(toy), "--out", str(out), *TINY]) == 0
    assert run_command(["evaluate", str(out)]) == 0
    return out
