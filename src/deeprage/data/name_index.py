"""Identifiers of genes by the keys under which names look for them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property

from deeprage.data.identifiers import Identifier
from deeprage.data.name_forms import Form, bare, r_name, unversioned

#: The name that a table of one's own (the rows of a compendium) has for a gene; goes before all.
OWN_NAME = "name"
#: Kinds that belong to one gene by intention, the most usual first; all others are aliases.
IDS = ("locus_tag", "gene_id", "ID", "gene_version", "locus", "systematic_name", "orf_name")
SYMBOLS = ("gene", "gene_name", "symbol", "standard_name", "Name")
#: Kinds of which a gene may have very many; they are not looked for in another case.
MANY = ("transcript_id", "protein_id")
#: Kinds whose values may carry a version; symbols such as AC012345.1 and AC012345.2 are two genes.
_VERSIONED = {OWN_NAME, *IDS, "Name", *MANY, "Dbxref:Ensembl"}
#: Below this share of different stems, numbers after a dot are no versions (F10E9.6, F10E9.7).
_UNIQUE_STEMS = 0.95


class NameIndex:
    """Looks identifiers up in each form.

    A table has only the identifiers that a form changes, but for `WRITTEN` and `CASE`: what a form
    leaves as it is stands in those. The numbers in the tables are kind * genes + gene.
    """

    def __init__(self, identifiers: Sequence[Sequence[Identifier]]) -> None:
        self._identifiers = identifiers
        self._kinds = list(dict.fromkeys(kind for pairs in identifiers for kind, _ in pairs))
        self._versioned = {number for number, k in enumerate(self._kinds) if k in _VERSIONED}

    def look(self, name: str, form: Form) -> Iterator[tuple[str, int]]:
        """Kind and gene of the identifiers that are the same as a name in a form."""
        size = len(self._identifiers)
        for number in self._numbers(name, form):
            kind, gene = divmod(number, size)
            yield self._kinds[kind], gene

    def _numbers(self, name: str, form: Form) -> Iterable[int]:
        if form is Form.WRITTEN:
            return self._written.get(name)
        key = bare(name)
        if form is Form.BARE:
            return [*self._written.get(key), *self._changed.bare.get(key)]
        if form is Form.CASE:
            return self._changed.case.get(key.casefold())
        if form is Form.R_NAME:
            return self._changed.r_name.get(name.casefold()) if r_name(name) == name else ()
        stem = unversioned(key)
        if form is Form.VERSION:
            same = (*self._written.get(stem), *self._changed.bare.get(stem))
            other = self._changed.version.get(stem)
        elif form is Form.VERSION_CASE:
            same = tuple(self._changed.case.get(stem.casefold()))
            other = self._changed.version_case.get(stem.casefold())
        else:
            raise ValueError(form)
        size = len(self._identifiers)
        return [*(number for number in same if number // size in self._versioned), *other]

    @cached_property
    def _written(self) -> _Table:
        table = _Table()
        for number, value in self._values():
            table.add(value, number)
        return table

    @cached_property
    def _changed(self) -> _Changed:
        changed, size = _Changed(), len(self._identifiers)
        for number, value in self._values():
            kind = self._kinds[number // size]
            plain = bare(value)
            if plain != value:
                changed.bare.add(plain, number)
            if kind in self._with_versions and (stem := unversioned(plain)) != plain:
                changed.version.add(stem, number)
                changed.version_case.add(stem.casefold(), number)
            if kind not in MANY:
                changed.case.add(plain.casefold(), number)
                if (by_r := r_name(value)) != value:
                    changed.r_name.add(by_r.casefold(), number)
        return changed

    @cached_property
    def _with_versions(self) -> set[str]:
        """Kinds whose values end in versions, not in numbers that tell genes apart."""
        values: dict[str, set[str]] = {}
        for pairs in self._identifiers:
            for kind, value in pairs:
                if kind in _VERSIONED and "." in value and unversioned(bare(value)) != bare(value):
                    values.setdefault(kind, set()).add(bare(value))
        return {kind for kind, some in values.items() if are_versions(some)}

    def _values(self) -> Iterator[tuple[int, str]]:
        size = len(self._identifiers)
        number_of = {kind: number * size for number, kind in enumerate(self._kinds)}
        for gene, pairs in enumerate(self._identifiers):
            for kind, value in pairs:
                number = number_of[kind] + gene
                yield number, value
                if kind.startswith("Dbxref:"):
                    database = kind.removeprefix("Dbxref:")
                    # HGNC:HGNC:1100 is called 1100 as well as HGNC:1100.
                    alone = value.removeprefix(f"{database}:")
                    yield number, f"{database}:{alone}"
                    if alone != value:
                        yield number, alone


class _Table:
    """Numbers by key; most keys have one."""

    def __init__(self) -> None:
        self._numbers: dict[str, int | list[int]] = {}

    def add(self, key: str, number: int) -> None:
        known = self._numbers.setdefault(key, number)
        if isinstance(known, list):
            known.append(number)
        elif known != number:
            self._numbers[key] = [known, number]

    def get(self, key: str) -> Sequence[int]:
        known = self._numbers.get(key, ())
        return (known,) if isinstance(known, int) else known


class _Changed:
    """A table for each form that changes identifiers."""

    def __init__(self) -> None:
        self.bare, self.version, self.version_case = _Table(), _Table(), _Table()
        self.case, self.r_name = _Table(), _Table()


def are_versions(names: Collection[str]) -> bool:
    """Whether the numbers at the ends of names could be left out without joining names."""
    return len({unversioned(name) for name in names}) >= _UNIQUE_STEMS * len(names)
