"""Scoring a run: its model and the reference rows on one split, kept in the run folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deeprage.cli.console import note, table
from deeprage.errors import DeepRageError, counted
from deeprage.files import write_arrays, write_json

if TYPE_CHECKING:
    from rich.table import Table

    from deeprage.data.compendium import Compendium
    from deeprage.data.predictor import Predictor
    from deeprage.data.split import ScoringProtocol
    from deeprage.evaluation.evaluate import Prediction
    from deeprage.evaluation.leakage import AuditRow
    from deeprage.training.run import Run

#: Columns of the printed table: key in `metrics.json`, heading.
COLUMNS = (
    ("pearson", "Pearson r"),
    ("r2", "R2"),
    ("mse", "MSE"),
    ("within_gene_pearson", "r in gene"),
    ("within_condition_pearson", "r in condition"),
    ("accuracy", "accuracy"),
    ("balanced_accuracy", "balanced"),
    ("kappa", "kappa"),
)


def compendium_of(run: Run, given: Path | None) -> Compendium:
    """The compendium a run was trained on: `given`, else the one that its settings name.

    Raises:
        DeepRageError: it is not there, or has other genes, conditions, values, promoters or
            regulators than the run was trained on.
    """
    from deeprage.data.compendium import Compendium
    from deeprage.data.fingerprint import other_parts

    named = str(run.config.get("compendium_path") or "")
    if given is None and not named:
        raise DeepRageError(f"{run.path} does not say which compendium it used: add --data FILE.")
    path = Path(given if given is not None else named)
    if given is None and not path.is_file():
        raise DeepRageError(
            f"{run.path} was trained on {path}, which is not there now: add --data FILE."
        )
    compendium = Compendium.load(path)
    run.split.check_against(compendium)
    # Runs of earlier versions do not say what the compendium held.
    if other := other_parts(compendium, run.config.get("compendium", {}).get("content", {})):
        raise DeepRageError(
            f"{path} is not the compendium that {run.path} was trained on: it has other "
            f"{' and '.join(other)}. Give that one with --data, or train again."
        )
    return compendium


def score_run(
    run: Run,
    compendium: Compendium,
    *,
    references: Sequence[str] | None,
    on_start: Callable[[str], None] = lambda name: None,
) -> dict[str, Any]:
    """Score the model and the references, and write `metrics.json` and `predictions.npz`.

    The run folder is locked from the start.

    Args:
        references: names of baselines; None for those of the regime, of which one that cannot be
            fitted is left out with a note.
        on_start: called with each name before it is fitted.

    Returns:
        The content of `metrics.json`.
    """
    from deeprage.training.run import METRICS, PREDICTIONS

    with run.results((METRICS, PREDICTIONS)) as aside:
        found, arrays = _scored(run, compendium, references=references, on_start=on_start)
        write_arrays(aside / PREDICTIONS, arrays)
        write_json(aside / METRICS, found)
    return found


def _scored(
    run: Run,
    compendium: Compendium,
    *,
    references: Sequence[str] | None,
    on_start: Callable[[str], None],
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The content of `metrics.json`, and the arrays of `predictions.npz`."""
    import numpy as np

    from deeprage.data.labels import class_names
    from deeprage.data.predictor import needs_promoter
    from deeprage.data.split import Role, ScoringProtocol, under_protocol
    from deeprage.data.units import class_origin, origin_in_words
    from deeprage.evaluation.calibration import certainty_of
    from deeprage.evaluation.comparison import HELD_OUT, Comparison, compare
    from deeprage.evaluation.evaluate import (
        fit_and_predict,
        reference,
        reference_rows,
        score_prediction,
    )
    from deeprage.evaluation.leakage import audit
    from deeprage.evaluation.opening import Certain, open_model

    protocol = ScoringProtocol(run.config["protocol"])
    edges = tuple(run.config["edges"])
    model: Predictor = open_model(run)
    own: Prediction | None = None
    names = references
    if names is None:
        names = reference_rows(run.split.regime, coding=compendium.coding is not None)
    predictors = {run.model_name: model} | {other: reference(other) for other in names}
    rows: list[dict[str, Any]] = []
    best: Comparison | None = None
    needing = [name for name, one in predictors.items() if needs_promoter(one)]
    scored = compendium.has_promoter if needing else np.ones_like(compendium.has_promoter)
    left = int((run.split.cells(Role.TEST).any(axis=1) & ~scored).sum())
    if left:
        note(
            f"{counted(left, 'gene')} without a promoter not scored, so that all rows are of the "
            f"same cells: {', '.join(needing)} cannot predict {'it' if left == 1 else 'them'}"
        )
    for current, predictor in predictors.items():
        on_start(current)
        try:
            prediction = fit_and_predict(compendium, run.split, predictor, protocol=protocol)
        except DeepRageError as error:
            if predictor is model or references is not None:
                raise
            note(f"{current} is left out: {error}")
            continue
        if predictor is model:
            prediction = replace(prediction, fit_seconds=run.config.get("seconds"))
            own = prediction
        rows += score_prediction(
            compendium,
            run.split,
            prediction,
            name=current,
            kind="model" if predictor is model else "reference",
            edges=edges,
            protocol=protocol,
            genes=scored,
        )
        if own is not None and predictor is not model:
            beside = compare(
                under_protocol(compendium, protocol).expression,
                own.values,
                prediction.values,
                run.split.cells(Role.TEST) & scored[:, None],
                name=current,
                groups=compendium.groups,
                series=compendium.series,
                held_out=HELD_OUT[run.split.regime],
            )
            if beside and (best is None or beside.reference_pearson > best.reference_pearson):
                best = beside
    found: dict[str, Any] = {
        "edges": list(edges),
        "class_names": list(class_names(edges)),
        "class_origin": origin_in_words(compendium),
        "rows": rows,
        "comparison": None if best is None else best.as_dict(),
        "audit": [row.as_dict() for row in audit(compendium, run.split, protocol)],
    }
    assert own is not None
    if isinstance(model, Certain):
        observed = under_protocol(compendium, protocol).expression
        found["certainty"] = certainty_of(
            model,
            observed,
            own.values,
            run.split,
            edges=edges,
            origin=class_origin(under_protocol(compendium, protocol), run.split),
        )
    return found, _predictions(run, compendium, own, protocol)


def scores_table(found: dict[str, Any], *, role: str, title: str) -> Table:
    """The rows of one role as a table, the model first."""
    rows = [row for row in found["rows"] if row["role"] == role]
    cells = [(row["predictor"], *(row["scores"][key] for key, _ in COLUMNS)) for row in rows]
    return table(title, ("predictor", *(heading for _, heading in COLUMNS)), cells)


def class_notes(found: dict[str, Any]) -> list[str]:
    """What to know about the scores of classes: what they are relative to, where there are none."""
    notes = []
    if found["class_origin"]:
        notes.append(f"classes are {found['class_origin']}")
    for role in ("validation", "test"):
        rows = [row for row in found["rows"] if row["role"] == role]
        if any(row["scores"]["accuracy"] is None for row in rows):
            notes.append(
                f"scores of classes are not defined for the {role} cells: "
                + (
                    "their genes have no mean in training"
                    if found["class_origin"]
                    else "all of them are in one class"
                )
            )
    return notes


def audit_table(rows: Sequence[AuditRow]) -> Table:
    """The leakage audit, with a plain verdict for each finding."""
    cells = [(row.severity, row.name, row.value, row.verdict) for row in rows]
    return table("Leakage audit", ("", "checked", "found", "what it means"), cells, text=True)


def _predictions(
    run: Run, compendium: Compendium, prediction: Prediction, protocol: ScoringProtocol
) -> dict[str, Any]:
    """What the report draws from: prediction, observation and role of every cell."""
    import numpy as np

    from deeprage.data.split import under_protocol

    arrays: dict[str, Any] = {
        "genes": np.array(compendium.genes),
        "conditions": np.array(compendium.conditions),
        "series": np.array(compendium.series),
        "groups": np.array(compendium.groups),
        "symbols": np.array(compendium.symbols),
        "predicted": prediction.values,
        "observed": under_protocol(compendium, protocol).expression,
        "role": run.split.role,
    }
    if prediction.classes is not None:
        arrays["predicted_class"] = prediction.classes
    return arrays
