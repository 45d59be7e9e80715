"""Which factors the name of a motif means, in the spellings of the motif databases."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from deeprage.data.names import NameResolver
from deeprage.errors import counted, examples

if TYPE_CHECKING:
    from deeprage.data.motifs import Motif

#: What separates the members of a complex; none of it occurs in the name of a gene.
_MEMBERS = re.compile(r"::|[/,;&|+]")
_JASPAR = r"(?:MA|UN|PB|PF|PH|PL|CN|SA|SD|BC)\d{4}\.\d+"
_CISBP = r"M\d{4,5}_\d\.\d{2}"
#: Marks of databases, in the order in which they are taken off: (pattern, what is kept).
_MARKS = (
    (re.compile(r"\(([^()]+)\)_\(.*"), r"\1"),  # CIS-BP: (Fab3)_(Homo_sapiens)_(DBD_1.00)
    (re.compile(rf"(?:{_JASPAR}|{_CISBP})[._ -](.+)"), r"\1"),  # MA9003.1.Fab3, M00001_2.00_Fab3
    (re.compile(rf"(.+)[._ -](?:{_JASPAR}|{_CISBP})"), r"\1"),
    (re.compile(r"(.+?)\.H\d{2}[A-Z]*\..+"), r"\1"),  # HOCOMOCO: FAB3_HUMAN.H11MO.0.B
    (re.compile(r"(.+?)[ _.]?\(var\.?\s*\d+\)", re.IGNORECASE), r"\1"),  # JASPAR: Fab3(var.2)
    (re.compile(r"([^(/]+)\([^()]*\)(?:/.*)?"), r"\1"),  # HOMER: Fab3(bZIP)/own/Homer
    (re.compile(r"[A-Z]\$(.+?)(?:_[A-Z0-9]{1,4})?"), r"\1"),  # TRANSFAC: V$FAB3_01
    (re.compile(r"(.+?)_TARGET(?:S|_GENES)", re.IGNORECASE), r"\1"),  # sets of genes
)
#: What may be a mark or a part of the name; taken off where the name as it is means no gene.
_ENDINGS = (
    re.compile(r"(.+)_[A-Z0-9]{3,5}"),  # UniProt's species: FAB3_HUMAN
    re.compile(r"(.+?)_(?:DBD|full|FL|primary|secondary|disc\d*|known\d*)(?:_\d+)?", re.IGNORECASE),
    re.compile(r"(.+)[-.](?:[RP][A-Z]|[TtPp]\d+)"),  # transcripts and proteins: Fab3-RA, Fab3.t1
    re.compile(r"(.+?)[-_.# ]?(?:v|var|variant)[-_. ]?\d{1,2}", re.IGNORECASE),
    re.compile(r"(.+)[-_.# ]\d{1,2}"),  # a second motif: Fab3-2
    re.compile(r"(.+)p"),  # a protein of yeast: Fab3p
)
#: A protein of yeast as its databases write it.
_PROTEIN = re.compile(r"([A-Z][a-z]{2,}\d+[a-z]?)p")
#: Shortest part of a name with a hyphen that may be a factor by itself.
_LEAST_PART = 3


def factors(symbol: str) -> tuple[str, ...]:
    """Names of the factors that a motif's symbol stands for, upper case.

    `MBP1::SWI6` is two; marks of databases are left out, and proteins of yeast lose their p
    (`Abf1p` is ABF1).
    """
    names = []
    for part in _MEMBERS.split(_unmarked(symbol)):
        plain = _unmarked(part.strip())
        protein = _PROTEIN.fullmatch(plain)
        names.append(protein[1] if protein else plain)
    return tuple(name.upper() for name in names if name)


def readings(text: str) -> list[str]:
    """What the name of one factor may be, the most literal reading first."""
    plain = text.strip()
    found = [plain]
    for pattern, kept in _MARKS:
        plain = pattern.sub(kept, plain) if pattern.fullmatch(plain) else plain
        found.append(plain)
    for name in (plain, *[m[1] for p in _ENDINGS[:4] if (m := p.fullmatch(plain))]):
        found += [match[1] for ending in _ENDINGS if (match := ending.fullmatch(name))]
    return [name for name in dict.fromkeys(found) if name and not _MEMBERS.search(name)]


def members(text: str) -> list[str]:
    """The members of a complex; one for a name that is none."""
    unmarked = _unmarked(text)
    if _MEMBERS.search(unmarked):
        return [part.strip() for part in _MEMBERS.split(unmarked) if part.strip()]
    return [unmarked if _MEMBERS.search(text) else text.strip()]


def _unmarked(text: str) -> str:
    plain = text.strip()
    for pattern, kept in _MARKS:
        plain = pattern.sub(kept, plain) if pattern.fullmatch(plain) else plain
    return plain


def _hyphened(text: str) -> list[str]:
    """Parts of `Fab3-Fab6` that may be factors."""
    parts = re.split(r"[-_]", _unmarked(text))
    long = [part for part in parts if len(part) >= _LEAST_PART]
    return long if len(parts) > 1 else []


@dataclass(frozen=True, eq=False)
class MotifOwners:
    """Which regulators motifs belong to.

    Attributes:
        motifs: as they were given.
        slots: for each of them the places of its regulators, each once; none for most motifs of
            a collection.
        ambiguous: names of motifs that mean several genes, with these genes' names.
        regulators: how many there are.
    """

    motifs: Sequence[Motif]
    slots: list[list[int]]
    ambiguous: Mapping[str, tuple[str, ...]]
    regulators: int

    @cached_property
    def by_regulator(self) -> dict[int, list[Motif]]:
        """Motifs by the place of their regulator, in the order of these."""
        found: dict[int, list[Motif]] = {}
        for motif, slots in zip(self.motifs, self.slots, strict=True):
            for slot in slots:
                found.setdefault(slot, []).append(motif)
        return dict(sorted(found.items()))

    @property
    def unmatched(self) -> list[str]:
        """Names of the motifs that belong to no regulator, with their symbols."""
        return [
            motif.name if motif.name == motif.symbol else f"{motif.name} {motif.symbol}"
            for motif, slots in zip(self.motifs, self.slots, strict=True)
            if not slots
        ]

    @property
    def summary(self) -> str:
        """How many motifs belong to how many regulators, and which do not."""
        lost = self.unmatched
        text = (
            f"{len(self.motifs) - len(lost):,} of {counted(len(self.motifs), 'motif')} "
            f"matched to {len(self.by_regulator):,} of {counted(self.regulators, 'regulator')} by "
            "name"
        )
        if lost:
            text += f"; {len(lost):,} to none: {examples(lost)}"
        if self.ambiguous:
            genes = next(iter(self.ambiguous.values()))
            text += (
                f"; {counted(len(self.ambiguous), 'name')} not used, since several genes have it: "
                f"{examples(self.ambiguous)} (the first: {', '.join(genes[:3])})"
            )
        return text


def motif_owners(motifs: Sequence[Motif], regulators: NameResolver) -> MotifOwners:
    """Match motifs to regulators by the factors that they are named after.

    A motif of a complex belongs to each of its members. The name as it is goes before shorter
    readings of it, and a name that means a gene which is no regulator has no other reading.

    Args:
        regulators: finds places of the R regulators (`Compendium.regulator_names`).
    """
    texts = [dict.fromkeys((motif.symbol, motif.name)) for motif in motifs]
    names = {name for both in texts for text in both for name in _all_readings(text)}
    listed = sorted(names)
    meant = regulators.resolve(listed)
    genes = regulators.among_all().resolve(listed)

    def places(text: str) -> list[int]:
        return _places(text, meant.resolved, lambda name: name in genes.resolved)

    slots = [sorted({slot for text in both for slot in places(text)}) for both in texts]
    literal = {_unmarked(part) for both in texts for text in both for part in members(text)}
    ambiguous = {name: of for name, of in meant.ambiguous.items() if name in literal}
    return MotifOwners(motifs, slots, ambiguous, len(regulators.shown))


def _all_readings(text: str) -> Iterator[str]:
    for part in (*members(text), *_hyphened(text)):
        for name in readings(part):
            # A number alone may be the identifier of any gene.
            if not name.isdecimal():
                yield name


def _places(text: str, place: Mapping[str, int], is_gene: Callable[[str], bool]) -> list[int]:
    def one(part: str) -> int | None:
        for name in readings(part):
            if name in place:
                return place[name]
            if is_gene(name):
                return None
        return None

    parts = members(text)
    literal = [name for part in parts for name in (part, _unmarked(part))]
    if not any(name in place or is_gene(name) for name in literal):
        several = [slot for part in _hyphened(text) if (slot := one(part)) is not None]
        if len(set(several)) > 1:  # Fab3-Fab6, not the second motif of Fab3
            return several
    found = [slot for part in parts if (slot := one(part)) is not None]
    if found or any(is_gene(name) for name in literal):
        return found
    return [slot for part in _hyphened(text) if (slot := one(part)) is not None]
