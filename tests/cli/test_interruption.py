"""Ctrl-C while a file is written: told in one sentence, nothing torn, and the run goes on."""

from pathlib import Path

import pytest

from deeprage.cli.interruption import after_interruption
from deeprage.files import write_json
from deeprage.manifest import Manifest

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


@pytest.mark.parametrize(("at", "kept"), [(2, "no epoch"), (18, "epochs that are finished")])
@pytest.mark.parametrize("replacing", [False, True])
def test_an_interrupted_training_goes_on_to_the_same_network(
    deeprage: Deeprage,
    toy: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    at: int,
    kept: str,
    replacing: bool,
) -> None:
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    options = (*TINY, "--epochs", "3")
    assert deeprage("train", toy, "--out", whole, *options).code == 0
    before = {}
    if replacing:
        assert deeprage("train", toy, "--out", stopped, *options, "--seed", "1").code == 0
        options = (*options, "--overwrite")
        before = checksums(stopped)
    with monkeypatch.context() as patch:
        interrupt = CtrlC(at)
        patch.setattr(Path, "replace", lambda path, target: interrupt(path, target))
        found = deeprage("train", toy, "--out", stopped, *options)
    assert found.code == 130
    assert found.err.startswith("stopped: ")
    assert found.err.count("\n") == 1
    assert kept in found.err
    assert not list(stopped.rglob(".deeprage-[!t]*"))  # all but the training that goes on
    assert before.items() <= checksums(stopped).items()
    advice = ("--resume",) if "with --resume" in found.err else ()
    assert bool(advice) == (replacing and at > 2)
    resumed = deeprage("train", toy, "--out", stopped, *options, *advice)
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


class TestWhatIsSaid:
    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (("data", "fetch", "yeast-stress"), "give the same command again"),
            (("evaluate", "run"), "finished results are intact"),
            (("demo",), "goes on from there"),
            (("benchmark", "x.h5ad"), "goes on from there"),
            (("train", "x.h5ad"), "nothing was trained"),
            ((), "stopped"),
        ],
    )
    def test_it_fits_the_verb(self, arguments: tuple[str, ...], said: str) -> None:
        told = after_interruption(arguments)
        assert said in told
        assert "--resume" not in told

    def test_resume_is_named_where_a_run_is_being_replaced(self, tmp_path: Path) -> None:
        words = ("train", "x.h5ad", f"--out={tmp_path}")
        assert "no epoch" in after_interruption(words)
        checkpoint = tmp_path / "checkpoint.safetensors"
        checkpoint.write_bytes(b"")
        written = checkpoint.stat().st_mtime
        assert "are kept; to go on, give the same command again." in after_interruption(
            words, since=written - 1
        )
        # A checkpoint from before is that of another training, but for the one that is resumed.
        assert "no epoch" in after_interruption(words, since=written + 1)
        assert "are kept" in after_interruption((*words, "--resume"), since=written + 1)
        replacing = (*words, "--overwrite")
        assert "with --resume" in after_interruption(replacing, since=written - 1)
        write_json(tmp_path / "manifest.json", Manifest(complete=True).as_json())
        assert "no epoch" in after_interruption(replacing, since=written - 1)
        (tmp_path / ".deeprage-training").mkdir()
        checkpoint.rename(tmp_path / ".deeprage-training" / checkpoint.name)
        assert "with --resume" in after_interruption(replacing, since=written - 1)
