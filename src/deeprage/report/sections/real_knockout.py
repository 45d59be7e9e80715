"""A knock-out beside the real deletion strain."""

from deeprage.report.blocks import Column, Section, Table
from deeprage.report.run_folder import RunFolder
from deeprage.report.schemas.real_knockout import RealKnockout
from deeprage.training.run import REAL_KNOCKOUT


def real_knockout(run: RunFolder) -> Section | None:
    """A table of predicted changes by how well they agree with the measured one."""
    found = run.json(
        REAL_KNOCKOUT, RealKnockout, advice="run `deeprage demo` again, or delete the file"
    )
    if found is None:
        return None
    way = "lowered" if found["direction"] < 0 else "raised"
    rows = sorted(found["rows"], key=lambda row: -row["auroc"])
    columns = [
        Column("predicted change", numeric=False),
        Column("Spearman", "of predicted with measured change, over genes", 3),
        Column(
            f"AUROC of the {found['most']} most {way}",
            "chance that one of them is predicted to change more in that direction than another "
            "gene; 0.5 is a coin",
            3,
        ),
        Column("genes", "with both a predicted and a measured change"),
    ]
    table = Table(
        "real-knockout",
        f"Against the strain {found['name']}",
        "predictors",
        columns,
        [[row["predictor"], row["spearman"], row["auroc"], row["genes"]] for row in rows],
        strong=frozenset(at for at, row in enumerate(rows) if row["model"]),
        note="In bold: this run's model. The strain's other array, which shares its wild type, is "
        "about what can be reached.",
    )
    return Section(
        "real-knockout",
        "Does the deletion strain agree?",
        "The arrays of the strain, and of its wild type beside it, were in no training. A model "
        "has shown something only where it is above the line that needs no model: genes that a "
        "stress raises most have most to lose in any strain that responds less.",
        [table],
    )
