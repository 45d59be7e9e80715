"""The demo from end to end on toy data: deeprage-f, a network, quick benchmark, one page."""

import json
import shutil
from pathlib import Path

import pytest

from deeprage.data.split import Regime
from deeprage.training.run import Run

from .conftest import Deeprage


class TestDemo:
    def test_it_trains_compares_and_reports_and_does_nothing_twice(
        self, deeprage: Deeprage, toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("deeprage.cli.data.fetch", lambda name, **options: None)
        monkeypatch.setattr(
            "deeprage.evaluation.benchmark.QUICK_BASELINES", ("additive", "regulator-ridge")
        )
        # The toy's promoters are too short for the demo's own network.
        monkeypatch.setattr("deeprage.cli.demo_network.NETWORK", "deeprage-c")
        data, out = tmp_path / "yeast-stress.h5ad", tmp_path / "demo"
        shutil.copy(toy, data)
        command = ("demo", "--data", data, "--out", out, "--epochs", 1, "--threads", 1)
        first = deeprage(*command)
        assert first.code == 0, first.err
        shown = json.loads((out / "benchmark" / "benchmark.json").read_text())
        assert [panel["regime"] for panel in shown["panels"]] == list(Regime)
        for panel in shown["panels"]:
            assert f"{panel['regime']} (1 fold)" in first.out
            assert "deeprage-f" in {row["predictor"] for row in panel["rows"]}
        page = (out / "report.html").read_text()
        # The first line answers to the best of the simple methods that stand in the table.
        rows = json.loads((out / "metrics.json").read_text())["rows"]
        tested = {r["predictor"]: r["scores"]["pearson"] or -1 for r in rows if r["role"] == "test"}
        mine = tested.pop("deeprage-f")
        assert {"regulator-kernel", "regulator-ridge", "completion"} <= set(tested)
        best = max(tested, key=lambda name: tested[name])
        against = f"the best simple reference, {best} ({tested[best]:.3f})"
        assert f"reaches a test Pearson of {mine:.3f}" in first.err
        assert against in first.err
        assert against in page
        assert '<section id="benchmark">' in page
        for regime in Regime:
            assert f'id="table-scores-{regime}"' in page

        network = tmp_path / "demo-network"
        assert Run.load(network).model_name == "deeprage-c"
        assert (network / "motifs.tsv").is_file()
        assert '<section id="motifs">' in (network / "report.html").read_text()
        kept = [folder / "model.safetensors" for folder in (out, network)]
        kept += [*(out / "benchmark" / "cache" / "jobs").iterdir()]
        times = [path.stat().st_mtime_ns for path in kept]
        assert len(kept) == 2 + 2 * 3 * len(Regime)  # models; files, predictors, regimes
        second = deeprage(*command)
        assert second.code == 0, second.err
        assert [path.stat().st_mtime_ns for path in kept] == times
