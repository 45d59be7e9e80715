"""Columns that describe genes, and rows that count reads without a gene, by their names."""

import re
from collections.abc import Iterable, Sequence

#: Names of columns of numbers that describe genes, in lower case, letters and digits only.
_NUMBERS = frozenset({
    "length", "genelength", "transcriptlength", "txlength", "cdslength", "exonlength", "width",
    "effectivelength", "efflength", "meanlength", "medianlength", "exonicgenesizes", "basepairs",
    "startposition", "endposition", "genestart", "geneend", "chromstart", "chromend", "txstart",
    "txend", "entrez", "entrezid", "entrezgene", "entrezgeneid", "ncbigeneid", "ncbiid", "geneid",
    "hgncid", "taxid", "gc", "gccontent", "percentgc", "percentagegenegccontent", "exoncount",
    "numexons", "gweight", "probeid", "spotid", "basemean", "lfcse", "log2foldchange", "logfc",
    "aveexpr", "logcpm", "pvalue", "pval", "padj", "adjpval", "adjpvalue", "fdr", "qvalue", "qval",
    "mean", "average", "median", "sd", "stdev", "stddev", "variance", "chr", "chrom", "chromosome",
    "chromosomename", "seqname", "seqnames", "strand",
})  # fmt: skip
#: Names that may be conditions as well (of a time course).
_DOUBTFUL = frozenset({"start", "end", "stop", "position"})
#: Names of columns of text that describe genes, whose cells may look like numbers here and there.
_TEXTS = frozenset({
    "seqid", "scaffold", "contig", "locus", "location", "coordinates", "band", "cytoband", "gene",
    "genename", "genesymbol", "symbol", "symbols", "hgnc", "hgncsymbol", "ensembl", "ensemblid",
    "ensemblgeneid", "ensg", "mgi", "mgiid", "sgd", "sgdid", "locustag", "refseq", "refseqid",
    "uniprot", "uniprotid", "unigene", "transcriptid", "transcript", "proteinid", "probe",
    "probeset", "probesetid", "idref", "uid", "gid", "orf", "externalgenename", "id", "accession",
    "alias", "aliases", "synonyms", "oldlocustag", "description", "genedescription", "product",
    "note", "notes", "annotation", "function", "definition", "title", "name", "shortname",
    "biotype", "genebiotype", "genetype", "type", "class", "go", "goterm", "goterms", "kegg",
    "cog", "pathway", "family", "organism",
})  # fmt: skip
#: HTSeq's and STAR's counts of reads without a gene, those of featureCounts' summaries, and the
#: weights of Cluster's tables.
_SUMMARY = re.compile(
    r"__\w+|N_(unmapped|multimapping|noFeature|ambiguous)|Unassigned_\w+"
    r"|no_feature|too_low_aQual|not_aligned|alignment_not_unique|EWEIGHT|AID|\*"
)


def is_description(title: str) -> bool:
    """Whether a column of that title usually describes genes: `Length`, `gene_name`, `Chr`."""
    return _plain(title) in _NUMBERS | _DOUBTFUL | _TEXTS


def numeric_descriptions(titles: Iterable[str]) -> list[str]:
    """Titles of columns of numbers that are hardly conditions: `Length`, `EntrezID`, `Start`."""
    return [title for title in titles if _plain(title) in _NUMBERS | _DOUBTFUL]


def beside_texts(titles: Sequence[str], texts: Iterable[int]) -> set[int]:
    """Columns of numbers that describe genes, since they stand among columns of text that do.

    Args:
        titles: of all columns.
        texts: indices of the columns of text.
    """
    texts, beside = set(texts), set[int]()
    names = [_plain(title) for title in titles]
    for order in (range(len(names)), range(len(names) - 1, -1, -1)):
        block = []
        for index in order:
            if index not in texts and names[index] not in _NUMBERS | _DOUBTFUL:
                break
            block.append(index)
        sure = any(names[index] in _NUMBERS for index in block)
        if texts & set(block):
            beside |= {i for i in block if i not in texts and (sure or names[i] in _NUMBERS)}
    return beside


def summary_rows(names: Iterable[str]) -> list[str]:
    """Names that are no genes but counts of reads without one: `__no_feature`, `N_unmapped`."""
    return [name for name in names if _SUMMARY.fullmatch(name)]


def _plain(title: str) -> str:
    return re.sub(r"[^a-z0-9]", "", str(title).casefold())
