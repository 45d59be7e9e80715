"""`knockout.json`, as `deeprage knockout` writes it: of a knock-out, or of a screen."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from deeprage.schema import Count, FileName


class Flag(TypedDict):
    """A level that training never saw."""

    regulator: str
    lowest: float
    highest: float
    low: float
    high: float
    conditions: Count


class Part(TypedDict):
    """One of several knock-outs alone, or some of them together."""

    label: str
    size: float
    change: float
    epistasis: float | None


class KnownTargets(TypedDict):
    """Known targets against other genes; None where there are none."""

    source: FileName
    regulators: list[str]
    targets: Count
    auroc: float | None
    p: float | None
    hits: Count
    top: Count
    top_p: float | None
    null_auroc: float | None
    empirical_p: float | None


class Knockout(TypedDict):
    """Of one knock-out."""

    kind: Literal["knockout"]
    label: str
    genes: Count
    conditions: Count
    shown_condition: str
    mean_size: float
    changed: Count
    changed_from: float
    sites: Count
    genes_with_sites: Count
    given_up: Count
    out_of_range: list[Flag]
    parts: list[Part]
    feedback_rounds: NotRequired[Count]
    nulls: NotRequired[Count]
    targets: NotRequired[KnownTargets | None]


class ScreenTargets(TypedDict):
    """What known targets say of a screen."""

    source: FileName
    tested: Count
    significant: Count
    top_significant: Count
    pooled_p: float
    level: float
    top: Count


class Screen(TypedDict):
    """Of a screen."""

    kind: Literal["screen"]
    label: str
    screened: str
    conditions: Count
    knock_outs: Count
    targets: ScreenTargets | None


KnockoutFile = Annotated[Knockout | Screen, Field(discriminator="kind")]
