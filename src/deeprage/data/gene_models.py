"""Where a gene begins: its start codon and its transcription start, from its transcripts."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from deeprage.data.gene_records import GeneRecord, Part, Transcript, five_prime
from deeprage.data.loci import Locus

_NAN = math.nan
#: Marks of the transcript that stands for its gene, the strongest first.
_MARKS = (
    {"mane_select"},
    {"ensembl_canonical", "refseq_select", "canonical"},
    {"appris_principal", "appris_principal_1"},
    {"appris_principal_2", "appris_principal_3", "appris_principal_4", "appris_principal_5"},
    {"gencode_primary"},
    {"basic", "gencode_basic"},
)
UNMARKED = len(_MARKS)
#: Biotypes of transcripts that have a coding sequence but make no protein.
_NOT_TRANSLATED = re.compile(
    r"nonsense_mediated_decay|non_stop_decay|retained_intron|protein_coding_LoF|pseudogene"
    r"|processed_transcript|not_defined"
)
#: A part of a coding sequence overlaps the next one by more only if both are of two sequences.
_FRAMESHIFT = 10


@dataclass(frozen=True)
class Start:
    """One transcript's beginnings (0-based, NaN if not known) and what it is chosen by."""

    start_codon: float
    tss: float
    mark: int
    translated: bool
    coding_length: int
    length: int


@dataclass(frozen=True)
class GeneModel:
    """Where a gene at one place begins.

    Attributes:
        start_codon: first coding base (0-based) of the chosen transcript, NaN if none is known.
        tss: first transcribed base, NaN if none is known.
        coding: whether there is a coding sequence.
        start_codons, tss_count: how many different ones its transcripts have.
        marked_start, marked_tss: whether a mark of the file decided between these.
    """

    start_codon: float
    tss: float
    coding: bool
    start_codons: int
    tss_count: int
    marked_start: bool
    marked_tss: bool


def model_of(locus: Locus, *, phases: bool = True) -> GeneModel:
    """The beginnings of a gene at one place.

    Of several transcripts, one that has a coding sequence goes before others, then the one that
    the file marks (MANE Select; Ensembl canonical, RefSeq Select and other marks of one transcript
    per gene; APPRIS principal; GENCODE primary; basic), then one that is translated, then the one
    with the longest coding sequence, then the longest, then the one that begins outermost. The
    start codon is that of the first one whose coding sequence is complete at its start. The TSS is
    that of the same transcript, else of the next one with this start codon; without any transcript
    it is the gene's first base.

    Args:
        phases: whether a phase other than 0 of its first part means that a coding sequence is
            incomplete.
    """
    strand = locus.strand
    starts = [start for one in locus.transcripts for start in _starts(one, strand, phases)]
    outermost = 1 if strand == "+" else -1

    def order(start: Start, anchor: float) -> tuple[object, ...]:
        return (
            start.coding_length == 0,
            start.mark,
            not start.translated,
            -start.coding_length,
            -start.length,
            outermost * anchor,
        )

    coded = sorted(
        (start for start in starts if not math.isnan(start.start_codon)),
        key=lambda start: order(start, start.start_codon),
    )
    begun = sorted(
        (start for start in starts if not math.isnan(start.tss)),
        key=lambda start: order(start, start.tss),
    )
    coding = any(start.coding_length for start in starts)
    start_codon = coded[0].start_codon if coded else _NAN
    if coded:
        # Other transcripts than the chosen one know its TSS if they have the same start codon, or,
        # without a coding sequence, begin before it.
        begun = [start for start in begun if _may_begin(start, start_codon, outermost)]
    tss = begun[0].tss if begun else _tss_of_body(locus, start_codon, coding=coding)
    main = [s for s in starts if not math.isnan(s.tss) and (s.coding_length or not coding)]
    return GeneModel(
        start_codon=start_codon,
        tss=tss,
        coding=coding,
        start_codons=len({start.start_codon for start in coded}),
        tss_count=len({start.tss for start in main}),
        marked_start=bool(coded) and _is_marked(coded[0], coded, "start_codon"),
        marked_tss=bool(begun) and _is_marked(begun[0], main, "tss"),
    )


def phases_are_kept(records: Iterable[GeneRecord]) -> bool:
    """Whether a file's phases are those of coding sequences that begin with a start codon.

    Some programs write another number there. Incomplete coding sequences are the exception, so
    where most begin with another phase than 0 the phases are taken to mean something else.
    """
    number = incomplete = 0
    for record in records:
        for transcript in record.transcripts.values():
            for parts in transcript.coding.values():
                number += 1
                incomplete += opening(parts).phase != 0
    return 2 * incomplete <= number


def opening(parts: Sequence[Part]) -> Part:
    """The 5'-most of parts on one strand."""
    if parts[0].strand == "+":
        return min(parts, key=lambda part: part.start)
    return max(parts, key=lambda part: part.end)


def readings(transcript: Transcript) -> list[list[Part]]:
    """The coding sequences of a transcript.

    Parts of one identifier are of one sequence. Many files give every part its own, so those of
    several identifiers are of one sequence as well, unless they overlap.
    """
    sequences = [parts for parts in transcript.coding.values() if parts]
    if len(sequences) < 2:
        return sequences
    ordered = sorted(part for parts in sequences for part in parts)
    overlap = any(before.end - part.start > _FRAMESHIFT for before, part in pairwise(ordered))
    return sequences if overlap else [ordered]


def _starts(transcript: Transcript, strand: str, phases: bool) -> list[Start]:
    tss = _tss(transcript, strand)
    exonic = transcript.exonic or sum(part.end - part.start for part in transcript.exons)
    length = exonic or sum(part.end - part.start for part in transcript.rows)
    mark = next((rank for rank, names in enumerate(_MARKS) if names & transcript.tags), UNMARKED)
    translated = _NOT_TRANSLATED.search(transcript.biotype) is None
    starts = []
    sequences = readings(transcript) or [transcript.start_codons]
    codons = transcript.start_codons if len(sequences) == 1 else []
    for parts in filter(None, sequences):
        first = float(five_prime([*parts, *codons], strand))
        known = _is_complete(transcript, parts, phases)
        # A transcript that begins at the start codon is the mark of a file without untranslated
        # regions, so its start is not known.
        own = _NAN if tss == first else tss
        total = sum(part.end - part.start for part in parts)
        starts.append(Start(first if known else _NAN, own, mark, translated, total, length))
    return starts or [Start(_NAN, tss, mark, translated, 0, length)]


def _is_complete(transcript: Transcript, parts: Sequence[Part], phases: bool) -> bool:
    """Whether a coding sequence begins with its start codon."""
    if any(codon.overlaps(opening(parts)) for codon in transcript.start_codons):
        return True
    return not (transcript.open_coding or (phases and opening(parts).phase))


def _tss(transcript: Transcript, strand: str) -> float:
    parts = [*transcript.rows, *transcript.exons]
    if transcript.open_start or not parts:
        return _NAN
    return float(five_prime(parts, strand))


def _tss_of_body(locus: Locus, start_codon: float, *, coding: bool) -> float:
    """The first base of the gene, if it may be that of a transcript."""
    if any(t.open_start or t.open_coding or t.rows or t.exons for t in locus.transcripts):
        return _NAN
    low, high = locus.body
    first = float(low if locus.strand == "+" else high - 1)
    return _NAN if coding and (math.isnan(start_codon) or first == start_codon) else first


def _may_begin(start: Start, start_codon: float, outermost: int) -> bool:
    if start.coding_length:
        return start.start_codon == start_codon
    return outermost * (start_codon - start.tss) > 0


def _is_marked(chosen: Start, starts: Iterable[Start], anchor: str) -> bool:
    """Whether a transcript's mark sets it before all that begin elsewhere."""
    own = getattr(chosen, anchor)
    others = [start.mark for start in starts if getattr(start, anchor) != own]
    return bool(others) and chosen.mark < min(others)
