"""A run folder as `deeprage train` and `deeprage evaluate` leave it, made from planted factors."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deeprage.data.labels import class_names, classify

MakeRun = Callable[..., Path]


def scores(observed: np.ndarray, predicted: np.ndarray, cells: np.ndarray) -> dict[str, Any]:
    """Scores in the plainest possible way; what cannot be computed is None, as in the file."""
    true, guess = observed[cells].astype(float), predicted[cells].astype(float)
    error = float(((true - guess) ** 2).mean())
    constant = np.ptp(guess) < 1e-9
    table = np.zeros((3, 3))
    np.add.at(table, (classify(true), classify(guess)), 100 / len(true))
    recall = np.diag(table) / table.sum(axis=1)
    precision = np.diag(table) / np.maximum(table.sum(axis=0), 1e-9)
    agreement = np.trace(table) / 100
    by_chance = float((table.sum(axis=0) * table.sum(axis=1)).sum() / 1e4)
    return {
        "n_cells": len(true),
        "mse": error,
        "r2": 1 - error / float(true.var()),
        "pearson": None if constant else float(np.corrcoef(true, guess)[0, 1]),
        "within_gene_pearson": None if constant else 0.5,
        "within_condition_pearson": None if constant else 0.4,
        "accuracy": agreement,
        "balanced_accuracy": float(recall.mean()),
        "macro_f1": float((2 * recall * precision / np.maximum(recall + precision, 1e-9)).mean()),
        "kappa": (agreement - by_chance) / (1 - by_chance),
        "confusion": table.tolist(),
    }


def make_run(
    folder: Path,
    *,
    regime: str = "pairs",
    genes: int = 300,
    conditions: int = 40,
    skill: float = 0.9,
    evaluated: bool = True,
    seed: int = 0,
) -> Path:
    """Write a run: `skill` is the share of the planted signal that the model has learnt."""
    rng = np.random.default_rng(seed)
    signal = (rng.normal(size=(genes, 4)) @ rng.normal(size=(4, conditions))) * 0.45
    observed = (signal + rng.normal(scale=0.35, size=signal.shape)).astype(np.float32)
    observed[rng.random(observed.shape) < 0.03] = np.nan
    role = roles(regime, signal.shape, rng)
    noise = rng.normal(scale=0.3 * (1.2 - skill), size=signal.shape)
    learnt = (skill * signal + noise).astype(np.float32)

    folder.mkdir(parents=True)
    series = [f"{SERIES[n * len(SERIES) // conditions]}" for n in range(conditions)]
    write_config(folder, regime, role, series)
    write_history(folder, rng)
    if not evaluated:
        return folder
    train = np.where((role == 0) & np.isfinite(observed), observed, np.nan)
    overall = float(np.nanmean(train))
    row, column = (np.nan_to_num(nanmean(train, axis) - overall) for axis in (1, 0))
    predictors: dict[str, np.ndarray] = {
        "deeprage-c": learnt,
        "majority-class": np.zeros_like(learnt),
        "gene-mean": np.broadcast_to(overall + row[:, None], learnt.shape),
        "condition-mean": np.broadcast_to(overall + column, learnt.shape),
        "additive": overall + row[:, None] + column,
        "low-rank": 0.8 * signal + rng.normal(scale=0.25, size=signal.shape),
    }
    rows = [
        {
            "predictor": name,
            "kind": "model" if name == "deeprage-c" else "reference",
            "role": part,
            "scores": scores(observed, predicted, (role == number) & np.isfinite(observed)),
            "fit_seconds": 612.4 if name == "deeprage-c" else 0.3,
            "predict_seconds": 0.8,
        }
        for part, number in (("validation", 1), ("test", 2))
        for name, predicted in predictors.items()
    ]
    metrics = {
        "edges": [-0.5, 0.5],
        "class_names": list(class_names()),
        "rows": rows,
        "audit": AUDIT,
    }
    (folder / "metrics.json").write_text(json.dumps(metrics, allow_nan=False))
    np.savez_compressed(
        folder / "predictions.npz",
        genes=np.array([f"Y{'ABCDEFGHIJKLMNOP'[n % 16]}L{n:04d}C" for n in range(genes)]),
        conditions=np.array([f"{name} {n * 5} min" for n, name in enumerate(series)]),
        series=np.array(series),
        symbols=np.array([f"GEN{n}" if n % 3 else f"Y{n}" for n in range(genes)]),
        predicted=learnt,
        observed=observed,
        role=role,
        predicted_class=classify(learnt),
    )
    return folder


def nanmean(values: np.ndarray, axis: int) -> np.ndarray:
    known = np.isfinite(values)
    return np.where(known, values, 0).sum(axis=axis) / np.maximum(known.sum(axis=axis), 1)


def roles(regime: str, shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Roles (G, C): 80/10/10 of the cells, of the genes, of the conditions, or of both."""
    if regime == "pairs":
        return rng.choice(3, p=[0.8, 0.1, 0.1], size=shape).astype(np.int8)
    by_gene = rng.choice(3, p=[0.7, 0.15, 0.15], size=(shape[0], 1))
    by_condition = (np.arange(shape[1])[None, :] // 5) % 8 % 3
    found = {
        "genes": np.broadcast_to(by_gene, shape),
        "conditions": np.broadcast_to(by_condition, shape),
        "both": np.where(by_gene == by_condition, by_gene, 3),
    }
    return np.ascontiguousarray(found[regime]).astype(np.int8)


SERIES = (
    "heat_shock_1",
    "hydrogen_peroxide",
    "nitrogen_depletion",
    "heat_shock_range_to_37",
    "diamide",
    "dtt_2",
    "carbon_1",
    "ypd_1_stationary",
)
AUDIT = [
    {
        "name": "regulators scored as targets",
        "value": 0,
        "verdict": "No regulator is scored, so no answer is among the inputs.",
        "severity": "ok",
    },
    {
        "name": "test conditions with a near neighbour in training",
        "value": 0.312,
        "verdict": "31 % of tested cells have a training condition with r > 0.8 beside them: a "
        "time course gives its own points away.",
        "severity": "warning",
    },
    {
        "name": "gene groups that the split parts",
        "value": 12,
        "verdict": "12 groups of <near-identical> promoters are on both sides.",
        "severity": "fail",
    },
]


def write_config(folder: Path, regime: str, role: np.ndarray, series: list[str]) -> None:
    names = ("train", "validation", "test", "unused")
    config = {
        "format_version": 1,
        "deeprage_version": "0.1.0",
        "command": "deeprage train yeast-stress.h5ad --model deeprage-c --regime "
        f"{regime} --out runs/a --seed 0",
        "compendium": {
            "path": "/home/me/.cache/deeprage/yeast-stress.h5ad",
            "name": "yeast-stress",
            "unit": "log2 fold change",
            "genes": role.shape[0],
            "conditions": role.shape[1],
            "regulators": 472,
            "missing_share": 0.0301,
            "promoter_length": 1000,
            "anchor": "ATG",
            "series": len(set(series)),
            "groups": 211,
            "provenance": {"source": "Gasch et al. 2000", "genome": {"name": "S288C R64"}},
        },
        "split": {
            "regime": regime,
            "label": "80/10/10, seed 0",
            "cells": {name: int((role == n).sum()) for n, name in enumerate(names)},
        },
        "protocol": "default",
        "edges": [-0.5, 0.5],
        "network": {
            "name": "deeprage-c",
            "filters": 256,
            "filter_width": 19,
            "hidden": [512, 512],
        },
        "training": {"optimizer": "adamw", "learning_rate": 0.001, "block": [8, 173]},
        "device": "cpu",
        "threads": 2,
        "seconds": 742.5,
        "parameters": 9_123_456,
    }
    (folder / "config.json").write_text(json.dumps(config))


def write_history(folder: Path, rng: np.random.Generator) -> None:
    lines = []
    for epoch in range(18):
        error = 0.22 + 0.4 * np.exp(-epoch / 4) + 0.002 * max(0, epoch - 13) ** 1.5
        lines.append(
            {
                "epoch": epoch,
                "train_loss": 0.2 + 0.7 * float(np.exp(-epoch / 5)),
                "validation_loss": float(error),
                "validation_mse": float(error + rng.normal(scale=0.004)),
                "validation_pearson": float(0.85 - error / 3),
                "validation_accuracy": float(0.8 - error / 4),
                "learning_rate": 0.001 * 0.5 ** (epoch // 8),
                "seconds": 41.0,
                "pairs_per_second": 21_500.0,
            }
        )
    (folder / "history.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


@pytest.fixture
def new_run(tmp_path: Path) -> MakeRun:
    """`make_run` in a fresh folder."""
    return lambda **options: make_run(tmp_path / "run", **options)


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One run of random pairs, shared by tests that only read it."""
    return make_run(tmp_path_factory.mktemp("runs") / "demo")
