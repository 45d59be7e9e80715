"""A run folder goes on, is replaced or is refused, and nothing in it is lost before it may be."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from deeprage.data.compendium import Compendium
from deeprage.data.splitting import make_split
from deeprage.errors import DeepRageError
from deeprage.files import write_json
from deeprage.folders import folder_change
from deeprage.manifest import check_file, read_manifest
from deeprage.training.checkpoint_header import STAGED
from deeprage.training.config import training_config
from deeprage.training.loop import Loop
from deeprage.training.run import Run
from deeprage.training.train import train

from .test_training import small, toy

SETTINGS: dict[str, Any] = {"epochs": 3, "block_genes": 8}


def trained(
    out: Path,
    *,
    compendium: Compendium | None = None,
    regime: str = "pairs",
    split_seed: int = 1,
    network: dict[str, Any] | None = None,
    settings: dict[str, Any] | None = None,
    **more: Any,
) -> Run:
    compendium = compendium or toy()
    split = make_split(compendium, regime=regime, seed=split_seed, test_fraction=0.2)
    return train(
        compendium,
        split,
        out=out,
        network=small(**(network or {})),
        training=training_config(**(SETTINGS | (settings or {}))),
        **more,
    )


def stopped(out: Path, *, after: int, **options: Any) -> None:
    """A training that is interrupted in the epoch after `after`."""
    epoch = Loop._epoch

    def cut(self: Loop, module: Any, optimiser: Any, number: int, progress: Any) -> Any:
        if number == after:
            raise KeyboardInterrupt
        return epoch(self, module, optimiser, number, progress)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Loop, "_epoch", cut)
        with pytest.raises(KeyboardInterrupt):
            trained(out, **options)


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and STAGED not in path.parts
    }


def weights(folder: Path) -> bytes:
    return (folder / "model.safetensors").read_bytes()


def add_results(run: Path) -> None:
    """What other verbs leave, and what the user puts beside it."""
    with folder_change(run) as aside:
        for name in ("metrics.json", "report.html", "knockouts/a/knockout.json", "targets.tsv"):
            (aside / name).parent.mkdir(parents=True, exist_ok=True)
            (aside / name).write_text("of the earlier network")
    (run / "knockouts" / "notes.txt").write_text("precious")
    (run / "mine").mkdir()
    (run / "mine" / "notes.txt").write_text("precious")


def check_new(run: Path, model: bytes) -> None:
    """The run is complete, without results of the earlier one, and with the user's files."""
    assert weights(run) == model
    names = set(content(run))
    assert {"knockouts/notes.txt", "mine/notes.txt"} <= names
    assert not {"metrics.json", "report.html", "knockouts/a/knockout.json", "targets.tsv"} & names
    manifest = read_manifest(run)
    assert manifest is not None
    assert manifest.complete
    for name in manifest.files:
        check_file(run, name)
    assert not list(run.rglob(".deeprage-*"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., bytes]:
    """The weights of a training that nothing disturbs."""
    made: dict[str, bytes] = {}

    def weights_of(**options: Any) -> bytes:
        name = json.dumps(options, sort_keys=True)
        if name not in made:
            made[name] = weights(trained(tmp_path_factory.mktemp("whole") / "run", **options).path)
        return made[name]

    return weights_of


class TestFoldersOfOthers:
    @pytest.mark.parametrize("option", [{}, {"overwrite": True}, {"resume": True}])
    @pytest.mark.parametrize("name", ["trees/data.txt", "report.html", "config.json", "notes.txt"])
    def test_a_folder_that_holds_other_things_is_left_as_it_is(
        self, tmp_path: Path, name: str, option: dict[str, bool]
    ) -> None:
        out = tmp_path / "project"
        (out / name).parent.mkdir(parents=True)
        (out / name).write_text('{"precious": true}')
        before = content(out)
        with pytest.raises(DeepRageError, match="and no run of deeprage: choose another --out"):
            trained(out, **option)
        assert content(out) == before

    def test_hidden_files_do_not_matter(self, tmp_path: Path) -> None:
        (tmp_path / ".gitignore").write_text("*")
        trained(tmp_path, settings={"epochs": 1})
        assert (tmp_path / ".gitignore").read_text() == "*"

    def test_a_link_to_a_folder_elsewhere_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(DeepRageError, match="is a link to"):
            trained(tmp_path / "link")
        assert content(tmp_path / "elsewhere") == {}


class TestCompleteRun:
    def test_the_same_command_changes_nothing_and_another_is_refused(self, tmp_path: Path) -> None:
        out = tmp_path / "run"
        trained(out)
        add_results(out)
        before, lines = content(out), list[str]()
        for option in ({}, {"resume": True}):
            trained(out, tell=lines.append, **option)
        assert len(lines) == 2
        assert all("nothing is left to train" in line for line in lines)
        with pytest.raises(
            DeepRageError, match=r"holds a run: training.seed is 0 there and 5 here"
        ):
            trained(out, settings={"seed": 5})
        with pytest.raises(DeepRageError, match=r"epochs is 3 there and 4 here.*--resume"):
            trained(out, settings={"epochs": 4})
        assert content(out) == before

    def test_overwrite_replaces_it_once_the_new_one_is_complete(
        self, tmp_path: Path, whole: Callable[..., bytes]
    ) -> None:
        out, other = tmp_path / "run", {"settings": {"seed": 5}}
        trained(out)
        add_results(out)
        before = content(out)
        stopped(out, after=2, overwrite=True, **other)
        assert content(out) == before
        trained(out, overwrite=True, **other)
        check_new(out, whole(**other))

    def test_an_interrupted_replacement_can_be_resumed(
        self, tmp_path: Path, whole: Callable[..., bytes]
    ) -> None:
        out, other = tmp_path / "run", {"settings": {"seed": 5}}
        trained(out)
        add_results(out)
        stopped(out, after=2, overwrite=True, **other)
        before = content(out)
        with pytest.raises(DeepRageError, match=r"training\.seed is 5 there and 6 here"):
            trained(out, resume=True, settings={"seed": 6})
        stopped(out, after=2, resume=True, **other)
        assert content(out) == before
        trained(out, resume=True, **other)
        check_new(out, whole(**other))

    def test_more_epochs_extend_it_and_drop_what_was_said_of_it(
        self, tmp_path: Path, whole: Callable[..., bytes]
    ) -> None:
        out, more = tmp_path / "run", {"epochs": 5, "schedule": "constant"}
        trained(out, settings={"schedule": "constant"})
        add_results(out)
        before = content(out)
        stopped(out, after=4, settings=more, resume=True)
        assert content(out) == before
        run = trained(out, settings=more, resume=True)
        check_new(out, whole(settings=more))
        assert run.config["training"]["epochs"] == 5
        assert len((out / "history.jsonl").read_text().splitlines()) == 5
        with pytest.raises(DeepRageError, match="5 finished epochs, more than the 3"):
            trained(out, settings=more | {"epochs": 3}, resume=True)

    def test_a_plateau_that_has_ended_it_is_not_resumed(self, tmp_path: Path) -> None:
        settings = {"schedule": "plateau", "stop_after": 1, "epochs": 60, "learning_rate": 0.05}
        run = trained(tmp_path / "run", settings=settings)
        assert len((run.path / "history.jsonl").read_text().splitlines()) < 60
        before = content(run.path)
        trained(run.path, settings=settings | {"epochs": 80}, resume=True)
        assert content(run.path) == before

    def test_what_the_user_changed_is_kept_under_another_name(self, tmp_path: Path) -> None:
        out, lines = tmp_path / "run", list[str]()
        trained(out)
        add_results(out)
        (out / "targets.tsv").write_text("with my remarks")
        trained(out, overwrite=True, settings={"seed": 5}, tell=lines.append)
        assert (out / "targets.kept-1.tsv").read_text() == "with my remarks"
        assert not (out / "targets.tsv").exists()
        assert "changed by hand and is kept as" in lines[0]

    def test_a_failure_leaves_it(self, tmp_path: Path) -> None:
        out = tmp_path / "run"
        trained(out)
        add_results(out)
        before = content(out)
        wild = {"learning_rate": 1e18, "schedule": "constant", "optimiser": "sgd"}
        with pytest.raises(DeepRageError, match="diverged"):
            trained(out, settings=wild, overwrite=True)
        assert content(out) == before
        assert not (out / STAGED).exists()


class TestUnfinishedRun:
    @pytest.mark.parametrize("option", [{}, {"resume": True}])
    def test_the_same_command_goes_on(
        self, tmp_path: Path, whole: Callable[..., bytes], option: dict[str, bool]
    ) -> None:
        out = tmp_path / "run"
        stopped(out, after=2)
        assert not Run.load(out).is_complete
        add_results(out)
        trained(out, **option)
        check_new(out, whole())

    @pytest.mark.parametrize("option", [{}, {"resume": True}, {"overwrite": True}])
    def test_without_a_finished_epoch_any_command_begins_again(
        self, tmp_path: Path, whole: Callable[..., bytes], option: dict[str, bool]
    ) -> None:
        out, other = tmp_path / "run", {"settings": {"seed": 5}}
        stopped(out, after=0)
        trained(out, **other, **option)
        assert weights(out) == whole(**other)

    def test_another_training_leaves_it_until_it_is_complete(
        self, tmp_path: Path, whole: Callable[..., bytes]
    ) -> None:
        out, other, lines = tmp_path / "run", {"settings": {"seed": 5}}, list[str]()
        stopped(out, after=2)
        before = content(out)
        stopped(out, after=2, tell=lines.append, **other)
        assert content(out) == before
        assert (
            "unfinished training, 2 epochs, of which training.seed is 0 there and 5 here"
            in (lines[0])
        )
        trained(out, **other)
        assert weights(out) == whole(**other)
        assert Run.load(out).config["training"]["seed"] == 5


class TestResume:
    """Going on under other settings would make a network that no description fits."""

    OTHERS: ClassVar[dict[str, tuple[dict[str, Any], str]]] = {
        "values": ({"compendium": "values"}, r"content of the data \(values.*\) is .* and .* here"),
        "promoters": ({"compendium": "promoters"}, r"content of the data \(promoters"),
        "regulators": ({"compendium": "regulators"}, r"content of the data \(regulators"),
        "edges": ({"edges": (-2.0, 2.0)}, r"edges is \[-0\.5, 0\.5\] there and \[-2\.0, 2\.0\]"),
        "protocol": ({"protocol": "paper"}, "protocol is default there and paper here"),
        "regime": ({"regime": "conditions"}, "regime is pairs there and conditions here"),
        "split": ({"split_seed": 2}, "the split is hold-out, seed 1 there and hold-out, seed 2"),
        "network": ({"network": {"filters": 9}}, "network.filters is 8 there and 9 here"),
        "dropout": ({"network": {"dropout": 0.2}}, "network.dropout is 0.1 there and 0.2 here"),
        "optimiser": ({"settings": {"optimiser": "sgd"}}, "optimiser is adamw there and sgd here"),
        "rate": ({"settings": {"learning_rate": 0.5}}, "learning_rate is 0.001 there and 0.5 here"),
        "block": ({"settings": {"block_genes": 9}}, "training.block_genes is 8 there and 9 here"),
        "seed": ({"settings": {"seed": 3}}, "training.seed is 0 there and 3 here"),
        "schedule": ({"settings": {"schedule": "constant"}}, "schedule is one-cycle there and"),
        "precision": ({"settings": {"precision": "bf16-mixed"}}, "precision is 32-true there and"),
    }

    @pytest.fixture(scope="class")
    def run(self, tmp_path_factory: pytest.TempPathFactory) -> Path:
        return trained(tmp_path_factory.mktemp("resume") / "run").path

    @pytest.mark.parametrize("other", OTHERS)
    def test_other_settings_and_data_are_refused(self, run: Path, other: str) -> None:
        options, message = self.OTHERS[other]
        if part := options.get("compendium"):
            options = {"compendium": other_compendium(part)}
        before = content(run)
        options = {"settings": {}, **options}
        options["settings"] = {"epochs": 4, **options["settings"]}
        with pytest.raises(DeepRageError, match=message):
            trained(run, resume=True, **options)
        assert content(run) == before

    def test_where_it_runs_may_change(self, tmp_path: Path) -> None:
        trained(tmp_path / "run")
        where = {"threads": 1, "device": "cpu"}
        trained(tmp_path / "run", settings={**where, "epochs": 4}, resume=True)
        assert Run.load(tmp_path / "run").config["training"]["epochs"] == 4

    def test_nothing_is_nothing_to_resume(self, tmp_path: Path) -> None:
        with pytest.raises(DeepRageError, match="nothing to resume"):
            trained(tmp_path / "run", resume=True)
        assert list(tmp_path.iterdir()) == []


def other_compendium(part: str) -> Compendium:
    """The toy compendium with one part another one."""
    compendium = toy()
    if part == "values":
        return compendium.with_expression(compendium.expression + np.float32(1.0))
    adata = compendium.adata.copy()
    if part == "promoters":
        adata.varm["promoter"] = adata.varm["promoter"][::-1].copy()
    else:
        adata.var["regulator"] = np.roll(adata.var["regulator"].to_numpy(), 1)
    return Compendium(adata)


@pytest.mark.parametrize("name", ["checkpoint.safetensors", "manifest.json", "config.json"])
def test_a_damaged_run_is_named_and_can_be_replaced(tmp_path: Path, name: str) -> None:
    out = tmp_path / "run"
    trained(out)
    data = bytearray((out / name).read_bytes())
    data[len(data) // 2] ^= 0xFF
    (out / name).write_bytes(bytes(data))
    with pytest.raises(DeepRageError):
        trained(out, settings={"epochs": 4}, resume=True)
    if name != "manifest.json":
        trained(out, overwrite=True)
        assert Run.load(out).is_complete


def test_a_run_of_deeprage_is_told_from_a_folder_with_the_same_names(tmp_path: Path) -> None:
    """Other programs write config.json and model.safetensors as well."""
    write_json(tmp_path / "config.json", {"architectures": ["Other"], "hidden_size": 8})
    (tmp_path / "model.safetensors").write_bytes(b"precious")
    with pytest.raises(DeepRageError, match="no run of deeprage"):
        trained(tmp_path, overwrite=True)
    assert weights(tmp_path) == b"precious"
