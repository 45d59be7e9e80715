"""The command line that a run remembers: handed down by the console, None in a call from Python."""

from typing import Annotated

from typer import Context, Option


def _as_given(context: Context) -> object:
    """What `app.run` was given, whatever value the hidden option itself may have."""
    return context.find_root().obj


CommandLine = Annotated[str | None, Option(hidden=True, callback=_as_given)]
