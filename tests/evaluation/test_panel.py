"""A panel names the best simple method, and says of each control what follows."""

import numpy as np
import pytest

from deeprage.data.labels import classify
from deeprage.data.split import Regime
from deeprage.evaluation.bootstrap import Resampler, interval
from deeprage.evaluation.controls import Control
from deeprage.evaluation.panel import panel
from deeprage.evaluation.pooling import Pooled


@pytest.fixture(scope="module")
def compendium(make_compendium):
    return make_compendium(
        np.random.default_rng(0).normal(size=(40, 12)), series=[n // 2 for n in range(12)]
    )


def entry(compendium, name: str, noise: float, *, kind="simple", control=Control.NONE, **changes):
    """Values with some noise, predicted in all cells of the first twenty genes."""
    observed = compendium.expression
    rng = np.random.default_rng(len(name))
    values = (observed + noise * rng.normal(size=observed.shape)).astype(np.float32)
    cells = np.zeros(observed.shape, dtype=bool)
    cells[:20] = True
    fold = {"fit_seconds": 2.0, "predict_seconds": 0.5, "peak_gb": 0.2}
    parts = {
        "values": values,
        "classes": classify(values),
        "truth": np.where(cells, classify(observed), -1).astype(np.int8),
        "cells": cells,
        "by_fold": [fold, fold | {"peak_gb": 0.7}, fold],
        "failed": 0,
        "coverage_90": 0.9,
    }
    return Pooled(name, kind, control, **(parts | changes))


def rows_of(found) -> dict:
    return {row["predictor"]: row for row in found["rows"]}


def test_the_best_simple_method_finished_all_folds(compendium) -> None:
    found = panel(
        compendium,
        [
            entry(compendium, "weak", 2.0),
            entry(compendium, "strong", 0.5),
            entry(compendium, "partial", 0.1, failed=1),
            entry(compendium, "net", 0.1, kind="network"),
        ],
        regime=Regime.GENES,
    )
    assert (found["regime"], found["best_simple"]) == ("genes", "strong")
    assert found["resampled"] == ["20 gene groups", "6 condition series"]
    assert found["controls"] == []
    rows = rows_of(found)
    assert rows["strong"]["difference"] is None
    assert rows["partial"]["failed_folds"] == 1
    assert rows["weak"]["difference"]["pearson"]["value"] < 0
    assert rows["net"]["difference"]["accuracy"]["value"] > 0


def test_of_equals_the_first_is_the_best(compendium) -> None:
    twin = entry(compendium, "twins", 0.5)
    found = panel(
        compendium, [entry(compendium, "other", 0.5), twin], regime=Regime.GENES
    )  # the same noise: names of one length
    assert found["best_simple"] == "other"
    assert rows_of(found)["twins"]["difference"]["pearson"] == {
        "value": 0.0,
        "interval": [0.0, 0.0],
    }


def test_without_a_simple_method_there_is_no_difference(compendium) -> None:
    found = panel(compendium, [entry(compendium, "net", 1, kind="network")], regime=Regime.PAIRS)
    assert found["best_simple"] is None
    assert found["rows"][0]["difference"] is None
    assert panel(compendium, [], regime=Regime.PAIRS)["rows"] == []


def test_a_row_has_the_sums_of_its_folds_and_paired_intervals(compendium) -> None:
    one, two = entry(compendium, "one", 0.5), entry(compendium, "others", 1.0)
    wide = entry(compendium, "widest", 1.0, cells=np.ones((40, 12), bool))
    found = panel(compendium, [one, two, wide], regime=Regime.BOTH, seed=4)
    row = rows_of(found)["others"]
    assert (row["fit_seconds"], row["predict_seconds"], row["peak_gb"]) == (6.0, 1.5, 0.7)
    # The units are those of whoever tested most.
    assert found["resampled"] == ["40 gene groups", "6 condition series"]
    resampler = Resampler(compendium.groups, compendium.series, one.cells, seed=4)
    truth = classify(compendium.expression)
    draws = [resampler.pearson(compendium.expression, x.values) for x in (one, two)]
    right = [resampler.accuracy(x.classes == truth) for x in (one, two)]
    assert row["intervals"]["pearson"] == pytest.approx(interval(draws[1]))
    assert row["intervals"]["accuracy"] == pytest.approx(interval(right[1]))
    for key, (mine, other) in (("pearson", draws[::-1]), ("accuracy", right[::-1])):
        assert row["difference"][key]["interval"] == pytest.approx(interval(mine - other))
        assert row["difference"][key]["value"] == pytest.approx(
            row["scores"][key] - rows_of(found)["one"]["scores"][key]
        )


def test_accuracy_is_of_labelled_cells_and_needs_two_classes(compendium) -> None:
    truth = entry(compendium, "one", 0.5).truth
    half = truth.copy()
    half[:10] = -1
    same = np.where(truth >= 0, 1, -1).astype(np.int8)
    found = panel(
        compendium,
        [entry(compendium, "half", 0.5, truth=half), entry(compendium, "same", 0.5, truth=same)],
        regime=Regime.GENES,
        seed=4,
    )
    rows = rows_of(found)
    assert rows["same"]["intervals"]["accuracy"] is None
    assert rows["same"]["intervals"]["pearson"] is not None
    classes = entry(compendium, "half", 0.5).classes
    labelled = half >= 0
    resampler = Resampler(compendium.groups, compendium.series, labelled, seed=4)
    expected = interval(resampler.accuracy(classes == half))
    assert rows["half"]["intervals"]["accuracy"] == pytest.approx(expected)
    assert rows["half"]["scores"]["accuracy"] == pytest.approx(np.mean((classes == half)[labelled]))


def test_predictors_without_a_common_cell_are_not_compared(compendium) -> None:
    apart = np.zeros((40, 12), dtype=bool)
    apart[20:] = True
    found = panel(
        compendium,
        [entry(compendium, "one", 0.5), entry(compendium, "other", 2, cells=apart)],
        regime=Regime.GENES,
    )
    assert rows_of(found)["other"]["difference"] is None


class TestControls:
    def test_who_loses_has_used_what_the_control_destroys(self, compendium) -> None:
        plain = entry(compendium, "plain", 0.3)
        found = panel(
            compendium,
            [
                plain,
                entry(compendium, "plain", 5.0, control=Control.REGULATORS_PERMUTED),
                entry(compendium, "plain", 0.3, control=Control.PROMOTERS_PERMUTED),
                entry(compendium, "absent", 5.0, control=Control.LABELS_PERMUTED),
            ],
            regime=Regime.GENES,
        )
        assert [row["predictor"] for row in found["rows"]] == ["plain"]
        lost, kept = found["controls"]
        assert (lost["control"], lost["used"]) == ("regulators-permuted", True)
        assert lost["verdict"] == "plain uses the regulator levels: it loses without."
        assert lost["folds"] == 3
        assert lost["loss"]["pearson"]["value"] == pytest.approx(
            found["rows"][0]["scores"]["pearson"] - lost["pearson"]
        )
        # Not a bit better than without the promoters.
        assert (kept["control"], kept["used"]) == ("promoters-permuted", False)
        assert "does not measurably use the promoters" in kept["verdict"]

    def test_without_a_cell_in_common_it_cannot_be_told(self, compendium) -> None:
        apart = np.zeros((40, 12), dtype=bool)
        apart[20:] = True
        control = entry(compendium, "p", 1, control=Control.LABELS_PERMUTED, cells=apart)
        empty = entry(
            compendium, "p", 1, control=Control.CODING_PERMUTED, cells=np.zeros_like(apart)
        )
        found = panel(compendium, [entry(compendium, "p", 1), control, empty], regime=Regime.GENES)
        (row,) = found["controls"]
        assert (row["loss"], row["used"]) == (None, None)
        assert "cannot be told" in row["verdict"]
