"""The genes of an annotation as one table."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from deeprage.data.gene_models import GeneModel, model_of, phases_are_kept
from deeprage.data.gene_records import STRANDS, GeneRecord
from deeprage.data.identifiers import Identifier
from deeprage.data.loci import Locus, loci_of
from deeprage.data.origin import unwrapped
from deeprage.errors import unknown

#: Attributes that may hold the name a matrix uses, most usual first.
ID_ATTRIBUTES = ("locus_tag", "gene_id", "ID", "Name", "gene", "gene_name", "old_locus_tag")
_SYMBOL_ATTRIBUTES = ("gene", "gene_name", "symbol", "standard_name", "Name")
#: How UCSC and Ensembl name sequences beside the chromosomes.
_ALTERNATE = re.compile(
    r"_(alt|fix|random|hap\d+)$|^chrun_|^un_|^(chr_)?hsch?r|^(chr_)?hg\d+_|_ctg\d+|_mhc_",
    re.IGNORECASE,
)
#: Accessions of scaffolds (RefSeq NT_, NW_; GenBank GL, KI, JH ...), which are alternates where a
#: file has chromosomes as well.
_SCAFFOLD = re.compile(r"^(N[TW]_\d{6,}|[A-Z]{2}\d{6})(\.\d+|v\d+)?$", re.IGNORECASE)
_CHROMOSOME = re.compile(
    r"^(N[CZ]_\d{6,}(\.\d+)?|(chr(omosome)?_?)?(\d{1,3}[A-Z]?|[IVX]+|[XYZWM]|MT))$", re.IGNORECASE
)


class Problem(StrEnum):
    """Why a gene has no promoter."""

    NO_STRAND = "no strand"
    SEVERAL_LOCI = "several loci"
    UNORDERED = "unordered parts"
    NO_CODING = "no coding sequence"
    OPEN_START = "incomplete coding sequence"
    NO_TSS = "no transcription start"
    ABSENT = "absent chromosome"
    CROSSES_ORIGIN = "crosses the origin"


@dataclass(frozen=True)
class Molecule:
    """A chromosome of an annotation as it is in the genome.

    Attributes:
        name: in the genome.
        size: bases, 0 if not known.
        alternate: whether it is an unplaced, alternate or patch sequence, which gives way to a
            chromosome where both have the same gene.
    """

    name: str
    size: int = 0
    circular: bool = False
    alternate: bool = False


#: The molecule of a chromosome name of the annotation, None where the genome has none.
Molecules = Callable[[str], Molecule | None]


def gene_table(
    records: Sequence[GeneRecord], *, attribute: str, molecules: Molecules
) -> pd.DataFrame:
    """One row per gene, see `annotation.Annotation.genes`.

    A gene that is on a chromosome and on a sequence that the genome lacks, or that is an
    alternate, is the one on the chromosome (`other_loci` counts the others). A gene at several loci
    that are left has the problem `SEVERAL_LOCI`. A gene on an alternate sequence that has names in
    common with one on a chromosome loses these, so that they mean the latter.

    Args:
        attribute: the attribute that names genes; those that share its value are named by the
            next one of `ID_ATTRIBUTES` in which they differ.
    """
    phases = phases_are_kept(records)
    names = _unique_names(records, attribute)
    placed = [_placed(name, record, molecules) for name, record in zip(names, records, strict=True)]
    on_chromosomes = {pair for one in placed if not one.beside for pair in one.record.identifiers}
    rows = [_row(one, molecules, phases, on_chromosomes) for one in placed]
    return pd.DataFrame(rows, columns=list(_COLUMNS))


_COLUMNS = (
    "gene", "symbol", "chromosome", "strand", "start_codon", "tss", "start", "end", "coding",
    "problem", "start_codons", "tss_count", "marked_start", "marked_tss", "trans_spliced",
    "other_loci", "aliases", "identifiers",
)  # fmt: skip


@dataclass
class _Placed:
    """A gene's name, record and places: those that count, and how many more there are.

    `beside` says that those that count are on alternate or absent sequences.
    """

    name: str
    record: GeneRecord
    loci: list[Locus]
    other_loci: int
    beside: bool


def _placed(name: str, record: GeneRecord, molecules: Molecules) -> _Placed:
    """The gene with the places that count: those on chromosomes, if there are any."""
    loci = _places(record, molecules)
    standing = [_standing(molecules(locus.chromosome)) for locus in loci]
    best = min(standing)
    kept = [locus for locus, own in zip(loci, standing, strict=True) if own == best]
    return _Placed(name, record, kept, len(loci) - len(kept), best > 0)


def _standing(molecule: Molecule | None) -> int:
    """0 for chromosomes, 1 for alternate and 2 for absent sequences."""
    return 2 if molecule is None else int(molecule.alternate)


def _places(record: GeneRecord, molecules: Molecules) -> list[Locus]:
    reach: dict[tuple[str, str], tuple[int, int]] = {}
    for part in record.parts():
        low, high = reach.get(part.home, (part.start, part.end))
        reach[part.home] = min(low, part.start), max(high, part.end)
    for (chromosome, _), (low, high) in reach.items():
        molecule = molecules(chromosome)
        size = molecule.size if molecule else 0
        wide = molecule is not None and molecule.circular and high - low > size / 2
        if molecule is not None and size and (wide or (low == 0 and high == size)):
            record = unwrapped(record, chromosome, size, circular=molecule.circular)
    return loci_of(record)


def _row(
    placed: _Placed, molecules: Molecules, phases: bool, on_chromosomes: Collection[Identifier]
) -> tuple[object, ...]:
    name, record, loci = placed.name, placed.record, placed.loci
    identifiers = list(dict.fromkeys(record.identifiers))
    if placed.beside:
        identifiers = [pair for pair in identifiers if pair not in on_chromosomes]
    locus = loci[0]
    molecule = molecules(locus.chromosome)
    problem = _problem(loci, molecule)
    model = _MODEL_OF_NONE if problem in _NOWHERE else model_of(locus, phases=phases)
    symbol = next((record.names[key] for key in _SYMBOL_ATTRIBUTES if record.names.get(key)), name)
    known = [record.names[key] for key in ID_ATTRIBUTES if record.names.get(key)]
    aliases = [other for other in dict.fromkeys([*known, *record.aliases]) if other != name]
    if len(identifiers) < len(set(record.identifiers)):
        symbol, aliases = name, []
    return (
        name,
        symbol,
        None if molecule is None else molecule.name,
        locus.strand if locus.strand in STRANDS else ".",
        model.start_codon,
        model.tss,
        *locus.body,
        model.coding or any(t.coding for one in loci for t in one.transcripts),
        str(problem or ""),
        model.start_codons,
        model.tss_count,
        model.marked_start,
        model.marked_tss,
        locus.trans_spliced,
        placed.other_loci,
        tuple(aliases),
        tuple(identifiers),
    )


_MODEL_OF_NONE = GeneModel(float("nan"), float("nan"), False, 0, 0, False, False)
_NOWHERE = {Problem.NO_STRAND, Problem.SEVERAL_LOCI, Problem.UNORDERED}


def _problem(loci: Sequence[Locus], molecule: Molecule | None) -> Problem | None:
    locus = loci[0]
    if molecule is None:
        return Problem.ABSENT
    if len(loci) > 1:
        return Problem.SEVERAL_LOCI
    if locus.unordered:
        return Problem.UNORDERED
    return None if locus.strand in STRANDS else Problem.NO_STRAND


def id_attribute(
    records: Sequence[GeneRecord], gene_id: str | None, wanted: Collection[str]
) -> str:
    """The attribute that names genes: the one asked for, else the one with most of `wanted`.

    Raises:
        DeepRageError: no record has the attribute asked for.
    """
    if gene_id is None:
        return _best_attribute(records, wanted)
    if not any(gene_id in record.names for record in records):
        raise unknown("gene id attribute", gene_id, {key for r in records for key in r.names})
    return gene_id


def _best_attribute(records: Collection[GeneRecord], wanted: Collection[str]) -> str:
    names = set(wanted)
    values = {key: {r.names[key] for r in records if key in r.names} for key in ID_ATTRIBUTES}
    score = {key: len(values[key] & names) if names else len(values[key]) for key in ID_ATTRIBUTES}
    # max() keeps the first of equals, so ties go to the more usual attribute that is there.
    return max(ID_ATTRIBUTES, key=lambda key: (score[key], bool(values[key])))


def _unique_names(records: Sequence[GeneRecord], attribute: str) -> list[str]:
    """A name for each gene, by the first attribute whose value no other gene has."""
    order = (attribute, *(name for name in ID_ATTRIBUTES if name != attribute))
    owners = {
        key: Counter(record.names[key] for record in records if record.names.get(key))
        for key in order
    }
    names: list[str] = []
    taken: set[str] = set()
    for number, record in enumerate(records, start=1):
        listed = [(key, record.names[key]) for key in order if record.names.get(key)]
        single = [name for key, name in listed if owners[key][name] == 1 and name not in taken]
        shared = [f"{name} ({number})" for _, name in listed]
        name = next(iter([*single, *shared]), f"gene {number}")
        names.append(name)
        taken.add(name)
    return names


def molecules_of(
    sizes: Mapping[str, int], circular: Collection[str], alternate: Collection[str]
) -> Molecules:
    """The chromosomes as an annotation knows them, without its genome."""

    def molecule(name: str) -> Molecule:
        return Molecule(name, sizes.get(name, 0), name in circular, name in alternate)

    return molecule


def alternate_names(names: Collection[str]) -> frozenset[str]:
    """Those that are names of unplaced, alternate or patch sequences.

    Accessions of scaffolds are, if other names are those of chromosomes.
    """
    beside = {name for name in names if _ALTERNATE.search(name)}
    if any(_CHROMOSOME.match(name) for name in names):
        beside |= {name for name in names if _SCAFFOLD.match(name)}
    return frozenset(beside)
