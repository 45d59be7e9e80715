"""What a reader of a run expects of `config.json`, and of the `model.json` of a network."""

from __future__ import annotations

import itertools
from typing import Annotated, Any, Literal, NotRequired

from pydantic import AfterValidator, Field
from typing_extensions import TypedDict

from deeprage.schema import Count, FileName, Name, Share

#: bp; longer promoters are of no network.
_LONGEST_PROMOTER = 10_000_000


def _rising(edges: list[float]) -> list[float]:
    if any(low >= high for low, high in itertools.pairwise(edges)):
        raise ValueError("should be rising thresholds")
    return edges


def _distinct(names: list[str]) -> list[str]:
    if len(set(names)) < len(names):
        raise ValueError("should name each once")
    return names


Edges = Annotated[list[float], AfterValidator(_rising)]
Names = Annotated[list[Name], AfterValidator(_distinct)]
PromoterLength = Annotated[int, Field(ge=1, le=_LONGEST_PROMOTER)]


class AboutCompendium(TypedDict, total=False):
    """What the compendium holds."""

    name: FileName | None
    unit: str | None
    anchor: str | None
    path: FileName | None
    promoter_length: Count | None
    genes: Count | None
    conditions: Count | None
    regulators: Count | None
    series: Count | None
    groups: Count | None
    missing_share: Share | None
    content: dict[str, str | None]
    provenance: Any


class AboutSplit(TypedDict, total=False):
    """How cells were held out."""

    regime: str
    label: str
    cells: dict[str, Count]


class Config(TypedDict):
    """`config.json`: the resolved settings of a training."""

    protocol: Literal["default", "paper"]
    edges: Edges
    kind: NotRequired[str]
    compendium: NotRequired[AboutCompendium]
    split: NotRequired[AboutSplit]
    network: NotRequired[dict[str, Any]]
    training: NotRequired[dict[str, Any]]
    model: NotRequired[dict[str, Any]]
    versions: NotRequired[dict[str, Any]]
    compendium_path: NotRequired[FileName | None]
    command: NotRequired[FileName | list[FileName] | None]
    device: NotRequired[str | None]
    threads: NotRequired[Count | None]
    seconds: NotRequired[float | None]
    peak_gb: NotRequired[float | None]
    parameters: NotRequired[Count | None]
    best_epoch: NotRequired[Count | None]


class AboutScaling(TypedDict):
    """Scaling of inputs and outputs."""

    regulator_mean: list[float]
    regulator_low: list[float]
    regulator_high: list[float]
    target_mean: float
    target_scale: Annotated[float, Field(gt=0)]


class _NetworkModel(TypedDict):
    network: dict[str, Any]
    scaling: AboutScaling
    promoter_length: PromoterLength
    regulators: Names


def _consistent(model: _NetworkModel) -> _NetworkModel:
    number = len(model["regulators"])
    for key in ("regulator_mean", "regulator_low", "regulator_high"):
        if len(model["scaling"][key]) != number:
            raise ValueError(f"should have {number} values in scaling.{key}")
    return model


#: `model.json` of a network.
NetworkModel = Annotated[_NetworkModel, AfterValidator(_consistent)]


class AnyModel(TypedDict):
    """`model.json` of another kind, as far as every reader needs it."""

    model: str
    promoter_length: PromoterLength
    regulators: Names
