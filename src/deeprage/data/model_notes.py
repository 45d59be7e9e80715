"""Sentences on gene models: which genes have no promoter and why, and what was chosen."""

from collections.abc import Collection, Iterator

from deeprage.data.gene_table import Problem
from deeprage.data.promoters import Promoters, PromoterWindow
from deeprage.errors import DeepRageError, counted, examples

#: Of fewer genes, the share that begins with a start codon says nothing.
_FEWEST = 20

_WITHOUT = {
    Problem.NO_STRAND: "the annotation gives no strand ('.' or '?'); take a file with strands",
    Problem.SEVERAL_LOCI: "one identifier is given to several loci; give each its own",
    Problem.UNORDERED: "parts lie on two strands or chromosomes, and nothing says which comes "
    "first; number the parts ('part=1' or exon_number)",
    Problem.NO_CODING: "no coding sequence, so no start codon to anchor at; use --anchor TSS for "
    "all genes, or --noncoding tss for these",
    Problem.OPEN_START: "the coding sequence is incomplete at its start, so the start codon is "
    "not known",
    Problem.NO_TSS: "neither a transcription start nor a start codon is known",
    Problem.ABSENT: "the genome lacks their chromosome",
    Problem.CROSSES_ORIGIN: "the start lies past the end of the chromosome",
}


def model_remarks(promoters: Promoters, window: PromoterWindow) -> tuple[str, ...]:
    """What happened to the gene models, one sentence for each kind, with up to three names."""
    return tuple(_remarks(promoters, window))


def check_any(promoters: Promoters) -> None:
    """Raise a `DeepRageError` with the reasons if no gene has a promoter."""
    if not promoters.tokens and promoters.without:
        reasons = " ".join(_on_lost(promoters))
        raise DeepRageError(f"no gene of the matrix has a promoter. {reasons}")


def _on_lost(promoters: Promoters) -> Iterator[str]:
    for problem, reason in _WITHOUT.items():
        genes = [gene for gene, why in promoters.without.items() if why == problem]
        if genes:
            yield f"{_genes(genes, 'has', 'have')} no promoter: {reason}."


def _remarks(promoters: Promoters, window: PromoterWindow) -> Iterator[str]:
    yield from _on_lost(promoters)
    yield from _on_circles(promoters)
    if promoters.by_tss:
        yield (
            f"{_genes(promoters.by_tss, 'is', 'are')} without a coding sequence and anchored at "
            "the transcription start."
        )
    if promoters.tss_fallbacks:
        yield (
            f"{_genes(promoters.tss_fallbacks, 'is', 'are')} anchored at the start codon, since "
            "no transcription start is known."
        )
    yield from _on_isoforms(promoters, window)
    if promoters.trans_spliced:
        yield (
            f"{_genes(promoters.trans_spliced, 'is', 'are')} trans-spliced and cut at the first "
            "part."
        )
    if promoters.led_by_next:
        yield (
            f"{_genes(promoters.led_by_next, 'belongs', 'belong')} to operons whose first gene has "
            "no promoter: the next gene's promoter is used."
        )
    if promoters.other_loci:
        yield (
            f"{_genes(promoters.other_loci, 'is', 'are')} also on unplaced, alternate or absent "
            "sequences: the place on the chromosome is used."
        )
    if _is_elsewhere(promoters):
        lost = promoters.no_start_codon
        yield (
            f"{len(lost):,} of {len(promoters.at_start_codon):,} genes, such as "
            f"{examples(lost)}, do not begin with a start codon in the genome: are genome and "
            "annotation of one release?"
        )


def _on_circles(promoters: Promoters) -> Iterator[str]:
    if promoters.beyond:
        names = list(dict.fromkeys(promoters.beyond.values()))
        options = " ".join(f"--circular {name}" for name in names[:3])
        circular = "it is" if len(names) == 1 else "they are"
        yield (
            f"{_genes(promoters.beyond, 'reaches', 'reach')} past the end of {examples(names)}: if "
            f"{circular} circular, add {options}; if not, use genome and annotation of one release."
        )


def _on_isoforms(promoters: Promoters, window: PromoterWindow) -> Iterator[str]:
    several = promoters.several
    if not several:
        return
    marked = sum(several.values())
    what = "start codons" if window.anchor == "ATG" else "transcription starts"
    ways = [
        f"for {number:,} {rule}"
        for number, rule in (
            (marked, "that of the transcript that the file marks as canonical"),
            (len(several) - marked, "that of the transcript with the longest coding sequence"),
        )
        if number
    ]
    yield (
        f"{_genes(list(several), 'has', 'have')} transcripts with different {what}; used: "
        f"{', '.join(ways)}."
    )


def _is_elsewhere(promoters: Promoters) -> bool:
    """Whether so many genes lack a start codon that the genome may be of another release."""
    number = len(promoters.at_start_codon)
    return number >= _FEWEST and 2 * len(promoters.no_start_codon) > number


def _genes(genes: Collection[str], one: str, several: str) -> str:
    verb = one if len(genes) == 1 else several
    return f"{counted(len(genes), 'gene')} ({examples(genes)}) {verb}"
