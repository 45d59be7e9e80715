"""Matching the chromosome names of an annotation to those of a genome."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping

from deeprage.data.genome import Chromosome
from deeprage.errors import DeepRageError, examples

_MITOCHONDRION = "mitochondrion"
_MITOCHONDRION_NAMES = {
    "m",
    "mt",
    "mito",
    "mtdna",
    "mitochondrion",
    "mitochondrial",
    "mitochondria",
}
_ROMAN_DIGITS = (
    ("XC", 90), ("L", 50), ("XL", 40), ("X", 10), ("IX", 9), ("V", 5), ("IV", 4), ("I", 1),
)  # fmt: skip
#: Headers of sequences beside the chromosomes, which may name the chromosome they belong to.
_BESIDE = re.compile(
    r"\b(unlocali[sz]ed|unplaced|alternate|alternative|patch|patches|random|decoy|haplotig)\b"
    r"|alt[-_ ]?(ref[-_ ]?)?loc",
    re.IGNORECASE,
)
#: Headers of pieces, which stand for a chromosome only where nothing else does.
_PIECE = re.compile(r"\b(scaffold|contig)", re.IGNORECASE)
_ORGANELLES = {
    _MITOCHONDRION: re.compile(r"\bmitochondri(on|al|a)\b|\[location=mitochondrion\]", re.I),
    "chloroplast": re.compile(r"\b(chloroplast|plastid)\b", re.I),
    "apicoplast": re.compile(r"\bapicoplast\b", re.I),
}
#: UCSC's names of sequences beside the chromosomes hold their accessions: chrUn_KI270302v1.
_UCSC = re.compile(r"^chr\w+?_([A-Za-z]{2}_?\d{6,})v(\d+)(_\w+)?$")
_ACCESSION = re.compile(r"^[a-z]{1,6}_?\d{5,}$")


def _roman(number: int) -> str:
    text = ""
    for letters, value in _ROMAN_DIGITS:
        while number >= value:
            text, number = text + letters, number - value
    return text


_ARABIC_OF_ROMAN = {_roman(number).lower(): str(number) for number in range(1, 100)}
#: The reference chromosomes of S. cerevisiae S288C in RefSeq and GenBank, of which files often
#: give the accession alone.
_YEAST = {f"nc_{1133 + i:06d}": str(i + 1) for i in range(16)} | {
    "nc_001224": _MITOCHONDRION,
    "kp263414": _MITOCHONDRION,
    "bk006934": "8",
    **{f"bk{6935 + i:06d}": str(i + 1 if i < 7 else i + 2) for i in range(15)},
}


def reconcile(
    genome: Mapping[str, Chromosome],
    names: Collection[str],
    aliases: Mapping[str, Collection[str]] | None = None,
    sizes: Mapping[str, int] | None = None,
) -> dict[str, str]:
    """The genome's name of each chromosome of an annotation, as far as there is one.

    Tried in this order, each name and each sequence used once: the same name; the same without
    `ref|...|`, version, `chr` and leading zeros, mitochondrial names being one; names in the
    headers (`[chromosome=I]`, `chromosome I`) and in the annotation's regions; roman numerals
    against arabic ones, where a side counts in roman numerals; accessions of the yeast reference;
    lengths. A header that names a chromosome of which the sequence is only a piece, a variant or
    an organelle ("chromosome 1 unlocalized genomic scaffold") does not stand for it.

    Args:
        genome: chromosomes by name, as read by `genome.read_genome`.
        names: chromosome names of the annotation.
        aliases: their other names.
        sizes: their lengths, where the annotation gives them.

    Raises:
        DeepRageError: no name can be matched.
    """
    others = aliases or {}
    ours = {name: [name] for name in dict.fromkeys(names)}
    theirs = {name: [name] for name in genome}
    our_all = {name: [name, *_of_ucsc(name), *others.get(name, ())] for name in ours}
    their_all = {name: [name, *_other_names(genome[name])] for name in genome}
    whole = {n: [n] if _PIECE.search(genome[n].header) else names for n, names in their_all.items()}
    matches: dict[str, str] = {}
    _match(matches, ours, theirs, str)
    _match(matches, ours, theirs, plain)
    _match(matches, our_all, whole, plain)
    _match(matches, our_all, their_all, plain)
    our_arabic, their_arabic = _arabic(our_all), _arabic(their_all)
    _match(matches, our_arabic, their_arabic, str)
    if not matches and sizes:
        our_sizes = {name: [str(sizes[name])] for name in ours if name in sizes}
        _match(matches, our_sizes, {name: [str(len(genome[name]))] for name in genome}, str)
    if ours and not matches:
        raise mismatch(names, genome)
    return matches


def mismatch(names: Iterable[str], genome: Iterable[str]) -> DeepRageError:
    """The error for chromosome names that fit on neither side."""
    return DeepRageError(
        f"the chromosomes of the annotation ({examples(dict.fromkeys(names))}) are not those of "
        f"the genome ({examples(genome)}): use two files of one genome release, or rename the "
        "sequences."
    )


def plain(name: str) -> str:
    """A chromosome name without what varies between files; lower case."""
    text = name.strip().lower()
    if "|" in text:
        text = [part for part in text.split("|") if part][-1]
    text = re.sub(r"(?<=\d)\.\d+$", "", text)
    text = re.sub(r"^(chromosome|chrom|chr)[\s_:-]*(?=.)", "", text)
    text = re.sub(r"^0+(?=\d)", "", text)
    return _MITOCHONDRION if text in _MITOCHONDRION_NAMES else text


def is_alternate_header(header: str) -> bool:
    """Whether a FASTA header is that of an unplaced, unlocalized, alternate or patch sequence."""
    return _BESIDE.search(header.partition(" ")[2]) is not None


def _other_names(chromosome: Chromosome) -> list[str]:
    header = chromosome.header
    names = [*chromosome.aliases, *_of_ucsc(chromosome.name), *chromosome.name.split("|")]
    names += re.findall(r"\[(?:location|plasmid-name)=([^\]]+)\]", header)
    organelles = [name for name, words in _ORGANELLES.items() if words.search(header)]
    if organelles or is_alternate_header(header):
        return names + organelles
    names += re.findall(r"\[chromosome=([^\]]+)\]", header)
    names += re.findall(r"\bplasmid:? ([\w.-]+)", header)
    return names + re.findall(r"\b(?:chromosome|linkage group):? (?!\d+:)(\w+)", header)


def _of_ucsc(name: str) -> list[str]:
    match = _UCSC.match(name)
    return [f"{match[1]}.{match[2]}"] if match else []


def _match(
    matches: dict[str, str],
    ours: Mapping[str, Collection[str]],
    theirs: Mapping[str, Collection[str]],
    key: Callable[[str], str],
) -> None:
    """Add pairs that share a key which belongs to one name on either side only."""
    taken = set(matches.values())
    left = _owners({name: keys for name, keys in ours.items() if name not in matches}, key)
    right = _owners({name: keys for name, keys in theirs.items() if name not in taken}, key)
    for shared in left.keys() & right.keys():
        if len(left[shared]) == len(right[shared]) == 1:
            matches.setdefault(next(iter(left[shared])), next(iter(right[shared])))


def _owners(names: Mapping[str, Collection[str]], key: Callable[[str], str]) -> dict[str, set[str]]:
    owners: dict[str, set[str]] = {}
    for name, others in names.items():
        for other in others:
            owners.setdefault(key(other), set()).add(name)
    return owners


def _arabic(names: Mapping[str, Collection[str]]) -> dict[str, set[str]]:
    """Plain names with roman numerals as arabic ones and yeast accessions as numbers.

    X is a sex chromosome where the others have numbers, so numerals are read as roman only if
    at least half of the side's names are.
    """
    plains = {name: {plain(other) for other in others} for name, others in names.items()}
    numbered = [keys for keys in plains.values() if not all(_ACCESSION.match(k) for k in keys)]
    numbered = [keys for keys in numbered if _MITOCHONDRION not in keys]
    roman = sum(any(key in _ARABIC_OF_ROMAN for key in keys) for keys in numbered)
    table = dict(_YEAST)
    if numbered and 2 * roman >= len(numbered):
        table |= _ARABIC_OF_ROMAN
    return {name: {table.get(key, key) for key in keys} for name, keys in plains.items()}
