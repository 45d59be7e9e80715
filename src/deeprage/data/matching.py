"""Names of one's own tables, matched to the genes of a source and to the rows of a matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

from deeprage.data.gene_source import GeneSource
from deeprage.data.identifiers import Identifier
from deeprage.data.name_choice import Rule, precedence
from deeprage.data.name_index import MANY, OWN_NAME
from deeprage.data.names import (
    NameResolver,
    ResolvedNames,
    ambiguous_names,
)
from deeprage.data.near_names import likely_causes, near_names_hint
from deeprage.data.regulator_list import ListedName, choose_names
from deeprage.errors import DeepRageError, counted, examples

Value = TypeVar("Value", str, int)


@dataclass(frozen=True)
class MatchedGenes:
    """The rows of a matrix and the genes of a source that they are.

    Attributes:
        rows: names of the matrix's rows.
        source: the genes.
        meant: which gene each row is.
    """

    rows: tuple[str, ...]
    source: GeneSource
    meant: ResolvedNames

    @classmethod
    def of(
        cls, rows: Sequence[str], source: GeneSource, renames: Mapping[str, str] | None = None
    ) -> MatchedGenes:
        """Match the rows; `renames` gives the source's name of a row where it differs."""
        known = NameResolver(rows).names_of(list(renames or {}))
        renamed = {row: (renames or {})[name] for name, row in known.items()}
        names = [renamed.get(row, row) for row in rows]
        meant = source.names.resolve(names, kind=source.kind, distinct=True)
        return cls(tuple(rows), source, meant)

    @cached_property
    def gene_of(self) -> dict[str, str]:
        """The source's name of a gene by row, for the rows that were matched."""
        pairs = zip(self.rows, self.meant.gene_index, strict=True)
        return {row: self.source.names.genes[index] for row, index in pairs if index is not None}

    @cached_property
    def lost(self) -> list[str]:
        """Rows that are no gene of the source, and not ambiguous either."""
        unmatched = set(self.meant.unmatched)
        return [row for row, name in zip(self.rows, self.meant.names, strict=True)
                if name in unmatched]  # fmt: skip

    @cached_property
    def gene_names(self) -> NameResolver:
        """Finds genes of the source, by the names of the matrix too, and rows that are none."""
        own: dict[int, list[Identifier]] = {}
        for row, index in zip(self.rows, self.meant.gene_index, strict=True):
            if index is not None:
                own.setdefault(index, []).append((OWN_NAME, row))
        names = self.source.names
        pairs = [[*own.get(index, ()), *some] for index, some in enumerate(names.identifiers)]
        others = [row for row in self.rows if row not in self.gene_of]
        return NameResolver(
            [*names.genes, *others], [*pairs, *([(OWN_NAME, row)] for row in others)]
        )

    @cached_property
    def identifiers(self) -> dict[str, list[Identifier]]:
        """Other names of each row.

        Of rows that are one gene, the one whose own name fits the gene best has its identifiers;
        where several fit alike, or none, all of them do.
        """
        identifiers = {}
        for index, rows in self._rows_of.items():
            fit = {row: rule for row, rule in rows.items() if rule is not None}
            best = min((_fit(rule) for rule in fit.values()), default=None)
            bearing = [row for row, rule in fit.items() if _fit(rule) == best]
            for row in bearing if len(bearing) == 1 else rows:
                identifiers[row] = self._of_gene(index)
        return identifiers

    @property
    def kept_identifiers(self) -> dict[str, list[Identifier]]:
        """Identifiers that a compendium keeps, of transcripts only if rows are called so."""
        used = {rule.kind for rule in self.meant.rules if rule is not None}
        return {
            row: [pair for pair in pairs if pair[0] not in MANY or pair[0] in used]
            for row, pairs in self.identifiers.items()
        }

    @cached_property
    def _rows_of(self) -> dict[int, dict[str, Rule | None]]:
        """Rows of each gene, with the rule by which their own name fits; None if renamed."""
        rows_of: dict[int, dict[str, Rule | None]] = {}
        meant = self.meant
        for row, name, index, rule in zip(
            self.rows, meant.names, meant.gene_index, meant.rules, strict=True
        ):
            if index is not None:
                rows_of.setdefault(index, {})[row] = rule if name == row else None
        return rows_of

    def _of_gene(self, index: int) -> list[Identifier]:
        pairs = list(self.source.names.identifiers[index])
        symbol = self.source.symbols[index]
        if symbol not in {value for _, value in pairs}:
            pairs.append(("symbol", symbol))
        return pairs

    @cached_property
    def symbols(self) -> dict[str, str]:
        """Common name of each row that was matched."""
        pairs = zip(self.rows, self.meant.gene_index, strict=True)
        known = self.source.symbols
        return {row: known[index] for row, index in pairs if index is not None}

    @cached_property
    def row_names(self) -> NameResolver:
        """Finds rows; a name of a gene of the source that has no row finds none."""
        matched = {index for index in self.meant.gene_index if index is not None}
        others = [i for i in range(len(self.source.names.genes)) if i not in matched]
        names = [*self.rows, *(self.source.names.genes[index] for index in others)]
        pairs = [[(OWN_NAME, row), *self.identifiers.get(row, ())] for row in self.rows]
        pairs += [list(self.source.names.identifiers[index]) for index in others]
        return NameResolver(names, pairs).among(range(len(self.rows)))

    def check(self, columns: Sequence[str] = ()) -> None:
        """Raise a `DeepRageError` if no row is a gene of the source; but `columns` may be."""
        if self.gene_of:
            return
        label = self.source.label
        if self.meant.ambiguous:
            raise ambiguous_names(self.meant, "gene")
        genes = len(self.source.names.resolve(columns).resolved)
        turned = (
            f" But {genes:,} of {len(columns):,} columns are genes: give the right `--orientation`."
            if genes
            else ""
        )
        raise DeepRageError(
            f"no gene of the expression matrix is in {label}: the matrix has "
            f"{examples(self.rows)}, {label} {examples(self.source.names.genes)}.{turned}"
            f"{likely_causes(self.lost, self.source.names, label)} Choose the attribute with "
            "`--gene-id`, or give a table of renames (`--renames`)."
        )

    def regulator_remarks(self, rows: Sequence[str], listed: Sequence[str]) -> list[str]:
        """A sentence on regulators that have several rows, of which one was taken.

        Args:
            rows: those of the regulators.
            listed: lines of the regulator list; a row that is named there as it is was meant.
        """
        wanted = set(rows) - set(listed)
        doubtful = [some for some in map(list, self._rows_of.values())
                    if len(some) > 1 and wanted.intersection(some)
                    and not set(listed).intersection(some)]  # fmt: skip
        if not doubtful:
            return []
        taken = [row for some in doubtful for row in some if row in wanted]
        return [
            f"{counted(len(doubtful), 'regulator has', 'regulators have')} several rows of the "
            f"matrix, such as {examples(doubtful[0])}, and one of them is taken: "
            f"{examples(taken)}. List the rows that are meant by their own names."
        ]

    def remarks(self) -> list[str]:
        """Sentences on rows that are several genes, no gene, or one gene together."""
        remarks = []
        if self.meant.ambiguous:
            number = len(self.meant.ambiguous)
            remarks.append(
                f"{counted(number, 'name')} of the matrix {'means' if number == 1 else 'mean'} "
                f"several genes and {'gets' if number == 1 else 'get'} no promoter: "
                f"{self.meant.ambiguity()}"
            )
        if self.lost:
            source = self.source
            causes = likely_causes(self.lost, source.names, source.label, of=len(self.rows))
            remarks.append(
                f"no promoter is known for {counted(len(self.lost), 'gene')} of the matrix, not "
                f"found by name, such as {examples(self.lost)}: scored only by what needs "
                f"no promoter.{causes}"
            )
        same = [list(rows) for rows in self._rows_of.values() if len(rows) > 1]
        if same:
            remarks.append(
                f"{counted(sum(map(len, same)), 'row')} of the matrix are "
                f"{counted(len(same), 'gene')}, such as {examples(same[0])}: they share a promoter "
                "and a group"
            )
        return remarks


@dataclass(frozen=True)
class MatchedTable(Generic[Value]):
    """A table by the names of genes or rows.

    Attributes:
        values: by the resolver's name of a gene.
        line: how many names were resolved by which rule.
        remarks: sentences on names that were not.
    """

    values: dict[str, Value]
    line: str = ""
    remarks: tuple[str, ...] = ()


def _fit(rule: Rule) -> tuple[int, tuple[int, str]]:
    return rule.form, precedence(rule.kind)


def match_table(
    table: Mapping[str, Value], resolver: NameResolver, what: str
) -> MatchedTable[Value]:
    """Resolve the names of a table; those of other genes are left out and counted.

    Raises:
        DeepRageError: the table has names, but none is a gene; or two names of one gene have
            unlike values.
    """
    meant = resolver.resolve(list(table))
    ambiguous = f"several genes are called {meant.ambiguity()}" if meant.ambiguous else ""
    if table and not meant.resolved:
        raise DeepRageError(
            f"{what} names no gene of the expression matrix: it has {examples(table)}, the matrix "
            f"{examples(resolver.shown)}.{f' {ambiguous.capitalize()}.' if ambiguous else ''}"
            f"{near_names_hint(table, resolver.shown)}"
        )
    unlike = [
        names for names in meant.repeated.values() if len({table[name] for name in names}) > 1
    ]
    if unlike:
        raise DeepRageError(
            f"{what} has {counted(len(unlike), 'gene')} with several values, such as that of "
            f"{examples(unlike[0])}: give one row a gene."
        )
    remarks = [f"{what}: {ambiguous}, so these names are not used"] if ambiguous else []
    if meant.unmatched:
        number = len(meant.unmatched)
        remarks.append(
            f"{what}: {counted(number, 'name')} {'is' if number == 1 else 'are'} no gene, such as "
            f"{examples(meant.unmatched)}"
        )
    values = {resolver.shown[index]: table[name] for name, index in meant.resolved.items()}
    return MatchedTable(values, meant.summary, tuple(remarks))


@dataclass(frozen=True)
class MatchedRegulators:
    """Regulators by the names of the matrix's rows.

    Attributes:
        rows: names of rows, in the order of the list; repeated if two names are one.
        unknown: names without a row.
        line: how many were resolved by which rule.
        listed: number of names in the list.
        problems: what is wrong with the list, unknown names apart.
        remarks: sentences on what deserves a look.
    """

    rows: list[str]
    unknown: list[str]
    line: str
    listed: int
    problems: list[DeepRageError]
    remarks: list[str]


def match_regulators(listed: Sequence[ListedName], resolver: NameResolver) -> MatchedRegulators:
    """The rows that a list of regulators means.

    Args:
        listed: see `regulator_list.read_regulators`.
        resolver: of the rows, see `MatchedGenes.row_names`.
    """
    called, remarks = choose_names(listed, resolver)
    meant = resolver.resolve(called)
    problems = [ambiguous_names(meant, "regulator")] if meant.ambiguous else []
    rows = [resolver.shown[index] for index in meant.gene_index if index is not None]
    if same := list(meant.repeated.values()):
        several = f"{len(same)} genes are" if len(same) > 1 else "one gene is"
        problems.append(
            DeepRageError(
                f"{several} among the regulators under several names, such as "
                f"{examples(same[0])}: list each regulator once."
            )
        )
    return MatchedRegulators(
        rows, list(meant.unmatched), meant.summary, len(called), problems, remarks
    )


def unknown_regulators(known: MatchedRegulators, genes: MatchedGenes) -> DeepRageError:
    """The error for regulators without a row; it says which of them the source knows."""
    lost = known.unknown
    elsewhere = genes.source.names.resolve(lost).resolved
    absent = ""
    if elsewhere:
        absent = (
            f" {counted(len(elsewhere), 'of them is', 'of them are')} known to "
            f"{genes.source.label}, such as {examples(elsewhere)}, but the matrix has no such row."
        )
    causes = ""
    if len(elsewhere) < len(lost):
        others = [name for name in lost if name not in elsewhere]
        causes = likely_causes(others, genes.row_names, "the matrix", of=known.listed)
    blanks = [name for name in lost if " " in name]
    blank = (
        f" A line of the list is one name: {blanks[0]!r} is no name of a row, and nor is its first "
        "word."
        if blanks
        else ""
    )
    return DeepRageError(
        f"{len(lost)} of {known.listed} regulators have no row in the expression matrix: "
        f"{examples(lost)}; the matrix has {examples(genes.rows)}.{absent}{blank}{causes} Correct "
        "the names or drop them (`deeprage data import --drop-unknown-regulators`)."
    )
