"""Which regulator acts on which gene, as a model sees it: scores, signs and q-values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.stats import false_discovery_control

from deeprage.data.compendium import Compendium
from deeprage.data.motif_names import motif_owners
from deeprage.data.motifs import Motif, letter_frequencies
from deeprage.data.split import Split, visible
from deeprage.errors import DeepRageError, counted, examples, unknown
from deeprage.evaluation.controls import shuffle_dinucleotides
from deeprage.interpretation.activity import site_evidence
from deeprage.interpretation.attribution import Method
from deeprage.interpretation.block_model import BlockModel, Factored
from deeprage.interpretation.deeplift import check_rules
from deeprage.interpretation.factored_effects import (
    Loadings,
    factored_level_effects,
    factored_pair_effects,
    loadings_of,
    steps_of,
)
from deeprage.interpretation.level_attribution import LevelEffects, level_effects
from deeprage.interpretation.model import Differentiable, filled
from deeprage.interpretation.pair_effects import pair_effects
from deeprage.interpretation.regulator_motifs import site_patterns
from deeprage.interpretation.simple_links import (
    correlations,
    motif_occupancy,
    ridge_coefficients,
    with_regulators,
)

Matrix = NDArray[np.float32]

#: Shuffled promoters with sites that a factored model is asked about, for each regulator and round.
MOST_SHUFFLED = 1000
#: What a pair can be scored by, and what it says.
SCORES: dict[str, str] = {
    "mixed": "interaction of the regulator's level with its motif's sites in the promoter",
    "motif": "change when the regulator's motif is masked in the promoter",
    "specific": "the gene's response to the regulator's level, less that of the average gene",
    "level": "contribution of the regulator's level to the gene's prediction",
}
BASELINES: dict[str, str] = {
    "correlation": "|correlation| of the gene with the regulator's level",
    "ridge": "|coefficient| of the regulator ridge",
    "motif scan": "occupancy of the promoter by the regulator's motif, without any model",
    "motif and response": "sites near the gene, whether it follows the motif's activity, and "
    "whether genes that respond alike have the sites; without any model",
}
#: Scores that a regulator without a known motif lacks.
NEED_MOTIF = ("mixed", "motif", "motif scan", "motif and response")


@dataclass(frozen=True, kw_only=True)
class TargetOptions:
    """How pairs are scored.

    Attributes:
        score: one of `SCORES` for the table; None takes `mixed` where there are motifs of
            regulators, else `specific`.
        method: how contributions of levels are measured; None takes gradients where the model
            has them, else mutagenesis.
        most_conditions: training conditions that scores are averaged over, evenly spaced.
        rounds: times that every promoter is shuffled for the null.
        seed: of the shuffling.
    """

    score: str | None = None
    method: Method | None = None
    most_conditions: int = 24
    rounds: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        """Raise a `DeepRageError` for a value out of range."""
        if self.score is not None and self.score not in SCORES:
            raise unknown("score", self.score, SCORES)
        if self.most_conditions < 1 or self.rounds < 0:
            raise DeepRageError(
                "targets need 1 condition or more and 0 rounds or more of the null, got "
                f"{self.most_conditions} and {self.rounds}."
            )


@dataclass(frozen=True, eq=False)
class Links:
    """Scores of G genes by R regulators.

    Attributes:
        genes: rows (G,) of the compendium: those with a promoter.
        scores: float32 (G, R) by name, of `SCORES` and `BASELINES`; larger is likelier; NaN for
            a regulator that a score does not apply to.
        score: the one that the table is made from.
        sign: int8 (G, R), 1 activation, -1 repression, 0 not said.
        p, q: float64 (G, R) of `score`, NaN without rounds of the null. p is the share of
            shuffled promoters, of any gene, with at least the score; q is over a regulator's
            genes (Benjamini and Hochberg).
        sites: intp (G, R), sites of the regulator's motif; -1 without a motif.
        own: bool (G, R), the regulator's own gene, which is no target.
    """

    genes: NDArray[np.intp]
    scores: dict[str, Matrix]
    score: str
    sign: NDArray[np.int8]
    p: NDArray[np.float64]
    q: NDArray[np.float64]
    sites: NDArray[np.intp]
    own: NDArray[np.bool_]


def find_links(
    model: BlockModel,
    compendium: Compendium,
    split: Split,
    motifs: Sequence[Motif],
    options: TargetOptions | None = None,
    *,
    on_step: Callable[[str, int], None] = lambda what, of: None,
    tell: Callable[[str], None] = lambda text: None,
) -> Links:
    """Score every pair of a regulator and a gene with a promoter.

    Args:
        split: its training cells are all that is looked at of the expression.
        motifs: known motifs; those named after a regulator serve; may be empty.
        on_step: called with what is going on and how many steps it has, once a step.
        tell: called with a sentence on what cannot be scored by motifs, before the work.

    Raises:
        DeepRageError: a score that needs motifs without any.
    """
    options = options or TargetOptions()
    rng = np.random.default_rng(options.seed)
    work = _Work(model, compendium, split, motifs, options, on_step, tell)
    genes = np.flatnonzero(compendium.has_promoter)
    promoters = compendium.promoters[genes]
    found = work.of_levels(genes, promoters) | work.of_motifs(genes, promoters)
    chosen = work.score
    scores = {name: found[name] for name in SCORES if name in found} | work.baselines(genes)
    observed = scores[chosen]
    p = np.full(observed.shape, np.nan)
    if options.rounds:
        drawn = []
        for _ in range(options.rounds):
            other = shuffle_dinucleotides(promoters, rng)
            if chosen in NEED_MOTIF:
                shuffled = work.of_motifs(genes, other, most=work.most_shuffled, rng=rng)
            else:
                shuffled = work.of_levels(genes, other)
            drawn.append(_score(shuffled, chosen, found))
        p = p_by_regulator(observed, np.concatenate(drawn))
    own = genes[:, None] == compendium.regulator_rows[None, :]
    p[own] = np.nan
    sign = np.sign(found["signed" if chosen in NEED_MOTIF else "slope"])
    return Links(
        genes=genes,
        scores=scores,
        score=chosen,
        sign=np.nan_to_num(sign).astype(np.int8),
        p=p,
        q=_by_regulator(p),
        sites=work.sites(found),
        own=own,
    )


def p_by_regulator(observed: Matrix, null: Matrix) -> NDArray[np.float64]:
    """Share float64 (G, R) of null scores (N, R) of the same regulator that are at least as large.

    Unlike `nulls.empirical_p` it compares scores as they are. One is added to both counts (Phipson
    and Smyth 2010), so that no p-value is 0. A score of 0 says nothing and has p 1; NaN stays.

    Null scores that are NaN were not looked at: those above 0 stand for them, by the number of
    these and of those, and one more is added to what they count.
    """
    found = np.full(observed.shape, np.nan)
    for column in range(observed.shape[1]):
        values = observed[:, column]
        if np.isnan(values).any():
            continue
        known = ~np.isnan(null[:, column])
        chance = np.sort(null[known, column])
        as_large = (len(chance) - np.searchsorted(chance, values, side="left")).astype(np.float64)
        missing = len(null) - len(chance)
        if missing:
            above = max(int((chance > 0).sum()), 1)
            as_large = (as_large + 1) * (above + missing) / above
        share = np.minimum((1 + as_large) / (1 + len(null)), 1.0)
        found[:, column] = np.where(values > 0, share, 1.0)
    return found


def _by_regulator(p: NDArray[np.float64]) -> NDArray[np.float64]:
    q = np.full(p.shape, np.nan)
    for column in range(p.shape[1]):
        known = ~np.isnan(p[:, column])
        if known.any():
            q[known, column] = false_discovery_control(p[known, column])
    return q


def _score(shuffled: Mapping[str, Matrix], name: str, real: Mapping[str, Matrix]) -> Matrix:
    """A score of shuffled promoters; `specific` is relative to the average real gene."""
    if name != "specific":
        return shuffled[name]
    return _specific(shuffled["slope"], real["slope"], real["spread"])


def _specific(slope: Matrix, of_all: Matrix, spread: Matrix) -> Matrix:
    found: Matrix = np.abs(slope - of_all.mean(axis=0)) * spread[0]
    return found


class _Work:
    """The inputs of all scores."""

    def __init__(
        self,
        model: BlockModel,
        compendium: Compendium,
        split: Split,
        motifs: Sequence[Motif],
        options: TargetOptions,
        on_step: Callable[[str, int], None],
        tell: Callable[[str], None],
    ) -> None:
        self.model, self.compendium, self.split, self.on_step = model, compendium, split, on_step
        owners = motif_owners(motifs, compendium.regulator_names)
        known = owners.by_regulator
        longest = compendium.promoters.shape[1]
        background = letter_frequencies(compendium.promoters[compendium.has_promoter])
        self.patterns = site_patterns(known, background, longest=longest)
        self.motifs = {slot: known[slot] for slot in self.patterns}
        self.score = self._score_of(options, known, len(motifs))
        lost = [compendium.regulator_symbols[slot] for slot in known if slot not in self.patterns]
        if lost:
            tell(
                f"{counted(len(lost), 'regulator')} without sites, since the motifs are too short "
                f"or too wide for promoters of {longest} bp: {examples(lost)}"
            )
        if options.score is None and not known:
            tell(f"no motif of a regulator is known, so links are scored by {self.score!r}")
        self.method: Method = options.method or (
            "gradient" if isinstance(model, Differentiable) else "mutagenesis"
        )
        if self.method == "deeplift":
            check_rules(model)
        seen = filled(model, compendium.regulator_levels[split.train_columns])
        self.low, self.high = np.percentile(seen, [5, 95], axis=0).astype(np.float32)
        self.spread = seen.std(axis=0)[None]
        most = min(options.most_conditions, len(seen))
        self.levels = seen[np.linspace(0, len(seen) - 1, most).round().astype(np.intp)]

    def _score_of(self, options: TargetOptions, known: Mapping[int, object], motifs: int) -> str:
        """The score of the table."""
        wanted = options.score or ("mixed" if known else "specific")
        if wanted not in NEED_MOTIF or self.patterns:
            return wanted
        why = f"none of the {motifs} known motifs is named after one"
        if known:
            why = f"the motifs of {counted(len(known), 'regulator')} are too short or too wide"
        raise DeepRageError(
            f"the score {wanted!r} needs motifs of regulators, and {why}: give another --motifs "
            "file, or --score specific."
        )

    def of_levels(self, genes: NDArray[np.intp], promoters: NDArray[np.int8]) -> dict[str, Matrix]:
        """`level`, `specific`, and what they come from: float32 (G, R), log2; `spread` is (1, R).

        Args:
            genes: rows (G,) of the compendium.
            promoters: tokens int8 (G, L) of these genes, perhaps shuffled.
        """
        effects = self._level_effects(genes, promoters)
        return {
            "level": effects.size,
            "specific": _specific(effects.slope, effects.slope, self.spread),
            "slope": effects.slope,
            "spread": self.spread,
        }

    def _level_effects(self, genes: NDArray[np.intp], promoters: NDArray[np.int8]) -> LevelEffects:
        text = "responses to regulators"
        if self.method == "mutagenesis" and isinstance(self.model, Factored):
            return factored_level_effects(
                self.model,
                genes,
                promoters,
                self.levels,
                on_condition=lambda: self.on_step(text, len(self.levels)),
            )
        steps = self.levels.shape[1] if self.method == "mutagenesis" else len(genes)
        return level_effects(
            self.model,
            genes,
            promoters,
            self.levels,
            method=self.method,
            on_gene=lambda: self.on_step(text, steps),
        )

    @property
    def most_shuffled(self) -> int | None:
        """Shuffled promoters with sites that are looked at for each regulator; None for all."""
        return MOST_SHUFFLED if isinstance(self.model, Factored) else None

    @cached_property
    def _loadings(self) -> Loadings:
        assert isinstance(self.model, Factored)
        return loadings_of(
            self.model,
            self.levels,
            np.array(list(self.patterns), dtype=np.intp),
            low=self.low,
            high=self.high,
            on_condition=lambda: self.on_step("conditions", len(self.levels)),
        )

    def of_motifs(
        self,
        genes: NDArray[np.intp],
        promoters: NDArray[np.int8],
        *,
        most: int | None = None,
        rng: np.random.Generator | None = None,
    ) -> dict[str, Matrix]:
        """`motif`, `mixed` and `signed` (its mean), log2, and the number of `sites`.

        Each float32 (G, R), NaN in the columns of regulators without a motif; empty without motifs.

        Args:
            genes, promoters: as `of_levels`.
            most, rng: see `factored_pair_effects`; of a factored model alone.
        """
        if not self.patterns:
            return {}
        text = "motifs with their regulators"
        if isinstance(self.model, Factored):
            effects = factored_pair_effects(
                self.model,
                genes,
                promoters,
                self.patterns,
                self._loadings,
                most=most,
                rng=rng,
                on_genes=lambda: self.on_step(text, steps_of(len(genes))),
            )
        else:
            effects = pair_effects(
                self.model,
                genes,
                promoters,
                self.levels,
                self.patterns,
                low=self.low,
                high=self.high,
                on_regulator=lambda: self.on_step(text, len(self.patterns)),
            )
        return {
            "motif": self._spread_out(effects.motif),
            "mixed": self._spread_out(effects.mixed),
            "signed": self._spread_out(effects.signed),
            "sites": self._spread_out(effects.sites.astype(np.float32)),
        }

    def baselines(self, genes: NDArray[np.intp]) -> dict[str, Matrix]:
        """|Correlation|, |ridge coefficient| and, where there are motifs, their occupancy.

        Each (G, R) for the rows `genes` (G,), from the visible cells; occupancy has no unit and is
        NaN for regulators without a motif.
        """
        seen = visible(self.compendium, self.split)
        found = {
            "correlation": np.abs(correlations(seen, self.split))[genes],
            "ridge": np.abs(ridge_coefficients(seen, self.split))[genes],
        }
        if self.motifs:
            occupancy = motif_occupancy(self.compendium, self.motifs)[genes]
            found["motif scan"] = self._spread_out(occupancy)
            evidence = site_evidence(*with_regulators(seen, self.split), self.motifs)[genes]
            found["motif and response"] = self._spread_out(evidence)
        return found

    def sites(self, found: Mapping[str, Matrix]) -> NDArray[np.intp]:
        """Number of sites, int (G, R), -1 for regulators without a motif.

        Args:
            found: of `of_levels` and `of_motifs`.
        """
        if "sites" not in found:
            return np.full(found["slope"].shape, -1, dtype=np.intp)
        return np.nan_to_num(found["sites"], nan=-1).astype(np.intp)

    def _spread_out(self, values: Matrix) -> Matrix:
        """Columns (G, N) of the regulators with motifs among all (G, R)."""
        found = np.full((len(values), len(self.compendium.regulators)), np.nan, dtype=np.float32)
        found[:, list(self.patterns)] = values
        return found
