"""The motifs of a model's first layer: found, compared with known ones, counted against chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deeprage.data.motif_names import factors
from deeprage.data.motifs import Motif, letter_frequencies
from deeprage.errors import DeepRageError
from deeprage.interpretation.filter_scan import FilterScan, scan_filters
from deeprage.interpretation.model import Filters
from deeprage.interpretation.pwm import cut, information, informative_span, motif_from_counts
from deeprage.interpretation.redundancy import groups, representatives
from deeprage.interpretation.tomtom import Matches, compare


@dataclass(frozen=True, kw_only=True)
class MotifOptions:
    """How motifs are made and matched.

    Attributes:
        best: windows with the largest activations that make a PWM.
        threshold: instead, all windows above this share of the filter's largest activation.
        least_bits: positions with less information are cut from both ends of a PWM.
        q: a filter is matched when its best q-value is below this.
        rounds: times that the columns of all PWMs are shuffled for the null; the filters
            themselves are shuffled, and read the promoters again, `filter_rounds` times.
        seed: of the shuffling.
    """

    best: int = 100
    threshold: float | None = None
    least_bits: float = 0.25
    q: float = 0.1
    rounds: int = 10
    filter_rounds: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        """Raise a `DeepRageError` for a value out of range; the scan checks its own."""
        if not 0 < self.q <= 1:
            raise DeepRageError(f"q must be above 0 up to 1, got {self.q}.")
        if self.rounds < 0 or self.filter_rounds < 0:
            least = min(self.rounds, self.filter_rounds)
            raise DeepRageError(f"the rounds of a null must be 0 or more, got {least}.")


@dataclass(frozen=True, eq=False)
class FilterMotifs:
    """One motif a filter that is ever active.

    Attributes:
        filters: intp (M,), number of each motif's filter.
        motifs: trimmed to their informative positions, named after their filter.
        spans: (start, end) of each within its filter.
        bits: float64 (M,), information of each trimmed motif.
        group: intp (M,), which motifs are the same.
        representative: bool (M,), the most informative of each group.
    """

    filters: NDArray[np.intp]
    motifs: list[Motif]
    spans: list[tuple[int, int]]
    bits: NDArray[np.float64]
    group: NDArray[np.intp]
    representative: NDArray[np.bool_]


class Counted(NamedTuple):
    """How many motifs match a known one.

    Attributes:
        matched: motifs whose best q-value is below the option's.
        distinct: groups of motifs.
        distinct_matched: groups whose representative is matched.
        factors: upper-case names of those that a matched motif fits best.
        best_p: float64 (M,), the smallest p-value of each motif.
    """

    matched: int
    distinct: int
    distinct_matched: int
    factors: tuple[str, ...]
    best_p: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Matched:
    """Motifs, and how they compare with known ones.

    Attributes:
        found: M motifs.
        targets: T known motifs.
        matches: of the M motifs with the T targets.
        counted: at the q-value of the options.
        column_null: the same counts with the columns of every motif shuffled, one a round.
        q_chance: float64 (M,), see `chance_q`; NaN without rounds.
        background: letter frequencies of the promoters, (4,).
    """

    found: FilterMotifs
    targets: Sequence[Motif]
    matches: Matches
    counted: Counted
    column_null: list[Counted]
    q_chance: NDArray[np.float64]
    background: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class MotifResult(Matched):
    """Everything that is found about the filters of a model.

    Attributes:
        options: as given.
        names: of all F filters.
        scan: of all F filters.
        filter_null: counts for shuffled filters that read the promoters again, one a round.
        promoters: how many different ones were scanned.
    """

    options: MotifOptions
    names: list[str]
    scan: FilterScan
    filter_null: list[Counted]
    promoters: int


def find_motifs(
    filters: Filters,
    promoters: NDArray[np.int8],
    targets: Sequence[Motif],
    options: MotifOptions | None = None,
) -> MotifResult:
    """The motif of each filter, its best match, and how many matches shuffled filters have.

    Args:
        promoters: tokens (G, L) of the training promoters.
        targets: known motifs.

    Raises:
        DeepRageError: no filter is ever active, or what `scan_filters` and `compare` raise.
    """
    options = options or MotifOptions()
    if filters.window is not None:
        promoters = promoters[:, -filters.window :]
    promoters = np.unique(promoters, axis=0)
    background = letter_frequencies(promoters)
    scan = scan_filters(filters, promoters, best=options.best, threshold=options.threshold)
    found = make_motifs(scan, background, filters.names, least_bits=options.least_bits)
    if not found.motifs:
        raise DeepRageError(
            f"none of the {len(filters)} filters is ever active on the training promoters, so "
            "there are no motifs: train longer or with a lower learning rate."
        )
    rng = np.random.default_rng(options.seed)
    matched = match_motifs(found, targets, background, options, rng)
    filter_null = [
        _count_shuffled(filters, promoters, targets, background, options, rng)
        for _ in range(options.filter_rounds)
    ]
    return MotifResult(
        **vars(matched),
        options=options,
        names=filters.names,
        scan=scan,
        filter_null=filter_null,
        promoters=len(promoters),
    )


def match_motifs(
    found: FilterMotifs,
    targets: Sequence[Motif],
    background: NDArray[np.float64],
    options: MotifOptions,
    rng: np.random.Generator,
) -> Matched:
    """Compare motifs with known ones, and count how many match when their columns are shuffled."""
    matches = compare(found.motifs, targets)
    column_null = [
        _count_again(
            [_permuted(motif, rng) for motif in found.motifs], targets, found.bits, options
        )
        for _ in range(options.rounds)
    ]
    counted = count(found.group, found.representative, matches, targets, q=options.q)
    return Matched(
        found=found,
        targets=targets,
        matches=matches,
        counted=counted,
        column_null=column_null,
        q_chance=chance_q(counted.best_p, [round_.best_p for round_ in column_null]),
        background=background,
    )


def make_motifs(
    scan: FilterScan, background: NDArray[np.float64], names: Sequence[str], *, least_bits: float
) -> FilterMotifs:
    """Motifs from counted windows, trimmed and grouped."""
    active = np.flatnonzero(scan.windows)
    counts = [scan.counts[number] for number in active]
    chosen = [names[int(number)] for number in active]
    return motifs_of_counts(counts, background, chosen, numbers=active, least_bits=least_bits)


def motifs_of_counts(
    counts: Sequence[NDArray[np.float64]],
    background: NDArray[np.float64],
    names: Sequence[str],
    *,
    numbers: NDArray[np.intp],
    least_bits: float,
) -> FilterMotifs:
    """Motifs from letter counts (4, width), trimmed and grouped; `numbers` say where from."""
    whole = [
        motif_from_counts(one, background, name=name)
        for one, name in zip(counts, names, strict=True)
    ]
    spans = [informative_span(motif, background, least=least_bits) for motif in whole]
    motifs = [cut(motif, *span) for motif, span in zip(whole, spans, strict=True)]
    bits = np.array([information(motif, background).sum() for motif in motifs])
    group = groups(motifs) if motifs else np.zeros(0, dtype=np.intp)
    return FilterMotifs(numbers, motifs, spans, bits, group, representatives(group, bits))


def count(
    group: NDArray[np.intp],
    representative: NDArray[np.bool_],
    matches: Matches,
    targets: Sequence[Motif],
    *,
    q: float,
) -> Counted:
    """Count matched motifs, matched groups (by their representative) and matched factors.

    A factor counts when it is the best match of a matched motif.
    """
    matched = matches.best_q < q
    best = {name for at in matches.best[matched] for name in factors(targets[int(at)].symbol)}
    return Counted(
        matched=int(matched.sum()),
        distinct=len(np.unique(group)),
        distinct_matched=int((matched & representative).sum()),
        factors=tuple(sorted(best)),
        best_p=matches.p.min(axis=1),
    )


def chance_q(
    best_p: NDArray[np.float64], shuffled: Sequence[NDArray[np.float64]]
) -> NDArray[np.float64]:
    """False discovery rate (M,) of taking all motifs that match at least as well, measured.

    It is how many shuffled motifs a round match as well, over how many real ones do. Tomtom's own
    p-values take a known motif's positions as independent draws; for long motifs of a network
    they are too small by far, which this does not depend on.

    Args:
        best_p: the smallest p-value of each real motif, (M,).
        shuffled: the same of the shuffled motifs, one array a round.
    """
    if not len(shuffled):
        return np.full(len(best_p), np.nan)
    chance = np.sort(np.concatenate(shuffled))
    order = np.argsort(best_p)
    as_good = np.searchsorted(chance, best_p[order], side="right") / len(shuffled)
    as_real = np.searchsorted(best_p[order], best_p[order], side="right")
    rate = np.minimum(as_good / as_real, 1.0)
    found = np.empty(len(best_p))
    found[order] = np.minimum.accumulate(rate[::-1])[::-1]
    return found


def shuffled_filters(filters: Filters, rng: np.random.Generator) -> Filters:
    """The filters with their positions in random order, each in its own."""
    order = np.argsort(rng.random((len(filters), 1, filters.width)), axis=2)
    return replace(filters, weight=np.take_along_axis(filters.weight, order, axis=2))


def _permuted(motif: Motif, rng: np.random.Generator) -> Motif:
    order = rng.permutation(motif.width)
    return Motif(motif.name, motif.symbol, np.ascontiguousarray(motif.probabilities[:, order]))


def _count_again(
    motifs: list[Motif],
    targets: Sequence[Motif],
    bits: NDArray[np.float64],
    options: MotifOptions,
) -> Counted:
    group = groups(motifs)
    matches = compare(motifs, targets)
    return count(group, representatives(group, bits), matches, targets, q=options.q)


def _count_shuffled(
    filters: Filters,
    promoters: NDArray[np.int8],
    targets: Sequence[Motif],
    background: NDArray[np.float64],
    options: MotifOptions,
    rng: np.random.Generator,
) -> Counted:
    shuffled = shuffled_filters(filters, rng)
    scan = scan_filters(
        shuffled, promoters, best=options.best, threshold=options.threshold, firing=False
    )
    found = make_motifs(scan, background, filters.names, least_bits=options.least_bits)
    if not found.motifs:
        return Counted(0, 0, 0, (), np.zeros(0))
    matches = compare(found.motifs, targets)
    return count(found.group, found.representative, matches, targets, q=options.q)
