"""A benchmark ranks planted truths rightly, and its pooled scores are those of all test cells."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deeprage.data.split import Regime, Role
from deeprage.errors import DeepRageError, WorkFailedError
from deeprage.evaluation import metrics
from deeprage.evaluation.benchmark import benchmark, plan_splits
from deeprage.evaluation.contestants import NETWORKS, Contestant, contestant
from deeprage.evaluation.trial import make_trial

TINY = {
    "filters": 4,
    "filter_width": 7,
    "hidden": [8, 8],
    "regulator_units": 8,
}


def planted(make_compendium):
    """Regulators drive genes: regulator ridge is right, and permuting regulators ruins it."""
    rng = np.random.default_rng(0)
    levels = rng.normal(size=(5, 48))
    weights = rng.normal(size=(60, 5))
    values = np.concatenate([weights @ levels + 0.1 * rng.normal(size=(60, 48)), levels])
    series = [column // 4 for column in range(48)]
    return make_compendium(values, regulators=5, series=series, missing=0.02)


@pytest.fixture(scope="module")
def found(make_compendium, tmp_path_factory) -> tuple[dict[str, Any], Path, Any]:
    compendium = planted(make_compendium)
    out = tmp_path_factory.mktemp("benchmark")
    result = benchmark(
        compendium,
        predictors=["gene-mean", "additive", "regulator-ridge"],
        regimes=["conditions"],
        folds=3,
        controls=["regulators-permuted", "labels-permuted"],
        out=out,
        jobs=2,
    )
    return result, out, compendium


def rows_of(result: dict[str, Any], regime: str) -> dict[str, dict[str, Any]]:
    (panel,) = [panel for panel in result["panels"] if panel["regime"] == regime]
    return {row["predictor"]: row for row in panel["rows"]}


class TestResult:
    def test_nothing_failed_and_the_file_says_the_same(self, found) -> None:
        result, out, _ = found
        assert result["failures"] == []
        assert json.loads((out / "benchmark.json").read_text()) == result

    def test_the_planted_truth_is_the_best_simple_baseline(self, found) -> None:
        result, _, _ = found
        rows = rows_of(result, "conditions")
        assert result["panels"][0]["best_simple"] == "regulator-ridge"
        ridge = rows["regulator-ridge"]
        assert ridge["scores"]["pearson"] > 0.95
        low, high = ridge["intervals"]["pearson"]
        assert low <= ridge["scores"]["pearson"] <= high
        assert ridge["difference"] is None
        lost = rows["additive"]["difference"]["pearson"]
        assert lost["value"] == pytest.approx(
            rows["additive"]["scores"]["pearson"] - ridge["scores"]["pearson"]
        )
        assert lost["interval"][1] < 0

    def test_controls_tell_who_uses_the_regulators(self, found) -> None:
        result, _, _ = found
        used = {
            (row["predictor"], row["control"]): row["used"]
            for row in result["panels"][0]["controls"]
        }
        assert used["regulator-ridge", "regulators-permuted"] is True
        assert used["gene-mean", "regulators-permuted"] is False
        assert used["regulator-ridge", "labels-permuted"] is True

    def test_controls_on_some_predictors_and_folds_compare_the_cells_of_these(
        self, found, tmp_path: Path
    ) -> None:
        whole, out, compendium = found
        result = benchmark(
            compendium,
            predictors=["gene-mean", "additive", "regulator-ridge"],
            regimes=["conditions"],
            folds=3,
            controls=["regulators-permuted"],
            controlled=["regulator-ridge"],
            control_folds=2,
            out=tmp_path,
            cache=out / "cache",
        )
        (panel,), (full,) = result["panels"], whole["panels"]
        assert panel["rows"] == full["rows"]
        (row,) = panel["controls"]
        assert (row["predictor"], row["folds"], row["used"]) == ("regulator-ridge", 2, True)
        of_ridge = rows_of(result, "conditions")["regulator-ridge"]["by_fold"]
        assert row["pearson"] + row["loss"]["pearson"]["value"] == pytest.approx(
            np.mean([fold["pearson"] for fold in of_ridge[:2]]), abs=0.05
        )

    def test_who_is_controlled_takes_part(self, found, tmp_path: Path) -> None:
        with pytest.raises(DeepRageError, match=r"additve.*additive"):
            benchmark(
                found[2], predictors=["additive"], controlled=["additve"], out=tmp_path, folds=3
            )

    def test_every_series_is_tested_once_and_scores_are_pooled(self, found) -> None:
        result, out, compendium = found
        row = rows_of(result, "conditions")["additive"]
        with np.load(out / "predictions" / "conditions.npz") as arrays:
            values = arrays["additive"]
        scored = np.ones(compendium.expression.shape, dtype=bool)
        scored[compendium.regulator_rows] = False
        scored &= ~np.isnan(compendium.expression)
        np.testing.assert_array_equal(np.isfinite(values), scored)
        assert row["scores"]["n_cells"] == scored.sum() == sum(x["cells"] for x in row["by_fold"])
        assert row["scores"]["pearson"] == pytest.approx(
            metrics.pearson(compendium.expression, values, scored)
        )

    def test_the_audit_is_of_each_regime(self, found) -> None:
        result, _, _ = found
        names = {row["name"]: row["severity"] for row in result["panels"][0]["audit"]}
        assert names["condition series parted"] == "ok"


class TestNetwork:
    def test_it_takes_part_like_anybody(self, make_compendium, tmp_path: Path) -> None:
        network = contestant("deeprage-c", epochs=1, settings={"network": TINY})
        result = benchmark(
            planted(make_compendium), predictors=["zero", network], regimes=["pairs"], out=tmp_path
        )
        row = rows_of(result, "pairs")["deeprage-c"]
        assert row["kind"] == "network"
        assert row["fit_seconds"] > 0
        assert row["difference"]["pearson"]["interval"] is not None

    @pytest.mark.parametrize("name", NETWORKS)
    def test_each_trains_and_predicts_with_its_own_parts(self, make_compendium, name: str) -> None:
        compendium = planted(make_compendium)
        (split,) = plan_splits(compendium, Regime.PAIRS)
        pool = {"deeprage-tp": "global", "fun-prose": 5}.get(name, 12)
        small = {**TINY, "pool": pool, "encoder_units": 8, "cell_units": 6}
        entrant = contestant(name, epochs=1, settings={"network": small})
        assert entrant.settings["training"] == {"seed": 0, "epochs": 1}
        trial = entrant.make().fit(compendium, split)
        assert np.isfinite(trial.predict(np.arange(6), np.arange(5))).all()
        encoder = name.removesuffix("-encoder") if name.endswith("-encoder") else None
        if encoder is not None:
            assert type(trial.predictor_.network.promoter_encoder).__name__.lower() == encoder


class TestFailures:
    def test_a_predictor_that_fails_is_listed_and_the_others_are_scored(
        self, make_compendium, tmp_path: Path
    ) -> None:
        result = benchmark(
            planted(make_compendium),
            predictors=[Contestant("kmer-ridge", {"k": 99}), "additive"],
            regimes=["genes"],
            most_folds=1,
            out=tmp_path,
        )
        assert [row["predictor"] for row in result["panels"][0]["rows"]] == ["additive"]
        assert "k-mer length" in result["failures"][0]["error"]

    def test_when_all_fail_the_earlier_result_is_kept(
        self, make_compendium, tmp_path: Path
    ) -> None:
        compendium = planted(make_compendium)
        options: dict[str, Any] = {"regimes": ["genes"], "most_folds": 1, "out": tmp_path}
        benchmark(compendium, predictors=["additive"], **options)
        earlier = (tmp_path / "benchmark.json").read_bytes()
        with pytest.raises(WorkFailedError, match=r"all 1 jobs .* k-mer length .* is kept"):
            benchmark(compendium, predictors=[Contestant("kmer-ridge", {"k": 99})], **options)
        assert (tmp_path / "benchmark.json").read_bytes() == earlier

    @pytest.mark.parametrize(
        ("options", "told"),
        [
            ({"predictors": ["aditive"]}, "'additive'"),
            ({"regimes": ["gene"]}, "'genes'"),
            ({"controls": ["labels"]}, "'labels-permuted'"),
            ({"predictors": ["additive", "additive"]}, "takes part twice"),
            ({"jobs": 0}, "jobs must be 1 or more"),
            ({"most_folds": 0}, "most folds must be 1 or more"),
            ({"epochs": -1}, "epochs must be 1 or more"),
            ({"motifs": [Path("no.meme")]}, "no motif file"),
        ],
    )
    def test_a_wrong_option_is_told_before_anything_runs(
        self, make_compendium, tmp_path: Path, options: dict[str, Any], told: str
    ) -> None:
        with pytest.raises(DeepRageError, match=told):
            benchmark(make_compendium(), out=tmp_path, **options)
        assert not list(tmp_path.iterdir())


class TestPlan:
    def test_a_series_each_is_for_conditions_only(self, make_compendium) -> None:
        compendium = planted(make_compendium)
        plans = {regime: plan_splits(compendium, regime, folds="series") for regime in Regime}
        assert {str(regime): len(plan) for regime, plan in plans.items()} == {
            "pairs": 1,
            "conditions": 12,
            "genes": 5,
            "both": 5,
        }
        tested = sum(split.cells(Role.TEST).astype(int) for split in plans[Regime.CONDITIONS])
        assert set(np.unique(tested)) == {0, 1}


class TestBlind:
    @pytest.mark.parametrize("blind_to", ["promoters", "regulators"])
    def test_a_blind_network_cannot_tell_what_it_does_not_see(
        self, make_compendium, blind_to: str
    ) -> None:
        compendium = planted(make_compendium)
        (split,) = plan_splits(compendium, Regime.PAIRS)
        trial = make_trial(
            preset="deeprage-c", network=TINY, training={"epochs": 1}, blind_to=blind_to
        )
        found = trial.fit(compendium, split).predict(np.arange(6), np.arange(5))
        axis = 0 if blind_to == "promoters" else 1
        np.testing.assert_allclose(np.ptp(found, axis=axis), 0, atol=1e-5)
        assert np.ptp(found, axis=1 - axis).min() > 0
