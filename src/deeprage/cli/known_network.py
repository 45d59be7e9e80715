"""The options that name a file of known links, and what a command says of the file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from deeprage.cli.console import note

if TYPE_CHECKING:
    from deeprage.data.compendium import Compendium
    from deeprage.data.regulatory_network import AlignedNetwork

NETWORK_HELP = (
    "Known links: a list with columns for regulator and target (TRRUST, CollecTRI, DoRothEA, "
    "RegulonDB, YEASTRACT, GRNBoost2, ...), a gene x regulator table, or sets of targets (GMT)."
)
BELOW_HELP = "Of a network file with p-values: links are those below this."
ABOVE_HELP = "Of a network file with weights: links are those of this size or more."


def network_in_use(
    path: Path, compendium: Compendium, *, below: float | None, above: float | None
) -> AlignedNetwork:
    """A file of known links on a compendium, after lines on how it was read."""
    import numpy as np

    from deeprage.data.regulatory_network import align, check_comparable, read_network

    found = align(
        read_network(path, below=below, above=above),
        names=compendium.names,
        regulator_rows=compendium.regulator_rows,
    )
    tell(found.notes)
    warning = check_comparable(found, path.name, np.flatnonzero(compendium.has_promoter))
    tell([warning] if warning else [])
    return found


def tell(notes: Sequence[str]) -> None:
    """Print how a network was read."""
    for text in notes:
        note(text)
