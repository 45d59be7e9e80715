"""Whether the genes of an expression matrix are its rows or its columns."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from deeprage.data.name_forms import r_name
from deeprage.data.names import NameResolver
from deeprage.errors import DeepRageError, counted, unknown

#: Where the genes stand.
ORIENTATIONS = ("auto", "rows", "columns")
ROWS, COLUMNS = "rows", "columns"
#: Fewer names than this, or a smaller share, may be there by chance.
_FEW, _SMALL = 3, 0.2
#: With such a share on both sides, the names of both sides are genes.
_BOTH = 0.3
#: So many times more genes on one side decide where both sides have names of genes.
_MANY = 2
#: A matrix is not turned into one with so many times more conditions than genes.
_FLAT = 4


#: The names of one side of a matrix, and the genes among them.
_Side = tuple[Sequence[str], set[int | str]]


class Share(NamedTuple):
    """How much one orientation explains of one kind of names."""

    number: int
    total: int

    @property
    def value(self) -> float:
        """From 0 to 1."""
        return self.number / self.total if self.total else 0.0


class Evidence(NamedTuple):
    """What both orientations explain of one kind of names.

    Attributes:
        what: the names, and what they are if they are explained, for rows and for columns.
        rows, columns: for genes in rows, and for genes in columns.
        vote: `rows`, `columns`, `both` for a tie, None where the names say nothing.
    """

    what: tuple[str, str]
    rows: Share
    columns: Share
    vote: str | None


class OrientationChooser:
    """Decides by genes, regulators and conditions together; call it with a matrix's names.

    After a call `remark` is a sentence on why a matrix was turned, else None.
    """

    def __init__(
        self,
        *,
        genes: NameResolver | None,
        source: str,
        regulators: Sequence[Sequence[str]] = (),
        conditions: Collection[str] = (),
        named: Collection[str] = (),
    ) -> None:
        """
        Args:
            genes: of the annotation or of ready promoters, if there are any.
            source: what `genes` comes from, such as `the annotation`.
            regulators: of each regulator, the names that may be meant.
            conditions: names in the condition table.
            named: names of genes in other tables.
        """
        self._genes, self._source = genes, source
        self._regulators = [tuple(names) for names in regulators]
        self._conditions, self._named = set(conditions), set(named)
        self.remark: str | None = None

    def __call__(self, rows: Sequence[str], columns: Sequence[str], usual: str) -> str:
        """`rows` or `columns`, where the genes are; `usual` where nothing tells.

        Raises:
            DeepRageError: both explain the names, or genes, regulators and conditions disagree.
        """
        evidence = self.evidence(rows, columns)
        votes = {one.vote for one in evidence if one.vote in (ROWS, COLUMNS)}
        tied = any(one.vote == "both" for one in evidence)
        if len(votes) > 1 or (tied and not votes):
            raise _undecided(evidence, rows, columns)
        chosen = next(iter(votes), None) or usual
        if chosen != usual:
            genes, others = (rows, columns) if chosen == ROWS else (columns, rows)
            if len(others) > _FLAT * len(genes) and not self._conditions:
                raise _undecided(evidence, rows, columns)
            shown = next(one for one in evidence if one.vote == chosen)
            self.remark = f"genes are the {chosen} of the matrix: {_explained(shown)}"
        return chosen

    def evidence(self, rows: Sequence[str], columns: Sequence[str]) -> list[Evidence]:
        """What both orientations explain of genes, regulators and conditions."""
        row_genes, column_genes = self._genes_among(rows), self._genes_among(columns)
        in_rows, in_columns = (
            Share(len(row_genes), len(rows)),
            Share(len(column_genes), len(columns)),
        )
        return [
            Evidence(
                (f"{{0}} rows are genes of {self._source}",
                 f"{{0}} columns are genes of {self._source}"),
                in_rows, in_columns, _gene_vote(in_rows, in_columns),
            ),
            self._of_regulators((rows, row_genes), (columns, column_genes)),
            self._of_conditions(rows, columns),
        ]  # fmt: skip

    def number_of_genes(self, names: Sequence[str]) -> int:
        """How many of these names are known genes."""
        known = set() if self._genes is None else self._genes.resolve(names).resolved.keys()
        return sum(name in known or name in self._named for name in names)

    def _genes_among(self, names: Sequence[str]) -> set[int | str]:
        if self._genes is None:
            return {name for name in names if name in self._named}
        return set(self._genes.resolve(names).resolved.values())

    def _of_regulators(
        self,
        rows: tuple[Sequence[str], set[int | str]],
        columns: tuple[Sequence[str], set[int | str]],
    ) -> Evidence:
        meant: dict[str, int] = {}
        if self._genes is not None:
            listed = [name for names in self._regulators for name in names]
            meant = self._genes.resolve(listed).resolved

        def explained(side: _Side) -> Share:
            names, genes = set(side[0]), side[1]
            known = [
                any(name in names or meant.get(name, "") in genes for name in called)
                for called in self._regulators
            ]
            return Share(sum(known), len(known))

        in_rows, in_columns = explained(rows), explained(columns)
        what = ("{0} regulators have a row", "{0} regulators have a column")
        return Evidence(what, in_rows, in_columns, _clear_vote(in_rows, in_columns))

    def _of_conditions(self, rows: Sequence[str], columns: Sequence[str]) -> Evidence:
        def explained(names: Sequence[str]) -> Share:
            known = {*names, *map(r_name, names)}
            here = [name in known or r_name(name) in known for name in self._conditions]
            return Share(sum(here), len(here))

        # Genes are in rows if the conditions of the table are in columns.
        as_rows, as_columns = explained(columns), explained(rows)
        what = ("{0} conditions of the condition table have a column",
                "{0} conditions of the condition table have a row")  # fmt: skip
        return Evidence(what, as_rows, as_columns, _clear_vote(as_rows, as_columns))


def check_orientation(orientation: str) -> None:
    """Raise a `DeepRageError` unless it is one of `ORIENTATIONS`."""
    if orientation not in ORIENTATIONS:
        raise unknown("orientation", orientation, ORIENTATIONS)


def _gene_vote(rows: Share, columns: Share) -> str | None:
    if min(rows.value, columns.value) >= _BOTH:
        # Strains called after deleted genes: names of genes stand on both sides.
        if rows.number >= _MANY * columns.number:
            return ROWS
        return COLUMNS if columns.number >= _MANY * rows.number else "both"
    best, name = max((rows, ROWS), (columns, COLUMNS), key=lambda pair: pair[0].value)
    sure = best.number >= _FEW or best.value >= _SMALL
    if rows.value == columns.value or not sure:
        return None
    return name


def _clear_vote(rows: Share, columns: Share) -> str | None:
    """The orientation that explains at least half of the names, and twice as many."""
    if rows.value >= 0.5 and rows.number >= _MANY * columns.number:
        return ROWS
    if columns.value >= 0.5 and columns.number >= _MANY * rows.number:
        return COLUMNS
    return None


def _undecided(
    evidence: Sequence[Evidence], rows: Sequence[str], columns: Sequence[str]
) -> DeepRageError:
    telling = [one for one in evidence if one.rows.total and one.columns.total]
    as_rows = ", ".join(_of(one.what[0], one.rows) for one in telling)
    as_columns = ", ".join(_of(one.what[1], one.columns) for one in telling)
    shape = counted(len(rows), "row"), counted(len(columns), "column")
    return DeepRageError(
        f"it is not clear whether the genes are the rows or the columns of the expression matrix "
        f"({shape[0]}, {shape[1]}). As rows: {as_rows}. As columns: {as_columns}. "
        "Say which with --orientation rows or --orientation columns."
    )


def _explained(one: Evidence) -> str:
    return f"{_of(one.what[0], one.rows)}, {_of(one.what[1], one.columns)}"


def _of(what: str, share: Share) -> str:
    return what.format(f"{share.number:,} of {share.total:,}")
