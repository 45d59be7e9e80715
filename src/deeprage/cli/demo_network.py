"""The demo's second page: motifs, a knock-out, and the real deletion strain."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from deeprage.cli.console import note
from deeprage.errors import DeepRageError

if TYPE_CHECKING:
    from deeprage.data.compendium import Compendium

NETWORK = "deeprage-motif"
#: Known motifs of the organism of the demo.
DEMO_MOTIFS = "jaspar:fungi"
#: Series of strains, which are the truth of the last step, and others to choose the epoch by.
STRAINS = ("mutants_heat_peroxide", "tf_overexpression")
JUDGED = ("heat_shock_2", "dtt_2", "ypd_2", "sorbitol")
#: The stress response element, which Msn2 and Msn4 bind, and the stress in which it is masked.
MOTIF, STRESS = "AGGGG", "heat_shock_1"
RANDOM_KNOCKOUTS = 20

Train = Callable[..., None]


def explain(data: Path, out: Path, *, epochs: int, train: Train, threads: int | None) -> Path:
    """Train the network without the strains and say what it says; writes its report.

    Args:
        train: called with data, folder, model and further options of `deeprage train`.
    """
    from deeprage.cli.evaluate import evaluate
    from deeprage.cli.knockout import knockout
    from deeprage.cli.motifs import motifs
    from deeprage.cli.report import report
    from deeprage.data.compendium import Compendium
    from deeprage.interpretation.motif_files import MOTIF_TABLE
    from deeprage.training.run import KNOCKOUTS, REAL_KNOCKOUT

    compendium = Compendium.load(data)
    has_strains = set(STRAINS) <= set(compendium.series)
    options: dict[str, object] = {"epochs": epochs}
    if has_strains:
        options["conditions_fold"] = _without_strains(compendium, out)
    train(data, out, NETWORK, options)
    evaluate(out, reference=["additive", "regulator-ridge"])
    if not (out / MOTIF_TABLE).exists():
        note("its filters as motifs, beside JASPAR's fungi")
        motifs(out, motifs=[Path(DEMO_MOTIFS)], threads=threads)
    name = f"without-{MOTIF}"
    if has_strains and not (out / KNOCKOUTS / name).exists():
        note(f"masking {MOTIF}, the stress response element, in heat shock")
        knockout(
            out,
            motif=[MOTIF],
            conditions=[STRESS],
            nulls=RANDOM_KNOCKOUTS,
            name=name,
            threads=threads,
        )
    if has_strains and not (out / REAL_KNOCKOUT).exists():
        _beside_the_strain(compendium, out, name)
    return report(out)


def _without_strains(compendium: Compendium, out: Path) -> Path:
    """A fold file in which the strains are tested and a few other series validate."""
    from deeprage.files import write_text

    role = dict.fromkeys(STRAINS, "test") | dict.fromkeys(JUDGED, "validation")
    lines = [
        f"{condition}\t{role.get(series, 'train')}\n"
        for condition, series in zip(compendium.conditions, compendium.series, strict=True)
    ]
    path = out.with_name(f"{out.name}-conditions.tsv")
    text = "".join(lines)
    if path.exists() and path.read_text(encoding="utf-8") != text:
        raise DeepRageError(
            f"{path} would be replaced, but is not as the demo writes it: move it elsewhere, or "
            "choose another --out."
        )
    write_text(path, text)
    return path


def _beside_the_strain(compendium: Compendium, out: Path, name: str) -> None:
    """Compare the masked motif with the deletion of Msn2 and Msn4 at 37 C."""
    import numpy as np
    import pandas as pd

    from deeprage.data.catalog.real_knockouts import yeast_knockouts
    from deeprage.data.split import Role
    from deeprage.files import write_json
    from deeprage.interpretation.real_agreement import beside_the_strain
    from deeprage.training.run import KNOCKOUTS, REAL_KNOCKOUT, Run

    run = Run.load(out)
    split = run.split
    seen = np.flatnonzero(split.cells(Role.TRAIN, Role.VALIDATION).any(axis=0))
    change = pd.read_parquet(BytesIO((out / KNOCKOUTS / name / "change.parquet").read_bytes()))
    found = beside_the_strain(
        compendium,
        yeast_knockouts(compendium)[0],
        {f"{MOTIF} masked": change.reindex(compendium.genes).mean(axis=1).to_numpy(np.float64)},
        seen=seen,
    )
    with run.results([REAL_KNOCKOUT]) as aside:
        write_json(aside / REAL_KNOCKOUT, found)
    for row in found["rows"]:
        note(
            f"against the deletion strain: {row['predictor']}: Spearman {row['spearman']:.2f}, "
            f"AUROC {row['auroc']:.2f}"
        )
