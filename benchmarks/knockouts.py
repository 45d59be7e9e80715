"""Predicted against measured change of the real knock-outs in a compendium.

Every predictor is fitted without the conditions of the knock-outs. The genes compared have a
promoter, are no regulators and not the knocked-out gene itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.record import Row
from deeprage.data.catalog.real_knockouts import (
    Contrast,
    RealKnockout,
    ecoli_knockouts,
    measured_change,
    replicate_changes,
    yeast_knockouts,
)
from deeprage.data.compendium import Compendium
from deeprage.data.held_out import hold_out_conditions
from deeprage.data.regulatory_network import AlignedNetwork, align, read_network
from deeprage.data.sites import consensus_pattern
from deeprage.data.split import Regime, ScoringProtocol, Split, scored_rows
from deeprage.interpretation.activity import activity_change
from deeprage.interpretation.agreement import (
    Agreement,
    agreement,
    auroc,
    median_gain,
    paired_interval,
    spearman,
)
from deeprage.interpretation.block_model import BlockModel, RidgeBlocks
from deeprage.interpretation.knockout import WildType, knock_out
from deeprage.interpretation.perturbation import LevelChange, MotifMask, Perturbation
from deeprage.interpretation.simple_changes import (
    correlation_change,
    motif_count,
    spread_within_series,
    undone_response,
)

Values = NDArray[np.float64]
#: log2 units by which a level is lowered or raised, as in the paper.
STEP = 5.0
MOST_CHANGED = 100
UNITS = {"spearman": "rho", "auroc_expected": "AUROC", "auroc_changed": "AUROC", "sign": "share"}
NAMES = {
    "spearman": "spearman",
    "auroc_expected": "auroc100",
    "auroc_changed": "auroc100_changed",
    "sign": "sign",
}


@dataclass(frozen=True, eq=False)
class Task:
    """A compendium, its real knock-outs, and the split that hides them."""

    name: str
    compendium: Compendium
    knockouts: list[RealKnockout]
    split: Split

    @property
    def counted(self) -> NDArray[np.bool_]:
        """Genes (G,) that are compared."""
        return scored_rows(self.compendium, ScoringProtocol.DEFAULT, Regime.GENES)

    def only_counted(self, values: NDArray[np.floating]) -> Values:
        """Values (G,) with NaN for genes that are not compared."""
        return np.where(self.counted, values, np.nan).astype(np.float64)


def yeast_task(path: Path, *, seed: int = 0) -> Task:
    """Both series of mutants and over-expression held out, wild types included."""
    compendium = Compendium.load(path)
    series = np.array(compendium.series)
    hidden = np.flatnonzero(np.isin(series, ["mutants_heat_peroxide", "tf_overexpression"]))
    split = hold_out_conditions(compendium, hidden, seed=seed)
    return Task("yeast", compendium, yeast_knockouts(compendium), split)


def ecoli_task(path: Path, *, seed: int = 0) -> Task:
    """All samples of the deletion strains held out; the wild types may be seen."""
    compendium = Compendium.load(path)
    found = ecoli_knockouts(compendium)
    hidden = [*(column for one in found for column in one.mutants)]
    hidden += [column for one in found for column in one.relatives]
    split = hold_out_conditions(compendium, np.unique(hidden), seed=seed)
    return Task("ecoli", compendium, found, split)


def model_change(
    task: Task, model: BlockModel, knockout: RealKnockout, *, motifs: bool, levels: bool
) -> Values:
    """Predicted change (G,), the mean over the growth conditions of the controls."""
    compendium, slots = task.compendium, task.compendium.regulators
    done: list[Perturbation] = []
    if levels:
        done += [
            LevelChange(slots.index(name), name, knockout.sign * STEP, moved=True)
            for name in knockout.regulators
        ]
    if motifs:
        done += [MotifMask(consensus_pattern(word)) for word in knockout.motifs]
    wild = WildType.of(model, compendium, trained_on=task.split.train_columns)
    known = wild.levels
    if len(knockout.controls):
        wild = wild.under(known[knockout.controls])
    else:
        wild = wild.under(model.reference_levels[None].astype(np.float32))
    by_control = knock_out(wild, done, rng=np.random.default_rng(0)).change
    column = {control: at for at, control in enumerate(knockout.controls)}
    means = [
        by_control[:, [column[control] for control in contrast.controls]].mean(axis=1)
        if len(contrast.controls)
        else by_control[:, 0]
        for contrast in knockout.contrasts
    ]
    change = np.full(len(compendium.genes), np.nan)
    change[wild.genes] = np.mean(means, axis=0)
    return task.only_counted(change)


def simple_changes(task: Task, knockout: RealKnockout) -> dict[str, Values]:
    """Predicted changes (G,) that need no model."""
    compendium, trained = task.compendium, task.split.train_columns
    # Validation conditions are known as well to whoever fits nothing.
    seen = np.flatnonzero(task.split.cells(0, 1).any(axis=0))
    found = {
        "correlation": correlation_change(
            compendium, knockout.regulators, trained, sign=knockout.sign
        )
    }
    found["spread"] = knockout.sign * spread_within_series(compendium, seen)
    series = np.array(compendium.series)
    if knockout.stress is not None:
        columns = seen[series[seen] == knockout.stress]
        response = undone_response(compendium, columns, sign=knockout.sign)
        found["stress"] = response
        if knockout.motifs:
            found["activity"] = activity_change(
                compendium, knockout.motifs, seen, sign=knockout.sign
            )
            count = motif_count(compendium, knockout.motifs, sign=knockout.sign)
            found["motif-count"] = count
            found["stress-with-motif"] = np.where(count != 0, response, 0.0)
    return {name: task.only_counted(values) for name, values in found.items()}


def changes_of(
    task: Task, knockout: RealKnockout, models: Mapping[str, BlockModel]
) -> dict[str, Values]:
    """All predicted changes; networks with motifs also without their motif, and both at once."""
    found = simple_changes(task, knockout)
    for name, model in models.items():
        found[name] = model_change(task, model, knockout, motifs=False, levels=True)
        if knockout.motifs and not isinstance(model, RidgeBlocks):
            found[f"{name}+motif"] = model_change(task, model, knockout, motifs=True, levels=True)
            found[f"{name}-motif-only"] = model_change(
                task, model, knockout, motifs=True, levels=False
            )
        if isinstance(model, RidgeBlocks):
            # How much a gene answers to anything, times how much to this: chosen on 11 of the 23
            # regulators of E. coli. `spread` alone says what of it is about the regulator.
            change = found[name]
            found[f"{name}-spread"] = (
                np.sign(change) * np.sqrt(np.abs(change)) * np.abs(found["spread"])
            )
    return found


def truth_of(task: Task, knockout: RealKnockout) -> Values:
    """Measured change (G,), the mean over growth conditions."""
    return _over_contrasts(task, knockout, lambda one: measured_change(task.compendium, one))


def replicate_of(task: Task, knockout: RealKnockout) -> tuple[Values, Values] | None:
    """The change measured twice (G,), or None where nothing was repeated."""
    pairs = [replicate_changes(task.compendium, one) for one in knockout.contrasts]
    known = [pair for pair in pairs if pair is not None]
    if not known:
        return None
    first, second = (np.mean([pair[half] for pair in known], axis=0) for half in (0, 1))
    return task.only_counted(first), task.only_counted(second)


def _over_contrasts(
    task: Task, knockout: RealKnockout, change: Callable[[Contrast], NDArray[np.float32]]
) -> Values:
    return task.only_counted(np.mean([change(one) for one in knockout.contrasts], axis=0))


def yeast_rows(task: Task, models: Mapping[str, BlockModel], *, headline: str | None) -> list[Row]:
    """Rows `yeast.<knock-out>.<predictor>.<score>`, and for 37 C those of the single arrays."""
    rows: list[Row] = []
    for knockout in task.knockouts:
        truth, changes = truth_of(task, knockout), changes_of(task, knockout, models)
        start = f"yeast.{knockout.name}"
        for name, change in changes.items():
            rows += _rows(f"{start}.{name}", _agree(change, truth, knockout))
        repeated = replicate_of(task, knockout)
        if repeated is not None:
            rows += _rows(f"{start}.replicate", _agree(*repeated, knockout))
        if knockout.name == "msn24_37C":
            rows += _array_rows(task, knockout, changes, headline)
            if headline is not None:
                start = "knockout.msn24_heat"
                rows += _yeast_headline(start, task, knockout, changes, truth, headline)
    return rows


def _array_rows(
    task: Task, knockout: RealKnockout, changes: Mapping[str, Values], headline: str | None
) -> list[Row]:
    """The two mutant arrays one by one, as columns 136 and 137 of the compendium.

    The goal of 0.40 and the 0.375 of "minus the heat response" were set on column 137.
    """
    (contrast,) = knockout.contrasts
    rows = []
    for column in contrast.mutants:
        single = Contrast(np.array([column]), contrast.controls)
        truth = task.only_counted(measured_change(task.compendium, single))
        for name, change in changes.items():
            found = _agree(change, truth, knockout)
            start = f"yeast.{knockout.name}_array{column + 1}.{name}"
            rows += [
                Row(f"{start}.spearman", found.spearman, "rho"),
                Row(f"{start}.auroc100", found.auroc_expected, "AUROC"),
            ]
        if headline is not None:
            start = f"knockout.msn24_heat_array{column + 1}"
            rows += _yeast_headline(start, task, knockout, changes, truth, headline)
    return rows


def _yeast_headline(
    start: str,
    task: Task,
    knockout: RealKnockout,
    changes: Mapping[str, Values],
    truth: Values,
    headline: str,
) -> list[Row]:
    ours, stress = changes[headline], changes["stress"]
    found = _agree(ours, truth, knockout)
    low, high = paired_interval(
        spearman,
        ours,
        stress,
        truth,
        groups=task.compendium.groups,
        rng=np.random.default_rng(0),
    )
    beside = f"{headline}; against minus the heat response {low:+.3f} to {high:+.3f}"
    return [
        Row(f"{start}.spearman", found.spearman, "rho", ">= 0.40", beside),
        Row(f"{start}.gain_low", low, "rho", "> 0", beside),
        Row(f"{start}.auroc100", found.auroc_expected, "AUROC", ">= 0.92", headline),
    ]


def ecoli_rows(
    task: Task,
    models: Mapping[str, BlockModel],
    *,
    network: Path,
    headline: str | None,
    out: Path | None = None,
) -> list[Row]:
    """Medians over regulators, rows `ecoli.<predictor>.<score>`; each regulator into `out`."""
    compendium = task.compendium
    known = align(
        read_network(network),
        names=compendium.names,
        regulator_rows=compendium.regulator_rows,
    )
    records = []
    for knockout in task.knockouts:
        truth, changes = truth_of(task, knockout), changes_of(task, knockout, models)
        repeated = replicate_of(task, knockout)
        for name, change in changes.items():
            records.append(_record(task, knockout, name, change, truth, known))
        # The measured change itself: how far its own targets can be told at all.
        measured = {"target_auroc": _target_auroc(task, knockout, truth, known)}
        if repeated is not None:
            measured |= _agree(*repeated, knockout)._asdict()
        records.append({"regulator": knockout.name, "predictor": "replicate", **measured})
    table = pd.DataFrame(records)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        table.to_csv(out / "ecoli_knockouts.tsv", sep="\t", index=False, float_format="%.4f")
    return _medians(table) + (_ecoli_headline(table, headline) if headline is not None else [])


def _record(
    task: Task,
    knockout: RealKnockout,
    name: str,
    change: Values,
    truth: Values,
    known: AlignedNetwork,
) -> dict[str, object]:
    found = _agree(change, truth, knockout)._asdict()
    target = _target_auroc(task, knockout, change, known)
    return {"regulator": knockout.name, "predictor": name, **found, "target_auroc": target}


def _target_auroc(
    task: Task, knockout: RealKnockout, change: Values, known: AlignedNetwork
) -> float:
    """AUROC of the regulator's known targets by |change|; NaN with fewer than 5 of them."""
    slot = task.compendium.regulators.index(knockout.regulators[0])
    at = np.flatnonzero(known.regulators == slot)
    if not len(at):
        return float("nan")
    counted = np.isfinite(change) & known.candidate[:, at[0]]
    targets = known.edge[counted, at[0]]
    return auroc(np.abs(change[counted]), targets) if targets.sum() >= 5 else float("nan")


def _medians(table: pd.DataFrame) -> list[Row]:
    rows = []
    for name, part in table.groupby("predictor", sort=False):
        for score, unit in {**UNITS, "target_auroc": "AUROC"}.items():
            values = part[score].dropna()
            label = NAMES.get(score, score)
            beside = f"median over {len(values)} regulators"
            rows.append(Row(f"ecoli.{name}.{label}", float(values.median()), unit, None, beside))
    return rows


def _ecoli_headline(table: pd.DataFrame, headline: str) -> list[Row]:
    """The network's medians, and the lower end of its gain over the better simple knock-out."""
    wide = {name: part.set_index("regulator") for name, part in table.groupby("predictor")}
    rows = []
    for score in ("target_auroc", "auroc_changed"):
        ours = wide[headline][score]
        gains = {
            other: median_gain(
                ours.to_numpy(),
                wide[other][score].reindex(ours.index).to_numpy(),
                rng=np.random.default_rng(0),
            )
            for other in ("correlation", "regulator-ridge")
        }
        other, (gain, (low, high)) = min(gains.items(), key=lambda entry: entry[1][0])
        beside = f"{headline}; against {other} {gain:+.3f} ({low:+.3f} to {high:+.3f})"
        suffix = "" if score == "target_auroc" else "_changed"
        if not suffix:
            median = float(ours.median())
            rows.append(Row("knockout.ecoli.target_auroc", median, "AUROC", None, beside))
        rows.append(Row(f"knockout.ecoli.gain_low{suffix}", low, "AUROC", "> 0", beside))
    return rows


def _agree(change: Values, truth: Values, knockout: RealKnockout) -> Agreement:
    return agreement(change, truth, direction=knockout.sign, most=MOST_CHANGED)


def _rows(start: str, found: Agreement) -> list[Row]:
    return [
        Row(f"{start}.{NAMES[score]}", getattr(found, score), unit, None, f"{found.genes} genes")
        for score, unit in UNITS.items()
    ]
