"""Regulator-target scores checked against a known network, beside simple scores and chance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from deeprage.data.regulatory_network import AlignedNetwork
from deeprage.interpretation.link_scores import (
    LinkScores,
    Mask,
    Ranking,
    rewired,
    score_regulators,
    shuffled,
)
from deeprage.interpretation.targets import Links

#: Random networks and random orders that a score is compared with.
DEFAULT_ROUNDS = 20


class Interval(NamedTuple):
    """Mean and central 95 % of a null."""

    mean: float
    low: float
    high: float


class CheckedScore(NamedTuple):
    """One score on one set of regulators.

    Attributes:
        score: its name.
        regulators: how many regulators of the network it is tested on.
        with_motif: whether these are only the ones with a known motif.
        found: over all their pairs.
        mean_aupr, mean_auroc: means over regulators that have enough known targets.
        rewired: AUPR against random networks in which every gene and every regulator keeps its
            number of edges; what is above it is not explained by popular genes.
        shuffled: AUPR of the scores in random order.
        sign: of the known edges whose sign is known and whose score is above 0, the share with the
            right sign; only for the score that has signs.
    """

    score: str
    regulators: int
    with_motif: bool
    found: LinkScores
    mean_aupr: float
    mean_auroc: float
    rewired: Interval | None
    shuffled: Interval | None
    sign: float | None


class Checked(NamedTuple):
    """All scores against one network.

    Attributes:
        table: the scores, first on the regulators with a motif, then on all.
        regulators: places of the regulators that are tested, intp (N,).
        edge, candidate: bool (G, N), of the links' genes.
        by_regulator: by name of score, the scores of each of the N regulators.
    """

    table: list[CheckedScore]
    regulators: NDArray[np.intp]
    edge: Mask
    candidate: Mask
    by_regulator: dict[str, list[LinkScores | None]]


def check_links(
    links: Links,
    network: AlignedNetwork,
    *,
    rng: np.random.Generator,
    rounds: int = DEFAULT_ROUNDS,
) -> Checked:
    """Compare every score with a network, on the genes with a promoter.

    Self-edges are no candidates. A score that needs a motif is tested on the regulators that have
    one; the others both there and on all regulators of the network.

    Args:
        rounds: of each null; 0 leaves them out.
    """
    slots = network.regulators
    edge, candidate = network.edge[links.genes], network.candidate[links.genes]
    sign = network.sign[links.genes]
    scores = {name: values[:, slots] for name, values in links.scores.items()}
    having = (links.sites[:, slots] >= 0).any(axis=0)
    every = np.ones(len(slots), dtype=bool)
    sets = [having] if having.any() else []
    if not having.all():
        sets.append(every)
    table = []
    for members in sets:
        part = np.flatnonzero(members)
        truth, pairs = edge[:, part], candidate[:, part]
        nulls = [rewired(truth, pairs, rng) for _ in range(rounds)]
        for name, values in scores.items():
            if np.isnan(values[:, part]).any():
                continue
            agreed = None
            if name == links.score:
                known = sign[:, part]
                agreed = _sign_agreement(links.sign[:, slots][:, part], known, values[:, part])
            table.append(
                _checked(name, values[:, part], truth, pairs, nulls, rng, members is having, agreed)
            )
    by_regulator = {
        name: score_regulators(np.nan_to_num(values), edge, candidate)
        for name, values in scores.items()
    }
    return Checked(table, slots, edge, candidate, by_regulator)


def _checked(
    name: str,
    scores: NDArray[np.float32],
    edge: Mask,
    candidate: Mask,
    nulls: list[Mask],
    rng: np.random.Generator,
    with_motif: bool,
    sign: float | None,
) -> CheckedScore:
    ranking = Ranking(scores, candidate)
    each = [
        one
        for one in score_regulators(scores, edge, candidate)
        if one is not None and one.edges < one.pairs
    ]
    in_disorder = [
        Ranking(shuffled(scores, candidate, rng), candidate).score(edge).aupr
        for _ in range(min(len(nulls), 3))
    ]
    return CheckedScore(
        score=name,
        regulators=scores.shape[1],
        with_motif=with_motif,
        found=ranking.score(edge),
        mean_aupr=float(np.mean([one.aupr for one in each])) if each else float("nan"),
        mean_auroc=float(np.mean([one.auroc for one in each])) if each else float("nan"),
        rewired=_interval([ranking.score(null).aupr for null in nulls]),
        shuffled=_interval(in_disorder),
        sign=sign,
    )


def _interval(values: Sequence[float]) -> Interval | None:
    if not values:
        return None
    low, high = np.percentile(values, [2.5, 97.5])
    return Interval(float(np.mean(values)), float(low), float(high))


def _sign_agreement(
    said: NDArray[np.int8], known: NDArray[np.int8], scores: NDArray[np.float32]
) -> float | None:
    both = (known != 0) & (said != 0) & (scores > 0)
    return float((said[both] == known[both]).mean()) if both.any() else None


def as_json(one: CheckedScore) -> dict[str, Any]:
    """A score as plain data; what is not defined is None."""
    plain = one._asdict() | one.found._asdict()
    del plain["found"]
    for key in ("rewired", "shuffled"):
        interval: Interval | None = plain[key]
        plain[key] = None if interval is None else interval._asdict()
    return {
        key: None if isinstance(value, float) and np.isnan(value) else value
        for key, value in plain.items()
    }
