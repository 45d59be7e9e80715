"""The demo from end to end on toy data: network, quick benchmark, one page with both."""

import json
import shutil
from pathlib import Path

import pytest

from deeprage.data.split import Regime

from .conftest import Deeprage


class TestDemo:
    def test_it_trains_compares_and_reports_and_does_nothing_twice(
        self, deeprage: Deeprage, toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("deeprage.cli.data.fetch", lambda name, **options: None)
        monkeypatch.setattr(
            "deeprage.evaluation.benchmark.QUICK_BASELINES", ("additive", "regulator-ridge")
        )
        data, out = tmp_path / "yeast-stress.h5ad", tmp_path / "demo"
        shutil.copy(toy, data)
        command = ("demo", "--data", data, "--out", out, "--epochs", 1, "--threads", 1)
        first = deeprage(*command)
        assert first.code == 0, first.err
        shown = json.loads((out / "benchmark" / "benchmark.json").read_text())
        assert [panel["regime"] for panel in shown["panels"]] == list(Regime)
        for panel in shown["panels"]:
            assert f"{panel['regime']} (1 fold)" in first.out
        page = (out / "report.html").read_text()
        assert '<section id="benchmark">' in page
        for regime in Regime:
            assert f'id="table-scores-{regime}"' in page

        kept = [out / "model.safetensors", *(out / "benchmark" / "cache" / "jobs").iterdir()]
        times = [path.stat().st_mtime_ns for path in kept]
        assert len(kept) == 1 + 2 * 2 * len(Regime)  # model; files, predictors, regimes
        second = deeprage(*command)
        assert second.code == 0, second.err
        assert [path.stat().st_mtime_ns for path in kept] == times
