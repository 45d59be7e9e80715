"""Genes from GFF3 and GTF files."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from deeprage.data.gene_records import GeneRecord, Span
from deeprage.data.identifiers import identifiers_of
from deeprage.data.reading import open_text
from deeprage.errors import DeepRageError

_TRANSCRIPTS = {"mRNA", "transcript", "five_prime_UTR", "five_prime_utr", "5UTR", "5'UTR", "TSS"}
_CODING = {"CDS", "start_codon"}
_ALIAS_KEYS = ("gene_synonym", "Alias", "synonym", "synonyms", "old_locus_tag")
_GTF_ATTRIBUTE = re.compile(r'([^\s;]+)\s+(?:"((?:[^"\\]|\\.)*)"|([^\s;]+))')


@dataclass(frozen=True)
class Feature:
    """One line; `span` is 0-based and half-open."""

    chromosome: str
    type: str
    span: Span
    strand: str
    attributes: dict[str, str]
    pairs: tuple[tuple[str, str], ...] = ()


@dataclass
class FeatureFile:
    """Genes of a file, the chromosomes it calls circular, and their other names."""

    genes: list[GeneRecord] = field(default_factory=list)
    circular: set[str] = field(default_factory=set)
    aliases: dict[str, set[str]] = field(default_factory=dict)


def read_gff3(path: Path) -> FeatureFile:
    """Genes of a GFF3 file.

    A gene is a feature whose type ends in `gene`, or a CDS without a parent (as bacterial
    annotators write them). Transcripts and coding parts are found through `Parent`.
    `Is_circular=true` regions mark circular chromosomes.
    """
    found = FeatureFile()
    parents: dict[str, str] = {}
    genes: dict[str, GeneRecord] = {}
    parts: list[Feature] = []
    for feature in _features(path, gtf=False):
        name, parent = feature.attributes.get("ID"), feature.attributes.get("Parent")
        if feature.type in {"region", "chromosome", "contig", "plasmid", "supercontig"}:
            _note_region(feature, found)
        elif feature.type.endswith("gene"):
            genes.setdefault(name or f"gene at line {len(genes)}", _record(feature))
            continue
        if name and parent:
            parents[name] = parent.split(",")[0]
        if feature.type in _CODING | _TRANSCRIPTS:
            parts.append(feature)
    for feature in parts:
        _add_part(feature, genes, parents)
    found.genes = list(genes.values())
    return found


def read_gtf(path: Path) -> FeatureFile:
    """Genes of a GTF file, joined by `gene_id`."""
    genes: dict[str, GeneRecord] = {}
    for feature in _features(path, gtf=True):
        name = feature.attributes.get("gene_id")
        if not name:
            continue
        record = genes.setdefault(f"{feature.chromosome}\t{name}", _record(feature))
        record.body = _joined(record.body, feature.span)
        for key, value in feature.attributes.items():
            record.names.setdefault(key, value)
        record.identifiers += identifiers_of(feature.pairs, _level(feature))
        _place(feature, record)
    return FeatureFile(genes=list(genes.values()))


def _add_part(feature: Feature, genes: dict[str, GeneRecord], parents: dict[str, str]) -> None:
    name = feature.attributes.get("ID", "")
    root = feature.attributes.get("Parent", "").split(",")[0] or name
    seen: set[str] = set()
    while root not in genes and root in parents and root not in seen:
        seen.add(root)
        root = parents[root]
    if root not in genes:
        if feature.type not in _CODING:
            return
        own = root or feature.attributes.get("locus_tag", str(feature.span))
        root = own
        genes.setdefault(own, _record(feature))
    record = genes[root]
    record.body = _joined(record.body, feature.span)
    for key, value in feature.attributes.items():
        if key not in {"ID", "Name"}:
            record.names.setdefault(key, value)
    level = "gene" if root == feature.attributes.get("ID") else _level(feature)
    record.identifiers += identifiers_of(feature.pairs, level)
    _place(feature, record)


def _place(feature: Feature, record: GeneRecord) -> None:
    if feature.type in _CODING:
        record.coding.append(feature.span)
    elif feature.type in _TRANSCRIPTS and not _open_start(feature):
        record.transcripts.append(feature.span)


def _level(feature: Feature) -> str:
    if feature.type in _CODING:
        return "CDS"
    return "transcript" if feature.type in _TRANSCRIPTS else "gene"


def _open_start(feature: Feature) -> bool:
    """NCBI marks a transcript whose true start is not known by a `.` in its range."""
    if feature.strand == "+":
        return feature.attributes.get("start_range", "").startswith(".")
    return feature.attributes.get("end_range", "").endswith(".")


def _record(feature: Feature) -> GeneRecord:
    names = dict(feature.attributes)
    if "ID" in names:
        names["ID"] = re.sub(r"^(gene|cds)[-:]", "", names["ID"])
    aliases = [
        alias.strip() for key in _ALIAS_KEYS for alias in names.get(key, "").split(",") if alias
    ]
    record = GeneRecord(names, feature.chromosome, feature.strand, feature.span, aliases=aliases)
    if _level(feature) == "gene":
        record.identifiers = identifiers_of(feature.pairs, "gene")
    return record


def _note_region(feature: Feature, found: FeatureFile) -> None:
    if feature.attributes.get("Is_circular", "").lower() == "true":
        found.circular.add(feature.chromosome)
    names = found.aliases.setdefault(feature.chromosome, set())
    for key in ("ID", "Name", "chromosome", "Alias", "genome"):
        for value in feature.attributes.get(key, "").split(","):
            if value and value not in {"chromosome", "genomic", "plasmid"}:
                names.add(re.sub(r"^(chromosome|region):", "", value))


def _joined(one: Span, other: Span) -> Span:
    return min(one[0], other[0]), max(one[1], other[1])


def _features(path: Path, *, gtf: bool) -> Iterator[Feature]:
    with open_text(path, "the annotation") as handle:
        for number, line in enumerate(handle, start=1):
            if line.startswith(("##FASTA", ">")):
                return
            if line.startswith("#") or not line.strip():
                continue
            fields = line.rstrip("\n").split("\t")
            # isdecimal, since isdigit takes superscripts, which are no numbers.
            located = len(fields) >= 9 and fields[3].isdecimal() and fields[4].isdecimal()
            if not located or not 0 < int(fields[3]) <= int(fields[4]):
                raise DeepRageError(
                    f"line {number} of the annotation {path} is not {'GTF' if gtf else 'GFF3'}: "
                    "expected nine columns separated by tabs, with start and end, the lower "
                    "number first and from 1 on, in the fourth and fifth."
                )
            pairs = _gtf_attributes(fields[8]) if gtf else _gff3_attributes(fields[8])
            span = (int(fields[3]) - 1, int(fields[4]))
            attributes: dict[str, str] = {}
            for key, value in pairs:
                joined = not gtf and key in attributes
                if joined:
                    attributes[key] += f",{value}"
                else:
                    attributes.setdefault(key, value)
            yield Feature(unquote(fields[0]), fields[2], span, fields[6], attributes, tuple(pairs))


def _gff3_attributes(text: str) -> list[tuple[str, str]]:
    """Pairs of key and value, lists split at the commas that are not escaped."""
    parts = (part.partition("=") for part in text.strip().split(";") if "=" in part)
    return [
        (key.strip(), unquote(single.strip()))
        for key, _, value in parts
        for single in value.split(",")
    ]


def _gtf_attributes(text: str) -> list[tuple[str, str]]:
    return [(key, quoted or bare) for key, quoted, bare in _GTF_ATTRIBUTE.findall(text)]
