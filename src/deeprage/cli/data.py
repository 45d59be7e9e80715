"""`deeprage data`: compendia, from the catalog or from files of one's own."""

import typer

app = typer.Typer(
    help="Get, build and look at compendia.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.command("list")
def list_() -> None:
    """Show the data sets that `deeprage data fetch` knows."""
