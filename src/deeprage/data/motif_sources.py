"""Where known motifs come from: files, JASPAR's collections, or the default where it fits.

A source is a file, `jaspar:GROUP` (a taxonomic group of JASPAR's CORE collection, which comes with
`pyjaspar`) or `none`. Without a source the default collection serves, but only a compendium whose
genes it names: motifs of another organism say nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from deeprage.data.motifs import TAXONOMIC_GROUPS, Motif, jaspar_motifs, read_motifs
from deeprage.errors import DeepRageError, counted, examples, unknown

if TYPE_CHECKING:
    from deeprage.data.compendium import Compendium

Source = Path | str
DEFAULT = "jaspar:fungi"
NONE = "none"
_COLLECTION = "jaspar:"
#: Share of a collection's factors, or of a compendium's regulators, that must have a common name.
_LEAST_SHARE = 0.25
_LEAST_NAMES = 3
#: Kinds of identifiers by which databases of motifs call factors.
_CALLED = ("symbol", "gene", "gene_name", "standard_name", "Name")


@dataclass(frozen=True, eq=False)
class KnownMotifs:
    """Known motifs that serve a compendium.

    Attributes:
        parts: motifs by the label of their source, such as `JASPAR fungi` or a file's name.
        about: one sentence on the sources.
        notes: one sentence for each thing that was done to motifs of a file.
    """

    parts: dict[str, list[Motif]]
    about: str
    notes: tuple[str, ...] = ()

    @property
    def motifs(self) -> list[Motif]:
        """All motifs, in the order of the sources."""
        return [motif for part in self.parts.values() for motif in part]

    def up_to(self, width: int) -> KnownMotifs:
        """The same without motifs of more than `width` bp, which a note names."""
        wide = [motif.name for motif in self.motifs if motif.width > width]
        if not wide:
            return self
        parts = {
            label: [motif for motif in part if motif.width <= width]
            for label, part in self.parts.items()
        }
        text = (
            f"{counted(len(wide), 'motif')} left out, wider than the {max(width, 0)} bp that the "
            f"promoters have room for: {examples(wide)}"
        )
        return KnownMotifs(parts, self.about, (*self.notes, text))


def known_motifs(sources: Sequence[Source] | None, compendium: Compendium) -> KnownMotifs:
    """The motifs of some sources; without any, those of the default collection if it fits.

    Args:
        sources: files and collections; None for the default, empty or `none` for no motif.

    Raises:
        DeepRageError: a file cannot be read, or there is no such collection.
    """
    if sources is None:
        return _default(compendium)
    check_sources(sources)
    parts: dict[str, list[Motif]] = {}
    notes: list[str] = []
    for source in sources:
        group = _group(source)
        if is_none(source):
            continue
        if group is not None:
            parts.setdefault(f"JASPAR {group}", []).extend(jaspar_motifs(group))
            continue
        file = read_motifs(source)
        parts.setdefault(Path(source).name, []).extend(file.motifs)
        notes += file.notes
    listed = ", ".join(f"{label} ({counted(len(part), 'motif')})" for label, part in parts.items())
    return KnownMotifs(parts, f"known motifs: {listed or 'none'}", tuple(notes))


def explicit_sources(sources: Sequence[Source] | None, compendium: Compendium) -> Sequence[Source]:
    """The same sources; in place of None the default collection if it fits, else `none`."""
    if sources is not None:
        return sources
    return [DEFAULT] if _default(compendium).parts else [NONE]


def check_sources(sources: Sequence[Source]) -> None:
    """Raise a `DeepRageError` for a source that is neither a file nor a collection."""
    if any(is_none(source) for source in sources) and len(sources) > 1:
        raise DeepRageError("'none' stands for no motif at all: give it alone, or leave it out.")
    for source in sources:
        group = _group(source)
        if group is not None and group not in TAXONOMIC_GROUPS:
            raise unknown("taxonomic group of JASPAR", group, TAXONOMIC_GROUPS)
        if group is None and not is_none(source) and not Path(source).is_file():
            raise DeepRageError(
                f"there is no motif file {source}: give a file, jaspar:GROUP such as {DEFAULT}, or "
                f"{NONE}."
            )


def content_of_source(source: Source) -> str:
    """What a source holds, as a hash; of a collection its name and the version of `pyjaspar`."""
    if is_none(source) or _group(source) is not None:
        return f"{source} of pyjaspar {version('pyjaspar')}"
    return sha256(Path(source).read_bytes()).hexdigest()


def is_none(source: Source) -> bool:
    """Whether a source stands for no motif."""
    return str(source).lower() == NONE


def _group(source: Source) -> str | None:
    """The taxonomic group of a source that is a collection of JASPAR."""
    text = str(source)
    return text[len(_COLLECTION) :].lower() if text.lower().startswith(_COLLECTION) else None


def _default(compendium: Compendium) -> KnownMotifs:
    """The default collection if it fits, else nothing and a collection that would fit."""
    names = _names(compendium)
    regulators = {row: names[row] for row in map(int, compendium.regulator_rows)}
    every = frozenset[str]().union(*names)
    by_group = _factor_names()
    group = str(_group(DEFAULT))
    factors = by_group[group]
    share = f"{len(factors & every):,} of its {len(factors):,} factors are genes of the compendium"
    if _fits(factors, every, list(regulators.values())):
        motifs = jaspar_motifs(group)
        about = f"known motifs: JASPAR {group} ({len(motifs):,} motifs), the default, since {share}"
        return KnownMotifs({f"JASPAR {group}": motifs}, about)
    others = [
        f"{_COLLECTION}{name} ({len(by_group[name] & every):,} of {len(by_group[name]):,})"
        for name in TAXONOMIC_GROUPS
        if _fits(by_group[name], every, list(regulators.values()))
    ]
    fitting = f"; by name fits {' and '.join(others)}" if others else ""
    return KnownMotifs(
        {},
        f"known motifs: none, since the default collection {DEFAULT} does not fit ("
        f"{share}){fitting}; give --motifs FILE, or --motifs {DEFAULT} to use it all the same",
    )


def _fits(factors: frozenset[str], genes: frozenset[str], regulators: Sequence[set[str]]) -> bool:
    shared = len(factors & genes)
    having = sum(bool(factors & called) for called in regulators)
    return shared >= _LEAST_NAMES and (
        shared >= _LEAST_SHARE * len(factors)
        or (having >= _LEAST_NAMES and having >= _LEAST_SHARE * len(regulators))
    )


def _names(compendium: Compendium) -> list[set[str]]:
    """Names of each gene by which a database of motifs may call it, upper case."""
    found = [
        {gene.upper(), symbol.upper()}
        for gene, symbol in zip(compendium.genes, compendium.symbols, strict=True)
    ]
    for names, pairs in zip(found, compendium.names.identifiers, strict=True):
        names.update(value.upper() for kind, value in pairs if kind in _CALLED)
    return found


@cache
def _factor_names() -> dict[str, frozenset[str]]:
    """Names of the factors of JASPAR's CORE collection by taxonomic group, upper case."""
    from pyjaspar import jaspardb

    rows = jaspardb().conn.execute(
        "SELECT DISTINCT MATRIX_ANNOTATION.VAL, MATRIX.NAME FROM MATRIX JOIN MATRIX_ANNOTATION "
        "ON MATRIX.ID = MATRIX_ANNOTATION.ID "
        "WHERE MATRIX.COLLECTION = 'CORE' AND MATRIX_ANNOTATION.TAG = 'tax_group'"
    )
    found: dict[str, set[str]] = {group: set() for group in TAXONOMIC_GROUPS}
    for group, name in rows:
        found.setdefault(str(group).lower(), set()).update(
            part.upper() for part in str(name).split("::")
        )
    return {group: frozenset(names) for group, names in found.items()}
