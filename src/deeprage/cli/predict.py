"""`deeprage predict`: the expression of new promoters under new regulator levels."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from deeprage.cli.console import note


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
    from deeprage.cli.new_inputs import fit_promoters, read_promoters, read_regulator_levels
    from deeprage.training.run import Run

    found = Run.load(Path(run))
    sequences = read_promoters(Path(promoters))
    tokens = fit_promoters(sequences, found.promoter_length, pad=pad)
    table = read_regulator_levels(Path(regulators), found.regulators, fill_missing=fill_missing)
    if table.ignored:
        note(f"{table.ignored} entries of {regulators} are no regulators of the network: ignored")
    if table.filled:
        note(f"{table.filled} regulator levels were missing: taken as {fill_missing:g}")
    prediction = found.predictor().predict_new(tokens, table.levels)
    return Path(out)
