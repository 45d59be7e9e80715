"""Genome sequences from FASTA (plain, gzip, bgzip) and GenBank files."""

import re
import warnings
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deeprage.data.dna import LETTERS, N_TOKEN
from deeprage.data.genome_store import StoredTokens, TokenStore
from deeprage.data.reading import open_text
from deeprage.errors import DeepRageError, examples

_AMBIGUOUS = "RYSWKMBDHVUX-*.?"
_TOKEN_OF_BYTE = np.full(256, -1, dtype=np.int8)
for _letter in _AMBIGUOUS:
    _TOKEN_OF_BYTE[[ord(_letter), ord(_letter.lower())]] = N_TOKEN
for _token, _letter in enumerate(LETTERS):
    _TOKEN_OF_BYTE[[ord(_letter), ord(_letter.lower())]] = _token
# RNA genomes, and some programs, write U for T.
_TOKEN_OF_BYTE[[ord("U"), ord("u")]] = LETTERS.index("T")
_IS_AMBIGUOUS = _TOKEN_OF_BYTE == N_TOKEN
_IS_AMBIGUOUS[[ord("N"), ord("n")]] = False
#: Letters of a sequence that are read at a time.
_PIECE = 4 << 20
_GENBANK_SUFFIXES = {".gb", ".gbk", ".gbff", ".genbank"}
_FASTA_SUFFIXES = {".fa", ".fasta", ".fna", ".fsa", ".ffn"}


@dataclass(frozen=True)
class Chromosome:
    """One sequence of a genome.

    Attributes:
        name: the first word of the header (or the GenBank record's id).
        header: the whole header, where other names of the sequence may stand.
        tokens: int8 (length,), A 0, C 1, G 2, T 3, N and all other IUPAC letters 4; of large
            genomes in a file, to be read by positions.
        circular: whether windows wrap at the ends.
        aliases: further names known from the file (GenBank's chromosome qualifier).
        ambiguous: how many letters were read as N that are written otherwise.
    """

    name: str
    header: str
    tokens: NDArray[np.int8] | StoredTokens = field(repr=False)
    circular: bool = False
    aliases: tuple[str, ...] = ()
    ambiguous: int = 0

    def __len__(self) -> int:
        return len(self.tokens)


Genome = Mapping[str, Chromosome]


def read_genome(path: Path) -> dict[str, Chromosome]:
    """Chromosomes by name, from a FASTA or GenBank file or a folder of such files.

    A FASTA sequence is circular if its header says `[top=circular]` or `[topology=circular]`;
    a GenBank record if its LOCUS line does.

    Raises:
        DeepRageError: missing or unreadable file, no sequences, a name given twice, or letters
            that are not IUPAC nucleotide codes.
    """
    genome: dict[str, Chromosome] = {}
    store = TokenStore()
    for file in _files(path):
        for chromosome in _read_file(file, store):
            if not len(chromosome):
                raise DeepRageError(
                    f"the sequence {examples([chromosome.name])} of the genome {file} has no "
                    "bases: is the file cut short? Download or copy it again."
                )
            if chromosome.name in genome:
                raise DeepRageError(
                    f"the genome {path} has two sequences named {examples([chromosome.name])}; "
                    "keep one of them."
                )
            genome[chromosome.name] = chromosome
    if not genome:
        raise DeepRageError(
            f"the genome {path} has no sequences; expected FASTA (lines that start with '>') "
            "or GenBank (LOCUS lines)."
        )
    return genome


def is_named_genbank(path: Path) -> bool:
    """Whether a file's name ends as those of GenBank files do, before `.gz` if that is there."""
    stem = Path(path.stem) if path.suffix.lower() in {".gz", ".bgz"} else path
    return stem.suffix.lower() in _GENBANK_SUFFIXES


def is_genbank(path: Path) -> bool:
    """Whether a file is GenBank, by its name or by its first line."""
    if is_named_genbank(path):
        return True
    with open_text(path, "the file") as handle:
        return handle.readline().startswith("LOCUS ")


def dna_tokens(sequence: str, name: str, first: int = 0) -> NDArray[np.int8]:
    """Tokens of a genome sequence, or of its part from `first` on; ambiguous letters become N.

    Raises:
        DeepRageError: a letter is not a nucleotide code.
    """
    tokens = _TOKEN_OF_BYTE[np.frombuffer(sequence.encode("latin-1", "replace"), dtype=np.uint8)]
    if (tokens < 0).any():
        index = int(np.argmax(tokens < 0))
        raise DeepRageError(
            f"sequence {examples([name])} has the letter {sequence[index]!r} at position "
            f"{first + index + 1}, which is no nucleotide code: a genome of DNA letters is needed, "
            "not of proteins."
        )
    return tokens


def ambiguous_letters(sequence: str) -> int:
    """How many letters `dna_tokens` reads as N that are not written so."""
    counted = np.frombuffer(sequence.encode("latin-1", "replace"), dtype=np.uint8)
    return int(_IS_AMBIGUOUS[counted].sum())


def read_fasta(path: Path, what: str) -> Iterator[tuple[str, str]]:
    """(header, sequence) pairs of a FASTA file, blanks inside the sequences removed.

    Blank lines and lines that start with `;` are left out, byte order marks between files that
    were joined as well.

    Raises:
        DeepRageError: a sequence stands before the first header.
    """
    header, pieces = "", list[str]()
    for new, piece in _fasta_pieces(path, what):
        if new is not None:
            if pieces:
                yield header, "".join(pieces)
            header, pieces = new, []
        pieces.append(piece)
    if pieces:
        yield header, "".join(pieces)


def _fasta_pieces(path: Path, what: str) -> Iterator[tuple[str | None, str]]:
    """The sequences of a FASTA file in pieces; the first of each comes with its header."""
    header: str | None = None
    begun = False
    lines: list[str] = []
    size = 0
    with open_text(path, what) as handle:
        for number, line in enumerate(handle, start=1):
            text = line.strip().lstrip("\ufeff")
            if text.startswith(">") or size > _PIECE:
                if begun:
                    yield header, _sequence(lines)
                header, lines, size = None, [], 0
            if text.startswith(">"):
                header, begun = text[1:].strip(), True
            elif text and not text.startswith(";"):
                if not begun:
                    raise DeepRageError(
                        f"line {number} of {what} {path} is {text[:40]!r}; expected FASTA, whose "
                        "sequences have a header line that starts with '>'."
                    )
                lines.append(text)
                size += len(text)
        if begun:
            yield header, _sequence(lines)


def _sequence(lines: list[str]) -> str:
    return "".join("".join(lines).split())


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    suffixes = _GENBANK_SUFFIXES | _FASTA_SUFFIXES
    files = [
        file
        for file in sorted(path.iterdir())
        if suffixes & {suffix.lower() for suffix in file.suffixes}
    ]
    if not files:
        raise DeepRageError(
            f"the folder {path} has no genome files; expected names that end in "
            f"{', '.join(sorted(suffixes))} (or these with .gz)."
        )
    return files


def _read_file(path: Path, store: TokenStore) -> Iterator[Chromosome]:
    if path.is_file() and is_genbank(path):
        yield from _genbank_chromosomes(path, store)
        return
    header, tokens, ambiguous = "", list[NDArray[np.int8]](), 0
    for new, piece in _fasta_pieces(path, "the genome"):
        if new is not None:
            if tokens:
                yield _of_fasta(header, store.keep(tokens), ambiguous)
            header, tokens, ambiguous = new, [], 0
        tokens.append(dna_tokens(piece, _first_word(header), sum(map(len, tokens))))
        ambiguous += ambiguous_letters(piece)
    if tokens:
        yield _of_fasta(header, store.keep(tokens), ambiguous)


def _of_fasta(header: str, tokens: NDArray[np.int8] | StoredTokens, ambiguous: int) -> Chromosome:
    circular = re.search(r"\[top(ology)?=circular\]", header, re.IGNORECASE) is not None
    return Chromosome(_first_word(header), header, tokens, circular, ambiguous=ambiguous)


def _first_word(header: str) -> str:
    return (header.split() or [""])[0]


def genbank_records(path: Path, what: str) -> Iterator[Any]:
    """Records of a GenBank file, as Biopython reads them.

    A feature whose location cannot be read has None in its place.

    Raises:
        DeepRageError: the file is unreadable or not whole.
    """
    from Bio import SeqIO

    with open_text(path, what) as handle:
        records = iter(SeqIO.parse(handle, "genbank"))
        while True:
            try:
                with warnings.catch_warnings(record=True) as caught:
                    warnings.simplefilter("always")
                    record = next(records, None)
            except (DeepRageError, OSError, EOFError, zlib.error, UnicodeDecodeError):
                raise  # what the reader of text makes of a damaged file
            except Exception as error:
                # Biopython raises errors of many kinds for what it does not expect in a file.
                reason = re.split("[\n;]", str(error))[0][:200] or "a line of it cannot be read"
                raise DeepRageError(
                    f"{what} {path} is not a whole GenBank file ({reason}); download it again."
                ) from error
            if record is None:
                return
            if any("Expected sequence length" in str(warning.message) for warning in caught):
                raise DeepRageError(
                    f"the record {record.id} of {what} {path} has {len(record.seq):,} bases, but "
                    "its LOCUS line gives another length: is the file cut short? Download it "
                    "again."
                )
            yield record


def _genbank_chromosomes(path: Path, store: TokenStore) -> Iterator[Chromosome]:
    from Bio.Seq import UndefinedSequenceError

    for record in genbank_records(path, "the genome"):
        try:
            sequence = "" if record.seq is None else str(record.seq)
        except UndefinedSequenceError:
            sequence = ""
        if not sequence:
            raise DeepRageError(
                f"the GenBank record {record.id} in {path} has no sequence; download it with "
                "its sequence ('GenBank (full)'), or give the genome as FASTA."
            )
        yield Chromosome(
            name=record.id,
            header=f"{record.id} {record.description}",
            tokens=store.keep([dna_tokens(sequence, record.id)]),
            circular=record.annotations.get("topology") == "circular",
            aliases=tuple(genbank_aliases(record)),
            ambiguous=ambiguous_letters(sequence),
        )


def genbank_aliases(record: Any) -> list[str]:
    """Other names of a GenBank record: LOCUS name, chromosome, organelle and plasmid."""
    names = [str(record.name)]
    for feature in record.features:
        if feature.type == "source":
            for key in ("chromosome", "organelle", "plasmid"):
                names += [value.split(":")[-1] for value in feature.qualifiers.get(key, [])]
    return [name for name in dict.fromkeys(names) if name]
