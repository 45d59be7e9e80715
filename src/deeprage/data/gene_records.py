"""What an annotation file says of a gene, before its name, place and anchors are settled."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from deeprage.data.identifiers import Identifier
from deeprage.errors import DeepRageError

Span = tuple[int, int]
STRANDS = ("+", "-")


class Part(NamedTuple):
    """A stretch of a chromosome; 0-based and half-open, on the forward strand.

    For genes that cross the origin of a circular chromosome it may reach past the length. `phase`
    is the number of bases before the next codon. `rank` is the place in the order of
    transcription, from 1 on, where the file gives one, else 0.
    """

    chromosome: str
    strand: str
    start: int
    end: int
    phase: int = 0
    rank: int = 0

    @property
    def home(self) -> tuple[str, str]:
        """Chromosome and strand."""
        return self.chromosome, self.strand

    def overlaps(self, other: "Part") -> bool:
        """Whether both share a base of a chromosome, whatever their strands."""
        same = self.chromosome == other.chromosome
        return same and self.start < other.end and other.start < self.end


@dataclass(slots=True)
class Transcript:
    """One transcript of a gene, as its lines say.

    Attributes:
        name: its identifier in the file; empty for lines that name none.
        rows: its own lines; several where an ID is given twice.
        exons: exons and untranslated regions. Those within a line of the transcript are only
            counted, in `exonic`.
        coding: coding parts by the identifier of the coding sequence.
        start_codons: lines that mark the start codon.
        tags: marks such as `ensembl_canonical`, in lower case.
        biotype: such as `protein_coding`; empty where not given.
        open_start, open_coding: whether the file says that the true start of the transcript, or
            of its coding sequence, is not known.
        trans_spliced: whether the file says that its parts are joined after transcription.
    """

    name: str = ""
    rows: list[Part] = field(default_factory=list)
    exons: list[Part] = field(default_factory=list)
    coding: dict[str, list[Part]] = field(default_factory=dict)
    start_codons: list[Part] = field(default_factory=list)
    tags: set[str] = field(default_factory=set)
    biotype: str = ""
    open_start: bool = False
    open_coding: bool = False
    trans_spliced: bool = False
    exonic: int = 0

    def parts(self) -> Iterator[Part]:
        """All lines of the transcript."""
        yield from self.rows
        yield from self.exons
        for parts in self.coding.values():
            yield from parts
        yield from self.start_codons

    def add_exon(self, part: Part) -> None:
        """Add an exon; one within the transcript's line is counted and not kept."""
        self.exonic += part.end - part.start
        row = self.rows[0] if len(self.rows) == 1 else None
        within = row is not None and row.home == part.home
        if row is None or not within or part.start < row.start or part.end > row.end:
            self.exons.append(part)


@dataclass(slots=True)
class GeneRecord:
    """All that an annotation says under one gene identifier, at one place or at several."""

    names: dict[str, str]
    rows: list[Part] = field(default_factory=list)
    transcripts: dict[str, Transcript] = field(default_factory=dict)
    aliases: list[str] = field(default_factory=list)
    identifiers: list[Identifier] = field(default_factory=list)
    trans_spliced: bool = False

    def transcript(self, name: str) -> Transcript:
        """The transcript of a name, made where there is none."""
        return self.transcripts.setdefault(name, Transcript(name))

    def parts(self) -> Iterator[Part]:
        """All lines of the gene."""
        yield from self.rows
        for transcript in self.transcripts.values():
            yield from transcript.parts()


@dataclass
class FeatureFile:
    """Genes of an annotation file, and what it says of its chromosomes.

    Attributes:
        genes: one record per gene identifier.
        circular: chromosomes that the file calls circular.
        aliases: other names of its chromosomes.
        sizes: lengths of its chromosomes, where it gives them.
    """

    genes: list[GeneRecord] = field(default_factory=list)
    circular: set[str] = field(default_factory=set)
    aliases: dict[str, set[str]] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)


def five_prime(spans: Iterable[Part], strand: str) -> int:
    """The 5'-most base (0-based) of parts on a strand."""
    if strand == "+":
        return min(part.start for part in spans)
    return max(part.end for part in spans) - 1


def check_not_empty(records: Collection[GeneRecord], path: object, expected: str) -> None:
    """Raise a `DeepRageError` if an annotation file gave no genes."""
    if not records:
        raise DeepRageError(f"the annotation {path} has no genes; expected {expected}.")
