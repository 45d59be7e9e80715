"""What a name means that fits several genes: what explains the whole list decides."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from deeprage.data.name_forms import Form
from deeprage.data.name_index import IDS, OWN_NAME, SYMBOLS

_ORDER = {kind: place for place, kind in enumerate((OWN_NAME, *IDS, *SYMBOLS))}
#: A kind decides against another if it alone explains so many times more names of the list.
_DOMINANT = 4
#: Of kinds that numbers may be of, the one with so many times more names is the right one.
_NUMBERS = 2
#: Share of a list that must look like numbers after R for one of them to be taken for a number.
_MOST = 0.5


#: By kind: the form of the least change in which a name fits, and the genes that it then means.
Matches = dict[str, tuple[Form, frozenset[int]]]


class Rule(NamedTuple):
    """The kind of identifier by which a name was resolved, and the form that was compared."""

    kind: str
    form: Form

    @property
    def label(self) -> str:
        """`symbol`, `gene_id without version`, `GeneID (Dbxref)`."""
        database = self.kind.removeprefix("Dbxref:")
        kind = self.kind if database == self.kind else f"{database} (Dbxref)"
        return kind + self.form.label


class Evidence:
    """Which kinds of identifiers explain the names of a list."""

    def __init__(self, matches: Mapping[str, Matches]) -> None:
        """
        Args:
            matches: by name.
        """
        self._matches = matches
        self._names: dict[str, set[str]] = {}
        for name, kinds in matches.items():
            for kind, (_, genes) in kinds.items():
                if len(genes) == 1:
                    self._names.setdefault(kind, set()).add(name)
        self._alone: dict[tuple[str, str], int] = {}

    def support(self, kind: str) -> int:
        """Number of names that mean one gene by a kind."""
        return len(self._names.get(kind, ()))

    def alone(self, one: str, other: str) -> int:
        """Number of names that mean one gene by a kind and none by another."""
        if (one, other) not in self._alone:
            names = self._names.get(one, set()) - self._names.get(other, set())
            self._alone[one, other] = len(names)
        return self._alone[one, other]

    def choose(self, name: str) -> tuple[Rule, frozenset[int]]:
        """The best rule for a name, and the genes of all rules that none other goes before."""
        matches = self._matches[name]
        ordered = sorted(
            matches,
            key=lambda kind: (
                rank(kind) > 0,
                matches[kind][0],
                -self.support(kind),
                precedence(kind),
            ),
        )
        standing = [
            kind
            for kind in ordered
            if not any(self._goes_before(other, kind, matches) for other in ordered)
        ]
        standing = standing or ordered
        genes = frozenset[int]().union(*(matches[kind][1] for kind in standing))
        return Rule(standing[0], matches[standing[0]][0]), genes

    def _goes_before(self, one: str, other: str, matches: Matches) -> bool:
        """Whether one kind of identifier decides against another, for a name that fits both."""
        if matches[one][1] == matches[other][1]:
            return False
        first, second = (matches[kind][0] for kind in (one, other))
        if OWN_NAME in (one, other) and (first <= second if one == OWN_NAME else second <= first):
            return one == OWN_NAME
        for_one, for_other = self.alone(one, other), self.alone(other, one)
        if max(for_one, for_other) >= _DOMINANT * max(min(for_one, for_other), 1):
            return for_one > for_other
        ranks = rank(one) // 2, rank(other) // 2
        return first <= second and ranks[0] <= ranks[1] and (first, ranks[0]) != (second, ranks[1])


def drop_false_numbers(matches: dict[str, Matches]) -> None:
    """Leave out numbers that fit by chance, as numbers of one database do those of another.

    Names of digits alone are of one kind, that which explains most of them, if it explains twice as
    many as the other; and `X123` is the number 123 of R only where most names look like this.
    """
    numbers = {name for name in matches if name.isdecimal()}
    support: dict[str, int] = {}
    for name in numbers:
        for kind in matches[name]:
            support[kind] = support.get(kind, 0) + 1
    best = max(support.values(), default=0)
    for name in numbers:
        for kind in [kind for kind in matches[name] if _NUMBERS * support[kind] <= best]:
            del matches[name][kind]
    after_r = {name for name in matches if re.fullmatch(r"X\d+", name, re.IGNORECASE)}
    if len(after_r) < _MOST * len(matches):
        for name in after_r:
            for kind in [k for k, (form, _) in matches[name].items() if form is Form.R_NAME]:
                del matches[name][kind]


def without_looser(
    chosen: Mapping[str, tuple[Rule, frozenset[int]]],
) -> dict[str, tuple[Rule, frozenset[int]]]:
    """Without names that fit a gene by an alias or if changed, where another name is sure."""
    sure = {
        gene
        for rule, genes in chosen.values()
        for gene in genes
        if len(genes) == 1 and _is_sure(rule)
    }
    return {
        name: (rule, genes)
        for name, (rule, genes) in chosen.items()
        if _is_sure(rule) or not genes <= sure
    }


def _is_sure(rule: Rule) -> bool:
    return rule.form <= Form.BARE and rank(rule.kind) < 2


def rank(kind: str) -> int:
    """0 for one's own names, 1 for identifiers and symbols, 2 for aliases and other databases."""
    return 0 if kind == OWN_NAME else 1 if kind in _ORDER or kind == "identifiers" else 2


def precedence(kind: str) -> tuple[int, str]:
    """Sorts kinds of identifiers, one's own names and systematic ones first."""
    return _ORDER.get(kind, len(_ORDER)), kind
