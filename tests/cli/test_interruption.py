"""Ctrl-C while a file is written: told in one sentence, nothing torn, and the run goes on."""

from pathlib import Path

import pytest

from .conftest import TINY, Deeprage, checksums


class CtrlC:
    """A `Path.replace` that is interrupted at its n-th call."""

    def __init__(self, at: int) -> None:
        self.left = at
        self.replace = Path.replace

    def __call__(self, path: Path, target: Path) -> Path:
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt
        return self.replace(path, target)


@pytest.mark.parametrize("at", [5, 8])
def test_an_interrupted_training_goes_on_to_the_same_network(
    deeprage: Deeprage, toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    options = (*TINY, "--epochs", "3")
    assert deeprage("train", toy, "--out", whole, *options).code == 0
    with monkeypatch.context() as patch:
        interrupt = CtrlC(at)
        patch.setattr(Path, "replace", lambda path, target: interrupt(path, target))
        found = deeprage("train", toy, "--out", stopped, *options)
    assert found.code == 130
    assert found.err.startswith("stopped: ")
    assert found.err.count("\n") == 1
    assert not [path for path in stopped.iterdir() if path.name.startswith(".")]
    more = ("--resume",) if (stopped / "checkpoint.safetensors").exists() else ("--overwrite",)
    resumed = deeprage("train", toy, "--out", stopped, *options, *more)
    assert resumed.code == 0, resumed.err
    assert checksums(stopped)["model.safetensors"] == checksums(whole)["model.safetensors"]


def test_an_interrupted_evaluation_keeps_the_earlier_scores(
    deeprage: Deeprage, toy_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = checksums(toy_run)
    with monkeypatch.context() as patch:
        interrupt = CtrlC(1)
        patch.setattr(Path, "replace", lambda path, target: interrupt(path, target))
        found = deeprage("evaluate", toy_run)
    assert found.code == 130
    assert "stopped: " in found.err
    assert checksums(toy_run) == before
