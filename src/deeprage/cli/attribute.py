"""`deeprage attribute`: what each letter of promoters contributes, for motif discovery."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from deeprage.cli.console import note
from deeprage.cli.parsing import refuse_unused
from deeprage.errors import DeepRageError, unknown
from deeprage.listing import listed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from deeprage.data.compendium import Compendium


def attribute(
    run: Annotated[Path, Argument(help="Run folder of `deeprage train`.")],
    *,
    out: Annotated[Path, Option(help="Folder for ohe.npz, attr.npz and attribution_genes.tsv.")],
    data: Annotated[
        Path | None, Option(help="Compendium; default: the one that the run was trained on.")
    ] = None,
    method: Annotated[
        str,
        Option(help="integrated, deeplift, gradient or mutagenesis (slow, needs no gradients)."),
    ] = "integrated",
    conditions: Annotated[
        list[str] | None,
        Option(
            help="Explain the mean prediction in these conditions or series, with commas or "
            "repeated; default: each gene's own response over all conditions."
        ),
    ] = None,
    genes: Annotated[
        list[str] | None,
        Option(help="Genes or symbols, with commas or repeated; default: those that respond."),
    ] = None,
    most: Annotated[
        int | None,
        Option(
            help="Without --genes: how many genes, those that respond most first; default: 1000."
        ),
    ] = None,
    steps: Annotated[
        int | None, Option(help="For integrated: points on the path; default: 16.")
    ] = None,
    references: Annotated[
        int | None,
        Option(help="For integrated and deeplift: shuffled promoters per gene; default: 4."),
    ] = None,
    seed: Annotated[int, Option(min=0, help="Seed of the shuffling.")] = 0,
    threads: Annotated[int | None, Option(help="CPU threads; default: all cores.")] = None,
) -> Path:
    """Write what each letter contributes, as TF-MoDISco and other motif discovery reads it."""
    import numpy as np

    from deeprage.cli.scoring import compendium_of
    from deeprage.cli.threads import use_threads
    from deeprage.folders import folder_change
    from deeprage.interpretation.attribution import METHODS, contributions, response_weights
    from deeprage.interpretation.contribution_files import (
        ATTRIBUTIONS,
        NAMES,
        ONE_HOT,
        write_contributions,
    )
    from deeprage.interpretation.deeplift import check_rules
    from deeprage.interpretation.model import filled, model_of
    from deeprage.training.run import Run

    chosen = next((name for name in METHODS if name == method), None)
    if chosen is None:
        raise unknown("attribution method", method, METHODS)
    if genes is not None:
        refuse_unused("--genes names the genes", most=most)
    if chosen != "integrated":
        refuse_unused(f"the method is {chosen}", steps=steps)
    if chosen not in ("integrated", "deeplift"):
        refuse_unused(f"the method is {chosen}", references=references)
    most = 1000 if most is None else most
    if most < 1:
        raise DeepRageError(f"--most must be 1 or more, got {most}.")
    use_threads(threads)
    found = Run.load(run)
    compendium = compendium_of(found, data)
    model = model_of(found, compendium)
    if chosen == "deeplift":
        check_rules(model)
    columns_named = {*compendium.conditions, *compendium.series}
    conditions = listed("--conditions", conditions, columns_named.__contains__)
    genes = listed("--genes", genes, lambda text: compendium.names.find(text) is not None)
    columns = _columns(compendium, conditions)
    levels = filled(model, compendium.regulator_levels[columns])
    rows = np.flatnonzero(compendium.has_promoter) if genes is None else _rows(compendium, genes)
    predicted = model.respond(rows, compendium.promoters[rows], levels)
    if conditions is None:
        weights = response_weights(predicted)
    else:
        weights = np.full(predicted.shape, 1 / len(columns), dtype=np.float32)
    if genes is None:
        strength = np.abs((weights * (predicted - predicted.mean(axis=0))).sum(axis=1))
        kept = np.sort(np.argsort(-strength, kind="stable")[:most])
        rows, weights = rows[kept], weights[kept]
    promoters = compendium.promoters[rows]
    folder = Path(out)
    with folder_change(folder, names=(ONE_HOT, ATTRIBUTIONS, NAMES)) as aside:
        hypothetical = contributions(
            model,
            rows,
            promoters,
            levels,
            weights,
            method=chosen,
            steps=16 if steps is None else steps,
            references=4 if references is None else references,
            rng=np.random.default_rng(seed),
        )
        chosen_genes = [compendium.genes[row] for row in rows]
        write_contributions(aside, hypothetical, promoters, chosen_genes)
    note(
        f"wrote {len(rows):,} promoters of {promoters.shape[1]:,} bp; find motifs in them with: "
        f"modisco motifs -s {folder / 'ohe.npz'} -a {folder / 'attr.npz'} -n 20000 "
        f"-w {promoters.shape[1]} -o {folder / 'modisco.h5'}"
    )
    return folder / ATTRIBUTIONS


def _columns(compendium: "Compendium", names: list[str] | None) -> "NDArray[np.intp]":
    """Columns of the named conditions and series; all where nothing is named."""
    import numpy as np

    if names is None:
        return np.arange(len(compendium.conditions))
    valid = {*compendium.conditions, *compendium.series}
    for name in names:
        if name not in valid:
            raise unknown("condition or series", name, valid)
    chosen = set(names)
    return np.array(
        [
            column
            for column, (condition, series) in enumerate(
                zip(compendium.conditions, compendium.series, strict=True)
            )
            if condition in chosen or series in chosen
        ],
        dtype=np.intp,
    )


def _rows(compendium: "Compendium", names: list[str]) -> "NDArray[np.intp]":
    """Rows of the named genes, by any of their names."""
    import numpy as np

    rows = np.unique([compendium.names.one(name, "gene") for name in names])
    bare = [compendium.genes[row] for row in rows if not compendium.has_promoter[row]]
    if bare:
        raise DeepRageError(f"the gene {bare[0]} has no promoter, so nothing in it contributes.")
    return rows
