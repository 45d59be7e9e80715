"""`motifs.json`, as `deeprage motifs` writes it."""

from __future__ import annotations

from typing import Annotated, NotRequired

from pydantic import AfterValidator, Field
from typing_extensions import TypedDict

from deeprage.schema import Count, FileName, Share, Whole

#: Positions of a motif; what is wider is no motif.
_WIDEST = 2000


def _rectangular(table: list[list[float]]) -> list[list[float]]:
    widths = {len(row) for row in table}
    if len(table) != 4 or len(widths) != 1 or not 0 < min(widths) <= _WIDEST:
        raise ValueError("should have four rows of letter frequencies of one length")
    return table


def _between(values: list[float]) -> list[float]:
    if len(values) != 4 or min(values) <= 0:
        raise ValueError("should be the frequencies of A, C, G and T, none of them 0")
    return values


Frequencies = Annotated[list[list[Share]], AfterValidator(_rectangular)]
Background = Annotated[list[Share], AfterValidator(_between)]
Probability = Annotated[float, Field(gt=0, le=1)]


class Null(TypedDict):
    """The same count of shuffled motifs."""

    matched: float
    distinct_matched: float
    factors: float
    best_p: list[Probability]


class Summary(TypedDict):
    """How many match."""

    active: Count
    matched: Count
    distinct: Count
    distinct_matched: Count
    factors: list[str]
    beyond_chance: Count
    distinct_beyond_chance: Count
    column_null: Null | None


class FilterSummary(Summary):
    """Of filters, with filters in random order beside them."""

    filters: Annotated[int, Field(ge=1, le=2**53)]
    filter_null: Null | None


class Match(TypedDict):
    """A known motif, as the filter sees it."""

    name: str
    symbol: str
    p: Probability
    q: Share
    offset: Annotated[int, Field(ge=-_WIDEST, le=_WIDEST)]
    pwm: Frequencies


class Motif(TypedDict):
    """What filters and patterns have in common."""

    filter: str
    group: Whole
    bits: float
    consensus: str
    pwm: Frequencies
    q_chance: float | None
    matches: Annotated[list[Match], Field(min_length=1)]


class Filter(Motif):
    """A filter that is active."""

    fires: float
    distance: float | None
    profile: Annotated[list[Count], Field(min_length=1, max_length=_WIDEST)]


class SilentFilter(TypedDict):
    """A filter that is never active has no motif."""

    filter: str
    matches: NotRequired[Annotated[list[Match], Field(max_length=0)]]


class Pattern(Motif):
    """A pattern that motif discovery found in contributions."""

    windows: Count
    raises: bool


class Patterns(TypedDict):
    """All patterns."""

    summary: Summary
    entries: list[Pattern]


class Options(TypedDict):
    """How the motifs were made."""

    q: Share
    best: Count
    threshold: float | None


class Motifs(TypedDict):
    """The whole file."""

    options: Options
    sources: dict[FileName, Count]
    summary: FilterSummary | None
    filters: list[Filter | SilentFilter]
    patterns: Patterns | None
    background: NotRequired[Background]
    promoters: NotRequired[Count]


def _consistent(content: Motifs) -> Motifs:
    if content["summary"] is None and content["patterns"] is None:
        return content
    if "background" not in content:
        raise ValueError("should give the background of its motifs")
    if content["summary"] is not None and "promoters" not in content:
        raise ValueError("should give the number of promoters")
    return content


MotifsFile = Annotated[Motifs, AfterValidator(_consistent)]
