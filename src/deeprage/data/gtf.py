"""Genes from GTF files."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from deeprage.data.gene_records import FeatureFile, GeneRecord
from deeprage.data.gff import (
    CODING,
    EXONS,
    Feature,
    features,
    is_gene,
    is_transcript,
    note_marks,
    note_names,
)

_GENE_KEYS = ("gene_id", "geneID", "geneId", "gene", "name")
_TRANSCRIPT_KEYS = ("transcript_id", "transcriptId")
_GENE = re.compile(r'(?:^|;)\s*gene_id "([^"\\]*)"')
_TRANSCRIPT = re.compile(r'(?:^|;)\s*transcript_id "([^"\\]*)"')
#: AUGUSTUS and BRAKER make the name of a transcript so from that of its gene.
_TRANSCRIPT_SUFFIX = re.compile(r"\.t\d+$")


def read_gtf(path: Path) -> FeatureFile:
    """Genes of a GTF file, joined by `gene_id` and `transcript_id`.

    BRAKER and GeneMark write the identifiers of genes and transcripts alone in the ninth column,
    without their keys.
    """
    lines = _Lines()
    for feature in features(path, gtf=True, wanted=_is_read):
        lines.add(feature)
    lines.join_bare()
    return FeatureFile([r for r in lines.genes.values() if next(r.parts(), None) is not None])


def _is_read(kind: str) -> bool:
    return kind in EXONS or kind in CODING or is_gene(kind) or is_transcript(kind)


def _quoted(key: re.Pattern[str], feature: Feature) -> str:
    """The value of a quoted attribute, without reading the others."""
    match = key.search(feature.text)
    return match[1].strip() if match else ""


@dataclass
class _Lines:
    """Genes while they are joined; `bare` are lines of genes and transcripts without keys."""

    genes: dict[str, GeneRecord] = field(default_factory=dict)
    gene_of: dict[str, str] = field(default_factory=dict)
    bare: list[Feature] = field(default_factory=list)

    def add(self, feature: Feature) -> None:
        key, name = _quoted(_GENE, feature), _quoted(_TRANSCRIPT, feature)
        if not key or (not name and feature.kind in EXONS | CODING):
            key, name = feature.first(*_GENE_KEYS), feature.first(*_TRANSCRIPT_KEYS)
        key = key or _TRANSCRIPT_SUFFIX.sub("", name)
        if key:
            self._place(feature, key, name)
        elif feature.text and not feature.pairs:
            self.bare.append(feature)

    def join_bare(self) -> None:
        for feature in self.bare:
            name = feature.text.strip().strip(';"')
            if is_gene(feature.kind):
                self._place(feature, name, "")
            else:
                key = self.gene_of.get(name) or _TRANSCRIPT_SUFFIX.sub("", name)
                self._place(feature, key, name)

    def _place(self, feature: Feature, key: str, name: str) -> None:
        fresh = key not in self.genes
        record = self.genes.setdefault(key, GeneRecord({"gene_id": key}))
        if is_gene(feature.kind):
            record.rows.append(feature.part)
            note_names(record, feature, "gene")
            if fresh and not feature.pairs:
                record.identifiers.append(("gene_id", key))
            return
        if name:
            self.gene_of.setdefault(name, key)
        first = name not in record.transcripts
        transcript = record.transcript(name)
        if is_transcript(feature.kind):
            transcript.rows.append(feature.part)
            note_names(record, feature, "transcript")
            note_marks(transcript, feature)
        elif feature.kind == "cds":
            parts = transcript.coding.setdefault("", [])
            if not parts or first:
                note_names(record, feature, "CDS")
                note_marks(transcript, feature)
            parts.append(feature.part)
        elif feature.kind == "start_codon":
            transcript.start_codons.append(feature.part)
        else:
            if first:
                note_names(record, feature, "transcript")
                note_marks(transcript, feature)
            transcript.add_exon(feature.part)
