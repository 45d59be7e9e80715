"""The page of a benchmark says what its JSON says, in words and marks."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deeprage.errors import DeepRageError
from deeprage.files import write_json
from deeprage.report import write_report
from deeprage.report.benchmark_page import render_benchmark, write_benchmark_page
from deeprage.report.blocks import Table
from deeprage.report.run_folder import RunFolder
from deeprage.report.sections.benchmark import benchmark

PLAIN = {
    "n_cells": 1000, "mse": 0.5, "r2": 0.2, "within_gene_pearson": 0.3,
    "within_condition_pearson": 0.2, "accuracy": 0.7, "balanced_accuracy": 0.5, "macro_f1": 0.5,
    "kappa": 0.3, "majority_accuracy": 0.66,
}  # fmt: skip


def row(name: str, kind: str, r: float | None, gain: list[float] | None = None) -> dict[str, Any]:
    difference = None
    if gain is not None:
        value = {"value": sum(gain) / 2, "interval": gain}
        difference = {"pearson": value, "accuracy": value}
    return {
        "predictor": name,
        "kind": kind,
        "scores": {**PLAIN, "pearson": r},
        "intervals": {"pearson": None if r is None else [r - 0.05, r + 0.05], "accuracy": None},
        "difference": difference,
        "failed_folds": 0,
        "fit_seconds": 3.0,
        "predict_seconds": 0.1,
        "peak_gb": 0.4,
        "by_fold": [],
    }


def content(*rows: dict[str, Any], controls: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    audit = {"name": "series parted", "value": "3 of 9", "number": 0.3, "verdict": "Join them."}
    return {
        "format_version": 1,
        "deeprage_version": "0",
        "compendium": {
            "name": "<toy>", "genes": 50, "conditions": 10, "series": 5, "regulators": 3,
        },
        "seed": 0,
        "options": {"folds": 3, "most_folds": None, "epochs": 2, "motifs": ["a b.meme"]},
        "quick": False,
        "controls": ["labels-permuted"] if controls else [],
        "failures": [{"job": "genes, fold 2: cager", "error": "out of luck"}],
        "panels": [
            {
                "regime": "conditions",
                "folds": 3,
                "best_simple": "ridge",
                "resampled": ["5 condition series"],
                "rows": list(rows),
                "controls": controls or [],
                "audit": [{**audit, "severity": "leak"}],
            }
        ],
    }  # fmt: skip


RIDGE = row("ridge", "simple", 0.6)


class TestTile:
    @pytest.mark.parametrize(
        ("leader", "told"),
        [
            (RIDGE, "a simple baseline; nothing beats it"),
            (row("net", "network", 0.7, [0.08, 0.12]), "+0.100 over ridge, 95 % interval 0.080"),
            (row("net", "network", 0.7, [-0.02, 0.12]), "that may be chance"),
        ],
    )
    def test_it_says_who_leads_and_how_surely(self, leader: dict[str, Any], told: str) -> None:
        head = render_benchmark(content(RIDGE, leader)).partition("<main")[0]
        assert told in head
        assert f"{leader['predictor']} {leader['scores']['pearson']:.3f}" in head


class TestPage:
    def test_the_best_simple_baseline_alone_is_marked_and_networks_stand_out(self) -> None:
        page = render_benchmark(content(RIDGE, row("net", "network", 0.5, [-0.2, 0.0])))
        body = page.partition("<main")[2]
        assert body.count('class="best"') == 1
        strong = body.partition('<tr class="strong">')[2].partition("</tbody>")[0]
        assert "net" in strong
        assert "ridge" not in strong

    def test_controls_failures_and_leaks_are_told(self) -> None:
        loss = {"pearson": {"value": 0.02, "interval": [-0.01, 0.05]}}
        control = {
            "predictor": "ridge", "control": "labels-permuted", "pearson": 0.58, "loss": loss,
            "used": False, "verdict": "ridge does not measurably use the training values.",
        }  # fmt: skip
        page = render_benchmark(content(RIDGE, controls=[control]))
        for words in ("no sign of use", "out of luck", "✗ leak", "Join them."):
            assert words in page
        assert "No controls were run" in render_benchmark(content(RIDGE))

    def test_names_cannot_become_markup(self) -> None:
        assert "<toy>" not in render_benchmark(content(RIDGE))

    def test_the_command_makes_the_same_benchmark_again(self) -> None:
        page = render_benchmark(content(RIDGE))
        command = page.partition("<code>deeprage benchmark ")[2].partition("</code>")[0]
        wanted = ("--predictors ridge", "--regimes conditions", "--folds 3", "--epochs 2")
        assert all(option in command for option in wanted)
        assert "a b.meme" in command
        assert "--most-folds" not in command

    def test_a_regime_without_any_score_is_shown_empty(self) -> None:
        assert "nothing was scored" in render_benchmark(content())


class TestInsideARun:
    def test_a_run_shows_the_benchmark_beside_it_and_is_whole_without(
        self, new_run: Callable[..., Path]
    ) -> None:
        run = new_run()
        assert benchmark(RunFolder.open(run)) is None
        found = content(row("mean", "simple", 0.1, [-0.6, -0.4]), RIDGE)
        pairs = {**found["panels"][0], "regime": "pairs", "rows": [row("mean", "simple", 0.7)]}
        found["panels"].append(pairs)
        write_json(run / "benchmark" / "benchmark.json", found)
        made = benchmark(RunFolder.open(run))
        assert made is not None
        overview = made.blocks[0]
        assert isinstance(overview, Table)
        assert [column.title for column in overview.columns] == ["predictor", "conditions", "pairs"]
        assert overview.rows == [["mean", 0.1, 0.7], ["ridge", 0.6, None]]
        assert overview.marked == {(1, 1), (0, 2)}
        assert overview.strong == frozenset()
        page = write_report(run).read_text()
        assert 'id="figure-benchmark"' in page
        assert 'id="table-scores-pairs"' in page

    def test_a_benchmark_of_another_format_is_told(self, new_run: Callable[..., Path]) -> None:
        run = new_run()
        write_json(run / "benchmark" / "benchmark.json", {"format_version": 99})
        with pytest.raises(DeepRageError, match="format 99"):
            write_report(run)


class TestFolder:
    def test_a_folder_without_a_benchmark_says_what_to_do(self, tmp_path: Path) -> None:
        with pytest.raises(DeepRageError, match="deeprage benchmark"):
            write_benchmark_page(tmp_path)

    def test_another_format_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "benchmark.json").write_text(json.dumps({"format_version": 99}))
        with pytest.raises(DeepRageError, match="format 99"):
            write_benchmark_page(tmp_path)
