"""Which factor a filter stands for: that of the known motif which its own motif matches best."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NotRequired

from typing_extensions import TypedDict

from deeprage.data.motif_names import factors
from deeprage.interpretation.known_targets import KnownTargets


class _Match(TypedDict):
    symbol: str
    q: float


class _Filter(TypedDict):
    filter: str
    matches: NotRequired[list[_Match]]


class MatchedFilters(TypedDict):
    """What is read of `motifs.json`; a filter that is never active has no matches."""

    filters: list[_Filter]


def matched_factors(motifs: MatchedFilters, *, q: float = 0.1) -> dict[str, list[tuple[str, ...]]]:
    """Factors of each matched filter's known motifs, the best match first.

    Args:
        motifs: content of a run's `motifs.json`, which holds a few best matches of each filter.
        q: matches count below it.
    """
    found = {
        entry["filter"]: [
            factors(match["symbol"]) for match in entry.get("matches", ()) if match["q"] < q
        ]
        for entry in motifs["filters"]
    }
    return {name: matches for name, matches in found.items() if matches}


def factor_meant(matches: Sequence[tuple[str, ...]], known: KnownTargets | None) -> tuple[str, ...]:
    """The factors of the best match; with known targets, of the best match that has any.

    Several factors share a motif (AGGGG), and a network may know one of them alone.
    """
    for names in matches:
        if known_slots(names, known):
            return names
    return matches[0] if matches else ()


def known_slots(names: Sequence[str], known: KnownTargets | None) -> list[int]:
    """Places of the factors whose targets are known."""
    if known is None:
        return []
    return [slot for name in names if (slot := known.slot(name)) is not None]
