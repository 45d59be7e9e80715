"""A trained deeprage-f: kept to the bit, the same inside and outside its compendium, honest about
its errors, and answering to knock-outs as planted."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from tests.baselines.conftest import SITES, World

from deeprage.data.dna import encode
from deeprage.data.labels import classify
from deeprage.data.split import Role, Split, visible
from deeprage.errors import DeepRageError
from deeprage.evaluation.calibration import class_calibration
from deeprage.factorised.certainty import CellKind, Certainty
from deeprage.factorised.error_sample import ErrorSample
from deeprage.factorised.kept_stack import KeptStack
from deeprage.factorised.learning import learn
from deeprage.factorised.promoter_stack import PromoterStack
from deeprage.factorised.run_folder import KIND, load_trained, save_trained
from deeprage.factorised.trained import TrainedFactorised
from deeprage.files import write_json
from deeprage.training.run import CONFIG, FORMAT_VERSION, Run


@dataclass(frozen=True)
class Trained:
    world: World
    split: Split
    model: TrainedFactorised

    def kind_of_cells(self) -> np.ndarray:
        """Kinds of the cells that the model never saw, -1 for others and for regulators."""
        unseen = self.split.cells(Role.TEST, Role.UNUSED)
        kinds = np.where(unseen, self.model.kinds(), -1)
        # Validation genes and conditions measured the errors: only those of the test count.
        tested = self.split.cells(Role.TEST)
        rows = tested.any(axis=1) | self.split.cells(Role.TRAIN).any(axis=1)
        columns = tested.any(axis=0) | self.split.cells(Role.TRAIN).any(axis=0)
        kinds[~np.outer(rows, columns)] = -1
        kinds[self.world.compendium.regulator_rows] = -1
        return kinds


def train_in(world: World, regime: str) -> Trained:
    split = world.split(regime)
    model = learn(visible(world.compendium, split), split, motifs=[world.motifs])
    return Trained(world, split, model)


@pytest.fixture(scope="module")
def both(make_world: Callable[..., World]) -> Trained:
    return train_in(make_world(genes=360), "both")


@pytest.fixture(scope="module")
def conditions(make_world: Callable[..., World]) -> Trained:
    return train_in(make_world(genes=240), "conditions")


def has_site(world: World, number: int) -> np.ndarray:
    site = encode(SITES[number])
    windows = np.lib.stride_tricks.sliding_window_view(world.compendium.promoters, 8, axis=1)
    return (windows == site).all(axis=2).any(axis=1)


def test_a_stack_that_is_kept_scores_as_one_that_is_not(make_world: Callable[..., World]) -> None:
    world = make_world(genes=160)
    split = world.split("genes")
    seen = visible(world.compendium, split)
    plain = PromoterStack(motifs=[world.motifs]).fit(seen, split)
    kept = KeptStack(motifs=[world.motifs]).fit(seen, split)
    np.testing.assert_array_equal(kept.scores_, plain.scores_)
    rows = np.flatnonzero(seen.has_promoter)
    again = kept.scorer(seen).scores(seen.promoters[rows])
    np.testing.assert_allclose(again, plain.scores_[rows], atol=1e-4)


def test_what_is_loaded_predicts_the_same_to_the_bit(conditions: Trained, tmp_path: Path) -> None:
    config = {"format_version": FORMAT_VERSION, "kind": KIND, "protocol": "default", "edges": []}
    write_json(tmp_path / CONFIG, config)
    save_trained(tmp_path, conditions.model)
    assert not list(tmp_path.rglob("*.pkl"))
    loaded = load_trained(Run.load(tmp_path))
    rng = np.random.default_rng(0)
    promoters = rng.integers(0, 4, size=(7, 120)).astype(np.int8)
    levels = rng.normal(size=(5, 4)).astype(np.float32)
    first, second = (model.predict_new(promoters, levels) for model in (conditions.model, loaded))
    for name in ("value", "kinds", "noise", "probabilities"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    rows = np.arange(7)
    for a, b in (
        (conditions.model.learnt.predicted, loaded.learnt.predicted),
        (
            conditions.model.respond(rows, promoters, levels),
            loaded.respond(rows, promoters, levels),
        ),
        *zip(
            conditions.model.interval(first.value, first.kinds, first.noise),
            loaded.interval(second.value, second.kinds, second.noise),
            strict=True,
        ),
    ):
        np.testing.assert_array_equal(a, b)


def test_a_damaged_model_is_told(conditions: Trained, tmp_path: Path) -> None:
    config = {"format_version": FORMAT_VERSION, "kind": KIND, "protocol": "default", "edges": []}
    write_json(tmp_path / CONFIG, config)
    save_trained(tmp_path, conditions.model)
    (tmp_path / "trees" / "factor_00.txt").unlink()
    with pytest.raises(DeepRageError, match=r"damaged.*train again"):
        load_trained(Run.load(tmp_path))
    with pytest.raises(DeepRageError, match="has no network"):
        Run.load(tmp_path).network()


@pytest.mark.parametrize("name", ["conditions", "both"])
def test_promoters_and_levels_of_the_compendium_give_its_own_predictions(
    name: str, request: pytest.FixtureRequest
) -> None:
    found = request.getfixturevalue(name)
    compendium = found.world.compendium
    rows = np.flatnonzero(compendium.has_promoter)
    columns = np.arange(len(compendium.conditions))
    names = [compendium.genes[row] for row in rows]
    told = found.model.predict_new(
        compendium.promoters[rows], compendium.regulator_levels, names=names
    )
    inside = found.model.predict(rows, columns)
    asked = np.isin(rows, np.flatnonzero(found.split.cells(Role.TRAIN, Role.TEST).any(axis=1)))
    np.testing.assert_allclose(told.value[asked], inside[asked], atol=2e-3)
    np.testing.assert_array_equal(told.kinds, found.model.kinds()[rows])


def test_another_promoter_under_the_name_of_a_seen_gene_is_a_new_gene(conditions: Trained) -> None:
    compendium = conditions.world.compendium
    changed = 3 - compendium.promoters[:1]
    levels = compendium.regulator_levels[:2]
    told = conditions.model.predict_new(changed, levels, names=[compendium.genes[0]])
    assert (told.kinds == CellKind.NEW_GENE).all()


def test_intervals_hold_the_truth_of_every_kind_of_cell(both: Trained) -> None:
    truth = both.world.compendium.expression
    predicted, kinds = both.model.learnt.predicted, both.kind_of_cells()
    low, high = both.model.interval(predicted, both.model.kinds(), both.model.noise())
    for kind in (CellKind.NEW_CONDITION, CellKind.NEW_GENE, CellKind.NEW_BOTH):
        cells = (kinds == kind) & ~np.isnan(truth)
        assert cells.sum() > 300
        held = np.mean(((truth >= low) & (truth <= high))[cells])
        assert 0.82 < held < 0.97, kind
    seen = both.split.cells(Role.TRAIN) & ~np.isnan(truth)
    assert 0.87 < np.mean(((truth >= low) & (truth <= high))[seen]) < 0.93


def test_class_probabilities_are_as_frequent_as_they_say(both: Trained) -> None:
    truth = both.world.compendium.expression
    kinds = both.kind_of_cells()
    model = both.model
    chances = model.probabilities(model.learnt.predicted, model.kinds(), model.noise())
    np.testing.assert_allclose(chances.sum(axis=2), 1, atol=1e-5)
    cells = (kinds >= 0) & ~np.isnan(truth)
    found = class_calibration(chances[cells], classify(truth)[cells].astype(np.intp))
    assert found["class_calibration_error"] < 0.06
    assert found["log_loss"] < 0.9 * found["log_loss_of_shares"]


def test_a_kind_that_was_not_measured_promises_nothing() -> None:
    sample = ErrorSample(np.zeros(500, np.float32), np.linspace(-1, 1, 500, dtype=np.float32))
    certainty = Certainty({CellKind.SEEN: sample})
    value = np.zeros((1, 2), dtype=np.float32)
    kinds = np.array([[CellKind.SEEN, CellKind.NEW_BOTH]], dtype=np.int8)
    half = certainty.half_width(value, kinds, np.ones(2, np.float32), 0.9)
    assert abs(half[0, 0] - 0.9) < 0.02
    assert np.isinf(half[0, 1])
    chances = certainty.probabilities(value, kinds, np.ones(2, np.float32), (-0.5, 0.5))
    np.testing.assert_allclose(chances[0, 0], [0.25, 0.5, 0.25], atol=0.01)
    np.testing.assert_allclose(chances[0, 1], 1 / 3)


def test_lowering_a_planted_regulator_lowers_its_planted_targets(conditions: Trained) -> None:
    compendium, model = conditions.world.compendium, conditions.model
    rows = np.setdiff1d(np.flatnonzero(compendium.has_promoter), compendium.regulator_rows)
    levels = compendium.regulator_levels
    low = levels.copy()
    low[:, 0] -= 1.5
    before = model.respond(rows, compendium.promoters[rows], levels)
    change = (model.respond(rows, compendium.promoters[rows], low) - before).mean(axis=1)
    target = has_site(conditions.world, 0)[rows]
    assert change[target].mean() < -0.8
    assert abs(change[~target].mean()) < 0.3
    other = levels.copy()
    other[:, 3] -= 1.5  # a regulator of nothing
    nothing = model.respond(rows, compendium.promoters[rows], other) - before
    assert np.abs(nothing).mean() < 0.25 * np.abs(change[target]).mean()


def test_masking_a_planted_site_undoes_its_regulator_in_seen_genes(conditions: Trained) -> None:
    compendium, model = conditions.world.compendium, conditions.model
    rows = np.setdiff1d(np.flatnonzero(compendium.has_promoter), compendium.regulator_rows)
    rows = rows[np.isin(rows, model.learnt.seen_genes)]
    target = rows[has_site(conditions.world, 0)[rows]]
    masked = compendium.promoters[target].copy()
    for tokens in masked:
        windows = np.lib.stride_tricks.sliding_window_view(tokens, 8)
        for start in np.flatnonzero((windows == encode(SITES[0])).all(axis=1)):
            tokens[start : start + 8] = 4
    levels = compendium.regulator_levels
    before = model.respond(target, compendium.promoters[target], levels)
    change = model.respond(target, masked, levels) - before
    undone = -np.polyfit(levels[:, 0], change.mean(axis=0), 1)[0]
    assert undone > 0.3  # the site makes a slope of 1
    np.testing.assert_array_equal(
        model.respond(target, compendium.promoters[target], levels), before
    )


def test_another_compendium_is_refused(conditions: Trained, both: Trained) -> None:
    with pytest.raises(DeepRageError, match="use the compendium that it was trained on"):
        conditions.model.fit(both.world.compendium, both.split)
