"""The honest benchmark: every predictor on the same splits, in every regime, beside simple ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deeprage import __version__
from deeprage.baselines.features import no_motifs
from deeprage.data.compendium import Compendium
from deeprage.data.fingerprint import content_of_compendium
from deeprage.data.labels import DEFAULT_EDGES, class_names
from deeprage.data.motif_sources import Source, explicit_sources, is_none
from deeprage.data.split import Regime, Split
from deeprage.data.splitting import Folds, as_regime, make_split, split_folds
from deeprage.errors import DeepRageError, WorkFailedError, unknown
from deeprage.evaluation.contestants import SIMPLE, Contestant, contestant
from deeprage.evaluation.controls import Control, as_control
from deeprage.evaluation.job_key import code_of, content_of_split, key_of
from deeprage.evaluation.jobs import Job, Outcome, run_jobs
from deeprage.evaluation.leakage import audit
from deeprage.evaluation.panel import panel
from deeprage.evaluation.pooling import Pooled, pool
from deeprage.evaluation.sealed_files import is_intact, seal
from deeprage.files import read_json, remove_leftovers, write_arrays, write_json
from deeprage.folders import folder_change

FORMAT_VERSION = 1
RESULT = "benchmark.json"
#: The page that `report.benchmark_page` makes of it.
PAGE = "benchmark.html"
#: Simple baselines and the paper's three networks.
DEFAULT_PREDICTORS = (*SIMPLE, "deeprage-c", "deeprage-tp", "deeprage-rnn")
#: Quick, and among them the strongest for each regime.
QUICK_BASELINES = (
    "majority",
    "gene-mean",
    "condition-mean",
    "additive",
    "completion",
    "regulator-ridge",
    "motif-ridge",
    "codon-trees",
)
QUICK_PREDICTORS = (*QUICK_BASELINES, "deeprage-f", "deeprage-c")
QUICK_EPOCHS = 3
#: Of a method that is quick enough with fewer rounds of trees.
QUICK_SETTINGS: dict[str, dict[str, Any]] = {"codon-trees": {"rounds": [50, 100, 200, 300]}}
#: Passes of a network over the training cells, so that sixteen fits on 6,099 genes x 173 conditions
#: by each of the paper's networks fit into an afternoon on two cores. They would go on learning:
#: `epochs` lets them.
EPOCHS = {"deeprage-c": 3, "deeprage-tp": 2, "deeprage-rnn": 1}
OTHER_EPOCHS = 3
#: A recurrent network goes pair by pair, so its units decide how long a benchmark takes: 128, with
#: which it reached its validation error in `benchmarks/paper_parity.py`, instead of 512.
NETWORK_SETTINGS: dict[str, dict[str, Any]] = {"deeprage-rnn": {"network": {"cell_units": 128}}}
DEFAULT_FOLDS = 5
_SEVERITY = {"ok": 0, "note": 1, "leak": 2}


def benchmark(
    compendium: Compendium,
    *,
    predictors: Sequence[str | Contestant] | None = None,
    regimes: Sequence[Regime | str] = tuple(Regime),
    folds: Folds | Mapping[str, Folds] = DEFAULT_FOLDS,
    most_folds: int | None = None,
    controls: Sequence[Control | str] = (),
    controlled: Sequence[str] | None = None,
    control_folds: int | None = None,
    out: Path,
    cache: Path | None = None,
    quick: bool = False,
    jobs: int = 1,
    threads: int = 1,
    epochs: int | None = None,
    motifs: Sequence[Source] | None = None,
    seed: int = 0,
    on_plan: Callable[[int], None] = lambda number: None,
    on_start: Callable[[Job], None] = lambda job: None,
    on_outcome: Callable[[Outcome], None] = lambda outcome: None,
    before_keeping: Callable[[Path], object] = lambda folder: None,
) -> dict[str, Any]:
    """Fit and score predictors in every regime; writes `out/benchmark.json` and predictions.

    Test predictions of all folds of a regime are pooled, then scored once, with 95 % intervals by
    bootstrap over gene groups and condition series and with the paired difference from the best
    simple baseline of the regime. Missing cells are left out and regulators are not scored.

    Args:
        predictors: names (`contestants.CONTESTANTS`) or contestants with settings of their own;
            default: all simple baselines and the paper's three networks.
        folds: number of folds, `"series"` for one a condition series in `conditions` (elsewhere
            it means 5), or a mapping from regime to either. `pairs` has one hold-out of 10 %.
        most_folds: run only so many of the folds.
        controls: run predictors under these as well (`controls.Control`).
        controlled: names of those that are; default: all.
        control_folds: so many of the folds are run under controls; default: all. What a predictor
            loses is counted on the cells of these.
        cache: folder of finished jobs; default: `out/cache`. Nothing in it is done twice.
        quick: a few predictors, one fold of each regime, few epochs; a smoke test with real
            data, too noisy to conclude from.
        jobs: worker processes, each with `threads` threads.
        epochs: of a network's training; default: a few, see `EPOCHS`.
        motifs: files and collections for whoever reads motifs, see `data.motif_sources`. Where
            there is none, predictors by default are without those that read motifs alone.
        seed: of splits, controls, trainings and resamples.
        on_plan, on_start, on_outcome: for a progress display.
        before_keeping: called with the folder that holds the new result, before it takes its place
            in `out`; what it writes there becomes part of the result.

    Returns:
        The content of `benchmark.json`.

    Raises:
        DeepRageError: unknown names, too few series or groups for the folds. A predictor that
            fails is no error: it is listed under `failures`.
        WorkFailedError: every job failed; an earlier result in `out` is kept.
    """
    numbers = {"jobs": jobs, "threads": threads, "most_folds": most_folds, "epochs": epochs}
    numbers["control_folds"] = control_folds
    for name, number in numbers.items():
        if number is not None and number < 1:
            raise DeepRageError(f"{name.replace('_', ' ')} must be 1 or more, got {number}.")
    by_name = predictors is not None
    if quick:
        predictors = predictors or QUICK_PREDICTORS
        most_folds = most_folds or 1
        epochs = epochs or QUICK_EPOCHS
    motifs = explicit_sources(motifs, compendium)
    entrants = _entrants(
        predictors or DEFAULT_PREDICTORS,
        motifs=motifs,
        epochs=epochs,
        seed=seed,
        settings=NETWORK_SETTINGS | (QUICK_SETTINGS if quick else {}),
    )
    entrants = _with_motifs(entrants, motifs, by_name=by_name)
    chosen = list(dict.fromkeys(as_regime(regime) for regime in regimes))
    wanted = [Control.NONE, *(as_control(x) for x in controls if as_control(x) is not Control.NONE)]
    splits = {
        regime: plan_splits(compendium, regime, folds=folds, most=most_folds, seed=seed)
        for regime in chosen
    }
    tested = _controlled(entrants, controlled)
    planned = [
        Job(entrant, split, number, control, seed)
        for control in dict.fromkeys(wanted)
        for entrant in (entrants if control is Control.NONE else tested)
        for regime in chosen
        for number, split in enumerate(splits[regime], start=1)
        if control is Control.NONE or number <= (control_folds or number)
    ]
    out = Path(out)
    kept = cache if cache is not None else out / "cache"
    names = [RESULT, PAGE, *(_predictions_of(regime) for regime in chosen)]
    with folder_change(out, names=names, removed=["predictions/"]) as aside:
        for folder in kept.glob("*/"):
            remove_leftovers(folder)
        on_plan(len(planned))
        outcomes = run_jobs(
            compendium,
            planned,
            cache=kept,
            workers=jobs,
            threads=threads,
            on_start=on_start,
            on_outcome=on_outcome,
        )
        _check_some_ended(outcomes, out)
        panels = []
        for regime in chosen:
            pooled = _pooled(compendium, [o for o in outcomes if o.job.split.regime is regime])
            found = panel(compendium, pooled, regime=regime, seed=seed)
            found["folds"] = len(splits[regime])
            found["fold_labels"] = [split.label for split in splits[regime]]
            found["audit"] = audit_of(compendium, splits[regime], cache=kept)
            panels.append(found)
            _save_predictions(aside, compendium, regime, pooled)
        result = {
            "format_version": FORMAT_VERSION,
            "deeprage_version": __version__,
            "compendium": _about(compendium),
            "seed": seed,
            "quick": quick,
            "threads": threads,
            "options": {
                "folds": dict(folds) if isinstance(folds, Mapping) else folds,
                "most_folds": most_folds,
                "epochs": epochs,
                "motifs": [str(source) for source in motifs],
                "controlled": None if controlled is None else list(controlled),
                "control_folds": control_folds,
            },
            "edges": list(DEFAULT_EDGES),
            "class_names": list(class_names(DEFAULT_EDGES)),
            "controls": [str(control) for control in wanted[1:]],
            "panels": panels,
            "failures": [
                {"job": outcome.job.label, "error": outcome.error}
                for outcome in outcomes
                if outcome.error is not None
            ],
        }
        write_json(aside / RESULT, result)
        before_keeping(aside)
    return result


def plan_splits(
    compendium: Compendium,
    regime: Regime,
    *,
    folds: Folds | Mapping[str, Folds] = DEFAULT_FOLDS,
    most: int | None = None,
    seed: int = 0,
) -> list[Split]:
    """The splits of a regime: one hold-out of `pairs`, all or the first folds of the others."""
    if regime is Regime.PAIRS:
        return [make_split(compendium, regime=regime, seed=seed)]
    number = folds.get(str(regime), DEFAULT_FOLDS) if isinstance(folds, Mapping) else folds
    if number == "series" and regime is not Regime.CONDITIONS:
        number = DEFAULT_FOLDS
    return split_folds(compendium, regime=regime, folds=number, seed=seed)[:most]


def audit_of(
    compendium: Compendium, splits: Iterable[Split], *, cache: Path
) -> list[dict[str, Any]]:
    """The leakage audit of several folds: of each finding, the worst of them."""
    worst: dict[str, dict[str, Any]] = {}
    source = {"compendium": content_of_compendium(compendium), **code_of([audit.__module__])}
    for split in splits:
        key = key_of({**source, "split": content_of_split(split)})
        path = Path(cache) / "audits" / f"{key}.json"
        if not is_intact(path):
            write_json(path, [row.as_dict() for row in audit(compendium, split)])
            seal(path)
        for row in read_json(path):
            earlier = worst.setdefault(row["name"], row)
            if _badness(row) > _badness(earlier):
                worst[row["name"]] = row
    return list(worst.values())


def _check_some_ended(outcomes: Sequence[Outcome], out: Path) -> None:
    """Raise a `WorkFailedError` if every job failed."""
    failed = [outcome for outcome in outcomes if outcome.error is not None]
    if not failed or len(failed) < len(outcomes):
        return
    first = failed[0]
    kept = f" The earlier {RESULT} in {out} is kept." if (out / RESULT).exists() else ""
    raise WorkFailedError(
        f"all {len(failed)} jobs of the benchmark failed, the first one ({first.job.label}) with: "
        f"{str(first.error).rstrip('.')}.{kept}"
    )


def _with_motifs(
    entrants: list[Contestant], motifs: Sequence[Source], *, by_name: bool
) -> list[Contestant]:
    """Those that can take part; who reads motifs alone cannot where no motif is known.

    Raises:
        DeepRageError: such a one was asked for by name.
    """
    if not all(is_none(source) for source in motifs):
        return entrants
    lost = [entrant.name for entrant in entrants if entrant.needs_motifs]
    if lost and by_name:
        raise no_motifs(lost[0])
    return [entrant for entrant in entrants if not entrant.needs_motifs]


def _badness(row: dict[str, Any]) -> tuple[int, float]:
    return _SEVERITY[row["severity"]], float(row["number"])


def _entrants(
    predictors: Sequence[str | Contestant],
    *,
    motifs: Sequence[Source] | None,
    epochs: int | None,
    seed: int,
    settings: Mapping[str, Mapping[str, Any]],
) -> list[Contestant]:
    found = [
        contestant(
            entry,
            motifs=motifs,
            epochs=epochs or EPOCHS.get(entry, OTHER_EPOCHS),
            seed=seed,
            settings=settings.get(entry),
        )
        if isinstance(entry, str)
        else entry
        for entry in predictors
    ]
    names = [entry.name for entry in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DeepRageError(f"{', '.join(twice)} takes part twice: name each predictor once.")
    return found


def _controlled(entrants: Sequence[Contestant], names: Sequence[str] | None) -> list[Contestant]:
    """Those of the entrants that are run under controls."""
    if names is None:
        return list(entrants)
    taking_part = {entry.name: entry for entry in entrants}
    for name in names:
        if name not in taking_part:
            raise unknown("predictor of this benchmark", name, taking_part)
    return [taking_part[name] for name in dict.fromkeys(names)]


def _pooled(compendium: Compendium, outcomes: Sequence[Outcome]) -> list[Pooled]:
    """Pooled predictions by predictor and control, in the order of the jobs."""
    together: dict[tuple[str, Control], list[Outcome]] = {}
    for outcome in outcomes:
        key = outcome.job.contestant.name, outcome.job.control
        together.setdefault(key, []).append(outcome)
    return [pool(compendium, members) for members in together.values()]


def _about(compendium: Compendium) -> dict[str, Any]:
    return {
        "name": compendium.about["name"],
        "unit": compendium.about["unit"],
        "content": content_of_compendium(compendium),
        "genes": len(compendium.genes),
        "conditions": len(compendium.conditions),
        "regulators": len(compendium.regulators),
        "series": len(set(compendium.series)),
        "groups": len(set(compendium.groups)),
    }


def _save_predictions(
    out: Path, compendium: Compendium, regime: Regime, pooled: Sequence[Pooled]
) -> None:
    """Pooled test predictions (G, C) of each predictor, NaN where it tested nothing."""
    arrays = {entry.name: entry.values for entry in pooled if entry.control is Control.NONE}
    names = {"genes": np.array(compendium.genes), "conditions": np.array(compendium.conditions)}
    write_arrays(out / _predictions_of(regime), {**names, **arrays})


def _predictions_of(regime: Regime) -> str:
    """Name of the file with the predictions in a regime."""
    return f"predictions/{regime}.npz"
