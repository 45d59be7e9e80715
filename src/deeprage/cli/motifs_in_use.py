"""The known motifs that a command reads, and what it says of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from deeprage.cli.console import note
from deeprage.errors import DeepRageError

if TYPE_CHECKING:
    from deeprage.data.compendium import Compendium
    from deeprage.data.motif_sources import KnownMotifs

#: Of the option --motifs of every verb.
MOTIFS_HELP = (
    "Known motifs: files (MEME, JASPAR, HOMER, HOCOMOCO, TRANSFAC, CIS-BP), jaspar:GROUP such as "
    "jaspar:plants, or none; with commas or repeated; default: jaspar:fungi if the compendium has "
    "its factors, else none."
)


def motifs_in_use(
    sources: Sequence[Path] | None, compendium: Compendium, *, needed: str = ""
) -> KnownMotifs:
    """The motifs of the option --motifs, after a line on which they are and what was done.

    Args:
        needed: what cannot be done without a known motif, if anything.

    Raises:
        DeepRageError: there is none, and one is needed.
    """
    from deeprage.data.motif_sources import known_motifs

    known = known_motifs(sources, compendium)
    if needed and not known.motifs:
        why = known.about.partition("since ")[2] or "none was given: give --motifs FILE"
        raise DeepRageError(f"{needed} needs known motifs, and {why}.")
    tell(known)
    return known


def tell(known: KnownMotifs) -> None:
    """Print which motifs are in use, and what was done to those of files."""
    note(known.about)
    for text in known.notes:
        note(text)
