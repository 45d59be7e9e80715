"""A simulated compendium whose every cause is known.

Regulator levels run smoothly through each series of conditions. A gene follows the regulators
whose motifs were planted in its promoter:

    expression[g, c] = sum over regulators r with a motif in g of strength[r] * level[r, c]
                     + sum over pairs (a, b) with both motifs in g of
                       strength[a, b] * max(0, min(level[a, c], level[b, c]))
                     + noise

A negative strength is repression; the second sum is AND logic: the gene responds only where both
levels are raised. Regulators are genes too: their rows are their levels, their promoters are
background. Permute the promoters over the genes and nothing is left to learn from sequence.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deeprage.data.dna import reverse_complement
from deeprage.data.motifs import Motif
from deeprage.errors import DeepRageError

_LETTERS = 4
#: Motifs drawn in vain, one after the other, before giving up.
_MOST_FAILURES = 500


@dataclass(frozen=True, kw_only=True)
class SimulationOptions:
    """The size and difficulty of a simulated compendium.

    Attributes:
        genes: targets (the regulators come on top).
        conditions, series: columns, and the number of series they are divided into.
        regulators: each has one motif of its own.
        promoter_length: base pairs.
        motif_width: base pairs of each motif.
        motifs_per_gene: mean number of motifs planted in a target's promoter (Poisson).
        and_pairs: pairs of regulators with AND logic; a tenth of the targets gets each pair.
        gc: share of G and C in the background, 0 to 1.
        sharpness: probability of the consensus letter at each position of a motif, 0.25 to 1.
        noise: standard deviation of the noise, log2 units (levels have about 1).
        missing: share of cells left blank, 0 to 0.9.
        seed: of the one random generator.
    """

    genes: int = 1000
    conditions: int = 96
    series: int = 12
    regulators: int = 24
    promoter_length: int = 500
    motif_width: int = 10
    motifs_per_gene: float = 2.0
    and_pairs: int = 4
    gc: float = 0.4
    sharpness: float = 0.97
    noise: float = 0.3
    missing: float = 0.03
    seed: int = 0

    def __post_init__(self) -> None:
        """Raise a `DeepRageError` for the first option out of its range."""
        pairs = self.regulators * (self.regulators - 1) // 2
        ranges: dict[str, tuple[float, float]] = {
            "genes": (1, 10**6),
            "conditions": (2, 10**5),
            "series": (1, self.conditions),
            "regulators": (1, 10**4),
            "motif_width": (6, 30),
            "promoter_length": (4 * self.motif_width, 10**5),
            "motifs_per_gene": (0, self.promoter_length / (4 * max(self.motif_width, 1))),
            "and_pairs": (0, pairs),
            "gc": (0, 1),
            "sharpness": (0.25, 1),
            "noise": (0, 100),
            "missing": (0, 0.9),
            "seed": (0, 2**63),
        }
        for name, (low, high) in ranges.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise DeepRageError(
                    f"the option {name} of a simulated data set is {value:g}; choose a number "
                    f"from {low:g} to {high:g}."
                )


@dataclass(frozen=True)
class Site:
    """One planted motif.

    Attributes:
        regulator: row of the regulator.
        gene: row of the target among the targets.
        position: first base pair, from 0 at the promoter's 5' end.
        forward: whether the motif is on the promoter's own strand.
    """

    regulator: int
    gene: int
    position: int
    forward: bool


@dataclass(frozen=True, eq=False)
class Simulation:
    """What was simulated, with its causes.

    Attributes:
        motifs: one a regulator.
        strength: float64 (R,).
        pairs: regulators (a, b) with AND logic, a < b.
        pair_strength: float64, one a pair.
        levels: float64 (R, C) log2.
        sites: planted motifs.
        promoters: int8 (R + G, L), regulators first.
        signal: float64 (G, C) expression of the targets before noise.
        expression: float64 (R + G, C), NaN where missing, regulators first.
        series: number of the series of each condition.
    """

    options: SimulationOptions
    motifs: list[Motif]
    strength: NDArray[np.float64]
    pairs: list[tuple[int, int]]
    pair_strength: NDArray[np.float64]
    levels: NDArray[np.float64]
    sites: list[Site]
    promoters: NDArray[np.int8]
    signal: NDArray[np.float64]
    expression: NDArray[np.float64]
    series: NDArray[np.intp]


def simulate(options: SimulationOptions) -> Simulation:
    """Draw a compendium; the same options give the same one, to the bit."""
    rng = np.random.default_rng(options.seed)
    motifs = _draw_motifs(options, rng)
    strength = _draw_strengths(options.regulators, rng)
    pairs = _draw_pairs(options, rng)
    pair_strength = _draw_strengths(len(pairs), rng)
    series = np.arange(options.conditions) * options.series // options.conditions
    levels = _draw_levels(series, options.regulators, rng)
    present = _draw_presence(options, pairs, rng)
    promoters, sites = _draw_promoters(options, motifs, present, rng)
    signal = present @ (strength[:, None] * levels)
    for (first, second), weight in zip(pairs, pair_strength, strict=True):
        both = present[:, first] & present[:, second]
        joint = np.maximum(0, np.minimum(levels[first], levels[second]))
        signal += both[:, None] * weight * joint
    measured = signal + rng.normal(0, options.noise, signal.shape)
    # A target without a motif and without noise would be constant, which no compendium may be.
    measured += rng.normal(0, 1e-6, signal.shape)
    expression = _blank(np.vstack([levels, measured]), options.missing, rng)
    return Simulation(
        options, motifs, strength, pairs, pair_strength, levels, sites, promoters, signal,
        expression, series,
    )  # fmt: skip


def _draw_motifs(options: SimulationOptions, rng: np.random.Generator) -> list[Motif]:
    """Motifs whose consensus differs from every other, on either strand, in a third or more."""
    apart = -(-options.motif_width // 3)
    chosen: NDArray[np.int8] = np.empty((0, options.motif_width), dtype=np.int8)
    failures = 0
    while len(chosen) < options.regulators:
        candidate = rng.integers(0, _LETTERS, options.motif_width).astype(np.int8)
        both_strands = np.stack([candidate, reverse_complement(candidate)])
        if (chosen[:, None] != both_strands).sum(axis=2).min(initial=options.motif_width) >= apart:
            chosen = np.vstack([chosen, candidate])
            failures = 0
        elif (failures := failures + 1) == _MOST_FAILURES:
            raise DeepRageError(
                f"{options.regulators} distinct motifs of width {options.motif_width} could not be "
                "found: choose a larger motif_width or fewer regulators."
            )
    other = (1 - options.sharpness) / (_LETTERS - 1)
    return [
        Motif(
            f"planted_{number + 1:03d}",
            f"REG{number + 1:03d}",
            np.where(np.arange(_LETTERS)[:, None] == consensus, options.sharpness, other),
        )
        for number, consensus in enumerate(chosen)
    ]


def _draw_strengths(count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    sizes: NDArray[np.float64] = rng.uniform(0.5, 1.5, count) * rng.choice([-1.0, 1.0], count)
    return sizes


def _draw_pairs(options: SimulationOptions, rng: np.random.Generator) -> list[tuple[int, int]]:
    rows, columns = np.triu_indices(options.regulators, k=1)
    chosen = rng.choice(len(rows), options.and_pairs, replace=False)
    return [(int(rows[at]), int(columns[at])) for at in chosen]


def _draw_levels(
    series: NDArray[np.intp], regulators: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Levels (R, C): in each series a random walk that forgets; variance 1."""
    keep = 0.7
    levels = np.empty((regulators, len(series)))
    for column in range(len(series)):
        fresh = rng.normal(0, 1, regulators)
        goes_on = column > 0 and series[column] == series[column - 1]
        before = levels[:, column - 1]
        levels[:, column] = keep * before + np.sqrt(1 - keep**2) * fresh if goes_on else fresh
    return levels


def _draw_presence(
    options: SimulationOptions, pairs: list[tuple[int, int]], rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Which motifs each target's promoter has, (G, R)."""
    share = min(1.0, options.motifs_per_gene / options.regulators)
    present = rng.random((options.genes, options.regulators)) < share
    for pair in pairs:
        having = rng.random(options.genes) < 0.1
        present[np.ix_(having, np.array(pair))] = True
    # No more than fill half of the promoter, so that places are found.
    most = options.promoter_length // (2 * options.motif_width)
    for gene in np.flatnonzero(present.sum(axis=1) > most):
        surplus = np.flatnonzero(present[gene])
        present[gene, rng.choice(surplus, len(surplus) - most, replace=False)] = False
    return present


def _draw_promoters(
    options: SimulationOptions,
    motifs: list[Motif],
    present: NDArray[np.bool_],
    rng: np.random.Generator,
) -> tuple[NDArray[np.int8], list[Site]]:
    at, gc = (1 - options.gc) / 2, options.gc / 2
    shape = (options.regulators + options.genes, options.promoter_length)
    promoters = rng.choice(_LETTERS, shape, p=[at, gc, gc, at]).astype(np.int8)
    sites = []
    for gene, row in enumerate(present):
        found = np.flatnonzero(row)
        places = _draw_places(len(found), options, rng)
        for regulator, place in zip(found, places, strict=True):
            site = Site(int(regulator), gene, int(place), bool(rng.random() < 0.5))
            drawn = _draw_word(motifs[regulator], rng)
            promoters[options.regulators + gene, place : place + len(drawn)] = (
                drawn if site.forward else reverse_complement(drawn)
            )
            sites.append(site)
    return promoters, sites


def _draw_places(
    count: int, options: SimulationOptions, rng: np.random.Generator
) -> NDArray[np.intp]:
    """Starts of `count` words that do not overlap, in random order, evenly over all ways."""
    free = options.promoter_length - count * options.motif_width
    gaps = np.sort(rng.choice(free + count, count, replace=False))
    starts = gaps + np.arange(count) * (options.motif_width - 1)
    return np.asarray(rng.permutation(starts), dtype=np.intp)


def _draw_word(motif: Motif, rng: np.random.Generator) -> NDArray[np.int8]:
    above = rng.random(motif.width) > np.cumsum(motif.probabilities, axis=0)[:-1]
    word: NDArray[np.int8] = above.sum(axis=0).astype(np.int8)
    return word


def _blank(
    values: NDArray[np.float64], share: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """The values with a share of cells NaN, but at least two left in each row and column."""
    hidden = rng.random(values.shape) < share
    for row in np.flatnonzero((~hidden).sum(axis=1) < 2):
        hidden[row, :2] = False
    hidden[0, (~hidden).sum(axis=0) < 1] = False
    return np.where(hidden, np.nan, values)
