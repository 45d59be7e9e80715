"""What an annotation file says of a gene, before its name and anchor are settled."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

import pandas as pd

from deeprage.data.identifiers import Identifier
from deeprage.data.near_names import near_names_hint
from deeprage.errors import DeepRageError, examples, unknown

#: Attributes that may hold the name a matrix uses, most usual first.
ID_ATTRIBUTES = ("locus_tag", "gene_id", "ID", "Name", "gene", "gene_name", "old_locus_tag")
_SYMBOL_ATTRIBUTES = ("gene", "gene_name", "standard_name", "Name")
_COLUMNS = ("gene", "symbol", "chromosome", "strand", "start_codon", "tss", "aliases",
            "identifiers")  # fmt: skip

Span = tuple[int, int]


@dataclass
class GeneRecord:
    """One gene of an annotation; spans are 0-based and half-open, on the forward strand.

    For genes that cross the origin of a circular chromosome a span may reach past the length.
    """

    names: dict[str, str]
    chromosome: str
    strand: str
    body: Span
    coding: list[Span] = field(default_factory=list)
    transcripts: list[Span] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)
    identifiers: list[Identifier] = field(default_factory=list)

    def start_codon(self) -> int:
        """First coding base, or the gene's first base if it codes for no protein."""
        return five_prime(self.coding or [self.body], self.strand)

    def tss(self) -> float:
        """First transcribed base, NaN if not annotated.

        A transcript that begins at the start codon is the mark of an annotation without
        untranslated regions, so it counts as not annotated.
        """
        if not self.transcripts:
            return float("nan")
        tss = five_prime(self.transcripts, self.strand)
        return float("nan") if self.coding and tss == self.start_codon() else float(tss)


def five_prime(spans: Iterable[Span], strand: str) -> int:
    """The 5'-most base (0-based) of spans on a strand."""
    if strand == "+":
        return min(start for start, _ in spans)
    return max(end for _, end in spans) - 1


def gene_table(
    records: Iterable[GeneRecord], *, gene_id: str | None, wanted: Collection[str]
) -> tuple[pd.DataFrame, str]:
    """One row a gene (`annotation.Annotation.genes`) and the attribute that names them.

    Args:
        gene_id: the attribute to use; by default the one whose values include most of `wanted`.
        wanted: gene names of the expression matrix, may be empty.

    Raises:
        DeepRageError: no record has the attribute asked for.
    """
    kept = list(records)
    attribute = gene_id or _best_attribute(kept, wanted)
    if gene_id and not any(gene_id in record.names for record in kept):
        raise unknown("gene id attribute", gene_id, {key for r in kept for key in r.names})
    order = (attribute, *(name for name in ID_ATTRIBUTES if name != attribute))
    rows = [_row(record, order) for record in kept]
    table = pd.DataFrame([row for row in rows if row], columns=list(_COLUMNS))
    return table.drop_duplicates("gene").reset_index(drop=True), attribute


def check_not_empty(records: Collection[GeneRecord], path: object, expected: str) -> None:
    """Raise a `DeepRageError` if an annotation file gave no genes."""
    if not records:
        raise DeepRageError(f"the annotation {path} has no genes; expected {expected}.")


def _best_attribute(records: Collection[GeneRecord], wanted: Collection[str]) -> str:
    names = set(wanted)
    values = {key: {r.names[key] for r in records if key in r.names} for key in ID_ATTRIBUTES}
    score = {key: len(values[key] & names) if names else len(values[key]) for key in ID_ATTRIBUTES}
    # max() keeps the first of equals, so ties go to the more usual attribute that is there.
    return max(ID_ATTRIBUTES, key=lambda key: (score[key], bool(values[key])))


def _row(record: GeneRecord, order: Iterable[str]) -> tuple[object, ...] | None:
    gene = next((record.names[key] for key in order if record.names.get(key)), None)
    if gene is None or record.strand not in "+-":
        return None
    symbol = next((record.names[key] for key in _SYMBOL_ATTRIBUTES if record.names.get(key)), gene)
    known = [record.names[key] for key in ID_ATTRIBUTES if record.names.get(key)]
    aliases = [name for name in dict.fromkeys([*known, *record.aliases]) if name and name != gene]
    return (
        gene,
        symbol,
        record.chromosome,
        record.strand,
        record.start_codon(),
        record.tss(),
        tuple(aliases),
        tuple(dict.fromkeys(record.identifiers)),
    )


class GeneNames:
    """Finds the gene of an annotation that a name means: its id, else a unique other name."""

    def __init__(self, genes: pd.DataFrame) -> None:
        self._ids = set(genes["gene"])
        owners: dict[str, set[str]] = {}
        for gene, symbol, aliases in zip(
            genes["gene"], genes["symbol"], genes["aliases"], strict=True
        ):
            for name in {symbol, *aliases}:
                owners.setdefault(name, set()).add(gene)
        # A name shared by several genes says nothing about which one is meant.
        self._others = {name: min(found) for name, found in owners.items() if len(found) == 1}

    def find(self, name: str) -> str | None:
        """The gene's id, or None if the name is unknown or shared by several genes."""
        return name if name in self._ids else self._others.get(name)


def no_overlap(expression: Sequence[str], genes: pd.DataFrame, attribute: str) -> DeepRageError:
    """The error for a matrix and an annotation (`gene_table`) that name no gene alike."""
    annotation = list(genes["gene"])
    others = [name for names in genes["aliases"] for name in names]
    return DeepRageError(
        f"no gene of the expression matrix is in the annotation: the matrix has "
        f"{examples(expression)}, the annotation {examples(annotation)} (by {attribute!r}). "
        "Choose another attribute (`--gene-id`), or give a table of renames (`--renames`)."
        f"{near_names_hint(expression, [*others, *genes['symbol'], *annotation])}"
    )
