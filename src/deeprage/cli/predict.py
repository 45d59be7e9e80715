"""`deeprage predict`: the expression of new promoters under new regulator levels."""

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from deeprage.cli.console import note
from deeprage.errors import DeepRageError
from deeprage.files import written_aside


def predict(
    run: Annotated[Path, Argument(help="Run folder of `deeprage train`.")],
    *,
    promoters: Annotated[
        Path, Option(help="FASTA of promoters, 5' to 3' towards the gene; plain or gzip.")
    ],
    regulators: Annotated[
        Path,
        Option(help="TSV of log2 regulator levels, regulators x conditions or the other way."),
    ],
    out: Annotated[Path, Option(help="TSV to write: genes x conditions, log2.")],
    classes_out: Annotated[
        Path | None,
        Option(help="TSV to write too: gene, condition, probability of each class."),
    ] = None,
    fill_missing: Annotated[
        float | None,
        Option(help="Log2 value for regulators that the table lacks; without it an error."),
    ] = None,
    pad: Annotated[
        bool,
        Option("--pad", help="Crop long promoters and fill short ones with N at the far end."),
    ] = False,
) -> Path:
    """Predict expression for promoters and regulator levels that the network has not seen."""
    from deeprage.cli.new_inputs import fit_promoters, read_regulator_levels
    from deeprage.cli.own_files import spare_run
    from deeprage.cli.prediction_tables import classes_text, values_text
    from deeprage.data.promoters import read_promoters
    from deeprage.training.run import Run

    found = Run.load(run)
    spare_run(found, [out, classes_out], [promoters, regulators])
    if classes_out is not None and found.model["network"]["head"] == "regression":
        raise DeepRageError(
            f"{run} has no class head, so there are no probabilities for --classes-out: train "
            "with --head both or --head classes."
        )
    sequences = read_promoters(Path(promoters))
    tokens = fit_promoters(sequences, found.promoter_length, pad=pad)
    table = read_regulator_levels(Path(regulators), found.regulators, fill_missing=fill_missing)
    predicted = found.predictor().predict_new(tokens, table.levels)
    genes, conditions = list(sequences), table.conditions
    texts = {out: values_text(predicted.value, genes, conditions)}
    if classes_out is not None and predicted.probabilities is not None:
        edges = found.config["edges"]
        texts[classes_out] = classes_text(predicted.probabilities, genes, conditions, edges)
    with ExitStack() as both:  # neither file is replaced unless both can be written
        for path, text in texts.items():
            aside = both.enter_context(written_aside(Path(path)))
            aside.write_text(text, encoding="utf-8")
    if table.ignored:
        note(f"{table.ignored} names in {regulators} are no regulators of the network: ignored")
    if table.filled:
        note(f"{table.filled} regulator levels were missing: taken as {fill_missing:g}")
    scaling = found.scaling()
    outside = (table.levels < scaling.regulator_low) | (table.levels > scaling.regulator_high)
    if outside.any():
        note(f"{outside.mean():.0%} of the regulator levels lie outside what training saw")
    note(f"wrote {out}: {len(genes):,} genes x {len(conditions):,} conditions")
    return Path(out)
