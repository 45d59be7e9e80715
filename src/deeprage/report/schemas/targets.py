"""`targets.json`, as `deeprage targets` writes it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator
from typing_extensions import TypedDict

from deeprage.schema import Count, FileName, Whole


class Spread(TypedDict):
    """Mean and middle 95 % against random networks."""

    mean: float
    low: float
    high: float


class CheckedScore(TypedDict):
    """A score against known links."""

    score: str
    with_motif: bool
    regulators: Count
    aupr: float | None
    base: float
    auroc: float | None
    early_precision: float | None
    mean_aupr: float | None
    mean_auroc: float | None
    sign: float | None
    rewired: Spread | None


Cell = str | Whole | float | None


class Targets(TypedDict):
    """The whole file."""

    score: str
    meaning: dict[str, str]
    network: FileName | None
    genes: Count
    scored_regulators: Count
    links_at_5_percent: Count | None
    checked: list[CheckedScore]
    by_regulator: list[dict[str, Cell]]
    columns: list[str]
    links: list[list[Cell]]


_OF_A_REGULATOR = {"regulator": str, "symbol": str, "targets": int}


def _consistent(content: Targets) -> Targets:
    if content["score"] not in content["meaning"]:
        raise ValueError(f"should say in `meaning` what the score {content['score']!r} is")
    width = len(content["columns"])
    if any(len(row) != width for row in content["links"]):
        raise ValueError(f"should have {width} values in each of its links")
    entries = content["by_regulator"]
    for entry in entries:
        if set(entry) != set(entries[0]) or not {"aupr", "base", "auroc"} <= set(entry):
            raise ValueError("should have the same scores of each regulator")
        for key, value in entry.items():
            kind: Any = _OF_A_REGULATOR.get(key, (int, float, type(None)))
            if not isinstance(value, kind):
                raise ValueError(f"should have another {key} of a regulator than {value!r}")
        if not set(_OF_A_REGULATOR) <= set(entry):
            raise ValueError("should name each regulator and count its targets")
    return content


TargetsFile = Annotated[Targets, AfterValidator(_consistent)]
