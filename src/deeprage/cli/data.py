"""`deeprage data`: compendia, from the catalog or from files of one's own."""

from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from deeprage.cli.console import note, show
from deeprage.cli.importing import import_
from deeprage.cli.overrides import parse_settings
from deeprage.cli.parsing import choice, listed_settings
from deeprage.cli.scoring import audit_table
from deeprage.cli.splits import chosen_split
from deeprage.errors import DeepRageError

app = typer.Typer(
    help="Get, build and look at compendia.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.command("list")
def list_() -> None:
    """Show the data sets that `deeprage data fetch` knows, with source and licence."""
    from deeprage.data.catalog.registry import list_datasets

    for entry in list_datasets():
        options = f"\n    options: {', '.join(entry.options)}" if entry.options else ""
        show(
            f"{entry.name}\n    {entry.description}\n    {entry.size}\n"
            f"    source: {entry.source}\n    licence: {entry.licence}{options}"
        )


@app.command()
def fetch(
    name: Annotated[str, Argument(help="One of `deeprage data list`.")],
    *,
    out: Annotated[
        Path | None, Option(help="Compendium to write; default: data/NAME.h5ad.")
    ] = None,
    source: Annotated[
        Path | None,
        Option("--from", help="Folder that holds the files already; nothing is downloaded."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        Option("--set", metavar="NAME=VALUE", help="Option of the data set, such as genes=500."),
    ] = None,
    force: Annotated[
        bool, Option("--force", help="Build again although the file is there.")
    ] = False,
) -> Path:
    """Build a data set of the catalog as one .h5ad file."""
    from deeprage.data.catalog.registry import fetch as fetch_data

    path = fetch_data(
        name,
        out=None if out is None else Path(out),
        source=None if source is None else Path(source),
        force=force,
        **parse_settings(listed_settings(settings)),
    )
    note(f"{path} is ready; look at it with: deeprage data describe {path}")
    return path


app.command("import")(import_)


@app.command()
def describe(
    file: Annotated[Path, Argument(help="Compendium, the .h5ad of `deeprage data`.")],
    *,
    regime: Annotated[
        str | None,
        Option(help="Also audit a split: pairs, conditions, genes or both."),
    ] = None,
    protocol: Annotated[str | None, Option(help="default or paper.")] = None,
    seed: Annotated[int | None, Option(help="Seed of the split; default: 0.")] = None,
    fold: Annotated[str | None, Option(help="Which fold of --folds; 2/5 says both.")] = None,
    folds: Annotated[
        str | None, Option(help="Number of folds, or 'series' for one a condition series.")
    ] = None,
    test_fraction: Annotated[
        float | None, Option(help="Share that is tested, without folds; default: 0.1.")
    ] = None,
    validation_fraction: Annotated[
        float | None, Option(help="Share set aside for choices; default: 0.1.")
    ] = None,
    genes_fold: Annotated[
        Path | None, Option(help="Lines of gene, tab, train|validation|test.")
    ] = None,
    conditions_fold: Annotated[
        Path | None, Option(help="Lines of condition, tab, train|validation|test.")
    ] = None,
) -> None:
    """Show a compendium's shape, gaps, regulators, series and groups, and audit a split."""
    from deeprage.data.compendium import Compendium
    from deeprage.data.describe import describe as describe_compendium
    from deeprage.data.split import ScoringProtocol
    from deeprage.data.units import unit_warning
    from deeprage.evaluation.leakage import audit

    scoring = ScoringProtocol(choice("protocol", protocol or "default", ScoringProtocol))
    asked = (
        *(protocol, seed, fold, folds),
        *(genes_fold, conditions_fold, test_fraction, validation_fraction),
    )
    if regime is None and any(option is not None for option in asked):
        raise DeepRageError("a split is audited for a regime: add --regime, such as conditions.")
    compendium = Compendium.load(file)
    if warning := unit_warning(compendium):
        note(warning)
    if regime is None:
        show(describe_compendium(compendium).text())
        return
    split = chosen_split(
        compendium,
        regime=regime,
        protocol=scoring,
        seed=seed or 0,
        test_fraction=test_fraction,
        validation_fraction=validation_fraction,
        fold=fold,
        folds=folds,
        genes_fold=genes_fold,
        conditions_fold=conditions_fold,
    )
    show(describe_compendium(compendium, split).text(), "")
    show(audit_table(audit(compendium, split, scoring)))
