"""Genes from GenBank files."""

from pathlib import Path
from typing import Any

from deeprage.data.gene_records import GeneRecord, Span
from deeprage.data.genome import genbank_aliases, genbank_records
from deeprage.data.gff import FeatureFile
from deeprage.data.identifiers import identifiers_of

_TRANSCRIPTS = {"mRNA", "5'UTR", "prim_transcript"}
_RNA = {"ncRNA", "tRNA", "rRNA", "misc_RNA", "tmRNA"}
_STRANDS = {1: "+", -1: "-"}


def read_genbank(path: Path) -> FeatureFile:
    """Genes of a GenBank file: gene, CDS, RNA and mRNA features joined by locus tag."""
    found = FeatureFile()
    for record in genbank_records(path, "the annotation"):
        if record.annotations.get("topology") == "circular":
            found.circular.add(record.id)
        found.aliases[record.id] = set(genbank_aliases(record))
        genes: dict[str, GeneRecord] = {}
        for feature in record.features:
            _add(feature, record.id, genes)
        found.genes += genes.values()
    return found


def _add(feature: Any, chromosome: str, genes: dict[str, GeneRecord]) -> None:
    if feature.type not in {"gene", "CDS"} | _TRANSCRIPTS | _RNA:
        return
    names = {key: values[0] for key, values in feature.qualifiers.items() if values}
    own = names.get("locus_tag") or names.get("gene")
    # The first part in the direction of transcription: right for introns, for either strand and
    # for genes that cross the origin of a circular chromosome.
    first = feature.location.parts[0]
    strand = _STRANDS.get(first.strand)
    if not own or strand is None:
        return
    span: Span = (int(first.start), int(first.end))
    record = genes.setdefault(own, GeneRecord({}, chromosome, strand, span))
    for key in ("locus_tag", "gene", "old_locus_tag", "standard_name"):
        if key in names:
            record.names.setdefault(key, names[key])
    synonyms = [s for text in feature.qualifiers.get("gene_synonym", []) for s in text.split(";")]
    record.aliases += [s.strip() for s in synonyms if s.strip() not in record.aliases]
    pairs = [
        (key, value)
        for key, values in feature.qualifiers.items()
        for text in values
        for value in (text.split(";") if key == "gene_synonym" else [text])
    ]
    record.identifiers += identifiers_of(pairs, "gene")
    if feature.type == "CDS":
        record.coding.append(span)
    elif feature.type in _TRANSCRIPTS and not _open_start(first, strand):
        record.transcripts.append(span)


def _open_start(part: Any, strand: str) -> bool:
    """Whether the 5' end is written as `<` or `>`: the true start is not known."""
    edge = part.start if strand == "+" else part.end
    return type(edge).__name__ in {"BeforePosition", "AfterPosition"}
