"""`benchmark.json`, as `deeprage benchmark` writes it."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired

from pydantic import AfterValidator, Field
from typing_extensions import TypedDict

from deeprage.report.metrics import METRICS
from deeprage.schema import Count, FileName, Whole

Span = Annotated[list[float], Field(min_length=2, max_length=2)]


class Difference(TypedDict):
    """A paired difference with its interval."""

    value: float
    interval: Span | None


class Row(TypedDict):
    """One predictor in one regime, all folds together."""

    predictor: str
    kind: Literal["simple", "comparator", "network", "model"]
    scores: dict[str, float | list[list[float]] | None]
    intervals: dict[str, Span | None]
    difference: dict[str, Difference] | None
    fit_seconds: float | None
    predict_seconds: float | None
    peak_gb: float | None
    failed_folds: Count


class ControlRow(TypedDict):
    """What one predictor loses under one control."""

    predictor: str
    control: str
    folds: NotRequired[Count]
    pearson: float | None
    loss: dict[str, Difference] | None
    used: bool | None
    verdict: str


class AuditItem(TypedDict):
    """One finding of the leakage audit, the worst of all folds."""

    name: str
    value: str
    verdict: str
    severity: str


def _complete(row: Row) -> Row:
    for metric in METRICS:
        if metric.key not in row["scores"] or isinstance(row["scores"][metric.key], list):
            raise ValueError(f"should have the score {metric.key}")
    if not isinstance(row["scores"].get("n_cells"), int | float):
        raise ValueError("should count its cells in scores.n_cells")
    if "pearson" not in row["intervals"]:
        raise ValueError("should have an interval of pearson, or null in its place")
    return row


class Panel(TypedDict):
    """One regime."""

    regime: Literal["pairs", "conditions", "genes", "both"]
    best_simple: str | None
    resampled: list[str]
    rows: list[Annotated[Row, AfterValidator(_complete)]]
    controls: list[ControlRow]
    folds: Count
    audit: list[AuditItem]


class About(TypedDict):
    """The compendium."""

    name: FileName
    genes: Count
    conditions: Count
    regulators: Count
    series: Count


class Options(TypedDict):
    """How the benchmark was asked for."""

    folds: int | str | dict[str, int | str]
    most_folds: Count | None
    epochs: Count | None
    motifs: list[FileName]
    controlled: NotRequired[list[str] | None]
    control_folds: NotRequired[Count | None]


class Failure(TypedDict):
    """A job that failed."""

    job: str
    error: str


class BenchmarkFile(TypedDict):
    """The whole file."""

    deeprage_version: str
    compendium: About
    seed: Whole
    quick: bool
    options: Options
    controls: list[str]
    panels: list[Panel]
    failures: list[Failure]
