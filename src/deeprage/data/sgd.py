"""Genes from the feature table of the Saccharomyces Genome Database (no header)."""

from pathlib import Path

from deeprage.data.gene_records import FeatureFile, GeneRecord, Part
from deeprage.data.identifiers import identifiers_of
from deeprage.data.positions import position
from deeprage.data.reading import open_text
from deeprage.errors import DeepRageError

_GENES = {
    "ORF",
    "pseudogene",
    "blocked_reading_frame",
    "transposable_element_gene",
    "ncRNA",
    "snoRNA",
    "snRNA",
    "tRNA",
    "rRNA",
    "telomerase_RNA",
}
_CODING = {"ORF", "pseudogene", "blocked_reading_frame", "transposable_element_gene"}
_MITOCHONDRION = "17"
_STRANDS = {"W": "+", "C": "-"}


def read_sgd_features(path: Path) -> FeatureFile:
    """Genes of `SGD_features.tab`.

    Columns used: 1 SGD identifier, 2 type, 4 systematic name, 5 gene name, 6 aliases,
    9 chromosome, 10 start, 11 stop, 12 strand (W or C; start is the 5' end, so start > stop on
    C). Chromosome 17 is the mitochondrion, which is circular. Rows without coordinates are left
    out.

    Raises:
        DeepRageError: a row is too short, or has a position that is no number.
    """
    genes: dict[str, GeneRecord] = {}
    with open_text(path, "the annotation") as handle:
        for number, line in enumerate(handle, start=1):
            if line.startswith("#") or not line.strip():
                continue
            fields = [field.strip() for field in line.rstrip("\r\n").split("\t")]
            if len(fields) < 12:
                raise DeepRageError(
                    f"line {number} of the annotation {path} has {len(fields)} columns; an SGD "
                    "feature table has 16, separated by tabs."
                )
            _add(fields, genes, f"line {number} of the annotation {path}")
    return FeatureFile(genes=list(genes.values()), circular={"mitochondrion", "2-micron"})


def _add(fields: list[str], genes: dict[str, GeneRecord], where: str) -> None:
    kind, name, symbol, aliases = fields[1], fields[3], fields[4], fields[5]
    chromosome, start, stop, strand = fields[8:12]
    if kind not in _GENES or not name or not (start and stop):
        return
    first, last = position(start), position(stop)
    if not first or not last:
        wrong = start if not first else stop
        raise DeepRageError(
            f"{where} has the position {wrong[:30]!r} for {name!r}; expected a whole number from "
            "1 on, as in an SGD feature table."
        )
    part = Part(
        "mitochondrion" if chromosome == _MITOCHONDRION else chromosome,
        _STRANDS.get(strand, "."),
        min(first, last) - 1,
        max(first, last),
    )
    synonyms = [alias for alias in aliases.split("|") if alias]
    names = {"locus_tag": name} | ({"gene": symbol} if symbol else {})
    record = genes.setdefault(name, GeneRecord(names, aliases=synonyms))
    pairs = [("Dbxref", f"SGD:{fields[0]}"), ("locus_tag", name), ("gene", symbol)]
    pairs += [("Alias", alias) for alias in synonyms]
    record.identifiers += identifiers_of(pairs, "gene")
    record.rows.append(part)
    if kind in _CODING:
        record.transcript("").coding.setdefault("", []).append(part)
