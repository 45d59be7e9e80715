"""Scores of the model and of the references, and what they mean."""

from collections.abc import Sequence

from deeprage.report.blocks import Column, Meanings, Section, Table
from deeprage.report.metrics import METRICS, Metric
from deeprage.report.run_folder import RunFolder, Score

_TIMES = (("fit_seconds", "fit (s)"), ("predict_seconds", "predict (s)"))


def scores(run: RunFolder) -> Section | None:
    """Tables of test and validation scores, with an explanation of each score."""
    test, validation = (_table(run, role) for role in ("test", "validation"))
    if test is None and validation is None:
        return None
    terms = [(metric.label, metric.meaning, metric.good) for metric in _shown(run.scores)]
    meanings = Meanings("What the scores mean, and what is good", terms)
    return Section(
        "scores",
        "Scores",
        "The model beside simple references that were fitted on the same cells and scored on the "
        "same cells. The references say how hard the question was.",
        [block for block in (test, meanings, validation) if block is not None],
    )


def _shown(rows: Sequence[Score]) -> list[Metric]:
    return [metric for metric in METRICS if any(row[metric.key] is not None for row in rows)]


def _table(run: RunFolder, role: str) -> Table | None:
    rows = [row for row in run.scores if row.role == role]
    if not rows:
        return None
    rows.sort(key=lambda row: -(row["pearson"] if row["pearson"] is not None else -2.0))
    shown = _shown(rows)
    columns = [
        Column("predictor", numeric=False),
        *(Column(metric.label, metric.meaning, metric.digits) for metric in shown),
        *(Column(label, "wall time on this machine", 1) for _, label in _TIMES),
    ]
    values = [
        [row.predictor, *(row[m.key] for m in shown), *(row[key] for key, _ in _TIMES)]
        for row in rows
    ]
    cells = max(row.cells for row in rows)
    note = "★ marks the best value of a column; the model of this run is in bold. "
    return Table(
        f"scores-{role}",
        f"{role.capitalize()} scores",
        "predictors",
        columns,
        values,
        marked=_best(rows, shown),
        strong=frozenset(n for n, row in enumerate(rows) if not row.is_reference),
        note=note + (f"{cells:,} cells were scored." if cells else ""),
        folded=role != "test",
    )


def _best(rows: Sequence[Score], shown: Sequence[Metric]) -> frozenset[tuple[int, int]]:
    """Positions of the best value of each score, ties to the printed digit included."""
    marked = set()
    for column, metric in enumerate(shown, start=1):
        known = {
            number: round(value, metric.digits)
            for number, row in enumerate(rows)
            if (value := row[metric.key]) is not None
        }
        if known:
            best = (max if metric.higher else min)(known.values())
            marked |= {(number, column) for number, value in known.items() if value == best}
    return frozenset(marked)
