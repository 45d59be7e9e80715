"""Fitting and scoring predictors on one split, all in the same way."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from deeprage.baselines import make_baseline
from deeprage.data.compendium import Compendium
from deeprage.data.labels import DEFAULT_EDGES, classify
from deeprage.data.predictor import Predictor, Refittable, needs_promoter
from deeprage.data.split import Regime, Role, ScoringProtocol, Split, under_protocol, visible
from deeprage.data.units import class_origin
from deeprage.errors import DeepRageError
from deeprage.evaluation.scores import apply_cuts, fit_cuts, score

#: Baselines shown beside every network: they need neither promoters nor regulators.
REFERENCE_ROWS = ("majority", "gene-mean", "condition-mean", "additive", "completion")
#: What is strong, for its own reason, where whole conditions, genes or both are unseen.
REGIME_ROWS = {
    Regime.PAIRS: (),
    Regime.CONDITIONS: ("regulator-ridge", "regulator-kernel"),
    Regime.GENES: ("kmer-ridge",),
    Regime.BOTH: ("regulator-ridge", "kmer-ridge"),
}
#: The strongest simple method for unseen genes, with coding sequences and without.
TREES = {True: "codon-trees", False: "boosted-trees"}
#: Half the rounds of a benchmark, which costs hardly any accuracy.
_TREE_SETTINGS = {"rounds": (50, 100, 200, 300, 500)}
SCORED_ROLES = (Role.VALIDATION, Role.TEST)


def reference_rows(regime: Regime, *, coding: bool) -> tuple[str, ...]:
    """The baselines that a score of this regime is read beside.

    Args:
        coding: whether the compendium has coding sequences.
    """
    trees = (TREES[coding],) if regime in (Regime.GENES, Regime.BOTH) else ()
    return (*REFERENCE_ROWS, *REGIME_ROWS[regime], *trees)


def reference(name: str) -> Predictor:
    """A new, unfitted baseline as it is shown beside a model, on all processor cores."""
    settings: dict[str, Any] = {}
    if name in TREES.values():
        settings = {**_TREE_SETTINGS, "num_threads": os.cpu_count() or 1}
    return make_baseline(name, **settings)


@runtime_checkable
class ClassPredictor(Protocol):
    """A predictor that names classes itself, rather than by cutting its predicted values."""

    def predict_with_classes(
        self, genes: NDArray[np.intp], conditions: NDArray[np.intp]
    ) -> tuple[NDArray[np.float32], NDArray[np.int8] | None]:
        """Log2 values and classes 0 .. n - 1, each (len(genes), len(conditions)), in one go.

        None for classes if it turns out to name none, as a network without a class head.
        """
        ...


@dataclass(frozen=True)
class Prediction:
    """What a predictor says about the scored genes and conditions.

    Attributes:
        values: log2 float32 (G, C), NaN in rows and columns without a scored cell, and in genes
            without a promoter for a predictor that needs one.
        classes: int8 (G, C), -1 there; None if the classes come from cutting the values.
        fit_seconds, predict_seconds: wall time.
    """

    values: NDArray[np.float32]
    classes: NDArray[np.int8] | None
    fit_seconds: float | None = None
    predict_seconds: float | None = None


def fit_and_predict(
    compendium: Compendium,
    split: Split,
    predictor: Predictor,
    *,
    protocol: ScoringProtocol = ScoringProtocol.DEFAULT,
) -> Prediction:
    """Fit a predictor on what it may see and predict all validation and test cells.

    One that can be refitted (`Refittable`) predicts the test cells after it has learnt from the
    validation cells as well.
    """
    barred = visible(under_protocol(compendium, protocol), split)
    start = time.perf_counter()
    fitted = predictor.fit(barred, split)
    fit_seconds = time.perf_counter() - start
    can = barred.has_promoter if needs_promoter(fitted) else np.ones_like(barred.has_promoter)
    found = _predict(fitted, split, can, fit_seconds)
    if not isinstance(fitted, Refittable):
        return found
    start = time.perf_counter()
    again = _predict(fitted.refit(barred, split), split, can, time.perf_counter() - start)
    return _validated_then_refitted(found, again, split)


def _validated_then_refitted(before: Prediction, after: Prediction, split: Split) -> Prediction:
    """Validation cells as predicted before the refit on them, all others as after it."""
    kept = split.cells(Role.VALIDATION)
    classes = None
    if before.classes is not None and after.classes is not None:
        classes = np.where(kept, before.classes, after.classes)
    return Prediction(
        values=np.where(kept, before.values, after.values),
        classes=classes,
        fit_seconds=(before.fit_seconds or 0.0) + (after.fit_seconds or 0.0),
        predict_seconds=after.predict_seconds,
    )


def predict(
    predictor: Predictor, genes: NDArray[np.intp], conditions: NDArray[np.intp]
) -> tuple[NDArray[np.float32], NDArray[np.int8] | None]:
    """Values and classes (len(genes), len(conditions)); None if it does not name classes itself."""
    if isinstance(predictor, ClassPredictor):
        return predictor.predict_with_classes(genes, conditions)
    return predictor.predict(genes, conditions), None


def _predict(
    predictor: Predictor, split: Split, can: NDArray[np.bool_], fit_seconds: float | None
) -> Prediction:
    """Predictions of the scored cells of genes (G,) that it can predict."""
    scored = split.cells(*SCORED_ROLES) & can[:, None]
    genes, conditions = np.flatnonzero(scored.any(axis=1)), np.flatnonzero(scored.any(axis=0))
    start = time.perf_counter()
    block, named = predict(predictor, genes, conditions)
    values = np.full(scored.shape, np.nan, dtype=np.float32)
    values[np.ix_(genes, conditions)] = block
    classes = None
    if named is not None:
        classes = np.full(scored.shape, -1, dtype=np.int8)
        classes[np.ix_(genes, conditions)] = named
    return Prediction(values, classes, fit_seconds, time.perf_counter() - start)


def score_prediction(
    compendium: Compendium,
    split: Split,
    prediction: Prediction,
    *,
    name: str,
    kind: str = "reference",
    edges: Sequence[float] = DEFAULT_EDGES,
    protocol: ScoringProtocol = ScoringProtocol.DEFAULT,
    roles: Sequence[Role] = SCORED_ROLES,
    genes: NDArray[np.bool_] | None = None,
) -> list[dict[str, Any]]:
    """One row of scores a role, as `metrics.json` holds them.

    A prediction without classes of its own gets them from cut points that are fitted on the
    validation cells (`scores.fit_cuts`). Classes are counted from `units.class_origin`.

    Args:
        compendium: with its test values; missing ones are handled by the protocol.
        name, kind: the row's `predictor` and `kind` (`model` or `reference`).
        genes: bool (G,), which genes count; default: all.

    Raises:
        DeepRageError: no cell to score, or a prediction that is not finite.
    """
    split.check_against(compendium)
    observed = under_protocol(compendium, protocol).expression
    origin = class_origin(under_protocol(compendium, protocol), split)
    truth = classify(observed - origin, edges)
    cuts, named = None, prediction.classes
    if named is None:
        change = prediction.values - origin
        checked = split.cells(Role.VALIDATION) & np.isfinite(change)
        cuts = fit_cuts(observed - origin, change, checked, edges=edges)
        named = apply_cuts(change, cuts)
    rows = []
    for role in roles:
        cells = split.cells(role)
        if genes is not None:
            cells = cells & genes[:, None]
        found = score(
            observed,
            prediction.values,
            cells,
            edges=edges,
            observed_classes=truth,
            predicted_classes=named,
        )
        if not found.n_cells:
            raise DeepRageError(
                f"none of the {int(cells.sum())} {role.name.lower()} cells has a value to score: "
                "choose another seed, fold or regime."
            )
        rows.append(
            {
                "predictor": name,
                "kind": kind,
                "role": role.name.lower(),
                "scores": found.as_dict(),
                "cuts": None if cuts is None else list(cuts),
                "fit_seconds": prediction.fit_seconds,
                "predict_seconds": prediction.predict_seconds,
            }
        )
    return rows


def fit_and_score(
    compendium: Compendium,
    split: Split,
    predictor: Predictor,
    *,
    name: str,
    kind: str = "reference",
    edges: Sequence[float] = DEFAULT_EDGES,
    protocol: ScoringProtocol = ScoringProtocol.DEFAULT,
) -> list[dict[str, Any]]:
    """Fit a predictor behind the information barrier and score it: validation row, test row."""
    prediction = fit_and_predict(compendium, split, predictor, protocol=protocol)
    return score_prediction(
        compendium,
        split,
        prediction,
        name=name,
        kind=kind,
        edges=edges,
        protocol=protocol,
        genes=compendium.has_promoter if needs_promoter(predictor) else None,
    )
