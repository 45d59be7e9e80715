"""Genes from GFF3 files."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from deeprage.data.gene_records import FeatureFile, GeneRecord
from deeprage.data.gff import (
    CODING,
    EXONS,
    REGIONS,
    Feature,
    features,
    is_gene,
    is_transcript,
    note_marks,
    note_names,
    open_start,
    sequence_regions,
)

#: Attributes that name the gene of a line that has no parent.
_GENE_KEYS = ("geneID", "gene_id")
#: How AUGUSTUS, MAKER and others make the name of a transcript from that of its gene.
_TRANSCRIPT_SUFFIX = re.compile(r"(\.t\d+|-R[A-Z]+|-mRNA-?\d+|\.mRNA\d+|-T\d+)$")


def read_gff3(path: Path) -> FeatureFile:
    """Genes of a GFF3 file.

    A gene is a feature whose type ends in `gene`. Transcripts, exons and coding parts belong to
    it through `Parent` (`Derives_from` for a coding sequence of a polycistronic transcript).
    Where that leads to no gene, what it leads to is the gene: a feature of another type, a
    transcript, or a coding sequence, as bacterial annotators write them; lines with one `geneID`,
    `gene_id` or `locus_tag` are of one gene.
    `Is_circular=true` regions mark circular chromosomes.
    """
    lines = _Lines(FeatureFile(sizes=sequence_regions(path)))
    for feature in features(path, gtf=False, wanted=_is_whole):
        lines.add_whole(feature)
    lines.join_transcripts()
    for feature in features(path, gtf=False, wanted=lambda kind: kind in EXONS | CODING):
        lines.add_part(feature)
    lines.file.genes = [r for r in lines.genes.values() if next(r.parts(), None) is not None]
    return lines.file


def _is_whole(kind: str) -> bool:
    """Whether a type may be a gene or a transcript, not a part of one."""
    return kind not in EXONS and kind not in CODING and kind not in _NO_GENES


_NO_GENES = {
    "stop_codon", "intron", "match", "match_part", "cDNA_match", "EST_match", "protein_match",
    "expressed_sequence_match", "nucleotide_to_protein_match", "dispersed_repeat",
    "repeat_region", "biological_region", "polypeptide", "similarity",
}  # fmt: skip


@dataclass
class _Lines:
    """Genes while they are joined.

    Attributes:
        genes: by `ID`, or what else names them.
        by_locus_tag: keys of `genes`.
        transcripts: lines of transcripts, by `ID`; the genes of these.
        others: lines without a parent that are neither.
    """

    file: FeatureFile
    genes: dict[str, GeneRecord] = field(default_factory=dict)
    by_locus_tag: dict[str, str] = field(default_factory=dict)
    transcripts: dict[str, list[Feature]] = field(default_factory=dict)
    genes_of: dict[str, list[str]] = field(default_factory=dict)
    others: dict[str, Feature] = field(default_factory=dict)

    def add_whole(self, feature: Feature) -> None:
        """A line that is no part: a chromosome, gene, transcript, or something else."""
        name = feature.first("ID")
        if feature.kind in REGIONS:
            self._note_region(feature)
        elif is_gene(feature.kind):
            key = name or self._own_key(feature)
            record = self.genes.setdefault(key, GeneRecord({}))
            record.rows.append(feature.part)
            note_names(record, feature, "gene")
            if tag := feature.first("locus_tag"):
                self.by_locus_tag.setdefault(tag, key)
        elif is_transcript(feature.kind):
            self.transcripts.setdefault(name or self._own_key(feature), []).append(feature)
        elif name and not feature.first("Parent"):
            self.others.setdefault(name, feature)

    def join_transcripts(self) -> None:
        """Give each transcript to its genes, once all lines of genes are known."""
        for name, lines in self.transcripts.items():
            for feature in lines:
                for key in self._genes_of_line(name, feature):
                    record = self.genes[key]
                    transcript = record.transcript(name)
                    transcript.rows.append(feature.part)
                    # What is its own gene has the gene's ID; else the ID is the transcript's.
                    note_names(record, feature, "gene" if key == name else "transcript")
                    note_marks(transcript, feature)
                    known = self.genes_of.setdefault(name, [])
                    if key not in known:
                        known.append(key)

    def add_part(self, feature: Feature) -> None:
        """An exon, an untranslated region, a coding part or a start codon."""
        coded = [name for name in feature.every("Derives_from") if name in self.genes]
        parents = feature.every("Parent")
        if coded:
            for key in coded:
                self._place(feature, key, ",".join(parents))
        elif not parents and (feature.kind in CODING or feature.first(*_GENE_KEYS)):
            key = self._known(self._key_without_parent(feature), feature)
            self._place(feature, key, feature.first("transcript_id"))
        for parent in parents if not coded else ():
            if parent in self.genes_of:
                for key in self._of_polycistron(feature, self.genes_of[parent]):
                    self._place(feature, key, parent)
            else:
                for key in self._roots(parent, feature):
                    self._place(feature, key, self._direct(key, parent))

    def _place(self, feature: Feature, key: str, name: str) -> None:
        record = self.genes[key]
        transcript = record.transcript(name)
        transcript.trans_spliced |= record.trans_spliced
        if feature.kind == "cds":
            parts = transcript.coding.setdefault(feature.first("ID"), [])
            if not parts:
                own = key == feature.first("ID") or not (feature.first("Parent") or record.rows)
                note_names(record, feature, "gene" if own else "CDS")
                transcript.trans_spliced |= record.trans_spliced
            parts.append(feature.part)
            transcript.open_coding |= open_start(feature)
        elif feature.kind == "start_codon":
            transcript.start_codons.append(feature.part)
        else:
            transcript.add_exon(feature.part)

    def _direct(self, key: str, parent: str) -> str:
        """The transcript of a part whose parent is a gene: its only one, else one of no name."""
        if parent not in self.genes:
            return parent
        named = [name for name, of in self.genes[key].transcripts.items() if name and of.rows]
        return named[0] if len(named) == 1 else ""

    def _of_polycistron(self, feature: Feature, keys: list[str]) -> list[str]:
        """Of the genes of one transcript, those in which a part lies; all of them for exons."""
        if len(keys) == 1 or feature.kind not in CODING:
            return keys
        within = [
            key for key in keys if any(row.overlaps(feature.part) for row in self.genes[key].rows)
        ]
        return within or keys

    def _genes_of_line(self, name: str, feature: Feature) -> list[str]:
        parents = feature.every("Parent")
        if parents:
            return list(dict.fromkeys(key for p in parents for key in self._roots(p, feature)))
        return [self._known(self._key_without_parent(feature, name), feature)]

    def _roots(self, parent: str, feature: Feature) -> list[str]:
        """Keys of the genes that a parent leads to; made where it leads to none."""
        seen = {parent}
        heads = [parent]
        roots: list[str] = []
        while heads:
            name = heads.pop(0)
            if name in self.genes:
                roots.append(name)
                continue
            above = [p for line in self.transcripts.get(name, ()) for p in line.every("Parent")]
            if not above and name in self.transcripts:
                line = self.transcripts[name][0]
                roots.append(self._known(self._key_without_parent(line, name), line))
                continue
            if not above:
                roots.append(self._missing(name, feature))
            heads += [p for p in above if p not in seen]
            seen.update(above)
        return list(dict.fromkeys(roots)) or [self._missing(parent, feature)]

    def _missing(self, name: str, feature: Feature) -> str:
        """The key of a gene that only its parts name."""
        if name in self.others:
            line = self.others[name]
            record = self.genes.setdefault(name, GeneRecord({}))
            record.rows.append(line.part)
            note_names(record, line, "gene")
            return name
        tag = feature.first("locus_tag")
        key = feature.first(*_GENE_KEYS) or self.by_locus_tag.get(tag) or tag
        own = name if is_transcript(feature.kind) else _TRANSCRIPT_SUFFIX.sub("", name)
        return self._known(key or own, feature)

    def _known(self, key: str, feature: Feature) -> str:
        if key not in self.genes:
            record = self.genes.setdefault(key, GeneRecord({}))
            if key not in feature.every("ID", "locus_tag", *_GENE_KEYS):
                record.names["ID"] = key
                record.identifiers.append(("ID", key))
        return key

    def _key_without_parent(self, feature: Feature, name: str = "") -> str:
        tag = feature.first("locus_tag")
        return (
            feature.first(*_GENE_KEYS)
            or self.by_locus_tag.get(tag)
            or tag
            or _TRANSCRIPT_SUFFIX.sub("", name or feature.first("ID"))
            or self._own_key(feature)
        )

    def _own_key(self, feature: Feature) -> str:
        """What names a line without an ID."""
        named = feature.first("locus_tag", "gene_id", "Name", "gene")
        return named or f"{feature.part.chromosome}:{feature.part.start + 1}"

    def _note_region(self, feature: Feature) -> None:
        chromosome = feature.part.chromosome
        if feature.first("Is_circular").lower() == "true":
            self.file.circular.add(chromosome)
        if feature.part.start == 0:
            self.file.sizes[chromosome] = max(feature.part.end, self.file.sizes.get(chromosome, 0))
        names = self.file.aliases.setdefault(chromosome, set())
        for value in feature.every("ID", "Name", "chromosome", "Alias", "genome"):
            if value not in {"chromosome", "genomic", "plasmid"}:
                names.add(re.sub(r"^(chromosome|region|scaffold|supercontig):", "", value))
