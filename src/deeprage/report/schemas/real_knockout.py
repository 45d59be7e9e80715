"""`real_knockout.json`: a predicted knock-out beside the deletion strain."""

from __future__ import annotations

from typing_extensions import TypedDict

from deeprage.schema import Count


class Agreement(TypedDict):
    """How well one predicted change agrees with the measured one."""

    predictor: str
    spearman: float | None
    auroc: float
    genes: Count
    model: bool


class RealKnockout(TypedDict):
    """The whole file."""

    name: str
    direction: int
    most: Count
    rows: list[Agreement]
