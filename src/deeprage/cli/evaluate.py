"""`deeprage evaluate`: score a run beside simple reference predictions."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from deeprage.cli.console import note, show, watched
from deeprage.cli.scoring import class_notes, compendium_of, score_run, scores_table
from deeprage.listing import listed


def evaluate(
    run: Annotated[Path, Argument(help="Run folder of `deeprage train`.")],
    *,
    data: Annotated[
        Path | None, Option(help="Compendium; default: the one that the run was trained on.")
    ] = None,
    reference: Annotated[
        list[str] | None,
        Option(
            help="Baselines to show beside the model, with commas or repeated; default: those of "
            "the regime."
        ),
    ] = None,
) -> Path:
    """Score a run on its validation and test cells, beside simple baselines on the same split.

    Writes metrics.json and predictions.npz into the run folder.
    """
    from deeprage.evaluation.leakage import RELATED_NAME
    from deeprage.report.run_folder import RunFolder
    from deeprage.report.verdict import verdict
    from deeprage.training.run import METRICS, Run

    found = Run.load(run)
    scores = score_run(
        found,
        compendium_of(found, data),
        references=listed("--reference", reference) or None,
        on_start=lambda name: note(f"scoring {name}") if watched() else None,
    )
    if stopped := RunFolder.open(found.path).stopped:
        note(stopped)
    split = found.split
    for role in ("validation", "test"):
        show(scores_table(scores, role=role, title=f"{role} cells of {split.regime}"), "")
    show(verdict(RunFolder.open(found.path)).sentence)
    for text in class_notes(scores):
        note(text)
    for row in scores["audit"]:
        warned = row["name"] == RELATED_NAME and row["severity"] != "ok"
        if warned or row["severity"] == "leak":
            note(f"{row['severity']}: {row['name']}: {row['value']}. {row['verdict']}")
    return found.path / METRICS
