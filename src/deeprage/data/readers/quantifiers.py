"""Tables that programs write for one sample or one comparison, which are no matrices."""

from collections.abc import Sequence
from pathlib import Path

from deeprage.errors import DeepRageError, examples

_TXIMPORT = "join the samples into one table, for example with tximport"
#: Columns by which a table is known, in lower case; what it is; the column to take; how to join.
_TABLES: tuple[tuple[frozenset[str], str, str, str], ...] = (
    (frozenset({"name", "effectivelength", "tpm", "numreads"}),
     "the result of Salmon for one sample", "TPM or NumReads", _TXIMPORT),
    (frozenset({"target_id", "eff_length", "est_counts", "tpm"}),
     "the result of kallisto for one sample", "tpm or est_counts", _TXIMPORT),
    (frozenset({"effective_length", "expected_count", "tpm"}),
     "the result of RSEM for one sample", "TPM or expected_count",
     "join the samples into one table, for example with rsem-generate-data-matrix"),
    (frozenset({"gene id", "reference", "coverage", "fpkm"}),
     "the gene abundances of StringTie for one sample", "TPM",
     "join the samples into one table"),
    (frozenset({"t_id", "t_name", "cov", "fpkm"}),
     "the transcript table of StringTie for one sample", "FPKM",
     "join the samples into one table, for example with prepDE.py or tximport"),
    (frozenset({"tracking_id", "fpkm", "fpkm_conf_lo"}),
     "the result of Cufflinks for one sample", "FPKM",
     "join the samples into one table, for example with cuffnorm"),
    (frozenset({"basemean", "log2foldchange", "pvalue"}),
     "the result of DESeq2 for one comparison", "log2FoldChange",
     "join the comparisons into one table"),
    (frozenset({"logfc", "logcpm", "pvalue"}),
     "the result of edgeR for one comparison", "logFC", "join the comparisons into one table"),
    (frozenset({"logfc", "aveexpr", "p.value"}),
     "the result of limma for one comparison", "logFC", "join the comparisons into one table"),
)  # fmt: skip
_HOW = "with one column for each"


def check_is_matrix(path: Path, header: Sequence[str], first_names: Sequence[str]) -> None:
    """Raise a `DeepRageError` for a table of one sample or comparison that is no matrix.

    Args:
        header: the names of all columns.
        first_names: the first cells of some rows.
    """
    names = {name.strip().casefold() for name in header}
    for known, what, column, how in _TABLES:
        if known <= names:
            raise DeepRageError(
                f"{path} is {what} ({', '.join(header[:5])}, ...), not a matrix: take the column "
                f"{column}, and {how}, {_HOW}."
            )
    if header[0] == "Status" and any(name.startswith("Unassigned") for name in first_names):
        raise DeepRageError(
            f"{path} is the summary of featureCounts (Assigned, Unassigned_...), not a matrix: "
            "give the table of counts that was written beside it."
        )


def no_header(path: Path, header: Sequence[str], first_names: Sequence[str]) -> DeepRageError:
    """The error for a table whose first line holds values, such as counts of one sample."""
    names = [header[0], *first_names]
    if len(header) == 4 and any(name.startswith("N_") for name in names):
        return DeepRageError(
            f"{path} is the table of read counts of STAR for one sample (ReadsPerGene.out.tab), "
            "which has no header: take its second column for an unstranded library, the third or "
            f"the fourth for a stranded one, and join the samples into one table, {_HOW}."
        )
    if len(header) == 2:
        return DeepRageError(
            f"{path} has two columns and no header, like the counts of one sample by HTSeq: join "
            f"the samples into one table, {_HOW}, and a first line with their names."
        )
    return DeepRageError(
        f"the first line of the expression matrix {path} holds values, such as "
        f"{examples(header[1:])}: give the matrix a first line with the names of its columns."
    )
