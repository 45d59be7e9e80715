"""Schedules, scores, steps and predictions of a training, in closed form."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.metrics import accuracy_score, log_loss, mean_squared_error

from deeprage.data.compendium import Compendium
from deeprage.data.split import Role, Split
from deeprage.data.splitting import make_split
from deeprage.errors import DeepRageError
from deeprage.networks.network import Network
from deeprage.networks.presets import PAPER_REGULARISATION, preset
from deeprage.training.config import paper_recipe, training_config
from deeprage.training.first_words import start_from_words
from deeprage.training.loop import Loop
from deeprage.training.objective import objective
from deeprage.training.optimiser import make_optimiser
from deeprage.training.predictor import NetworkPredictor
from deeprage.training.pursuit import pursuit, responses_of
from deeprage.training.scaling import Scaling
from deeprage.training.schedule import Progress, learning_rate
from deeprage.training.tensors import BlockTensors
from deeprage.training.train import _calibration, shape_of_blocks, train
from deeprage.training.validation import validate

GENES, CONDITIONS, LENGTH = 70, 9, 60


def toy(*, unit: str = "log2 fold change") -> Compendium:
    rng = np.random.default_rng(0)
    names = [f"g{number}" for number in range(GENES)]
    values = rng.normal(size=(GENES, CONDITIONS))
    values[5, 3] = values[40, 0] = np.nan
    return Compendium.from_parts(
        expression=pd.DataFrame(values, names, [f"c{number}" for number in range(CONDITIONS)]),
        promoters={name: rng.integers(0, 4, LENGTH).astype(np.int8) for name in names},
        regulators=names[:4],
        unit=unit,
    )


def by_role(compendium: Compendium) -> Split:
    role = np.full((GENES, CONDITIONS), Role.TRAIN, dtype=np.int8)
    role[:, 6:8], role[:, 8] = Role.VALIDATION, Role.TEST
    regime = make_split(compendium, regime="pairs").regime
    return Split(regime, tuple(compendium.genes), tuple(compendium.conditions), role, "by hand")


def network_of(compendium: Compendium, **more: object) -> Network:
    torch.manual_seed(0)
    sizes = {"filters": 8, "filter_width": 7, "hidden": (16, 16), "regulator_units": 8}
    config = preset("deeprage-c", **{**sizes, "dropout": 0.0, **more})
    return Network(config, promoter_length=LENGTH, regulators=4).eval()


def tensors_of(compendium: Compendium, role: Role) -> BlockTensors:
    split = by_role(compendium)
    return BlockTensors(
        compendium, split, role=role, scaling=Scaling.fit(compendium, split), edges=(-0.5, 0.5),
        device=torch.device("cpu"),
    )  # fmt: skip


class TestSettings:
    def test_the_recipe_of_the_committed_results(self) -> None:
        assert training_config().model_dump() == {
            "optimiser": "adamw", "learning_rate": 1e-3, "weight_decay": 0.01, "momentum": 0.0,
            "schedule": "one-cycle", "warm_up": 0.2, "epochs": 20, "halve_after": 5,
            "stop_after": 10, "block_genes": "auto", "block_conditions": "auto",
            "class_weight": 0.5, "validation_genes": 2048, "seed": 0, "threads": None,
            "device": "auto", "devices": 1, "precision": "32-true", "tensorboard": False,
        }  # fmt: skip

    @pytest.mark.parametrize("recurrent", [False, True])
    def test_the_paper_s_recipe(self, recurrent: bool) -> None:
        assert paper_recipe(recurrent=recurrent) == {
            "optimiser": "adam" if recurrent else "sgd",
            "learning_rate": 0.001 if recurrent else 0.01,
            "weight_decay": 0, "schedule": "plateau", "epochs": 100, "halve_after": 5,
            "stop_after": 10, "block_genes": 10, "block_conditions": 10,
        }  # fmt: skip
        training_config(**paper_recipe(recurrent=recurrent))
        assert PAPER_REGULARISATION == {"dropout": 0.5, "centre": False}

    @pytest.mark.parametrize(
        ("least", "below"),
        [
            ({"weight_decay": 0}, {"weight_decay": -1e-9}),
            ({"momentum": 0}, {"momentum": -0.1}),
            ({"momentum": 0.99}, {"momentum": 1}),
            ({"learning_rate": 1e-12}, {"learning_rate": 0}),
            ({"warm_up": 0.999}, {"warm_up": 1}),
            ({"warm_up": 1e-6}, {"warm_up": 0}),
            ({"class_weight": 0}, {"class_weight": -1}),
            ({"epochs": 1}, {"epochs": 0}),
            ({"seed": 0}, {"seed": -1}),
            ({"seed": 2**63 - 1}, {"seed": 2**63}),
            ({"threads": 1024}, {"threads": 1025}),
            ({"threads": 1}, {"threads": 0}),
            ({"block_genes": 1}, {"block_genes": 0}),
            ({}, {"learning_rate": math.inf}),
            ({}, {"weight_decay": math.nan}),
        ],
    )
    def test_limits(self, least: dict, below: dict) -> None:
        training_config(**least)
        with pytest.raises(DeepRageError):
            training_config(**below)

    def test_settings_do_not_change(self) -> None:
        for config in (training_config(), preset("deeprage-c")):
            with pytest.raises(ValueError, match="frozen"):
                config.name = "x"  # type: ignore[misc,union-attr]


class TestSchedule:
    def test_one_cycle_follows_its_cosines(self) -> None:
        config = training_config(learning_rate=0.5, warm_up=0.4)

        def rate(done: float) -> float:
            return learning_rate(config, Progress(), done)

        assert rate(0) == pytest.approx(0.02)
        assert rate(0.2) == pytest.approx((0.02 + 0.5) / 2)
        assert rate(0.1) == pytest.approx(0.02 + 0.48 * (1 - math.cos(math.pi / 4)) / 2)
        assert rate(0.4) == pytest.approx(0.5)
        assert rate(0.7) == pytest.approx(0.25)
        assert rate(0.55) == pytest.approx(0.25 * (1 + math.cos(math.pi / 4)))
        assert rate(1) == pytest.approx(5e-6)

    def test_constant_and_plateau(self) -> None:
        assert learning_rate(training_config(schedule="constant"), Progress(), 0.9) == 1e-3
        plateau = training_config(schedule="plateau", learning_rate=0.8)
        assert learning_rate(plateau, Progress(halvings=3), 0.5) == pytest.approx(0.1)

    def test_only_a_lower_loss_is_better(self) -> None:
        config = training_config(schedule="plateau", halve_after=2, stop_after=3)
        progress = Progress().after(0, 1.0, config).after(1, 1.0, config)
        assert (progress.best_epoch, progress.waited, progress.halvings) == (0, 1, 0)
        progress = progress.after(2, 1.5, config)
        assert (progress.waited, progress.halvings) == (2, 1)
        assert not progress.finished(config)
        assert progress.after(3, 2.0, config).finished(config)
        better = progress.after(3, 0.9, config)
        assert (better.best, better.best_epoch, better.waited, better.halvings) == (0.9, 3, 0, 1)
        cycle = training_config(stop_after=1)
        still = Progress().after(0, 1.0, cycle).after(1, 2.0, cycle).after(2, 2.0, cycle)
        assert (still.halvings, still.finished(cycle)) == (0, False)


class TestTensors:
    def test_targets_are_the_known_cells_of_the_role(self) -> None:
        compendium = toy()
        part = tensors_of(compendium, Role.TRAIN)
        np.testing.assert_array_equal(part.columns, np.arange(6))
        rows, columns = np.array([5, 40, 2]), np.array([3, 0])
        cells = part.cells(rows, columns)
        values = compendium.expression[np.ix_(rows, columns)]
        np.testing.assert_array_equal(cells.known, ~np.isnan(values))
        np.testing.assert_array_equal(cells.target, np.nan_to_num(values))
        expected = np.where(values >= 0.5, 2, np.where(values <= -0.5, 0, 1))
        np.testing.assert_array_equal(cells.classes, np.where(np.isnan(values), -1, expected))
        hidden = part.cells(rows, np.array([7]))
        assert not hidden.known.any()
        assert (hidden.classes == -1).all()

    def test_rows_that_are_kept_are_drawn_and_in_order(self) -> None:
        part = tensors_of(toy(), Role.VALIDATION)
        part.keep_rows(GENES, np.random.default_rng(0))
        assert len(part.rows) == GENES
        part.keep_rows(10, np.random.default_rng(0))
        assert len(set(part.rows)) == 10
        assert (np.diff(part.rows) > 0).all()
        assert part.rows.max() > 20

    def test_the_calibration_promoters_are_drawn_from_the_seed(self) -> None:
        part = tensors_of(toy(), Role.TRAIN)
        part.rows = np.arange(3)
        every = _calibration(part, 0)
        np.testing.assert_array_equal(every, part.promoters(np.arange(3)))

    def test_log2_expression_is_scaled_by_training_cells(self) -> None:
        compendium = toy(unit="log2 expression")
        split = by_role(compendium)
        scaling = Scaling.fit(compendium, split)
        cells = compendium.expression[:, :6]
        cells = cells[~np.isnan(cells)]
        assert scaling.target_mean == pytest.approx(cells.mean(), abs=1e-6)
        assert scaling.target_scale == pytest.approx(cells.std(), rel=1e-5)
        levels = compendium.regulator_levels[:6]
        np.testing.assert_allclose(scaling.regulator_mean, levels.mean(axis=0), atol=1e-6)
        np.testing.assert_allclose(scaling.regulator_low, levels.min(axis=0))
        np.testing.assert_allclose(scaling.regulator_high, levels.max(axis=0))
        np.testing.assert_allclose(scaling.restore(scaling.targets(cells)), cells, atol=1e-5)
        relative = Scaling.fit(toy(), split)
        assert (relative.target_mean, relative.target_scale) == (0, 1)
        assert not relative.regulator_mean.any()

    def test_a_missing_level_is_the_training_mean(self) -> None:
        compendium = toy(unit="log2 expression")
        levels = compendium.regulator_levels.copy()
        levels[:6, 1] = np.nan
        levels[2, 0] = np.nan
        changed = compendium.with_expression(compendium.expression)
        changed.adata.obsm["regulator_levels"] = levels
        scaling = Scaling.fit(changed, by_role(compendium))
        known = levels[[0, 1, 3, 4, 5], 0]
        assert scaling.regulator_mean[0] == pytest.approx(known.mean(), abs=1e-6)
        assert scaling.regulator_mean[1] == scaling.regulator_low[1] == 0
        found = scaling.levels(levels)
        assert found[2, 0] == found[0, 1] == 0
        assert found[0, 0] == pytest.approx(levels[0, 0] - known.mean(), abs=1e-6)


class TestScores:
    @pytest.mark.parametrize("head", ["regression", "classes", "both"])
    def test_validation_scores_are_those_of_scikit_learn(self, head: str) -> None:
        compendium = toy()
        network = network_of(compendium, head=head)
        part = tensors_of(compendium, Role.VALIDATION)
        found = validate(network, part)
        with torch.no_grad():
            predicted = network(part.promoters(part.rows), part.levels(part.columns))
        cells = part.cells(part.rows, part.columns)
        known = cells.known.numpy()
        target, classes = cells.target.numpy()[known], cells.classes.numpy()[known]
        expected = {}
        if head != "regression":
            chances = predicted.logits.softmax(-1).numpy()[known]
            expected["validation_loss"] = log_loss(classes, chances, labels=[0, 1, 2])
            right = accuracy_score(classes, chances.argmax(axis=1))
            expected["validation_accuracy"] = right
        if head != "classes":
            value = predicted.value.numpy()[known]
            error = mean_squared_error(target, value)
            expected |= {"validation_loss": error, "validation_mse": error}
            expected["validation_pearson"] = np.corrcoef(target, value)[0, 1]
        assert found == pytest.approx(expected, rel=1e-4)

    def test_one_known_cell_is_enough(self) -> None:
        compendium = toy()
        network = network_of(compendium)
        part = tensors_of(compendium, Role.VALIDATION)
        part.rows, part.columns = np.array([3]), np.array([6])
        found = validate(network, part)
        cells = part.cells(part.rows, part.columns)
        with torch.no_grad():
            predicted = network(part.promoters(part.rows), part.levels(part.columns))
        error = float((predicted.value - cells.target) ** 2)
        assert found["validation_mse"] == pytest.approx(error, rel=1e-5)
        right = int(predicted.logits.argmax()) == int(cells.classes)
        assert found["validation_accuracy"] == right
        assert found["validation_pearson"] == 0

    def test_the_objective_adds_weighted_surprise_to_squared_error(self) -> None:
        network = network_of(toy())
        part = tensors_of(toy(), Role.TRAIN)
        rows, columns = np.array([5, 6]), np.array([3, 4])
        cells = part.cells(rows, columns)
        with torch.no_grad():
            predicted = network(part.promoters(rows), part.levels(columns))
            sums = objective(predicted, *cells)
        known = cells.known.numpy()
        squared = (predicted.value.numpy()[known] - cells.target.numpy()[known]) ** 2
        assert float(sums.squared) == pytest.approx(squared.sum(), rel=1e-5)
        chances = predicted.logits.softmax(-1).numpy()[known]
        own = chances[np.arange(3), cells.classes.numpy()[known]]
        assert float(sums.surprise) == pytest.approx(-np.log(own).sum(), rel=1e-5)
        assert float(sums.total(0.25)) == pytest.approx(
            float(sums.squared) + 0.25 * float(sums.surprise)
        )


class TestSteps:
    def test_the_listener_hears_each_step_and_rates_follow_the_share_done(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        compendium = toy()
        heard: list[tuple[int, int, int, float, float]] = []
        rates: list[float] = []
        step = Loop._step

        def listened(self: Loop, module, optimiser, block, rate: float):
            rates.append(rate)
            self.listener = lambda *what: heard.append(what)
            return step(self, module, optimiser, block, rate)

        monkeypatch.setattr(Loop, "_step", listened)
        config = training_config(epochs=2, block_genes=20, block_conditions=3, threads=1)
        run = train(
            compendium, by_role(compendium), out=tmp_path / "run", training=config,
            network=preset("deeprage-c", filters=4, filter_width=7, hidden=(8, 8)),
        )  # fmt: skip
        assert [what[:3] for what in heard] == [(e, s, 8) for e in (0, 1) for s in range(8)]
        expected = [learning_rate(config, Progress(), step / 16) for step in range(16)]
        assert rates == pytest.approx(expected)
        history = [json.loads(x) for x in (run.path / "history.jsonl").read_text().splitlines()]
        for epoch, record in enumerate(history):
            last = heard[8 * epoch + 7]
            assert record["train_loss"] == pytest.approx(last[3])
            assert record["learning_rate"] == pytest.approx(expected[8 * epoch + 7])
            # 418 known cells over the seconds of this epoch, validation left out.
            assert record["pairs_per_second"] > 418 / record["seconds"]
            assert 0.1 < last[4] / record["pairs_per_second"] < 10
        assert run.config["block"] == [20, 3]
        best = min(history, key=lambda record: record["validation_loss"])
        assert run.config["best_epoch"] == best["epoch"]
        assert run.config["validation_loss"] == best["validation_loss"]

    @pytest.mark.parametrize(
        ("name", "more", "conditions", "shape"),
        [
            ("deeprage-c", {}, 173, (16, 173)),
            ("deeprage-c", {}, 900, (16, 256)),
            ("deeprage-tp", {}, 20, (48, 20)),
            ("deeprage-tp-spatial", {}, 20, (16, 20)),
            ("deeprage-rnn", {}, 20, (8, 20)),
            ("deeprage-tp-rnn", {}, 20, (8, 20)),
            ("deeprage-c", {"block_genes": 3, "block_conditions": 30}, 20, (3, 20)),
            ("deeprage-c", {"block_genes": 3, "block_conditions": 10}, 20, (3, 10)),
        ],
    )
    def test_the_shape_of_a_block(self, name, more, conditions: int, shape) -> None:
        found = shape_of_blocks(training_config(**more), preset(name), conditions)
        assert found == shape

    def test_a_wide_layer_takes_smaller_steps(self) -> None:
        config = preset("deeprage-c", filters=64, filter_width=7, pool=4, hidden=(8, 8))
        network = Network(config, promoter_length=LENGTH, regulators=4)
        inputs = network.interaction.gene_inputs
        assert inputs > 512
        usual, wide = make_optimiser(network, training_config()).param_groups
        assert (usual["share"], wide["share"]) == (1, 512 / inputs)
        assert len(wide["params"]) == 1
        assert wide["params"][0].shape[1] == inputs
        assert usual["weight_decay"] == 0.01
        narrow = network_of(toy())
        (only,) = make_optimiser(narrow, training_config()).param_groups
        assert narrow.interaction.gene_inputs <= 512
        assert only["share"] == 1
        (sgd,) = make_optimiser(
            network, training_config(optimiser="sgd", momentum=0.3)
        ).param_groups
        assert (sgd["share"], sgd["momentum"]) == (1, 0.3)


class TestPredictor:
    def predictor(
        self, head: str, *, mask_self: bool = True
    ) -> tuple[NetworkPredictor, Compendium]:
        compendium = toy()
        split = by_role(compendium)
        found = NetworkPredictor(
            network_of(compendium, head=head), scaling=Scaling.fit(compendium, split),
            regulators=tuple(compendium.regulators), mask_self=mask_self,
        )  # fmt: skip
        return found.fit(compendium, split), compendium

    def test_a_class_head_alone_gives_the_expected_class_from_the_middle_one(self) -> None:
        predictor, compendium = self.predictor("classes")
        found = predictor.predict_new(compendium.promoters[:5], compendium.regulator_levels)
        np.testing.assert_allclose(
            found.value, found.probabilities[..., 2] - found.probabilities[..., 0], atol=1e-5
        )
        np.testing.assert_array_equal(found.classes, found.probabilities.argmax(axis=2))

    @pytest.mark.parametrize("head", ["classes", "both"])
    def test_a_regulator_is_predicted_without_its_own_level(self, head: str) -> None:
        predictor, compendium = self.predictor(head)
        plain, _ = self.predictor(head, mask_self=False)
        rows, columns = np.array([10, 2, 30]), np.arange(CONDITIONS)
        masked, seen = (x.predict_block(rows, columns) for x in (predictor, plain))
        hidden = compendium.regulator_levels.copy()
        hidden[:, 2] = np.nan
        alone = predictor.predict_new(compendium.promoters[[2]], hidden)
        for name in ("value", "probabilities"):
            own, other = getattr(masked, name), getattr(seen, name)
            np.testing.assert_allclose(own[1], getattr(alone, name)[0], atol=1e-6)
            np.testing.assert_allclose(own[[0, 2]], other[[0, 2]], atol=1e-6)
            assert np.abs(own[1] - other[1]).max() > 1e-4

    def test_many_genes_and_conditions_are_predicted_part_by_part(self) -> None:
        predictor, compendium = self.predictor("both")
        levels = np.random.default_rng(0).normal(size=(600, 4)).astype(np.float32)
        whole = predictor.predict_new(compendium.promoters, levels)
        assert whole.value.shape == (GENES, 600)
        part = predictor.predict_new(compendium.promoters[66:68], levels[510:514])
        np.testing.assert_allclose(whole.value[66:68, 510:514], part.value, atol=1e-5)
        np.testing.assert_allclose(
            whole.probabilities[66:68, 510:514], part.probabilities, atol=1e-5
        )


class TestPursuit:
    def test_responses_are_principal_components_of_unit_variance(self) -> None:
        rng = np.random.default_rng(0)
        values = rng.normal(size=(50, 6)).astype(np.float32) @ np.diag([5, 3, 2, 1, 1, 0.5])
        values[0, 0] = np.nan
        found = responses_of(values)
        filled = np.where(np.isnan(values), np.nanmean(values, axis=0), values)
        left, *_ = np.linalg.svd(filled - filled.mean(axis=0), full_matrices=False)
        left /= left.std(axis=0)
        assert found.shape == (50, 6)
        np.testing.assert_allclose(np.abs((found * left).mean(axis=0)), 1, atol=1e-3)
        wide = rng.normal(size=(100, 60)).astype(np.float32)
        assert responses_of(wide).shape == (100, 40)
        assert responses_of(np.ones((5, 3), np.float32)).shape == (5, 0)

    def test_each_feature_is_chosen_for_what_the_earlier_ones_leave(self) -> None:
        rng = np.random.default_rng(0)
        basis = np.linalg.qr(rng.normal(size=(200, 4)))[0] * np.sqrt(200)
        basis -= basis.mean(axis=0)
        copy = basis[:, 0] + 0.1 * basis[:, 3]
        features = np.stack([basis[:, 1], copy, basis[:, 0], basis[:, 2]], axis=1)
        features = (features / features.std(axis=0)).astype(np.float32)
        responses = np.stack([3 * basis[:, 0] + 2 * basis[:, 1], basis[:, 2]], axis=1)
        chosen = pursuit(features, responses.astype(np.float32), 4)
        # The copy of the first says nothing of its own and is never chosen.
        assert chosen == [2, 0, 3]
        assert pursuit(features, responses.astype(np.float32), 1) == [2]

    def test_words_start_only_filters_that_read_promoters(self) -> None:
        compendium = toy()
        network = network_of(compendium, encoder="deepbind", encoder_units=4)
        with pytest.raises(DeepRageError, match="in the conv encoder only, not in deepbind"):
            start_from_words(network, compendium, by_role(compendium))
