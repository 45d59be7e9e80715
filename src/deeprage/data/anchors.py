"""The base at which each gene's promoter ends, or why it has none."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from deeprage.data.gene_table import Problem
from deeprage.data.genome import Chromosome
from deeprage.errors import DeepRageError, examples

#: Columns of a gene table that may be left out, and what they are then.
_DEFAULTS: dict[str, str | int | bool] = {
    "problem": "", "start_codons": 1, "tss_count": 1, "marked_start": False, "marked_tss": False,
    "trans_spliced": False, "other_loci": 0,
}  # fmt: skip


def anchor_table(
    genes: pd.DataFrame,
    genome: Mapping[str, Chromosome],
    *,
    anchor: str,
    noncoding: bool,
    tss: Mapping[str, int] | None,
) -> pd.DataFrame:
    """Anchors of genes.

    Args:
        genes: as in `annotation.Annotation.genes`, `chromosome` being names of `genome`.
        anchor, noncoding: see `promoters.PromoterWindow`.
        tss: transcription start sites (0-based) by gene, instead of the annotation's.

    Returns:
        the genes with `anchor` (0-based, NaN for a gene that has none), `reason` (a `Problem`, or
        empty), `fallback` (cut at the start codon for lack of a TSS), `by_tss` (a gene without
        coding sequence, cut at its TSS), `beyond` (reaches past the end of a linear chromosome),
        `alternatives` (how many anchors its transcripts have) and `marked` (whether the file marks
        the one used).

    Raises:
        DeepRageError: genes that lie beyond their chromosomes.
    """
    sites = _complete(genes)
    start_codon = sites["start_codon"].to_numpy(dtype=np.float64)
    known = sites["tss"].to_numpy(dtype=np.float64)
    if tss is not None:
        known = np.array([tss.get(gene, np.nan) for gene in sites["gene"]], dtype=np.float64)
    coding = sites["coding"].to_numpy(dtype=bool)
    at_tss = anchor == "TSS"
    if at_tss:
        position = np.where(np.isnan(known), start_codon, known)
        sites["by_tss"] = False
    else:
        position = np.where(np.isnan(start_codon) & ~coding & noncoding, known, start_codon)
        sites["by_tss"] = np.isnan(start_codon) & ~np.isnan(position)
    reasons = np.array([str(problem) for problem in sites["problem"]], dtype=object)
    reasons[sites["chromosome"].isna().to_numpy() & (reasons == "")] = Problem.ABSENT
    lacking = Problem.NO_TSS if at_tss or noncoding else Problem.NO_CODING
    lost = np.isnan(position) & (reasons == "")
    reasons[lost & coding], reasons[lost & ~coding] = Problem.OPEN_START, lacking
    sites["anchor"], sites["reason"] = np.where(reasons == "", position, np.nan), reasons
    sites["fallback"] = at_tss & np.isnan(known) & (reasons == "")
    own = np.where(sites["by_tss"] | at_tss, sites["tss_count"], sites["start_codons"])
    sites["alternatives"] = np.where(sites["fallback"], sites["start_codons"], own)
    if at_tss and tss is not None:
        sites["alternatives"] = 1
    sites["marked"] = np.where(
        (at_tss | sites["by_tss"]) & ~sites["fallback"], sites["marked_tss"], sites["marked_start"]
    )
    return _inside(sites, genome)


def _complete(genes: pd.DataFrame) -> pd.DataFrame:
    sites = genes.copy()
    for column, value in _DEFAULTS.items():
        if column not in sites:
            sites[column] = value
    if "coding" not in sites:
        sites["coding"] = sites["start_codon"].notna()
    if "start" not in sites:
        first = sites["start_codon"].fillna(sites["tss"])
        sites["start"], sites["end"] = first, first + 1
    return sites


def _inside(sites: pd.DataFrame, genome: Mapping[str, Chromosome]) -> pd.DataFrame:
    """Anchors on their chromosomes; a gene over the origin of a linear one has none there.

    A gene that crosses the origin of a circular chromosome may lie up to one turn further.
    """
    placed = (sites["reason"] == "").to_numpy()
    names = [str(name) if is_placed else None for name, is_placed in
             zip(sites["chromosome"], placed, strict=True)]  # fmt: skip
    sizes = np.array([len(genome[n]) if n else np.inf for n in names], dtype=np.float64)
    circular = np.array([name is not None and genome[name].circular for name in names], dtype=bool)
    anchor = sites["anchor"].to_numpy(dtype=np.float64)
    start, end = (sites[key].to_numpy(dtype=np.float64) for key in ("start", "end"))
    reach = np.where(circular, 2 * sizes, sizes)
    crossing = placed & ~circular & (start < sizes) & (end > sizes) & (end <= 2 * sizes)
    beyond = (anchor < 0) | (anchor >= reach) | (start >= sizes) | (end > 2 * sizes)
    outside = placed & ~crossing & beyond
    if outside.any():
        first = sites[outside].iloc[0]
        last = int(max(first["anchor"] + 1, first["end"]))
        raise DeepRageError(
            f"{int(outside.sum()):,} of {len(sites):,} genes lie beyond the ends of their "
            f"chromosomes, such as {examples(sites['gene'][outside])} (to base {last:,} of "
            f"{first['chromosome']!r}, which has {len(genome[first['chromosome']]):,}): use genome "
            "and annotation of one release."
        )
    over = crossing & (anchor >= sizes)
    reasons = sites["reason"].to_numpy(dtype=object)
    return sites.assign(
        reason=np.where(over, Problem.CROSSES_ORIGIN, reasons),
        anchor=np.where(over, np.nan, anchor),
        beyond=crossing,
    )
