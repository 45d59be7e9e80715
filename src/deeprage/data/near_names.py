"""Why names may fail to match: case, prefix, version, spreadsheets, other kinds of identifiers."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from deeprage.data.name_forms import bare, unversioned
from deeprage.errors import examples

if TYPE_CHECKING:
    from deeprage.data.names import NameResolver

_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
#: SEPT2 becomes 2-Sep, MARCH1 1-Mar or 2024-03-01, and the RIKEN clone 2310009E13 2.31E+19.
_CHANGED = re.compile(
    rf"(\d{{1,2}}-({_MONTHS})|({_MONTHS})-\d{{1,2}}"
    r"|(19|20)\d\d-\d\d-\d\d( 00:00:00)?|\d(\.\d+)?e[+-]?\d{2,3})",
    re.IGNORECASE,
)
#: Kinds of identifiers that are known by their form.
_KINDS = {
    "Ensembl gene identifiers": r"ENS(?P<species>[A-Z]{0,6}?)G\d{11}(\.\d+)?",
    "Ensembl transcript identifiers": r"ENS(?P<species>[A-Z]{0,6}?)T\d{11}(\.\d+)?",
    "Ensembl protein identifiers": r"ENS(?P<species>[A-Z]{0,6}?)P\d{11}(\.\d+)?",
    "Entrez gene numbers (NCBI GeneID)": r"\d{2,10}(\.0)?",
    "RefSeq transcripts or proteins": r"[NXWY][MRP]_\d+(\.\d+)?",
    "UniProt accessions": r"[OPQ]\d[A-Z\d]{3}\d(-\d+)?|[A-NR-Z]\d([A-Z][A-Z\d]{2}\d){1,2}(-\d+)?",
    "HGNC numbers": r"HGNC:\d+",
    "MGI numbers": r"MGI:\d+",
    "FlyBase gene identifiers": r"FBgn\d{7}",
    "WormBase gene identifiers": r"WBGene\d{8}",
    "SGD identifiers": r"S0\d{8}",
    "locus identifiers of Arabidopsis": r"AT[1-5CM]G\d{5}(\.\d+)?",
    "Affymetrix probe sets": r"(AFFX-.+|\d+(_[a-z])?|.+_[a-z]?)_at",
    "Agilent probes": r"A_\d+_P\d+",
    "Illumina probes": r"ILMN_\d+",
}
#: Share of names that must have a form for it to be the kind of all, or must match without a part.
_MOST = 0.5
#: As many names are looked at.
_SAMPLE = 2000


def near_names_hint(strange: Iterable[str], known: Iterable[str]) -> str:
    """A sentence (after a blank) on why `strange` names are not `known` ones; empty if unclear."""
    lost = [str(name) for name in strange]
    return _case_hint(lost, known) + spreadsheet_hint(lost)


def spreadsheet_hint(names: Iterable[str]) -> str:
    """A sentence (after a blank) if some names look like what a spreadsheet makes of others."""
    changed = [name for name in names if _CHANGED.fullmatch(name)]
    if not changed:
        return ""
    return (
        f" {examples(changed)} look like gene names that a spreadsheet has turned into dates or "
        "numbers: take them from the original file."
    )


def likely_causes(
    lost: Sequence[str], names: NameResolver, source: str, *, of: int | None = None
) -> str:
    """Sentences (after a blank) on all likely causes why names match no gene.

    Args:
        lost: names that were not resolved.
        names: the resolver that does not know them.
        source: where its genes come from, such as `the annotation`.
        of: number of names of which these are the lost ones. If most are lost, the kind of
            identifier is named in any case; of a few, only if it shows.
    """
    some = [str(name) for name in lost[:_SAMPLE]]
    causes = [*_affix_hints(some, names), _version_hint(some, names)]
    unexplained = len(lost) > _MOST * (of or len(lost)) and not any(causes)
    if unexplained or _kind_of(some) is not None:
        causes.append(_kind_hint(some, names, source))
    return spreadsheet_hint(some) + "".join(f" {cause}" for cause in causes if cause)


def _case_hint(lost: list[str], known: Iterable[str]) -> str:
    by_case = {str(name).casefold(): str(name) for name in known}
    for name in lost:
        meant = by_case.get(name.casefold())
        if meant is not None and meant != name:
            return (
                f" {name!r} and {meant!r} differ in upper and lower case alone: write names alike "
                "in both."
            )
    return ""


def _affix_hints(lost: list[str], names: NameResolver) -> Iterator[str]:
    """Prefixes and suffixes on either side without which names match."""
    if len(lost) < 2:
        return
    for part, changed in _without_affixes(lost):
        if count := _resolved(changed, names):
            yield f"Without {part!r}, {count:,} of {len(lost):,} names match: take it off."
            break
    for kind, value in names.kinds().items():
        values = [x for pairs in names.identifiers[:_SAMPLE] for k, x in pairs if k == kind]
        for prefix in _heads(_common_prefix(values) if len(values) > 1 else ""):
            if count := _resolved([prefix + name for name in lost], names):
                yield (
                    f"With {prefix!r} before them, as in {kind} ({value!r}), {count:,} of "
                    f"{len(lost):,} names match: put it there."
                )
                return


def _without_affixes(lost: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Prefixes and suffixes that all names have, and the names without."""
    for prefix in _heads(_common_prefix(lost)):
        yield prefix, [name.removeprefix(prefix) for name in lost]
    for head in _heads(_common_prefix([name[::-1] for name in lost])):
        suffix = head[::-1]
        yield suffix, [name.removesuffix(suffix) for name in lost]


def _common_prefix(names: Sequence[str]) -> str:
    first, last = min(names), max(names)
    same = (a == b for a, b in zip(first, last, strict=False))
    return first[: next((end for end, equal in enumerate(same) if not equal), len(first))]


def _heads(prefix: str) -> list[str]:
    """The parts of a common prefix that end in a mark, the longest first."""
    return [prefix[:end] for end in range(len(prefix), 0, -1) if not prefix[end - 1].isalnum()]


def _resolved(changed: list[str], names: NameResolver) -> int:
    """How many names match; 0 if less than most do."""
    count = sum(index is not None for index in names.resolve(changed).gene_index)
    return count if count >= _MOST * len(changed) else 0


def _version_hint(lost: list[str], names: NameResolver) -> str:
    stems = [unversioned(bare(name)) for name in lost]
    changed = [name for name, stem in zip(lost, stems, strict=True) if stem != bare(name)]
    count = len(set(names.resolve(stems).resolved))
    if len(changed) < _MOST * len(lost) or not count:
        return ""
    return (
        f"The names end in numbers that look like versions ({examples(changed)}); without them "
        f"{count:,} match, but such numbers tell genes apart here: give names without versions."
    )


def _kind_hint(lost: list[str], names: NameResolver, source: str) -> str:
    kind = _kind_of(lost)
    known = names.kinds()
    having = ", ".join(f"{name} ({value!r})" for name, value in list(known.items())[:8])
    if kind is None:
        return (
            f"The names may be of another kind, organism, strain or release: {source} has {having}."
        )
    pattern = re.compile(_KINDS[kind], re.IGNORECASE)
    alike = [(name, value) for name, value in _examples(names) if pattern.fullmatch(value)]
    if not alike:
        return f"The names look like {kind}, and {source} has none: it has {having}."
    name, value = alike[0]
    species = [match["species"] for x in (lost[0], value) if (match := pattern.fullmatch(x))
               and "species" in match.groupdict()]  # fmt: skip
    other = "another organism" if len(set(species)) > 1 else "another organism, strain or release"
    return (
        f"The names look like {kind}, which {source} has as {name} ({value!r}), but not these: "
        f"they may be of {other}."
    )


def _kind_of(names: Collection[str]) -> str | None:
    for kind, form in _KINDS.items():
        pattern = re.compile(form, re.IGNORECASE)
        if sum(pattern.fullmatch(name) is not None for name in names) > _MOST * len(names):
            return kind
    return None


def _examples(names: NameResolver) -> Iterator[tuple[str, str]]:
    """Some identifiers of each kind."""
    for pairs in names.identifiers[:_SAMPLE]:
        yield from pairs
