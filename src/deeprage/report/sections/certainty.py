"""Whether the model is as sure as it should be."""

from collections.abc import Mapping
from typing import Any

from deeprage.report.blocks import Column, Section, Table
from deeprage.report.run_folder import RunFolder

_ROLES = (
    ("test", "test"),
    ("validation", "validation (measured with the intervals, or left out with them)"),
)


def certainty(run: RunFolder) -> Section | None:
    """Coverage of the intervals and calibration of the class probabilities."""
    found = run.metrics.get("certainty") or {}
    rows = [_row(words, found[role]) for role, words in _ROLES if role in found]
    if not rows:
        return None
    columns = [
        Column("cells", numeric=False),
        *(
            Column(
                f"in {level} % interval", f"share of true values; should be {level} %", 1, unit="%"
            )
            for level in _levels(found)
        ),
        Column("width of 90 %", "mean width of a 90 % interval, log2", 2),
        Column(
            "class calibration error",
            "mean distance between the probability of the likeliest class and how often it is "
            "right; 0 is best, below 0.03 is good",
            3,
        ),
        Column("log loss", "of the class probabilities; below that of the shares is good", 3),
        Column("log loss of shares", "of always giving each class its share of these cells", 3),
    ]
    return Section(
        "certainty",
        "How sure it is",
        "deeprage predict gives an interval and class probabilities with every value, from the "
        "errors of cells that were left out as the asked one is. In a new condition they are as "
        "wide as its own regulators let expect: each is predicted from the others, and what is "
        "missed there will be missed elsewhere.",
        [Table("certainty", "Intervals and class probabilities", "rows", columns, rows)],
    )


def _levels(found: Mapping[str, Any]) -> list[str]:
    return [f"{100 * float(x):g}" for role in list(found)[:1] for x in found[role]["coverage"]]


def _row(words: str, found: Mapping[str, Any]) -> list[object]:
    return [
        words,
        *(100 * float(share) for share in found["coverage"].values()),
        found["mean_width_90"],
        found["class_calibration_error"],
        found["log_loss"],
        found["log_loss_of_shares"],
    ]
