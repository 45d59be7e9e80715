"""The settings of deeprage-f that the committed results were measured with.

Another one changes every prediction: such a change belongs into `CHANGELOG.md`.
"""

import inspect
from collections.abc import Callable
from itertools import product

import numpy as np

from deeprage.data.split import Role, visible
from deeprage.factorised import condition_map, error_sample, kernels, learning, unseen_conditions
from deeprage.factorised.model import RESIDUAL_SHARES, Factorised
from deeprage.factorised.promoter_scorer import _last
from deeprage.factorised.promoter_stack import (
    MIXTURES,
    WORD,
    WORD_BINS,
    WORD_WINDOW,
    PromoterStack,
)
from deeprage.factorised.trained import SAME_LEVEL
from deeprage.factorised.unseen_conditions import OVER_CONDITIONS, OVER_GENES


def test_the_grids_of_the_two_ridges() -> None:
    conditions = {(way.penalty, way.width) for way in OVER_CONDITIONS}
    genes = {(way.penalty, way.width) for way in OVER_GENES}
    assert conditions == set(product((0.1, 0.2, 0.4), (1.0, 3.0)))
    assert genes == set(product((0.1, 0.2, 0.4), (0.3, 0.6)))
    assert (len(OVER_CONDITIONS), len(OVER_GENES)) == (6, 6)
    assert (unseen_conditions.FOLDS, condition_map.FOLDS) == (6, 6)
    assert unseen_conditions.GENES_THAT_CHOOSE == 800
    assert unseen_conditions.LEADING_FACTORS == 40
    assert unseen_conditions.LIKENESS == 0.4


def test_the_promoter_stack() -> None:
    defaults = {
        key: one.default
        for key, one in inspect.signature(PromoterStack).parameters.items()
        if one.default is not None
    }
    assert defaults == {
        "num_threads": 1, "seed": 0, "rounds": (50, 100, 200, 300), "penalty": 0.5, "factors": 20,
    }  # fmt: skip
    assert MIXTURES == (0.0, 0.25, 0.5, 0.75)
    assert (WORD, WORD_BINS, WORD_WINDOW) == (6, 2, 600)
    made = PromoterStack()
    assert (made.repeats, made.composition, made.leaves, made.least_leaf) == (1, 4, 5, 20)


def test_what_is_seen_and_what_is_left_out() -> None:
    made = Factorised()
    assert (made.steps, made.seed, made.num_threads) == (6, 0, 1)
    assert RESIDUAL_SHARES == (0.0, 0.5, 0.75, 1.0, 1.25)
    assert learning.LEFT_OUT == 0.15
    assert error_sample.MOST_CELLS == 60_000
    assert kernels._SAMPLE == 500
    assert SAME_LEVEL == 1e-3


def test_little_is_missing_up_to_a_twentieth(make_world: Callable) -> None:
    """Then one pass completes the matrix, as the first pass is all but exact."""
    for missing, same in ((0.02, True), (0.12, False)):
        world = make_world(genes=60, missing=missing)
        split = world.split("conditions")
        seen = visible(world.compendium, split)
        model, once = (Factorised(motifs=[world.motifs], steps=steps) for steps in (6, 1))
        model.fit(seen, split)
        once.fit(seen, split)
        alike = np.array_equal(model._completed.values, once._completed.values)
        assert alike == same


def test_a_refit_reads_the_promoters_of_validation_genes_too(make_world: Callable) -> None:
    world = make_world(genes=100)
    split = world.split("genes")
    seen = visible(world.compendium, split)
    model = Factorised(motifs=[world.motifs]).fit(seen, split)
    options, scores = model._stack.options_.copy(), model._stack.scores_.copy()
    validated = np.flatnonzero(split.cells(Role.VALIDATION).any(axis=1))
    model.refit(seen, split)
    np.testing.assert_array_equal(model._stack.options_, options)
    assert not np.allclose(model._stack.scores_, scores)
    # Validation genes are seen genes now: predicted from their own other cells.
    error = np.abs(model.predicted_ - seen.expression)[validated]
    spread = np.nanstd(seen.expression[validated])
    assert np.nanmedian(error) < 0.6 * spread


def test_intervals_are_measured_on_validation_cells_of_targets(make_world: Callable) -> None:
    world = make_world(genes=80)
    split = world.split("conditions")
    seen = visible(world.compendium, split)
    model = Factorised(motifs=[world.motifs]).fit(seen, split)
    cells = split.cells(Role.VALIDATION) & ~np.isnan(seen.expression)
    cells[seen.regulator_rows] = False
    assert sum(map(len, model.errors_.errors)) == cells.sum()


def test_a_promoter_shorter_than_a_window_is_read_whole() -> None:
    tokens = np.arange(12, dtype=np.int8).reshape(2, 6)
    np.testing.assert_array_equal(_last(tokens, 4), tokens[:, 2:])
    for letters in (6, 7, 99):
        np.testing.assert_array_equal(_last(tokens, letters), tokens)
