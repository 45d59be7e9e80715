"""A knock-out beside the strain: truth agrees with itself, the stress line sees no strain."""

import numpy as np
import pytest

from deeprage.data.catalog.real_knockouts import Contrast, RealKnockout
from deeprage.interpretation.real_agreement import REPLICATE, beside_the_strain


@pytest.fixture(scope="module")
def arrays(make_compendium):
    """Heat raises some genes; two mutant arrays (columns 1, 2) lack half of it, beside a wild
    type (column 0)."""
    rng = np.random.default_rng(0)
    heat = np.where(np.arange(200) < 60, 2.0, 0.0) + 0.2 * rng.normal(size=200)
    noise = 0.3 * rng.normal(size=(200, 12))
    values = noise.copy()
    values[:, 0] += heat
    values[:, 1:3] += 0.5 * heat[:, None]
    values[:, 3:8] += heat[:, None]
    series = ["strain"] * 3 + ["heat"] * 5 + ["other"] * 4
    deletion = RealKnockout(
        "mutant", ("G000",), -1, (Contrast(np.array([1, 2]), np.array([0])),), (), "heat"
    )
    return make_compendium(values, series=series), deletion, values


def test_truth_agrees_with_itself_and_noise_with_nothing(arrays) -> None:
    compendium, deletion, values = arrays
    truth = values[:, 1:3].mean(axis=1) - values[:, 0]
    noise = np.random.default_rng(1).normal(size=200)
    seen = np.arange(3, 12)
    found = beside_the_strain(
        compendium, deletion, {"truth": truth, "noise": noise}, seen=seen, most=40
    )
    rows = {row["predictor"]: row for row in found["rows"]}
    assert rows["truth"]["spearman"] == pytest.approx(1, abs=1e-6)
    assert rows["truth"]["auroc"] == pytest.approx(1)
    assert abs(rows["noise"]["spearman"]) < 0.2
    # A mutant that answers half as much is well predicted without any model.
    assert rows["the stress response undone, no model"]["auroc"] > 0.8
    assert rows[REPLICATE]["spearman"] > 0.5
    assert [name for name, row in rows.items() if row["model"]] == ["truth", "noise"]


def test_the_stress_line_knows_only_what_was_seen(arrays) -> None:
    compendium, deletion, _ = arrays
    found = beside_the_strain(compendium, deletion, {}, seen=np.arange(8, 12), most=40)
    assert "the stress response undone, no model" not in [r["predictor"] for r in found["rows"]]
