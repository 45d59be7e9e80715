"""Which gene a name means: one resolver for every table and verb.

A gene has identifiers, each of a kind (`ID`, `locus_tag`, `symbol`, `alias`, `Dbxref:GeneID`, ...).
Names are resolved as a list: what explains the whole list decides what a doubtful name means. A
name that means two genes is never resolved.
"""

from __future__ import annotations

import copy
import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from deeprage.data.identifiers import Identifier
from deeprage.data.name_choice import (
    Evidence,
    Matches,
    Rule,
    drop_false_numbers,
    rank,
    without_looser,
)
from deeprage.data.name_forms import (
    Form,
    bare,
    cleaned,
    halves,
    joined_parts,
    protein_gene,
    spaced_parts,
    unversioned,
)
from deeprage.data.name_index import IDS, OWN_NAME, SYMBOLS, NameIndex, are_versions
from deeprage.errors import DeepRageError, counted, examples, unknown

if TYPE_CHECKING:
    import pandas as pd

_LOOSE = (Form.BARE, Form.VERSION, Form.CASE, Form.VERSION_CASE, Form.R_NAME)


@dataclass(frozen=True)
class ResolvedNames:
    """What a list of names means.

    Attributes:
        names: as they were given.
        gene_index: of each name, None where it means no gene or several.
        rules: of each name, None where it was not resolved.
        ambiguous: names that mean several genes, with these genes' names.
        genes: the names of the genes that an index stands for.
    """

    names: tuple[str, ...]
    gene_index: tuple[int | None, ...]
    rules: tuple[Rule | None, ...]
    ambiguous: Mapping[str, tuple[str, ...]]
    genes: Sequence[str] = field(repr=False)

    @cached_property
    def resolved(self) -> dict[str, int]:
        """Index of the gene by name, for the names that were resolved."""
        pairs = zip(self.names, self.gene_index, strict=True)
        return {name: index for name, index in pairs if index is not None}

    @cached_property
    def unmatched(self) -> tuple[str, ...]:
        """Names that no gene has, each once."""
        lost = dict.fromkeys(self.names)
        return tuple(x for x in lost if x not in self.resolved and x not in self.ambiguous)

    @cached_property
    def counts(self) -> dict[str, int]:
        """Number of names by the label of their rule, the most frequent first."""
        labels = Counter(rule.label for rule in self.rules if rule is not None)
        return dict(sorted(labels.items(), key=lambda item: (-item[1], item[0])))

    @property
    def summary(self) -> str:
        """`38 by ID, 2 by symbol`; `none` if no name was resolved."""
        return (
            ", ".join(f"{number:,} by {label}" for label, number in self.counts.items()) or "none"
        )

    @cached_property
    def repeated(self) -> dict[int, tuple[str, ...]]:
        """Different names of the list that mean one gene, by its index."""
        owners: dict[int, list[str]] = {}
        for name, index in self.resolved.items():
            owners.setdefault(index, []).append(name)
        return {index: tuple(names) for index, names in owners.items() if len(names) > 1}

    def ambiguity(self, *, most: int = 3) -> str:
        """Which names mean several genes: `'A' (g1, g2), 'B' (g3, g4)`; empty if none does."""
        shown = [
            f"{name!r} ({', '.join(genes[:4])}{', ...' if len(genes) > 4 else ''})"
            for name, genes in list(self.ambiguous.items())[:most]
        ]
        return ", ".join(shown) + (", ..." if len(self.ambiguous) > most else "")


class NameResolver:
    """Finds genes by any of their identifiers."""

    def __init__(
        self, genes: Sequence[str], identifiers: Sequence[Iterable[Identifier]] | None = None
    ) -> None:
        """
        Args:
            genes: how messages call the genes.
            identifiers: (kind, value) pairs of each gene; default: the genes' names, as `name`.
        """
        self.genes = list(genes)
        if identifiers is None:
            identifiers = [((OWN_NAME, gene),) for gene in self.genes]
        self.identifiers = [tuple(_spelled(pairs)) for pairs in identifiers]
        if len(self.identifiers) != len(self.genes):
            raise ValueError("identifiers must be given for each gene")
        self._index = NameIndex(self.identifiers)
        self._chosen: dict[int, int] | None = None

    @classmethod
    def from_annotation(cls, table: pd.DataFrame) -> NameResolver:
        """A resolver for `annotation.Annotation.genes`, whose rows are the genes."""
        genes = [str(gene) for gene in table["gene"]]
        repeated = {gene for gene, number in Counter(genes).items() if number > 1}
        shown = [
            f"{gene} at {chromosome}:{start + 1:,}" if gene in repeated else gene
            for gene, chromosome, start in zip(
                genes, table["chromosome"], table["start_codon"], strict=True
            )
        ]
        return cls(shown, [_of_row(row) for row in table.to_dict("records")])

    @classmethod
    def from_symbols(cls, genes: Sequence[str], symbols: Sequence[str]) -> NameResolver:
        """A resolver for genes with a name and a symbol each."""
        pairs = zip(genes, symbols, strict=True)
        return cls(genes, [((OWN_NAME, gene), ("symbol", symbol)) for gene, symbol in pairs])

    def among(self, rows: Sequence[int]) -> NameResolver:
        """A resolver whose indices are places in `rows`, which are some of the genes.

        A name that one of these genes shares with any other gene stays ambiguous.
        """
        some = copy.copy(self)
        some._chosen = {int(row): place for place, row in enumerate(rows)}
        return some

    def among_all(self) -> NameResolver:
        """The resolver of all genes that this one is a part of."""
        whole = copy.copy(self)
        whole._chosen = None
        return whole

    @property
    def shown(self) -> list[str]:
        """The names of the genes that an index stands for."""
        if self._chosen is None:
            return self.genes
        return [self.genes[row] for row in self._chosen]

    def kinds(self) -> dict[str, str]:
        """The kinds of identifiers that genes have, each with an example."""
        first: dict[str, str] = {}
        for pairs in self.identifiers:
            for kind, value in pairs:
                first.setdefault(kind, value)
        return first

    def identifiers_of(self, index: int) -> tuple[Identifier, ...]:
        """The identifiers of the gene that an index stands for."""
        return self.identifiers[index if self._chosen is None else list(self._chosen)[index]]

    def has_kind(self, kind: str) -> bool:
        """Whether a gene has an identifier of a kind, see `resolve`."""
        return any(_is_kind(known, kind) for known in self.kinds())

    def find(self, name: str) -> int | None:
        """Index of the gene that one name means by itself, None if none or several."""
        return self.resolve([name]).gene_index[0]

    def names_of(self, names: Sequence[str]) -> dict[str, str]:
        """What this resolver calls the genes that a list of different genes means, if it knows."""
        shown, meant = self.shown, self.resolve(names, distinct=True)
        return {name: shown[index] for name, index in meant.resolved.items()}

    def one(self, name: str, what: str) -> int:
        """Index of the gene that one name means.

        Raises:
            DeepRageError: it means several genes, or none; `what` says what was looked for.
        """
        meant = self.resolve([name])
        if meant.ambiguous:
            raise ambiguous_names(meant, what)
        index = meant.gene_index[0]
        if index is not None:
            return index
        rows = range(len(self.genes)) if self._chosen is None else self._chosen
        elsewhere = self.among_all().resolve([name]).gene_index[0]
        if elsewhere is not None:
            raise DeepRageError(
                f"{name!r} is the gene {self.genes[elsewhere]!r}, but no {what}. Valid: "
                f"{examples(self.shown, most=40)}."
            )
        kinds = (OWN_NAME, *SYMBOLS)
        values = [value for row in rows for kind, value in self.identifiers[row] if kind in kinds]
        raise unknown(what, name, [*self.shown, *values])

    def resolve(
        self, names: Sequence[str], *, kind: str | None = None, distinct: bool = False
    ) -> ResolvedNames:
        """What each name of a list means; the same whatever the order of the list.

        Args:
            kind: use identifiers of this kind only, such as `locus_tag`, `Dbxref` or `GeneID`.
            distinct: each name is a gene of its own, so that a name which fits a gene as it is
                keeps from it those that are its alias, or fit in another case or version.
        """
        given = tuple(str(name) for name in names)
        listed = sorted({cleaned(name) for name in given} - {""})
        matches = {name: self._matches(name, kind) for name in listed}
        self._drop_false_versions(matches)
        drop_false_numbers(matches)
        self._add_joined(matches, kind)
        evidence = Evidence(matches)
        chosen = {name: evidence.choose(name) for name, kinds in matches.items() if kinds}
        if distinct:
            chosen = without_looser(chosen)
        none: tuple[Rule | None, frozenset[int]] = (None, frozenset())
        index: list[int | None] = []
        rules: list[Rule | None] = []
        ambiguous: dict[str, tuple[str, ...]] = {}
        for name in given:
            rule, genes = chosen.get(cleaned(name), none)
            places = [self._place_of(gene) for gene in sorted(genes)]
            known = [place for place in places if place is not None]
            single = len(genes) == len(known) == 1
            index.append(known[0] if single else None)
            rules.append(rule if single else None)
            if known and len(genes) > 1:
                ambiguous[name] = tuple(self.genes[gene] for gene in sorted(genes))
        return ResolvedNames(given, tuple(index), tuple(rules), ambiguous, self.shown)

    def _place_of(self, gene: int) -> int | None:
        return gene if self._chosen is None else self._chosen.get(gene)

    def _matches(self, name: str, only: str | None) -> Matches:
        matches: Matches = {}
        self._add(matches, name, Form.WRITTEN, only)
        if any(kind in (OWN_NAME, *IDS) for kind in matches):
            return matches
        if any(rank(kind) < 2 for kind in matches):
            # The symbol of one gene may be the ID of another, written there with a prefix.
            bare_matches: Matches = {}
            self._add(bare_matches, name, Form.BARE, only)
            ids = {kind: match for kind, match in bare_matches.items() if kind in IDS}
            return {**ids, **matches}
        for form in _LOOSE:
            self._add(matches, name, form, only)
        if not matches and (gene := protein_gene(name)):
            self._add(matches, gene, Form.CASE, only)
            return {kind: (Form.PROTEIN, genes) for kind, (_, genes) in matches.items()}
        return matches

    def _add(self, matches: Matches, name: str, form: Form, only: str | None) -> None:
        """Add genes by the kinds that do not fit in a form of less change."""
        by_kind: dict[str, set[int]] = {}
        for kind, gene in self._index.look(name, form):
            if kind not in matches and _is_kind(kind, only):
                by_kind.setdefault(kind, set()).add(gene)
        for kind, genes in by_kind.items():
            matches[kind] = form, frozenset(genes)

    def _drop_false_versions(self, matches: dict[str, Matches]) -> None:
        """Leave out matches without version where the list tells names apart by that number."""
        changed = (Form.VERSION, Form.VERSION_CASE)
        versioned = {name for name in matches if unversioned(bare(name)) != bare(name)}
        trusted = are_versions({bare(name) for name in versioned})
        for name in versioned:
            stem = unversioned(bare(name))
            for kind, (form, genes) in list(matches[name].items()):
                if form not in changed:
                    continue
                both = all(not self._is_called(gene, kind, stem) for gene in genes)
                if stem in matches or (both and not trusted):
                    del matches[name][kind]

    def _is_called(self, gene: int, kind: str, name: str) -> bool:
        wanted = name.casefold()
        return any(
            own == kind and bare(value).casefold() == wanted
            for own, value in self.identifiers[gene]
        )

    def _add_joined(self, matches: dict[str, Matches], only: str | None) -> None:
        """Resolve names that are made of several, where nothing else fits."""
        lost = [name for name, kinds in matches.items() if not kinds]
        sure = 0
        half: dict[str, Matches] = {}
        for name in lost:
            if joined := self._joined(joined_parts(name), only):
                matches[name] = joined
            elif strict := self._spaced(name, only) or self._halved(name, only, strict=True):
                matches[name] = strict
                sure += 1
            elif loose := self._halved(name, only, strict=False):
                half[name] = loose
        # One half suffices where most names of the list are clearly made of an ID and a symbol.
        if sure > len(half):
            matches.update(half)

    def _joined(self, parts: Sequence[str], only: str | None) -> Matches:
        """Genes that fit every part which fits any, parts that are numbers last."""
        by_part = [(part, self._exact(part, only)) for part in parts]
        known = [(part, genes) for part, genes in by_part if genes]
        named = [genes for part, genes in known if not part.isdecimal()]
        sets = named or [genes for _, genes in known]
        if not sets:
            return {}
        common = frozenset.intersection(*sets)
        return {"identifiers": (Form.JOINED, common or frozenset.union(*sets))}

    def _spaced(self, name: str, only: str | None) -> Matches:
        """Genes by `symbol (id)`: at least two words mean one gene."""
        sets = [genes for part in spaced_parts(name) if (genes := self._exact(part, only))]
        common = frozenset.intersection(*sets) if len(sets) > 1 else frozenset[int]()
        return {"identifiers": (Form.JOINED, common)} if common else {}

    def _halved(self, name: str, only: str | None, *, strict: bool) -> Matches:
        """Genes by `id_symbol`: both halves mean one gene or, not strict, one does and alone."""
        meant: set[frozenset[int]] = set()
        for left, right in halves(name):
            one, other = self._exact(left, only), self._exact(right, only)
            if (strict and one & other) or (not strict and one and not other):
                meant.add(one & other if strict else one)
        if len(meant) != 1:
            return {}
        return {"identifiers": (Form.JOINED, meant.pop())}

    def _exact(self, part: str, only: str | None) -> frozenset[int]:
        """Genes that a part of a name means, official names before aliases."""
        matches: Matches = {}
        for form in (Form.WRITTEN, Form.BARE, Form.VERSION):
            self._add(matches, part, form, only)
            if matches:
                break
        best = min(map(rank, matches), default=0)
        kept = [genes for kind, (_, genes) in matches.items() if rank(kind) == best]
        return frozenset().union(*kept)


def ambiguous_names(meant: ResolvedNames, what: str) -> DeepRageError:
    """The error for names that mean several genes."""
    number = len(meant.ambiguous)
    return DeepRageError(
        f"{counted(number, f'{what} name')} {'belongs' if number == 1 else 'belong'} to several "
        f"genes: {meant.ambiguity()}. Give the identifier of the gene that is meant."
    )


def _is_kind(kind: str, only: str | None) -> bool:
    """Whether a kind is the one asked for: `Dbxref` is all databases, `GeneID` one of them."""
    if only is None:
        return True
    database = kind.removeprefix("Dbxref:")
    return only.casefold() in {kind.casefold(), kind.split(":")[0].casefold(), database.casefold()}


def _spelled(pairs: Iterable[Identifier]) -> Iterator[Identifier]:
    """Identifiers without blanks around, lists of aliases split, each once."""
    seen: set[Identifier] = set()
    for pair in pairs:
        kind, value = pair
        values = [value]
        if rank(kind) > 1 and ("|" in value or ";" in value):
            values += re.split(r"[|;]", value)
        for single in map(cleaned, values):
            known = pair if single == value else (kind, single)
            if single and known not in seen:
                seen.add(known)
                yield known


def _of_row(row: Mapping[Hashable, Any]) -> list[Identifier]:
    """Identifiers of a row of the gene table, its own columns included."""
    pairs: list[Identifier] = list(row.get("identifiers") or ())
    values = {x for _, value in pairs for x in (value, bare(value))}
    gene, symbol = str(row["gene"]), str(row["symbol"])
    if gene not in values:
        pairs.append(("gene_id", gene))
    if symbol not in {*values, gene}:
        pairs.append(("symbol", symbol))
    known = {*values, gene, symbol}
    return pairs + [("alias", alias) for alias in row.get("aliases") or () if alias not in known]
