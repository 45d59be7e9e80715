"""How one identifier is written in several ways: prefixes, versions, case, joined names."""

import re
import unicodedata
from enum import IntEnum

#: Words that tools put before an identifier to say what it names.
_FEATURE = re.compile(
    r"((gene|pseudogene|transcript|mrna|rna|trna|rrna|ncrna|cds|exon)[:|-]"
    r"|(protein|polypeptide|locus|locus_tag|gene_id|gene_name|id|name|symbol|lcl)[:|])(?=.)",
    re.IGNORECASE,
)
#: Databases whose name may stand before an identifier that is not a number.
_DATABASE = re.compile(
    r"(ensembl\w*|tair|araport|flybase|wormbase|sgd|pombase|cgd|fungidb|vectorbase|tritrypdb"
    r"|plasmodb|ecogene|subtilist|refseq|genbank|uniprot\w*|mgi|rgd|zfin|xenbase|vgnc|hgnc)"
    r"[:|](?=.*\D)",
    re.IGNORECASE,
)
#: Spellings of the database of NCBI's gene numbers, and its symbol for genes without a name.
_ENTREZ = re.compile(
    r"(?:(?:ncbi[ _]?)?gene[ _]?id[:|]|ncbi[ _]?gene[:|]|entrez(?:[ _]?gene)?(?:[ _]?id)?[:|]|LOC)"
    r"(\d+)",
    re.IGNORECASE,
)
#: `bedtools getfasta` adds the window (`::chr1:10-20(+)`), older versions the strand alone.
_WINDOW = re.compile(r"(::[^:]+:\d+-\d+)?(\([+.-]\))?$")
#: What a name has in it if it is not bare already.
_MARKED = re.compile(r"[:|(-]|^\d+\.|^LOC\d", re.IGNORECASE)
_DECIMAL = re.compile(r"(\d+)\.0+")
_VERSION = re.compile(r"(?P<base>.*[^.\s])\.\d{1,3}(?P<copy>_PAR_Y)?")
_R_NAME = re.compile(r"[^\W\d_][\w.]*")
_PROTEIN = re.compile(r"([A-Z][A-Za-z]{1,3}\d{1,3}[A-Z]?)p")
#: Marks that join identifiers, and those that occur within names too.
_JOINED = re.compile(r"\s*(?:///|//|\||;|::)\s*")
_SPACED = re.compile(r"[\s,()\[\]]+")
#: Parts of a joined name that name no gene.
_NO_PART = {"", "?", "-", "--", "---", "na", "nan", "none", "null", "sp", "tr", "gi", "ref", "gb",
            "emb", "dbj", "lcl", "gnl", "gene", "id", "name"}  # fmt: skip


class Form(IntEnum):
    """How a name was changed to fit an identifier, the least change first."""

    WRITTEN = 0
    BARE = 1
    VERSION = 2
    CASE = 3
    VERSION_CASE = 4
    R_NAME = 5
    PROTEIN = 6
    JOINED = 7

    @property
    def label(self) -> str:
        """What to say after the kind of identifier, with a blank before it; empty if as written."""
        return _LABELS[self]


_LABELS = {
    Form.WRITTEN: "",
    Form.BARE: " without prefix or suffix",
    Form.VERSION: " without version",
    Form.CASE: " in another case",
    Form.VERSION_CASE: " without version in another case",
    Form.R_NAME: " as R's check.names writes it",
    Form.PROTEIN: " with the p of proteins",
    Form.JOINED: " joined in one name",
}


def cleaned(name: object) -> str:
    """A name without blanks around it, its accents composed."""
    text = str(name).strip()
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def bare(name: str) -> str:
    """A name without `gene:`, `rna-`, `::chr1:10-20(+)` and the like, `LOC12` as `GeneID:12`."""
    if not _MARKED.search(name):
        return name
    name = _WINDOW.sub("", name, count=1) or name
    if entrez := _ENTREZ.fullmatch(name):
        return f"GeneID:{entrez[1]}"
    for prefix in (_FEATURE, _DATABASE, _FEATURE):
        if match := prefix.match(name):
            name = name[match.end() :]
    decimal = _DECIMAL.fullmatch(name)
    return decimal[1] if decimal else name


def unversioned(name: str) -> str:
    """A bare name without its version, `ENSG01.5` as `ENSG01`; others as they are."""
    match = _VERSION.fullmatch(name)
    return match["base"] + (match["copy"] or "") if match else name


def r_name(name: str) -> str:
    """A name as R's `make.names` writes it: `1h-37C` as `X1h.37C`."""
    if _R_NAME.fullmatch(name):
        return name
    changed = re.sub(r"[^\w.]", ".", name)
    return changed if re.match(r"[^\W\d_]|\.(?!\d)", changed) else f"X{changed}"


def protein_gene(name: str) -> str | None:
    """The gene in the spelling of a yeast protein, `Mig1` in `Mig1p`; None for other names."""
    match = _PROTEIN.fullmatch(name)
    return match[1] if match else None


def joined_parts(name: str) -> list[str]:
    """The names in `id|symbol`, `id;symbol` and the like; none where nothing is joined."""
    return _parts(_JOINED, name)


def spaced_parts(name: str) -> list[str]:
    """The names in `id symbol`, `symbol (id)` and the like; none where there is one word."""
    return _parts(_SPACED, name)


def _parts(separators: re.Pattern[str], name: str) -> list[str]:
    parts = separators.split(name)
    return [] if len(parts) < 2 else [x for x in parts if x.casefold() not in _NO_PART]


def halves(name: str) -> list[tuple[str, str]]:
    """Both sides of each place where an identifier and a symbol may have been joined."""
    return [
        (name[: match.start()], name[match.end() :])
        for match in re.finditer(r"[_.:-]", name)
        if match.start() > 0 and match.end() < len(name)
    ]
