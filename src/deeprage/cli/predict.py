"""`deeprage predict`: the expression of new promoters under new regulator levels."""

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from deeprage.cli.console import note
from deeprage.cli.parsing import refuse_unused
from deeprage.errors import DeepRageError, counted
from deeprage.files import written_aside


def predict(
    run: Annotated[Path, Argument(help="Run folder of `deeprage train`.")],
    *,
    regulators: Annotated[
        Path,
        Option(help="TSV of log2 regulator levels, regulators x conditions or the other way."),
    ],
    out: Annotated[Path, Option(help="TSV to write: genes x conditions, log2.")],
    promoters: Annotated[
        Path | None, Option(help="FASTA of promoters, 5' to 3' towards the gene; plain or gzip.")
    ] = None,
    genes: Annotated[
        list[str] | None,
        Option(
            help="In place of --promoters: genes of the run's own compendium, by any name, with "
            "commas or repeated, a file with one on each line, or all."
        ),
    ] = None,
    data: Annotated[
        Path | None,
        Option(help="With --genes: compendium; default: the one that the run was trained on."),
    ] = None,
    classes_out: Annotated[
        Path | None,
        Option(help="TSV to write too: gene, condition, probability of each class."),
    ] = None,
    intervals_out: Annotated[
        Path | None,
        Option(
            help="deeprage-f: TSV to write too: gene, condition, value, lower and upper end of an "
            "interval, what was known of gene and condition."
        ),
    ] = None,
    level: Annotated[
        float | None,
        Option(help="Share of true values that the intervals are to hold; default: 0.9."),
    ] = None,
    coding: Annotated[
        Path | None,
        Option(
            help="deeprage-f: FASTA of the start of each gene's coding sequence, from the ATG; "
            "better than the promoter alone."
        ),
    ] = None,
    fill_missing: Annotated[
        float | None,
        Option(
            help="For regulators that the table lacks: log2 difference from no change, or in log2 "
            "expression from their mean in training; without it an error."
        ),
    ] = None,
    pad: Annotated[
        bool,
        Option("--pad", help="Crop long promoters and fill short ones with N at the far end."),
    ] = False,
) -> Path:
    """Predict new promoters, or genes of the run, under new regulator levels."""
    import numpy as np

    from deeprage.cli.new_inputs import fit_promoters, read_regulator_levels
    from deeprage.cli.own_files import spare_run
    from deeprage.cli.own_genes import OwnGenes, own_genes
    from deeprage.cli.predicting import Asked, NewGenes, ask
    from deeprage.cli.prediction_tables import classes_text, intervals_text, values_text
    from deeprage.data.level_check import check_levels
    from deeprage.data.promoters import read_promoters
    from deeprage.training.run import Run

    if intervals_out is None:
        refuse_unused("there is no --intervals-out", level=level)
    if (promoters is None) == (genes is None):
        raise DeepRageError(
            "give --promoters FILE for new promoters, or --genes all (or names) for genes of the "
            f"run, {'not both' if promoters is not None else 'one of them'}."
        )
    if genes is not None:
        refuse_unused("--genes are of the compendium", coding=coding, pad=pad)
    else:
        refuse_unused("there is no --genes", data=data)
    found = Run.load(run)
    spare_run(found, [out, classes_out, intervals_out], [promoters, regulators, coding, data])
    asked = Asked.of(found)
    wanted: OwnGenes | NewGenes
    if promoters is not None:
        sequences = read_promoters(Path(promoters))
        tokens = fit_promoters(sequences, found.promoter_length, pad=pad)
        wanted = NewGenes(list(sequences), tokens, None if coding is None else Path(coding))
    else:
        wanted = own_genes(asked, genes or [], None if data is None else Path(data))
    table = read_regulator_levels(
        Path(regulators),
        found.regulator_names,
        fill_missing=fill_missing,
        unchanged=asked.usual,
    )
    names, conditions = wanted.names, table.conditions
    findings = check_levels(
        asked.reference,
        np.where(table.given, table.levels, np.nan),
        conditions=conditions,
        regulators=found.regulators,
        source=f"the levels in {regulators}",
    )
    answer = ask(
        asked,
        wanted,
        table.levels,
        findings=findings,
        classes=classes_out is not None,
        level=None if intervals_out is None else (0.9 if level is None else level),
    )
    texts = {out: values_text(answer.value, names, conditions)}
    if classes_out is not None and answer.probabilities is not None:
        edges = found.config["edges"]
        texts[classes_out] = classes_text(answer.probabilities, names, conditions, edges)
    if intervals_out is not None and answer.limits is not None:
        limits = (answer.value, *answer.limits, answer.known)
        texts[intervals_out] = intervals_text(*limits, names, conditions)
    with ExitStack() as together:  # no file is replaced unless all can be written
        for path, text in texts.items():
            aside = together.enter_context(written_aside(Path(path)))
            aside.write_text(text, encoding="utf-8")
    if table.matched != f"{len(found.regulators):,} by name":
        note(f"regulators in {regulators} matched: {table.matched}")
    if table.ignored:
        note(f"ignored in {regulators}: {counted(table.ignored, 'name')} of no regulator")
    if table.filled:
        usual = "their mean in training" if asked.usual.any() else "0"
        more = f" {fill_missing:+g}" if fill_missing else ""
        note(f"{counted(table.filled, 'missing regulator level')} taken as {usual}{more}")
    for text in (*wanted.notes, *findings.notes, *answer.notes):
        note(text)
    note(f"wrote {out}: {len(names):,} genes x {len(conditions):,} conditions")
    return Path(out)
