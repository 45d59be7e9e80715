"""Rows about the motifs, links and planted truth of trained networks."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.record import Row
from deeprage import api
from deeprage.data.compendium import Compendium
from deeprage.data.motif_names import factors, motif_owners
from deeprage.data.motif_sources import known_motifs
from deeprage.data.motifs import Motif, read_meme
from deeprage.data.regulatory_network import AlignedNetwork, align, read_network
from deeprage.data.split import Split, visible
from deeprage.files import read_json
from deeprage.interpretation.activity import site_evidence
from deeprage.interpretation.link_scores import LinkScores, Ranking, rewired, score_links
from deeprage.interpretation.model import filters_of, model_of
from deeprage.interpretation.motifs import MotifOptions, find_motifs
from deeprage.interpretation.simple_links import motif_occupancy, with_regulators
from deeprage.training.run import Run

#: A filter's name is that of the known motif that it matches at this rate.
_Q = 0.1
_RECOVERED = 0.01


def motif_rows(options: argparse.Namespace) -> list[Row]:
    """Distinct filters that match a known motif, beside what shuffled ones do; rows `motifs.*`."""
    started = time.perf_counter()
    used = time.process_time()
    api.motifs(options.screen_run, motifs=options.motifs, threads=options.threads)
    seconds, cpu = time.perf_counter() - started, time.process_time() - used
    summary = read_json(options.screen_run / "motifs.json")["summary"]
    filters, matched = summary["filters"], summary["distinct_matched"]
    nulls = [summary[key] for key in ("column_null", "filter_null") if summary.get(key)]
    chance = max(one["distinct_matched"] for one in nulls)
    name = options.screen_run.name
    beside = f"{name}: {matched} of {filters} filters, {summary['distinct']} of them distinct"
    of_null = f"{chance:.1f} of {filters}, the larger of two nulls; {matched / chance:.1f} times"
    sure = f"{summary['distinct_beyond_chance']} better than shuffled motifs at that rate"
    start, timed = "motifs", "seconds.motifs"
    if options.label:
        start, timed = f"{start}.{options.label}", f"{timed}.{options.label}"
    return [
        Row(f"{start}.matched_fraction", matched / filters, "share", ">= 0.30", beside),
        Row(f"{start}.null_fraction", chance / filters, "share", "<= 1/3 of matched", of_null),
        Row(f"{start}.beyond_chance", summary["distinct_beyond_chance"], "count", None, sure),
        Row(f"{start}.factors", len(summary["factors"]), "count", ">= 25", "of matched filters"),
        Row(timed, seconds, "s", "<= 120", f"{cpu:.0f} s of CPU, {filters} filters"),
    ]


@dataclass(frozen=True, eq=False)
class _Known:
    """A compendium, the training cells of a run on it, and known links."""

    compendium: Compendium
    split: Split
    network: AlignedNetwork

    def evidence(self, motifs: Mapping[int, Sequence[Motif]]) -> NDArray[np.float32]:
        seen = visible(self.compendium, self.split)
        return site_evidence(*with_regulators(seen, self.split), motifs)

    def pairs(self, slots: Sequence[int]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Known edges and candidates (G, N) of regulators at some places."""
        at = {int(slot): column for column, slot in enumerate(self.network.regulators)}
        columns = [at[slot] for slot in slots]
        rows = np.flatnonzero(self.compendium.has_promoter)
        return (
            self.network.edge[np.ix_(rows, columns)],
            self.network.candidate[np.ix_(rows, columns)],
        )

    def tested(self, motifs: Mapping[int, Sequence[Motif]]) -> dict[int, Sequence[Motif]]:
        """Motifs of regulators of which the network speaks."""
        known = {int(slot) for slot in self.network.regulators}
        return {slot: some for slot, some in motifs.items() if slot in known}


def link_rows(options: argparse.Namespace) -> list[Row]:
    """Regulator-target links with known motifs and with those of the filters; rows `network.*`."""
    run = Run.load(options.screen_run)
    compendium = Compendium.load(options.yeast)
    rows = compendium.regulator_rows
    network = align(
        read_network(options.network),
        names=compendium.names,
        regulator_rows=rows,
    )
    known = _Known(compendium, run.split, network)
    symbols = compendium.regulator_symbols
    having = compendium.has_promoter
    named = motif_owners(
        known_motifs(options.link_motifs, compendium).motifs, compendium.regulator_names
    ).by_regulator
    named = known.tested(named)
    edge, pairs = known.pairs(list(named))
    ranking = Ranking(known.evidence(named)[having], pairs)
    found = ranking.score(edge)
    scan = score_links(motif_occupancy(compendium, named)[having], edge, pairs)
    rng = np.random.default_rng(0)
    null = [ranking.score(rewired(edge, pairs, rng)).aupr for _ in range(20)]
    beside = f"{len(named)} regulators with a motif, base {found.base:.4f}"
    low, high = np.percentile(null, [2.5, 97.5])
    own = known.tested(_filter_motifs(run, compendium, options, symbols))
    own_edge, own_pairs = known.pairs(list(own))
    de_novo = score_links(known.evidence(own)[having], own_edge, own_pairs)
    whole = _of_all(known.evidence(own)[having], list(own), list(named), edge, pairs)
    return [
        Row("network.auprc", found.aupr, "AUPR", ">= 0.045", beside),
        Row("network.scan_auprc", scan.aupr, "AUPR", None, f"occupancy alone, {beside}"),
        Row("network.null_auprc", float(np.mean(null)), "AUPR", None,
            f"random networks of the same degrees, 95 % {low:.4f} to {high:.4f}"),
        Row("network.de_novo_auprc", whole.aupr, "AUPR", ">= 0.025",
            f"filters named by their match, the {len(named)} regulators of network.auprc, "
            f"{len(own)} of them with a filter, base {whole.base:.4f}"),
        Row("network.de_novo_own_auprc", de_novo.aupr, "AUPR", None,
            f"only the {len(own)} regulators with a filter, base {de_novo.base:.4f}"),
    ]  # fmt: skip


def _filter_motifs(
    run: Run, compendium: Compendium, options: argparse.Namespace, symbols: Sequence[str]
) -> dict[int, list[Motif]]:
    """The filters' motifs by regulator, each named after the known motifs that it matches.

    Of a factor that several filters match, the filter with the smallest q-value.
    """
    targets = known_motifs(options.motifs, compendium).motifs
    promoters = compendium.promoters[run.split.train_rows]
    quick = MotifOptions(rounds=0, filter_rounds=0)
    result = find_motifs(filters_of(model_of(run, compendium)), promoters, targets, quick)
    place = {name.upper(): slot for slot, name in enumerate(symbols)}
    best: dict[int, tuple[float, Motif]] = {}
    for row, motif in enumerate(result.found.motifs):
        for column in np.flatnonzero(result.matches.q[row] < _Q):
            q = float(result.matches.q[row, column])
            for name in factors(targets[int(column)].symbol):
                slot = place.get(name)
                if slot is not None and q < best.get(slot, (1.0, motif))[0]:
                    best[slot] = (q, motif)
    return {slot: [motif] for slot, (_, motif) in sorted(best.items())}


def _of_all(
    scores: NDArray[np.float32],
    own: Sequence[int],
    every: Sequence[int],
    edge: NDArray[np.bool_],
    pairs: NDArray[np.bool_],
) -> LinkScores:
    """Scores over the pairs of all regulators, those without a filter below all others."""
    spread = np.full(edge.shape, scores.min() - 1, dtype=np.float32)
    for column, slot in enumerate(own):
        if slot in every:
            spread[:, every.index(slot)] = scores[:, column]
    return score_links(spread, edge, pairs)


def simulated_rows(options: argparse.Namespace) -> list[Row]:
    """Planted motifs recovered, and the regulator of each; rows `simulated.*`."""
    run = Run.load(options.screen_run)
    compendium = Compendium.load(options.simulated)
    planted = read_meme(options.simulated.with_suffix(".motifs.meme"))
    promoters = compendium.promoters[run.split.train_rows]
    quick = MotifOptions(rounds=0, filter_rounds=0)
    result = find_motifs(filters_of(model_of(run, compendium)), promoters, planted, quick)
    q = result.matches.q
    recovered = int((q.min(axis=0) < _RECOVERED).sum())
    matched = np.flatnonzero(q.min(axis=1) < _RECOVERED)
    effect = filter_effects(run)[result.found.filters[matched]]
    slot = [compendium.symbols[row].upper() for row in compendium.regulator_rows]
    own = [slot.index(planted[int(at)].symbol.upper()) for at in q[matched].argmin(axis=1)]
    truth = np.zeros(effect.shape, dtype=bool)
    truth[np.arange(len(matched)), own] = True
    found = score_links(np.abs(effect), truth, np.ones_like(truth))
    beside = f"{len(matched)} matched filters x {len(slot)} regulators, base {found.base:.3f}"
    return [
        Row("simulated.motifs_recovered", recovered / len(planted), "share", ">= 1",
            f"{recovered} of {len(planted)} at q < {_RECOVERED}"),
        Row("simulated.pair_auprc", found.aupr, "AUPR", ">= 0.9", beside),
    ]  # fmt: skip


def filter_effects(run: Run) -> NDArray[np.float64]:
    """What a filter does for each regulator (F, R), of a network that is linear in both.

    Log2 of a gene for one deviation of the filter and one log2 of the regulator, the mean over
    the positions of the promoter map: its entry of the weights over x (x) y.
    """
    network = run.predictor().network
    weight, _ = network.interaction.as_dense()
    encoder = network.promoter_encoder
    shape = (encoder.positions, encoder.channels, len(run.predictor().regulators))
    found: NDArray[np.float64] = weight.detach().double().numpy().reshape(shape).mean(axis=0)
    return found
