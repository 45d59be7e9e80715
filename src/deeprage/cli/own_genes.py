"""Genes of the run's own compendium, named by `predict --genes`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from deeprage.errors import DeepRageError, counted, examples
from deeprage.listing import listed

if TYPE_CHECKING:
    from deeprage.cli.predicting import Asked
    from deeprage.data.compendium import Compendium
    from deeprage.data.split import Split

Rows = NDArray[np.intp]
#: All genes, unless one is called so.
ALL = "all"


@dataclass(frozen=True, eq=False)
class OwnGenes:
    """Some genes of a compendium.

    Attributes:
        compendium: of the run.
        split: of the run.
        rows: of the genes (G,).
        notes: what a user should know.
    """

    compendium: Compendium
    split: Split
    rows: Rows
    notes: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """As the compendium calls them."""
        return [self.compendium.genes[row] for row in self.rows]


def own_genes(asked: Asked, given: Sequence[str], data: Path | None) -> OwnGenes:
    """The genes that an option names.

    Args:
        given: names, or files of names, as `--genes` gives them; `all` for all that can be
            predicted.
        data: compendium; None for the one that the run was trained on.

    Raises:
        DeepRageError: no compendium, an unknown or ambiguous name, or a gene that the model cannot
            predict, since it has no promoter.
    """
    from deeprage.cli.scoring import compendium_of

    compendium = compendium_of(asked.run, data)
    can = _predictable(asked, compendium)
    names = _names(given, compendium)
    if names == [ALL] and ALL not in compendium.genes:
        left = int((~can).sum())
        why = f"{counted(left, 'gene')} without a promoter left out: nothing tells how they respond"
        return OwnGenes(compendium, asked.run.split, np.flatnonzero(can), (why,) if left else ())
    meant = compendium.names.resolve(names)
    if meant.ambiguous:
        raise DeepRageError(
            f"--genes: {counted(len(meant.ambiguous), 'name')} with several genes: "
            f"{meant.ambiguity()}; name the genes as the compendium does."
        )
    if meant.unmatched:
        for name in meant.unmatched[:1] if len(meant.unmatched) == 1 else ():
            compendium.names.one(name, "gene")
        raise DeepRageError(
            f"--genes: {counted(len(meant.unmatched), 'name')} of {len(names)} with no gene of the "
            f"compendium, such as {examples(meant.unmatched)}; it has {examples(compendium.genes)}."
        )
    rows = np.array(list(dict.fromkeys(meant.resolved.values())), dtype=np.intp)
    bare = [compendium.genes[row] for row in rows if not can[row]]
    if bare:
        raise DeepRageError(
            f"--genes: {counted(len(bare), 'gene')} without a promoter, such as {examples(bare)}, "
            "which this model cannot predict: leave them out."
        )
    by_name = meant.summary == f"{len(names):,} by name"
    return OwnGenes(
        compendium, asked.run.split, rows, () if by_name else (f"genes matched: {meant.summary}",)
    )


def _predictable(asked: Asked, compendium: Compendium) -> NDArray[np.bool_]:
    """Which genes (G,) the model has something to go by: a promoter, or training cells."""
    from deeprage.factorised.trained import TrainedFactorised

    can = compendium.has_promoter.copy()
    if isinstance(asked.model, TrainedFactorised):
        can[asked.model.learnt.seen_genes] = True
    return can


def _names(given: Sequence[str], compendium: Compendium) -> list[str]:
    """The names, those in files included; a name goes before a file of that name."""
    known = {*compendium.genes, *compendium.symbols}
    found: list[str] = []
    for name in listed("--genes", given, known.__contains__) or ():
        found += [name] if name in known or not Path(name).is_file() else _in_file(Path(name))
    return found


def _in_file(path: Path) -> list[str]:
    """Names in a file, one on each line."""
    from deeprage.data.reading import open_text

    with open_text(path, "the list of genes") as handle:
        names = [line.split("#")[0].strip() for line in handle]
    if not any(names):
        raise DeepRageError(f"the list of genes {path} is empty: give one name on each line.")
    return [name for name in names if name]
