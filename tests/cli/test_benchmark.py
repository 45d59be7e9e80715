"""`deeprage benchmark` on a tiny compendium: table, JSON and page."""

import json
from pathlib import Path

import pytest

from deeprage.cli.failures import failure
from deeprage.errors import WorkFailedError

from .conftest import Deeprage


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("benchmark")


class TestBenchmark:
    def test_it_shows_a_table_a_regime_and_goes_on_where_it_was(
        self, deeprage: Deeprage, toy: Path, folder: Path
    ) -> None:
        command = (
            "benchmark", toy, "--predictors", "gene-mean,condition-mean", "--predictors",
            "additive,kmer-ridge", "--regimes", "conditions,both", "--folds", "3",
            "--controls", "promoters-permuted", "--out", folder,
        )  # fmt: skip
        shown = deeprage(*command)
        assert shown.code == 0, shown.err
        found = json.loads((folder / "benchmark.json").read_text())
        assert [panel["regime"] for panel in found["panels"]] == ["conditions", "both"]
        for panel in found["panels"]:
            assert f"{panel['regime']} (3 folds)" in shown.out
            assert f"{panel['best_simple']} *" in shown.out
            assert f"{panel['regime']}: controls" in shown.out

        jobs = sorted((folder / "cache" / "jobs").iterdir())
        times = [path.stat().st_mtime_ns for path in jobs]
        assert len(jobs) == 2 * 4 * 2 * 3 * 2  # files, predictors, regimes, folds, controls
        assert deeprage(*command).out == shown.out
        assert [path.stat().st_mtime_ns for path in jobs] == times

    def test_the_page_has_a_panel_a_regime_with_scores_controls_and_audit(
        self, folder: Path
    ) -> None:
        page = (folder / "benchmark.html").read_text()
        for regime in ("conditions", "both"):
            assert f'<section id="{regime}">' in page
            assert f'id="figure-scores-{regime}"' in page
            assert f'id="figure-controls-{regime}"' in page
            assert f'id="table-scores-{regime}"' in page
        assert "Leakage audit" in page
        assert "http://" not in page.split("<script>")[0]

    @pytest.mark.parametrize(
        ("options", "told"),
        [
            (("--predictors", "regulator-rige"), "'regulator-ridge'"),
            (("--regimes", "conditons"), "'conditions'"),
            (("--controls", "promoters"), "'promoters-"),
            (("--folds", "many"), "--folds must be a whole number"),
            (("--folds", "40", "--predictors", "zero"), "too few for 40 folds"),
        ],
    )
    def test_a_wrong_option_is_one_sentence(
        self, deeprage: Deeprage, toy: Path, tmp_path: Path, options: tuple[str, ...], told: str
    ) -> None:
        found = deeprage("benchmark", toy, "--out", tmp_path / "b", *options)
        assert found.code == 2
        assert told in found.err
        assert found.err.count("\n") == 1

    def test_a_benchmark_without_any_result_exits_with_1(self) -> None:
        reported = failure(WorkFailedError("all 3 jobs failed."))
        assert reported is not None
        assert (reported.sentence, reported.code) == ("error: all 3 jobs failed.", 1)
