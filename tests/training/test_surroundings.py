"""What surrounds a training: memory, the progress that is shown, what a run says of itself."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from deeprage.errors import DeepRageError
from deeprage.training import progress
from deeprage.training.allocator import keep_large_buffers
from deeprage.training.config import training_config
from deeprage.training.run import CHECKPOINT, Run, _drop_unstarted


class TestAllocator:
    @pytest.fixture(autouse=True)
    def linux(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "platform", "linux")

    def heard(self, monkeypatch: pytest.MonkeyPatch, answer: int) -> tuple[bool, dict[int, int]]:
        told: dict[int, int] = {}

        def mallopt(name: int, value: int) -> int:
            told[name] = value
            return answer

        monkeypatch.setattr(ctypes, "CDLL", lambda name: SimpleNamespace(mallopt=mallopt))
        return keep_large_buffers(), told

    def test_glibc_is_told_to_keep_what_it_has(self, monkeypatch: pytest.MonkeyPatch) -> None:
        listened, told = self.heard(monkeypatch, 1)
        # malloc.h: M_TRIM_THRESHOLD is -1, M_TOP_PAD -2, M_MMAP_THRESHOLD -3.
        assert told == {-1: 2**31 - 1, -2: 2**28, -3: 2**30}
        assert listened

    def test_it_may_not_listen(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert not self.heard(monkeypatch, 0)[0]
        monkeypatch.setattr(ctypes, "CDLL", lambda name: SimpleNamespace())
        assert not keep_large_buffers()
        monkeypatch.setattr(sys, "platform", "darwin")
        assert not self.heard(monkeypatch, 1)[0]


class TestProgress:
    def test_a_bar_counts_the_steps_of_all_epochs(self, monkeypatch: pytest.MonkeyPatch) -> None:
        shown: list[dict[str, object]] = []

        class Bar:
            def __init__(self, *columns: object, **options: object) -> None:
                assert len(columns) == 4

            def __enter__(self) -> Bar:
                return self

            def __exit__(self, *reason: object) -> None:
                return None

            def add_task(self, text: str, **fields: object) -> int:
                shown.append(fields)
                return 7

            def update(self, task: int, **fields: object) -> None:
                assert task == 7
                shown.append(fields)

        monkeypatch.setattr("rich.progress.Progress", Bar)
        with progress._bar(5) as listen:
            listen(0, 0, 8, 1.5, 100.0)
            listen(4, 7, 8, 0.5, 200.0)
        assert shown[0] == {"total": None, "epoch": "1/5", "loss": 0.0, "speed": 0.0}
        assert shown[1] == {
            "total": 40,
            "completed": 1,
            "epoch": "1/5",
            "loss": 1.5,
            "speed": 100.0,
        }
        assert shown[2] == {
            "total": 40,
            "completed": 40,
            "epoch": "5/5",
            "loss": 0.5,
            "speed": 200.0,
        }

    def test_nobody_listens_or_everybody_hears(self) -> None:
        assert progress._all([]) is None
        heard: list[tuple[object, ...]] = []
        both = progress._all([lambda *what: heard.append(what)] * 2)
        both(1, 2, 3, 0.5, 9.0)
        assert heard == [(1, 2, 3, 0.5, 9.0)] * 2

    def test_tensorboard_gets_the_last_step_of_each_epoch(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        written: list[tuple[str, float, int]] = []

        class Writer:
            def __init__(self, folder: str) -> None:
                assert folder == str(tmp_path / "tensorboard")

            def add_scalar(self, name: str, value: float, epoch: int) -> None:
                written.append((name, value, epoch))

            def flush(self) -> None:
                return None

        monkeypatch.setattr("torch.utils.tensorboard.SummaryWriter", Writer)
        config = training_config(tensorboard=True)
        with progress.progress_listener(config, tmp_path, show=False) as listen:
            for step in range(3):
                listen(2, step, 3, 0.1 * step, 10.0 * step)
        assert written == [("loss/train", 0.2, 2), ("pairs per second", 20.0, 2)]


class TestRunNames:
    def run_of(self, **config: object) -> Run:
        run = Run(Path("nowhere"))
        about = {
            "regulators": ["YA", "YB"],
            "network": {"name": "deeprage-c"},
            "model": "deeprage-f",
        }
        vars(run).update(config=config, model=about)
        return run

    def test_a_run_has_the_name_of_its_kind_of_model(self) -> None:
        assert self.run_of().model_name == "deeprage-c"
        assert self.run_of(kind="factorised").model_name == "deeprage-f"

    def test_regulators_are_known_by_the_identifiers_that_the_run_kept(self) -> None:
        listed = [[["symbol", "AAA"], ["alias", "old"]], [["symbol", "BBB"]]]
        run = self.run_of(compendium={"regulator_identifiers": listed})
        assert run.regulator_names.one("BBB", "regulator") == 1
        assert run.regulator_names.one("old", "regulator") == 0
        assert run.regulator_names.one("YB", "regulator") == 1

    @pytest.mark.parametrize(
        "listed", [None, "x", [[["symbol", "AAA"]]], [[["symbol"]], 3], [[["symbol", 4]], []]]
    )
    def test_what_is_no_list_of_identifiers_of_each_is_left_out(self, listed: object) -> None:
        run = self.run_of(compendium={"regulator_identifiers": listed})
        assert run.regulator_names.one("YB", "regulator") == 1
        with pytest.raises(DeepRageError):
            run.regulator_names.one("AAA", "regulator")


class TestStaged:
    """A training that was to replace a run and was killed: worth going on with, or not."""

    @pytest.mark.parametrize("file", [None, "checkpoint.safetensors", "config.json"])
    def test_only_one_with_an_epoch_stays(self, tmp_path: Path, file: str | None) -> None:
        staged = tmp_path / "staged"
        staged.mkdir()
        if file:
            (staged / file).write_text("x")
        _drop_unstarted(staged)
        assert staged.exists() == (file == CHECKPOINT)

    def test_without_one_nothing_happens(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("x")
        for path in (tmp_path / "file", tmp_path / "nothing"):
            _drop_unstarted(path)
        assert (tmp_path / "file").exists()
