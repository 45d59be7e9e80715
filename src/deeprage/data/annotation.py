"""Gene annotation in any of four formats, as one table of genes."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pandas as pd

from deeprage.data.genbank import read_genbank
from deeprage.data.gene_records import FeatureFile, GeneRecord, check_not_empty
from deeprage.data.gene_table import (
    Molecules,
    alternate_names,
    gene_table,
    id_attribute,
    molecules_of,
)
from deeprage.data.genome import is_named_genbank
from deeprage.data.gff3 import read_gff3
from deeprage.data.gtf import read_gtf
from deeprage.data.positions import position
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
#: How many lines of features are looked at to tell a format.
_LOOKED_AT = 200
_GFF3_ATTRIBUTE = re.compile(r"[\w.:-]+\s*=")
_GTF_ATTRIBUTE = re.compile(r'[\w.:-]+\s+("|[\w.:-]+\s*(;|$))')


@dataclass(frozen=True)
class Annotation:
    """Genes of a genome.

    Attributes:
        records: what the file says under each gene identifier.
        id_attribute: the attribute that names genes.
        circular: chromosomes that the file calls circular.
        sizes: lengths of chromosomes, where the file gives them.
        chromosome_aliases: other names of the chromosomes that the file gives.
    """

    records: Sequence[GeneRecord] = field(repr=False)
    id_attribute: str
    circular: frozenset[str] = frozenset()
    sizes: Mapping[str, int] = field(default_factory=dict, repr=False)
    chromosome_aliases: Mapping[str, Collection[str]] = field(default_factory=dict, repr=False)

    @cached_property
    def genes(self) -> pd.DataFrame:
        """One row per gene, without regard to a genome.

        `gene` (its identifier), `symbol`, `chromosome`, `strand` (`+`, `-`, or `.` if not known),
        `start_codon` (0-based position of the first coding base, NaN if there is none or it is
        not known), `tss` (0-based, NaN if not annotated), `start` and `end` (of the gene, 0-based
        and half-open, forward strand), `coding` (whether it has a coding sequence), `problem` (why
        it can have no promoter, a `gene_table.Problem` or empty), `start_codons` and `tss_count`
        (how many different ones its transcripts have), `marked_start` and `marked_tss` (whether a
        mark of the file decided between them, see `gene_models.model_of`), `trans_spliced`,
        `other_loci` (on alternate sequences, not used), `aliases` (tuple of other names) and
        `identifiers` (tuple of (kind, value) as written, see `identifiers.identifiers_of`).
        """
        alternate = alternate_names(self.chromosomes)
        return self.on(molecules_of(self.sizes, self.circular, alternate))

    @cached_property
    def chromosomes(self) -> list[str]:
        """Names of the chromosomes that have genes or are called circular, in the file's order."""
        names = dict.fromkeys(part.chromosome for r in self.records for part in r.parts())
        return [*names, *(name for name in sorted(self.circular) if name not in names)]

    def on(self, molecules: Molecules) -> pd.DataFrame:
        """The table of genes on the chromosomes of a genome, with its names (None: absent)."""
        return gene_table(self.records, attribute=self.id_attribute, molecules=molecules)


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
        format: one of `FORMATS`; by default inferred from the content.
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
    return Annotation(
        records=_joined(records) if len(parts) > 1 else records,
        id_attribute=id_attribute(records, gene_id, wanted),
        circular=frozenset(name for part in parts for name in part.circular),
        sizes={key: size for part in parts for key, size in part.sizes.items()},
        chromosome_aliases={key: names for p in parts for key, names in p.aliases.items()},
    )


def _joined(records: Sequence[GeneRecord]) -> list[GeneRecord]:
    """Genes of several files; those of one name are one gene, perhaps at several loci."""
    by_name: dict[str, GeneRecord] = {}
    for number, record in enumerate(records):
        name = record.names.get("locus_tag") or record.names.get("gene") or f"\t{number}"
        first = by_name.setdefault(name, record)
        if first is record:
            continue
        first.rows += record.rows
        for key, transcript in record.transcripts.items():
            first.transcripts[f"{number}\t{key}"] = transcript
        first.aliases += [alias for alias in record.aliases if alias not in first.aliases]
        first.identifiers += record.identifiers
        first.trans_spliced |= record.trans_spliced
    return list(by_name.values())


def detect_format(path: Path) -> str:
    """The format of an annotation file, from its content and not from its name.

    GFF3 and GTF are told apart by the ninth columns of the first lines of features, and where
    these have neither `key=value` nor `key "value"`, by the version line.

    Raises:
        DeepRageError: none of the four formats fits.
    """
    votes = {"gff3": 0, "gtf": 0, "sgd": 0}
    shown = version = ""
    read = 0
    with open_text(path, "the annotation") as handle:
        for line in handle:
            if not line.strip():
                continue
            shown = shown or line
            if line.startswith("LOCUS ") and not read:
                return "genbank"
            if line.startswith("##gff-version"):
                version = version or (line.split()[1:2] or ["3"])[0]
            if line.startswith(("##FASTA", ">")) or read == _LOOKED_AT:
                break
            if not line.startswith("#"):
                read += 1
                for format in _formats_of(line[:100_000]):
                    votes[format] += 1
    best = max(votes, key=lambda name: votes[name])
    if votes[best] and 2 * votes[best] >= read:
        return best
    if version or votes["gff3"] or votes["gtf"]:
        return "gtf" if version.startswith("2") or votes["gtf"] > votes["gff3"] else "gff3"
    raise DeepRageError(
        f"the annotation {path} is in none of the formats {', '.join(FORMATS)} (its first line "
        f"is {shown.strip()[:60]!r}). Give a file in one of them, or name the format "
        "(`--annotation-format`)."
    )


def _formats_of(line: str) -> tuple[str, ...]:
    """The formats that a line of features may be of."""
    fields = line.rstrip("\r\n").split("\t")
    if len(fields) >= 12 and fields[0].startswith(("S0", "L0")):
        return ("sgd",)
    if len(fields) < 9 or position(fields[3]) is None or position(fields[4]) is None:
        return ()
    text = fields[8].strip()
    if _GFF3_ATTRIBUTE.match(text):
        return ("gff3",)
    # An identifier alone is how BRAKER and GeneMark write genes into GTF.
    bare = re.fullmatch(r'[^\s;="]+;?', text) is not None
    return ("gtf",) if bare or _GTF_ATTRIBUTE.match(text) else ()
