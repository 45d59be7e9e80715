"""Gene annotation in any of four formats, as one table of genes."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from deeprage.data.genbank import read_genbank
from deeprage.data.gene_records import check_not_empty, gene_table
from deeprage.data.genome import is_named_genbank
from deeprage.data.gff import FeatureFile, read_gff3, read_gtf
from deeprage.data.reading import open_text
from deeprage.data.sgd import read_sgd_features
from deeprage.errors import DeepRageError, unknown

_READERS: dict[str, tuple[Callable[[Path], FeatureFile], str]] = {
    "gff3": (read_gff3, "features of type gene or CDS"),
    "gtf": (read_gtf, "features with a gene_id"),
    "genbank": (read_genbank, "gene or CDS features with a locus_tag"),
    "sgd": (read_sgd_features, "rows of type ORF"),
}
FORMATS = tuple(_READERS)


@dataclass(frozen=True)
class Annotation:
    """Genes of a genome.

    Attributes:
        genes: one row a gene with `gene` (systematic id), `symbol`, `chromosome`, `strand`
            (+ or -), `start_codon` (0-based position of the first coding base, or of the gene's
            first base if it codes for no protein), `tss` (0-based, NaN if not annotated),
            `aliases` (tuple of other names) and `identifiers` (tuple of (kind, value) as written
            in the file, see `identifiers.identifiers_of`).
        id_attribute: the attribute that `gene` was taken from.
        circular: chromosomes that the file calls circular.
        chromosome_aliases: other names of the chromosomes that the file gives.
    """

    genes: pd.DataFrame = field(repr=False)
    id_attribute: str
    circular: frozenset[str] = frozenset()
    chromosome_aliases: Mapping[str, Collection[str]] = field(default_factory=dict)


def read_annotation(
    path: Path,
    *,
    format: str | None = None,
    gene_id: str | None = None,
    wanted: Collection[str] = (),
) -> Annotation:
    """Read genes from GFF3, GTF, GenBank or an SGD feature table, plain or gzipped.

    Args:
        path: the file, or a folder of GenBank files.
        format: one of `FORMATS`; by default told from the name and the content.
        gene_id: the attribute that holds the names of the matrix; by default the one of
            locus_tag, gene_id, ID (without `gene-`), Name ... that finds most of `wanted`.
        wanted: gene names of the expression matrix.

    Raises:
        DeepRageError: missing or malformed file, unknown format or attribute, no genes.
    """
    files = [path]
    if path.is_dir():
        files = [file for file in sorted(path.iterdir()) if is_named_genbank(file)]
        if not files:
            raise DeepRageError(f"the folder {path} has no GenBank files (.gb, .gbk, .gbff).")
    chosen = format or detect_format(files[0])
    if chosen not in _READERS:
        raise unknown("annotation format", chosen, FORMATS)
    reader, expected = _READERS[chosen]
    parts = [reader(file) for file in files]
    records = [record for part in parts for record in part.genes]
    check_not_empty(records, path, expected)
    genes, attribute = gene_table(records, gene_id=gene_id, wanted=wanted)
    return Annotation(
        genes=genes,
        id_attribute=attribute,
        circular=frozenset(name for part in parts for name in part.circular),
        chromosome_aliases={key: names for p in parts for key, names in p.aliases.items()},
    )


def detect_format(path: Path) -> str:
    """The format of an annotation file, from its content, with its name as a help.

    Raises:
        DeepRageError: none of the four formats fits.
    """
    with open_text(path, "the annotation") as handle:
        first = handle.readline()
        if first.startswith("LOCUS "):
            return "genbank"
        if first.startswith("##gff-version"):
            return "gtf" if first.split()[1:2] == ["2"] else "gff3"
        while first and (first.startswith("#") or not first.strip()):
            first = handle.readline()
    fields = first.rstrip("\n").split("\t")
    if len(fields) == 9 and fields[3].isdigit() and fields[4].isdigit():
        return "gff3" if "=" in fields[8].split('"')[0] else "gtf"
    if len(fields) >= 12 and fields[0].startswith(("S0", "L0")):
        return "sgd"
    raise DeepRageError(
        f"the annotation {path} is in none of the formats {', '.join(FORMATS)} (its first line "
        f"is {first.strip()[:60]!r}). Give a file in one of them, or name the format "
        "(`--annotation-format`)."
    )
