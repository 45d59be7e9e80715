"""Confusion matrices in percent (Table 2 of the paper)."""

from deeprage.report.blocks import Matrices, Matrix, Reading, Section
from deeprage.report.run_folder import RunFolder, Score


def classes(run: RunFolder) -> Section | None:
    """The model's confusion matrix on test cells beside that of the best reference."""
    model = run.model_score()
    reference = run.best_reference("accuracy")
    shown = [row for row in (model, reference) if row is not None and row.confusion]
    if not shown or model is None or model["accuracy"] is None:
        return None
    edges = ", ".join(f"{edge:g}" for edge in run.metrics.get("edges", []))
    reading = Reading(
        "Percent of all test cells; rows are the observed class, columns the predicted one, so "
        "that correct calls lie on the diagonal. Found: of the cells of an observed class, how "
        "many were called so. Correct: of the cells called so, how many are.",
        "Rare classes are found too (above 50\u00a0%), and opposite calls, the far corners, stay "
        "below 1\u00a0%.",
        "Rare classes hardly found: the model hedges towards the frequent class; weight the "
        "classes, or judge by balanced accuracy. Large corners: the direction itself is wrong; "
        "check the signs of the data and the series that was held out.",
    )
    origin = run.metrics.get("class_origin") or ""
    lead = f"Classes cut at {edges} log2 units{origin and ' '}{origin}. " if edges else ""
    return Section(
        "classes",
        "Classes",
        lead + "The accuracy of a matrix is the sum of its diagonal.",
        [Matrices("confusion", [_matrix(run, row) for row in shown], reading)],
    )


def _matrix(run: RunFolder, row: Score) -> Matrix:
    assert row.confusion is not None
    names = run.metrics.get("class_names") or [str(n) for n in range(len(row.confusion))]
    accuracy = sum(line[number] for number, line in enumerate(row.confusion))
    kind = "best reference: " if row.is_reference else ""
    return Matrix(f"{kind}{row.predictor}, accuracy {accuracy:.1f}\u00a0%", names, row.confusion)
