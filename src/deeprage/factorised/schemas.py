"""What a reader of deeprage-f expects of `model.json` and of the arrays beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from typing_extensions import TypedDict

from deeprage.data.dna import N_TOKEN
from deeprage.factorised.certainty import CellKind
from deeprage.training.schemas import Edges, Names, PromoterLength

_Positive = Annotated[int, Field(ge=1, le=10_000_000)]
_NotNegative = Annotated[int, Field(ge=0, le=10_000_000)]
_Two = Annotated[list[float], Field(min_length=2, max_length=2)]


class _Promoter(TypedDict):
    """How promoters are read."""

    bins: _Positive
    composition: Annotated[int, Field(ge=0, le=8)]
    window: _Positive
    word_window: _Positive


class _Mixture(TypedDict):
    """Penalty and width of both ridges, and their weights."""

    over_conditions: _Two
    over_genes: _Two
    weights: _Two


class FactorisedModel(TypedDict):
    """`model.json` of deeprage-f."""

    model: str
    promoter_length: PromoterLength
    regulators: Names
    genes: Names
    conditions: Names
    edges: Edges
    relative: bool
    trees: Annotated[int, Field(ge=0, le=10_000)]
    promoter: _Promoter
    mixture: _Mixture
    kinds_of_cell: dict[str, str]


class _Array(NamedTuple):
    """Type of an array, and its dimensions: numbers, or letters that stand for one number each."""

    dtype: str
    shape: tuple[str | int, ...]


_ARRAYS = {
    "promoters": _Array("int8", ("genes", "promoter")),
    "seen_genes": _Array("int64", ("seen genes",)),
    "seen_conditions": _Array("int64", ("seen conditions",)),
    "taught": _Array("bool", ("seen genes",)),
    "predicted": _Array("float32", ("genes", "conditions")),
    "kinds": _Array("int8", ("genes", "conditions")),
    "noise": _Array("float32", ("conditions",)),
    "promoter_scores": _Array("float64", ("genes", "factors")),
    "conditions.values": _Array("float32", ("rows", "seen conditions")),
    "conditions.levels": _Array("float32", ("seen conditions", "regulators")),
    "conditions.regulator_rows": _Array("int64", ("known regulators",)),
    "conditions.regulator_slots": _Array("int64", ("known regulators",)),
    "conditions.extra": _Array("int64", (1,)),
    "factors.mean": _Array("float64", ("seen conditions",)),
    "factors.loadings": _Array("float64", ("seen conditions", "factors")),
    "motifs.log_odds": _Array("float32", (4, "motif positions")),
    "motifs.widths": _Array("int64", ("motifs",)),
    "scorer.rounds": _Array("int64", ("factors",)),
    "scorer.share": _Array("float64", ("factors",)),
    "scorer.dual": _Array("float64", ("teachers", "factors")),
    "scorer.offset": _Array("float64", ("factors",)),
}
_CODING = _Array("int8", ("genes", "coding"))
#: Arrays without a NaN; levels and noise are unknown in places.
_FINITE = (
    *("predicted", "promoter_scores", "conditions.values", "factors.mean", "factors.loadings"),
    *("scorer.share", "scorer.dual", "scorer.offset"),
)


def check_arrays(about: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Raise a ValueError unless the arrays are those that `about` (`FactorisedModel`) describes."""
    sizes: dict[str, int] = {
        "genes": len(about["genes"]),
        "conditions": len(about["conditions"]),
        "regulators": len(about["regulators"]),
        "promoter": about["promoter_length"],
        "factors": about["trees"],
    }
    expected = dict(_ARRAYS)
    if "coding" in arrays:
        expected["coding"] = _CODING
    for kind in about["kinds_of_cell"]:
        if kind not in CellKind.__members__:
            raise ValueError(f"there is no kind of cell {kind!r}")
        noise = ["noise"] * (f"errors.{kind}.noise" in arrays)
        for part in ("predicted", "truth", *noise):
            expected[f"errors.{kind}.{part}"] = _Array("float32", (f"errors of {kind}",))
    for name, array in expected.items():
        _check_one(name, arrays, array, sizes)
    _check_values(arrays, sizes)


def _check_one(
    name: str, arrays: Mapping[str, NDArray[Any]], expected: _Array, sizes: dict[str, int]
) -> None:
    """Type and shape of one array; a size that is not known yet is that of this array."""
    if name not in arrays:
        raise ValueError(f"there is no array {name!r}")
    array = arrays[name]
    if array.dtype != np.dtype(expected.dtype) or array.ndim != len(expected.shape):
        raise ValueError(f"{name!r} is {array.dtype} of the shape {array.shape}")
    for size, part in zip(array.shape, expected.shape, strict=True):
        wanted = part if isinstance(part, int) else sizes.setdefault(part, size)
        if size != wanted:
            raise ValueError(
                f"{name!r} has the shape {array.shape}, with {size} {part} of {wanted}"
            )


def _check_values(arrays: Mapping[str, NDArray[Any]], sizes: Mapping[str, int]) -> None:
    errors = [name for name in arrays if name.startswith("errors.") and "noise" not in name]
    for name in (*_FINITE, *errors):
        if not np.isfinite(arrays[name]).all():
            raise ValueError(f"{name!r} has a value that is not finite")
    _check_range(arrays, "kinds", len(CellKind))
    for name in ("promoters", "coding"):
        if name in arrays:
            _check_range(arrays, name, N_TOKEN + 1)
    for name, below, rising in (
        ("seen_genes", sizes["genes"], True),
        ("seen_conditions", sizes["conditions"], True),
        ("conditions.regulator_rows", sizes["rows"], False),
        ("conditions.regulator_slots", sizes["regulators"], False),
    ):
        _check_range(arrays, name, below)
        if rising and (np.diff(arrays[name]) <= 0).any():
            raise ValueError(f"{name!r} is not in rising order")
    if int(arrays["taught"].sum()) != sizes["teachers"]:
        raise ValueError("the ridge is of another number of genes than were used")
    if int(arrays["conditions.extra"][0]) != sizes["rows"] - sizes["seen genes"]:
        raise ValueError("the profiles are of another number of genes than were seen")
    widths = arrays["motifs.widths"]
    if (widths < 1).any() or int(widths.sum()) != sizes["motif positions"]:
        raise ValueError("the motifs have other widths than their scores")
    if (arrays["scorer.rounds"] < 0).any():
        raise ValueError("a factor has a negative number of trees")


def _check_range(arrays: Mapping[str, NDArray[Any]], name: str, below: int) -> None:
    values = arrays[name]
    if ((values < 0) | (values >= below)).any():
        raise ValueError(f"{name!r} has a number outside 0 to {below - 1}")
