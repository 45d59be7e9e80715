"""Genes from the feature table of the Saccharomyces Genome Database (no header)."""

from pathlib import Path

from deeprage.data.gene_records import GeneRecord
from deeprage.data.gff import FeatureFile
from deeprage.data.identifiers import identifiers_of
from deeprage.data.reading import open_text
from deeprage.errors import DeepRageError

_GENES = {
    "ORF",
    "pseudogene",
    "blocked_reading_frame",
    "transposable_element_gene",
    "ncRNA",
    "snoRNA",
    "snRNA",
    "tRNA",
    "rRNA",
    "telomerase_RNA",
}
_CODING = {"ORF", "pseudogene", "blocked_reading_frame", "transposable_element_gene"}
_MITOCHONDRION = "17"
_STRANDS = {"W": "+", "C": "-"}


def read_sgd_features(path: Path) -> FeatureFile:
    """Genes of `SGD_features.tab`.

    Columns used: 2 type, 4 systematic name, 5 gene name, 6 aliases, 9 chromosome, 10 start,
    11 stop, 12 strand (W or C; start is the 5' end, so start > stop on C). Chromosome 17 is the
    mitochondrion, which is circular. Rows without coordinates are left out.
    """
    found = FeatureFile(circular={"mitochondrion"})
    with open_text(path, "the annotation") as handle:
        for number, line in enumerate(handle, start=1):
            if line.startswith("#") or not line.strip():
                continue
            fields = line.rstrip("\n").split("\t")
            if len(fields) < 12:
                raise DeepRageError(
                    f"line {number} of the annotation {path} has {len(fields)} columns; an SGD "
                    "feature table has 16, separated by tabs."
                )
            record = _record(fields)
            if record is not None:
                found.genes.append(record)
    return found


def _record(fields: list[str]) -> GeneRecord | None:
    kind, name, symbol, aliases = fields[1], fields[3], fields[4], fields[5]
    chromosome, start, stop, strand = fields[8:12]
    located = start.isdecimal() and stop.isdecimal() and strand in _STRANDS
    if kind not in _GENES or not name or not located:
        return None
    body = (min(int(start), int(stop)) - 1, max(int(start), int(stop)))
    synonyms = [alias for alias in aliases.split("|") if alias]
    pairs = [("Dbxref", f"SGD:{fields[0]}"), ("locus_tag", name), ("gene", symbol)]
    return GeneRecord(
        names={"locus_tag": name} | ({"gene": symbol} if symbol else {}),
        chromosome="mitochondrion" if chromosome == _MITOCHONDRION else chromosome,
        strand=_STRANDS[strand],
        body=body,
        coding=[body] if kind in _CODING else [],
        aliases=synonyms,
        identifiers=identifiers_of([*pairs, *(("Alias", alias) for alias in synonyms)], "gene"),
    )
