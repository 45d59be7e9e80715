"""`metrics.json`, as `deeprage evaluate` writes it, and the lines of `history.jsonl`."""

from __future__ import annotations

from typing import Annotated, Any, NotRequired

from annotated_types import Len
from pydantic import AfterValidator
from typing_extensions import TypedDict

from deeprage.schema import Count, Percent, Share


def _square(table: list[list[float]]) -> list[list[float]]:
    if any(len(row) != len(table) for row in table):
        raise ValueError("should have as many columns as rows")
    return table


Confusion = Annotated[list[list[Percent]], AfterValidator(_square)]


class ScoreRow(TypedDict):
    """One predictor on one part of the split."""

    predictor: str
    kind: str
    role: str
    scores: dict[str, float | Confusion | None]
    fit_seconds: NotRequired[float | None]
    predict_seconds: NotRequired[float | None]


class AuditItem(TypedDict):
    """One finding of the leakage audit."""

    name: str
    value: str | float
    verdict: str
    severity: str


class Calibration(TypedDict):
    """How sure a model is, on one part of the split."""

    coverage: dict[str, Share]
    mean_width_90: float | None
    class_calibration_error: float | None
    log_loss: float | None
    log_loss_of_shares: float | None


Ends = Annotated[list[float], Len(2, 2)]


class ComparisonItem(TypedDict):
    """The model beside the strongest simple reference, on the test cells of both."""

    reference: str
    pearson: float
    reference_pearson: float
    interval: Ends | None
    units: list[str]
    cells: Count


class Metrics(TypedDict):
    """The whole file."""

    rows: list[ScoreRow]
    edges: NotRequired[list[float]]
    class_names: NotRequired[list[str]]
    class_origin: NotRequired[str]
    comparison: NotRequired[ComparisonItem | None]
    audit: NotRequired[list[AuditItem]]
    certainty: NotRequired[dict[str, Calibration]]


def _consistent(content: Metrics) -> Metrics:
    names = content.get("class_names")
    for number, row in enumerate(content["rows"]):
        for key in ("confusion_percent", "confusion"):
            table = row["scores"].get(key)
            if isinstance(table, list) and names and len(table) != len(names):
                raise ValueError(f"should have {len(names)} classes in rows[{number}].scores.{key}")
    levels = {tuple(part["coverage"]) for part in content.get("certainty", {}).values()}
    if len(levels) > 1:
        raise ValueError("should have the same levels in each part of certainty")
    for level in (level for some in levels for level in some):
        if not _is_share(level):
            raise ValueError(f"should have levels between 0 and 1 in certainty, not {level!r}")
    return content


def _is_share(text: str) -> bool:
    try:
        return 0 < float(text) < 1
    except ValueError:
        return False


MetricsFile = Annotated[Metrics, AfterValidator(_consistent)]


class Epoch(TypedDict):
    """A line of `history.jsonl`: what was measured after an epoch, by name."""

    epoch: Count
    train_loss: NotRequired[float | None]
    validation_loss: NotRequired[float | None]
    validation_mse: NotRequired[float | None]
    validation_pearson: NotRequired[float | None]
    validation_accuracy: NotRequired[float | None]
    learning_rate: NotRequired[float | None]
    pairs_per_second: NotRequired[float | None]


Plain = dict[str, Any]
