"""Lines of GFF3 and GTF files, which `gff3` and `gtf` join to genes."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from sys import intern
from urllib.parse import unquote

from deeprage.data.gene_records import GeneRecord, Part, Transcript
from deeprage.data.identifiers import identifiers_of
from deeprage.data.positions import position
from deeprage.data.reading import open_text
from deeprage.errors import DeepRageError

REGIONS = {
    "region", "chromosome", "contig", "plasmid", "supercontig", "scaffold", "primary_assembly",
    "organelle_chromosome", "nuclear_chromosome", "mitochondrial_chromosome",
}  # fmt: skip
EXONS = {
    "exon", "pseudogenic_exon", "noncoding_exon", "coding_exon", "utr", "five_prime_utr",
    "three_prime_utr", "5utr", "3utr", "5'utr", "3'utr", "5'-utr", "3'-utr", "tss", "tts",
    "transcription_start_site",
}  # fmt: skip
CODING = {"cds", "start_codon"}
#: Transcripts of any kind: mRNA, lnc_RNA, pseudogenic_transcript, C_gene_segment ...
_TRANSCRIPT = re.compile(r"(rna|transcript|gene_segment)$", re.IGNORECASE)
_PART = re.compile(r'(?:^|[;\s])part[\s=]+"?(\d{1,6})(?!\w)')
_EXON_NUMBER = re.compile(r'exon_number[\s=]+"?(\d{1,6})(?!\w)')
#: Stands for an escaped quote while a line is split at the others.
_QUOTE = "\x1a"
#: The longest line of a real annotation has some thousand characters.
_LONGEST_LINE = 1_000_000
#: GFF3 attributes that hold several values, separated by commas.
_LISTS = {
    "Parent", "Alias", "Note", "Dbxref", "Ontology_term", "Derives_from", "gene_synonym",
    "old_locus_tag", "synonym", "synonyms", "tag", "start_range", "end_range", "db_xref",
}  # fmt: skip
_ALIAS_KEYS = ("gene_synonym", "Alias", "synonym", "synonyms", "old_locus_tag")
#: How gffread and JGI write `gene_id`.
_GENE_IDS = ("geneID", "geneId")
_TRANS_SPLICING = re.compile(r"trans[-_ ]?splic", re.IGNORECASE)
#: Attributes that say `1` or `true` on the transcript that stands for its gene.
_FLAGS = (
    "canonical", "is_canonical", "canonical_transcript", "ensembl_canonical", "longest",
    "is_primary", "primary", "representative",
)  # fmt: skip


class Feature:
    """One line: its kind (in lower case for the parts of a gene), place and attributes."""

    __slots__ = ("_pairs", "gtf", "kind", "part", "text")

    def __init__(self, kind: str, part: Part, text: str, *, gtf: bool) -> None:
        self.kind, self.part, self.text, self.gtf = kind, part, text, gtf
        self._pairs: list[tuple[str, str]] | None = None

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Attributes in order, read when they are first asked for: most lines need two of them."""
        if self._pairs is None:
            self._pairs = (gtf_attributes if self.gtf else gff3_attributes)(self.text)
        return self._pairs

    def first(self, *keys: str) -> str:
        """The first value of the first of these attributes that the line has, else ''."""
        for wanted in keys:
            for key, value in self.pairs:
                if key == wanted and value:
                    return value
        return ""

    def every(self, *keys: str) -> list[str]:
        """All values of some attributes."""
        return [value for key, value in self.pairs if key in keys and value]


def is_gene(kind: str) -> bool:
    """Whether a feature type is a gene: `gene`, `ncRNA_gene`, `pseudogene` ..."""
    return kind.lower().endswith("gene")


def is_transcript(kind: str) -> bool:
    """Whether a feature type is a transcript."""
    return _TRANSCRIPT.search(kind) is not None


def features(path: Path, *, gtf: bool, wanted: Callable[[str], bool]) -> Iterator[Feature]:
    """Lines of the wanted kinds; the kinds of parts (`EXONS`, `CODING`) are in lower case.

    Raises:
        DeepRageError: a line is not of the format.
    """
    format = "GTF" if gtf else "GFF3"
    with open_text(path, "the annotation") as handle:
        for number, line in enumerate(handle, start=1):
            if line.startswith(("##FASTA", ">")):
                return
            if line.startswith("#") or not line.strip():
                continue
            if len(line) > _LONGEST_LINE:
                raise DeepRageError(
                    f"line {number} of the annotation {path} has {len(line):,} characters: it is "
                    f"not {format}, which has one feature of nine columns on a line."
                )
            fields = line.rstrip("\r\n").split("\t")
            span = _span(fields)
            if span is None:
                raise DeepRageError(
                    f"line {number} of the annotation {path} is not {format}: expected nine "
                    "columns separated by tabs, with start and end, the lower number first and "
                    f"from 1 on, in the fourth and fifth; it begins {line[:60].rstrip()!r}."
                )
            kind = fields[2].strip()
            low = kind.lower()
            kind = low if low in EXONS or low in CODING else kind
            if not wanted(kind):
                continue
            text = "\t".join(fields[8:]).strip()
            # Names that stand on many lines are kept once.
            chromosome = intern(fields[0].strip() if gtf else unquote(fields[0].strip()))
            phase = int(fields[7]) if fields[7] in ("0", "1", "2") else 0
            part = Part(chromosome, intern(fields[6].strip()), *span, phase, _rank(text))
            yield Feature(kind, part, text, gtf=gtf)


def sequence_regions(path: Path) -> dict[str, int]:
    """Sizes by chromosome from the `##sequence-region` lines before the first feature."""
    sizes: dict[str, int] = {}
    with open_text(path, "the annotation") as handle:
        for line in handle:
            if line.startswith("##sequence-region"):
                name, start, end, *_ = [*line.split()[1:], "", "", ""]
                size = position(end)
                if size and start == "1":
                    sizes[unquote(name)] = size
            elif line.strip() and not line.startswith("#"):
                break
    return sizes


def _span(fields: list[str]) -> tuple[int, int] | None:
    if len(fields) < 9:
        return None
    start, end = position(fields[3].strip()), position(fields[4].strip())
    if start is None or end is None or not 0 < start <= end:
        return None
    return start - 1, end


def gff3_attributes(text: str) -> list[tuple[str, str]]:
    """Pairs of key and value, lists split at the commas that are not escaped."""
    parts = (part.partition("=") for part in text.split(";") if "=" in part)
    return [
        (intern(key.strip()), unquote(single.strip()).strip('"'))
        for key, _, value in parts
        for single in (value.split(",") if key.strip() in _LISTS else [value])
        if single.strip()
    ]


def gtf_attributes(text: str) -> list[tuple[str, str]]:
    """Pairs of key and value; a value may be quoted or not, and a key be given several times."""
    if "\\" in text:
        text, quote = text.replace('\\"', _QUOTE), _QUOTE
    else:
        quote = ""
    pairs = []
    pieces = text.split('"')
    for place in range(0, len(pieces), 2):
        *plain, key = pieces[place].split(";")
        pairs += [(words[0], words[1]) for item in plain if len(words := _words(item)) == 2]
        if place + 1 < len(pieces):
            pairs.append((key.strip(" =\t"), pieces[place + 1].strip()))
        elif len(words := _words(key)) == 2:
            pairs.append((words[0], words[1]))
    kept = [(key, value) for key, value in pairs if key and value]
    return [(key, value.replace(quote, '"')) for key, value in kept] if quote else kept


def _words(item: str) -> list[str]:
    """Key and value of an attribute without quotes."""
    return item.replace("=", " ", 1).split(None, 1)


def _rank(text: str) -> int:
    """The place of a part in its transcript: NCBI's `part`, else the number of the exon."""
    match = (_PART.search(text) if "part" in text else None) or _EXON_NUMBER.search(text)
    return int(match[1]) if match else 0


def note_names(record: GeneRecord, feature: Feature, level: str) -> None:
    """Add what a line says of the names of its gene.

    Args:
        level: `gene` for the line of the gene itself, else `transcript` or `CDS`, whose `ID` and
            `Name` are not the gene's.
    """
    for key, value in feature.pairs:
        if value and (level == "gene" or key not in {"ID", "Name"}):
            name = _without_prefix(value) if key == "ID" else value
            record.names.setdefault("gene_id" if key in _GENE_IDS else key, name)
    for value in feature.every(*_ALIAS_KEYS):
        if value not in record.aliases:
            record.aliases.append(value)
    known = record.identifiers
    known += [pair for pair in identifiers_of(feature.pairs, level) if pair not in known]
    record.trans_spliced |= is_trans_spliced(feature)


def note_marks(transcript: Transcript, feature: Feature) -> None:
    """Add what the line of a transcript says of its standing and of its ends."""
    tags = {tag.lower().replace(" ", "_") for tag in feature.every("tag", "tags")}
    for flag in _FLAGS:
        if feature.first(flag).lower() in ("1", "true", "yes"):
            tags.add("canonical")
    transcript.tags |= tags
    transcript.biotype = transcript.biotype or feature.first(
        "transcript_biotype", "transcript_type", "biotype"
    )
    transcript.open_start |= open_start(feature) or "mrna_start_nf" in tags
    transcript.open_coding |= "cds_start_nf" in tags
    transcript.trans_spliced |= is_trans_spliced(feature)


def is_trans_spliced(feature: Feature) -> bool:
    """Whether a line says that its gene is spliced from several transcripts."""
    exceptions = feature.every("exception", "trans_splicing")
    named = any(_TRANS_SPLICING.search(text) for text in exceptions)
    return named or feature.first("trans_splicing").lower() in ("true", "1", "yes")


def open_start(feature: Feature) -> bool:
    """NCBI marks a feature whose true start is not known by a `.` in its range."""
    if feature.part.strand == "-":
        values = feature.every("end_range")
        return bool(values) and values[-1] == "."
    values = feature.every("start_range")
    return bool(values) and values[0] == "."


def _without_prefix(value: str) -> str:
    return re.sub(r"^(gene|cds|transcript|rna)[-:]", "", value)
