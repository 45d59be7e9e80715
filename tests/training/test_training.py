"""Training: what is learnt, what is kept, and that a kill changes nothing."""

from __future__ import annotations

import errno
import json
import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import SafetensorError
from safetensors.torch import load_file
from tests.editing import put

from deeprage.data.blocks import epoch_blocks
from deeprage.data.compendium import Compendium
from deeprage.data.split import Role, ScoringProtocol, Split, visible
from deeprage.data.splitting import make_split
from deeprage.errors import DeepRageError
from deeprage.networks.presets import preset
from deeprage.training.config import TrainingConfig, training_config
from deeprage.training.loop import Loop
from deeprage.training.run import Run
from deeprage.training.schedule import Progress, learning_rate
from deeprage.training.train import train

GENES, CONDITIONS, LENGTH = 60, 20, 90


def toy(*, seed: int = 0, unit: str = "log2 fold change") -> Compendium:
    rng = np.random.default_rng(seed)
    genes = [f"g{number}" for number in range(GENES)]
    values = rng.normal(size=(GENES, 3)) @ rng.normal(size=(3, CONDITIONS))
    values[3, 4] = np.nan
    return Compendium.from_parts(
        expression=pd.DataFrame(
            values, index=genes, columns=[f"c{number}" for number in range(CONDITIONS)]
        ),
        promoters={gene: rng.integers(0, 4, LENGTH).astype(np.int8) for gene in genes},
        regulators=genes[:8],
        series=[f"s{number // 2}" for number in range(CONDITIONS)],
        unit=unit,
    )


def small(model: str = "deeprage-c", **more: object):
    sizes = {"filters": 8, "filter_width": 7, "hidden": (16, 16), "regulator_units": 8}
    return preset(model, **{**sizes, "dropout": 0.1, **more})


def run_toy(out: Path, *, epochs: int = 4, **more: object) -> Run:
    compendium = toy()
    split = make_split(compendium, regime="pairs", seed=1, test_fraction=0.2)
    options = {"training": training_config(epochs=epochs, block_genes=8), **more}
    return train(compendium, split, out=out, network=small(), **options)


def full_disk(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def full_disk_of_safetensors(*_: object, **__: object) -> None:
    raise SafetensorError("Error while serializing: I/O error: No space left on device")


def weights(run: Run) -> dict[str, torch.Tensor]:
    return load_file(run.path / "model.safetensors")


class TestRepeatability:
    def test_same_seed_gives_the_same_weights_to_the_bit(self, tmp_path: Path) -> None:
        first, second = weights(run_toy(tmp_path / "a")), weights(run_toy(tmp_path / "b"))
        assert first.keys() == second.keys()
        assert all(torch.equal(first[name], second[name]) for name in first)

    def test_another_seed_gives_other_weights(self, tmp_path: Path) -> None:
        first = run_toy(tmp_path / "a")
        second = run_toy(tmp_path / "b", training=training_config(epochs=4, block_genes=8, seed=5))
        assert not torch.equal(weights(first)["dense.weight"], weights(second)["dense.weight"])

    def test_mixed_precision_learns_nearly_the_same(self, tmp_path: Path) -> None:
        found = []
        for precision in ("32-true", "bf16-mixed"):
            config = training_config(epochs=4, block_genes=8, precision=precision)
            run = run_toy(tmp_path / precision, training=config)
            lines = (run.path / "history.jsonl").read_text().splitlines()
            found.append([json.loads(line)["train_loss"] for line in lines])
        full, mixed = np.array(found)
        assert (full != mixed).any()
        np.testing.assert_allclose(mixed, full, rtol=0.02)

    @pytest.mark.parametrize("optimiser", ["adamw", "sgd"])
    def test_killed_and_resumed_equals_uninterrupted(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, optimiser: str
    ) -> None:
        config = training_config(epochs=4, block_genes=8, optimiser=optimiser, momentum=0.5)
        whole = run_toy(tmp_path / "whole", training=config)
        with monkeypatch.context() as patch:
            steps = iter(range(10_000))
            step = Loop._step

            def killed(self: Loop, *arguments: object):
                if next(steps) == 20:  # in the middle of the third epoch
                    raise KeyboardInterrupt
                return step(self, *arguments)

            patch.setattr(Loop, "_step", killed)
            with pytest.raises(KeyboardInterrupt):
                run_toy(tmp_path / "cut", training=config)
        assert len((tmp_path / "cut" / "history.jsonl").read_text().splitlines()) < 4
        resumed = run_toy(tmp_path / "cut", training=config, resume=True)
        first, second = weights(whole), weights(resumed)
        assert all(torch.equal(first[name], second[name]) for name in first)
        kept = [json.loads(x) for x in (resumed.path / "history.jsonl").read_text().splitlines()]
        ours = [json.loads(x) for x in (whole.path / "history.jsonl").read_text().splitlines()]
        assert [x["validation_mse"] for x in kept] == [x["validation_mse"] for x in ours]


class TestTwoProcesses:
    def test_gradient_is_that_of_one_process(self, tmp_path: Path) -> None:
        script = tmp_path / "both.py"
        script.write_text(
            "import sys\n"
            "from pathlib import Path\n"
            f"sys.path[:0] = {[str(Path(__file__).parents[n]) for n in (0, 2)]!r}\n"
            "from test_training import small, toy\n"
            "from deeprage.data.splitting import make_split\n"
            "from deeprage.training.config import training_config\n"
            "from deeprage.training.train import train\n"
            "compendium = toy()\n"
            "split = make_split(compendium, regime='pairs', seed=1, test_fraction=0.2)\n"
            "config = training_config(epochs=3, block_genes=7, optimiser='sgd',\n"
            "    learning_rate=0.05, device='cpu', devices=int(sys.argv[1]), threads=1)\n"
            "train(compendium, split, out=Path(sys.argv[2]), network=small(dropout=0.0),\n"
            "    training=config)\n"
        )
        launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
        for processes in (1, 2):
            command = [sys.executable] if processes == 1 else [*launcher, "--nproc-per-node=2"]
            done = subprocess.run(
                [*command, str(script), str(processes), str(tmp_path / str(processes))],
                capture_output=True,
                text=True,
                env={**os.environ, "OMP_NUM_THREADS": "1"},
                check=False,
            )
            assert done.returncode == 0, done.stderr[-2000:]
        one, two = weights(Run(tmp_path / "1")), weights(Run(tmp_path / "2"))
        for name in one:
            torch.testing.assert_close(one[name], two[name], rtol=1e-4, atol=1e-6)


class TestWhatIsLearnt:
    def test_nothing_from_test_cells(self, tmp_path: Path) -> None:
        compendium = toy()
        split = make_split(compendium, regime="pairs", seed=1, test_fraction=0.2)
        changed = compendium.expression.copy()
        changed[split.cells(Role.TEST)] += 100.0
        other = compendium.with_expression(changed)
        config = training_config(epochs=2, block_genes=8)
        first, second = (
            train(data, split, out=tmp_path / name, network=small(), training=config)
            for data, name in ((compendium, "a"), (other, "b"))
        )
        ours, theirs = weights(first), weights(second)
        assert all(torch.equal(ours[name], theirs[name]) for name in ours)

    def test_absolute_levels_are_scaled_and_restored(self, tmp_path: Path) -> None:
        compendium = toy(unit="log2 expression")
        lifted = compendium.expression + 50.0
        data = Compendium.from_parts(
            expression=pd.DataFrame(lifted, compendium.genes, compendium.conditions),
            promoters=dict(zip(compendium.genes, compendium.promoters, strict=True)),
            regulators=compendium.regulators,
            unit="log2 expression",
        )
        split = make_split(data, regime="pairs", seed=1)
        config = training_config(epochs=2, block_genes=8)
        run = train(data, split, out=tmp_path, network=small(), training=config)
        said = run.predictor().fit(visible(data, split), split)
        assert abs(said.predict(np.arange(20), np.arange(5)).mean() - 50) < 5

    def test_a_regulator_does_not_see_its_own_level(self, tmp_path: Path) -> None:
        compendium = toy()
        run = run_toy(tmp_path)
        split = run.split
        changed = compendium.expression.copy()
        changed[2] = 9.0  # a regulator
        ours, theirs = (
            run.predictor().fit(data, split).predict(np.array([2, 3]), np.arange(CONDITIONS))
            for data in (compendium, compendium.with_expression(changed))
        )
        np.testing.assert_array_equal(ours, theirs)
        levels = compendium.regulator_levels.copy()
        levels[:, 2] = 9.0
        other = compendium.with_expression(compendium.expression)
        other.adata.obsm["regulator_levels"] = levels
        seen = run.predictor().fit(other, split).predict(np.array([2, 3]), np.arange(CONDITIONS))
        np.testing.assert_allclose(seen[0], ours[0], rtol=1e-5)  # its own level: hidden
        assert np.abs(seen[1] - ours[1]).max() > 1e-4  # another gene's input: seen

    def test_paper_protocol_counts_missing_as_zero(self, tmp_path: Path) -> None:
        compendium = toy()
        split = make_split(compendium, regime="pairs", seed=1, protocol=ScoringProtocol.PAPER)
        run = train(
            compendium,
            split,
            out=tmp_path,
            network=small(),
            training=training_config(epochs=1, block_genes=8),
            protocol=ScoringProtocol.PAPER,
        )
        assert run.config["protocol"] == "paper"
        assert run.predictor().mask_self is False


class TestErrors:
    def test_a_training_that_diverges_says_so(self, tmp_path: Path) -> None:
        config = training_config(
            epochs=9, block_genes=8, learning_rate=1e18, schedule="constant", optimiser="sgd"
        )
        with pytest.raises(
            DeepRageError, match=r"diverged in epoch \d.*learning rate below 1e\+18"
        ):
            run_toy(tmp_path / "a", training=config)

    def test_a_full_disk_costs_neither_the_run_to_replace_nor_a_traceback(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = run_toy(tmp_path / "a", epochs=1)
        before = {path.name: path.read_bytes() for path in run.path.iterdir()}
        with monkeypatch.context() as patch:
            patch.setattr("numpy.savez_compressed", full_disk)
            with pytest.raises(DeepRageError, match=r"/a/split\.npz: No space left"):
                run_toy(tmp_path / "a", epochs=1, overwrite=True)
        assert {path.name: path.read_bytes() for path in run.path.iterdir()} == before

    def test_a_full_disk_while_the_weights_are_written(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("safetensors.torch.save_file", full_disk_of_safetensors)
        with pytest.raises(DeepRageError, match=r"model\.safetensors: .*No space left"):
            run_toy(tmp_path / "a", epochs=1)
        assert not [path for path in (tmp_path / "a").iterdir() if path.name.startswith(".")]

    def test_a_file_is_no_run_folder(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_text("mine")
        with pytest.raises(DeepRageError, match="it is not a folder"):
            run_toy(tmp_path / "a")

    @pytest.mark.parametrize(
        ("file", "content", "message"),
        [
            ("config.json", [], "its content should be a valid dictionary, but is []"),
            ("config.json", {"format_version": 1, "edges": [0.5]}, "it has no protocol"),
            ("model.json", [], "its content should be a valid dictionary, but is []"),
            ("model.json", {}, "it has no network"),
        ],
    )
    def test_damaged_settings_are_named(
        self, tmp_path: Path, file: str, content: dict[str, Any] | list[Any], message: str
    ) -> None:
        run = run_toy(tmp_path / "a", epochs=1)
        put(run.path, file, content)
        pattern = re.escape(f"{file} is damaged: {message}: train again")
        with pytest.raises(DeepRageError, match=pattern):
            Run.load(run.path).predictor()

    @pytest.mark.parametrize("file", ["config.json", "model.json", "split.npz"])
    def test_a_file_that_has_changed_since_is_named(self, tmp_path: Path, file: str) -> None:
        run = run_toy(tmp_path / "a", epochs=1)
        path = run.path / file
        path.write_bytes(path.read_bytes() + b" ")
        with pytest.raises(DeepRageError, match=rf"{file} is damaged or was changed.*train again"):
            [Run.load(run.path).predictor(), Run.load(run.path).split]

    def test_scaling_must_be_of_the_regulators(self, tmp_path: Path) -> None:
        run = run_toy(tmp_path / "a", epochs=1)
        about = json.loads((run.path / "model.json").read_text())
        about["scaling"]["regulator_mean"].pop()
        put(run.path, "model.json", about)
        with pytest.raises(DeepRageError, match=r"should have 8 values in scaling\.regulator_mean"):
            Run.load(run.path).predictor()

    def test_an_incompatible_run_is_refused(self, tmp_path: Path) -> None:
        run = run_toy(tmp_path / "a", epochs=1)
        config = json.loads((run.path / "config.json").read_text())
        put(run.path, "config.json", {**config, "format_version": 99})
        with pytest.raises(DeepRageError, match="run format 99"):
            Run.load(run.path)

    def test_damaged_weights_are_named(self, tmp_path: Path) -> None:
        run = run_toy(tmp_path / "a", epochs=1)
        (run.path / "model.safetensors").write_bytes(b"nothing")
        with pytest.raises(DeepRageError, match="train again"):
            Run.load(run.path).network()

    def test_classes_must_fit_the_edges(self, tmp_path: Path) -> None:
        with pytest.raises(DeepRageError, match=r"network\.classes=5"):
            run_toy(tmp_path / "a", edges=(-2.4, -0.8, 0.8, 2.4))

    def test_wrong_setting_names_the_nearest(self) -> None:
        with pytest.raises(DeepRageError, match="Did you mean 'learning_rate'"):
            training_config(learning_rat=1)
        with pytest.raises(DeepRageError, match="device"):
            training_config(device="tpu")


class TestBlocks:
    @settings(deadline=None, max_examples=30)
    @given(
        genes=st.integers(1, 40),
        conditions=st.integers(1, 30),
        shape=st.tuples(st.integers(1, 12), st.integers(1, 12)),
        seed=st.integers(0, 99),
    )
    def test_blocks_cover_every_cell_once(
        self, genes: int, conditions: int, shape: tuple[int, int], seed: int
    ) -> None:
        rows, columns = np.arange(genes) * 2, np.arange(conditions) + 5
        seen = np.zeros((2 * genes, conditions + 5), dtype=int)
        generator = np.random.default_rng(seed)
        for block in epoch_blocks(rows, columns, shape=shape, generator=generator):
            assert len(block.rows) <= shape[0]
            assert len(block.columns) <= shape[1]
            seen[np.ix_(block.rows, block.columns)] += 1
        assert (seen[np.ix_(rows, columns)] == 1).all()
        assert seen.sum() == genes * conditions


class TestSchedule:
    def test_plateau_halves_after_five_and_stops_after_ten(self) -> None:
        config = TrainingConfig(schedule="plateau", learning_rate=0.01)
        progress = Progress().after(0, 1.0, config)
        rates = []
        for epoch in range(1, 11):
            assert not progress.finished(config)
            progress = progress.after(epoch, 1.0, config)
            rates.append(learning_rate(config, progress, 0.0))
        assert rates == pytest.approx([0.01] * 4 + [0.005] * 5 + [0.0025])
        assert progress.finished(config)
        assert progress.best_epoch == 0

    def test_one_cycle_rises_to_the_rate_and_falls_to_nothing(self) -> None:
        config = TrainingConfig(learning_rate=1.0, warm_up=0.25)
        rates = [learning_rate(config, Progress(), share) for share in np.linspace(0, 1, 101)]
        assert rates[0] == pytest.approx(0.04)
        assert max(rates) == rates[25] == pytest.approx(1.0)
        assert rates[-1] < 1e-4
        assert all(low < high for low, high in pairwise(rates[:26]))
        assert all(low > high for low, high in pairwise(rates[25:]))


def test_split_roles_reach_the_loss(tmp_path: Path) -> None:
    """An all-test row is never trained on: its target is absent from the tensors."""
    from deeprage.training.scaling import Scaling
    from deeprage.training.tensors import BlockTensors

    compendium = toy()
    role = np.zeros((GENES, CONDITIONS), dtype=np.int8)
    role[5] = Role.TEST
    role[:, 0] = Role.VALIDATION
    split = Split(
        make_split(compendium, regime="pairs").regime,
        tuple(compendium.genes),
        tuple(compendium.conditions),
        role,
        "by hand",
    )
    seen = visible(compendium, split)
    part = BlockTensors(
        seen,
        split,
        role=Role.TRAIN,
        scaling=Scaling.fit(seen, split),
        edges=(-0.5, 0.5),
        device=torch.device("cpu"),
    )
    assert 5 not in part.rows
    assert 0 not in part.columns
    cells = part.cells(np.array([3]), np.array([4]))
    assert not cells.known.any()  # missing
    assert int(cells.classes) == -1
