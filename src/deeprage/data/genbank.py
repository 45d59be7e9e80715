"""Genes from GenBank files."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deeprage.data.gene_records import FeatureFile, GeneRecord, Part, Transcript
from deeprage.data.genome import genbank_aliases, genbank_records
from deeprage.data.identifiers import identifiers_of
from deeprage.errors import DeepRageError

_MESSENGERS = {"mRNA", "5'UTR", "prim_transcript", "precursor_RNA"}
_RNA = {"ncRNA", "tRNA", "rRNA", "misc_RNA", "tmRNA"}
_READ = {"gene", "CDS"} | _MESSENGERS | _RNA
_STRANDS = {1: "+", -1: "-"}


def read_genbank(path: Path) -> FeatureFile:
    """Genes of a GenBank file: gene, CDS, RNA and mRNA features joined by locus tag, else by gene.

    Raises:
        DeepRageError: the file, or a location in it, cannot be read.
    """
    file = FeatureFile()
    genes: dict[str, _Gene] = {}
    for record in genbank_records(path, "the annotation"):
        chromosome = str(record.id)
        if record.annotations.get("topology") == "circular":
            file.circular.add(chromosome)
        file.aliases[chromosome] = set(genbank_aliases(record))
        size = record_size(record)
        if size:
            file.sizes[chromosome] = size
        for feature in record.features:
            if feature.type in _READ:
                _add(feature, chromosome, size, genes, path)
    file.genes = [gene.joined() for gene in genes.values()]
    return file


def record_size(record: Any) -> int:
    """Bases of a record by its LOCUS line, or 0."""
    try:
        return len(record.seq)
    except (TypeError, ValueError):
        return 0


@dataclass
class _Gene:
    """A gene while its features are joined; transcripts and coding sequences in their order."""

    record: GeneRecord
    transcripts: list[Transcript] = field(default_factory=list)
    coding: list[Transcript] = field(default_factory=list)

    def joined(self) -> GeneRecord:
        """The gene, each coding sequence in the transcript that holds it."""
        free = list(self.transcripts)
        for coded in self.coding:
            parts = coded.coding[""]
            own = next((t for t in free if _is_spliced_alike(t.exons, parts)), None)
            if own is None:
                self.transcripts.append(coded)
                continue
            free.remove(own)
            own.coding = coded.coding
            own.open_coding = coded.open_coding
        for number, transcript in enumerate(self.transcripts, start=1):
            transcript.name = str(number)
            self.record.transcripts[transcript.name] = transcript
        return self.record


def _add(feature: Any, chromosome: str, size: int, genes: dict[str, _Gene], path: Path) -> None:
    names = {key: values[0] for key, values in feature.qualifiers.items() if values}
    own = names.get("locus_tag") or names.get("gene") or names.get("protein_id")
    if not own:
        return
    if feature.location is None:
        raise DeepRageError(
            f"the GenBank file {path} has a location that cannot be read, of the {feature.type} "
            f"{own!r} in {chromosome!r}: download the file again, or write 'circular' in its "
            "LOCUS line if that feature crosses the origin."
        )
    trans = "trans_splicing" in feature.qualifiers
    parts = _parts(feature, chromosome)
    if not parts:
        return
    trans = trans or len({part.strand for part in parts}) > 1
    parts = parts if trans else _unwrapped(parts, size)
    gene = genes.setdefault(own, _Gene(GeneRecord({})))
    _note_names(gene.record, feature, names)
    if feature.type == "gene":
        gene.record.trans_spliced |= trans and len(parts) > 1
        gene.record.rows += parts if trans else [_whole(parts)]
        return
    transcript = Transcript(trans_spliced=trans)
    if feature.type == "CDS":
        transcript.coding[""] = parts
        transcript.open_coding = _open_start(feature.location.parts[0])
        gene.coding.append(transcript)
    else:
        for part in parts:
            transcript.add_exon(part)
        transcript.open_start = _open_start(feature.location.parts[0])
        gene.transcripts.append(transcript)


def _note_names(record: GeneRecord, feature: Any, names: dict[str, str]) -> None:
    for key in ("locus_tag", "gene", "old_locus_tag", "standard_name"):
        if key in names:
            record.names.setdefault(key, names[key])
    pairs = [
        (key, value.strip())
        for key, values in feature.qualifiers.items()
        for text in values
        for value in (text.split(";") if key == "gene_synonym" else [text])
    ]
    synonyms = [value for key, value in pairs if key == "gene_synonym"]
    record.aliases += [s for s in dict.fromkeys(synonyms) if s and s not in record.aliases]
    record.identifiers += identifiers_of(pairs, "gene")
    if not record.names and "protein_id" in names:
        record.names["Name"] = names["protein_id"]


def _parts(feature: Any, chromosome: str) -> list[Part]:
    """Parts in the direction of transcription; those on other records are left out."""
    first_codon = str(feature.qualifiers.get("codon_start", ["1"])[0])
    skipped = int(first_codon) - 1 if first_codon in ("2", "3") else 0
    parts = []
    for number, part in enumerate(feature.location.parts, start=1):
        if part.ref is None and part.start < part.end:
            strand = _STRANDS.get(part.strand, ".")
            phase = skipped if number == 1 else 0
            parts.append(Part(chromosome, strand, int(part.start), int(part.end), phase, number))
    return parts


def _unwrapped(parts: list[Part], size: int) -> list[Part]:
    """Parts that cross the origin of a circle, counted on past its length."""
    forward = parts[0].strand == "+"
    ordered = parts if forward else parts[::-1]
    turned = []
    shift = 0
    for before, part in zip([ordered[0], *ordered], ordered, strict=False):
        shift += size if part.start < before.start and part.end < before.end else 0
        turned.append(part._replace(start=part.start + shift, end=part.end + shift))
    return turned if forward else turned[::-1]


def _whole(parts: Sequence[Part]) -> Part:
    return parts[0]._replace(
        start=min(part.start for part in parts), end=max(part.end for part in parts), rank=0
    )


def _is_spliced_alike(exons: Sequence[Part], coding: Sequence[Part]) -> bool:
    """Whether coding parts fit into consecutive exons, with the same introns between."""
    if len({part.home for part in [*exons, *coding]}) != 1:
        return False
    outer, inner = sorted(exons), sorted(coding)
    for first in range(len(outer) - len(inner) + 1):
        pairs = list(zip(outer[first : first + len(inner)], inner, strict=True))
        within = all(exon.start <= part.start and part.end <= exon.end for exon, part in pairs)
        starts = all(exon.start == part.start for exon, part in pairs[1:])
        ends = all(exon.end == part.end for exon, part in pairs[:-1])
        if within and starts and ends:
            return True
    return False


def _open_start(part: Any) -> bool:
    """Whether the 5' end is written as `<` or `>`: the true start is not known."""
    edge = part.end if part.strand == -1 else part.start
    return type(edge).__name__ in {"BeforePosition", "AfterPosition"}
