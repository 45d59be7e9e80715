"""`deeprage data import`: a compendium from files of one's own."""

from pathlib import Path
from typing import Annotated

from typer import Option

from deeprage.cli.console import note, show
from deeprage.cli.parsing import check_outputs


def import_(
    *,
    expression: Annotated[
        Path, Option(help="Genes x conditions, log2; TSV, CSV, Parquet or .h5ad.")
    ],
    regulators: Annotated[Path, Option(help="Names of the regulators, one a line.")],
    out: Annotated[Path, Option(help="Compendium to write (.h5ad).")],
    genome: Annotated[
        Path | None, Option(help="FASTA, plain or gzip; or GenBank with sequence.")
    ] = None,
    annotation: Annotated[
        Path | None, Option(help="GFF3, GTF, GenBank or SGD feature table.")
    ] = None,
    promoters: Annotated[
        Path | None, Option(help="Ready promoters (FASTA), instead of genome and annotation.")
    ] = None,
    conditions: Annotated[
        Path | None, Option(help="Table with the columns condition and series, and any others.")
    ] = None,
    groups: Annotated[
        Path | None, Option(help="Table of gene and group; default: computed from promoters.")
    ] = None,
    length: Annotated[int, Option(help="Promoter length in bp.")] = 1000,
    anchor: Annotated[str, Option(help="ATG or TSS.")] = "ATG",
    downstream: Annotated[
        int, Option(help="How many of these bp lie at and after the anchor.")
    ] = 0,
    tss_table: Annotated[
        Path | None, Option(help="Table of gene and tss (1-based), with --anchor TSS.")
    ] = None,
    operons: Annotated[
        Path | None, Option(help="Table of gene and operon; an operon shares one promoter.")
    ] = None,
    renames: Annotated[
        Path | None, Option(help="Table of name in the matrix, name in the annotation.")
    ] = None,
    annotation_format: Annotated[
        str | None, Option(help="gff3, gtf, genbank or sgd; default: told from the file.")
    ] = None,
    gene_id: Annotated[
        str | None,
        Option(help="Attribute with the matrix's names; default: the one that fits best."),
    ] = None,
    circular: Annotated[
        list[str] | None, Option(help="Chromosome to take as circular; may be repeated.")
    ] = None,
    coding: Annotated[
        int,
        Option(help="bp from the start codon to keep beside the promoter, read by deeprage-f."),
    ] = 1000,
    orientation: Annotated[
        str, Option(help="Whether genes are rows or columns of the matrix; auto finds out.")
    ] = "auto",
    log2: Annotated[
        bool, Option("--log2", help="The values are not logarithmic: take log2(1 + x).")
    ] = False,
    reference: Annotated[
        list[str] | None,
        Option(help="Condition to subtract the mean of; may be repeated."),
    ] = None,
    name: Annotated[str | None, Option(help="Name; default: that of the matrix's file.")] = None,
    unit: Annotated[
        str | None, Option(help="log2 fold change or log2 expression; default: told from above.")
    ] = None,
    drop_constant: Annotated[
        bool, Option("--drop-constant", help="Drop genes that are constant or wholly missing.")
    ] = False,
    drop_unknown_regulators: Annotated[
        bool, Option("--drop-unknown-regulators", help="Drop regulators without a row.")
    ] = False,
) -> Path:
    """Build a compendium from a genome, an annotation, an expression matrix and regulators.

    Nothing is written unless all of it fits together.
    """
    from deeprage.data.building import import_compendium

    read = (expression, regulators, genome, annotation, promoters, conditions, groups, tss_table)
    check_outputs([out], [*read, operons, renames])
    compendium, notes = import_compendium(
        expression=Path(expression),
        regulators=Path(regulators),
        genome=_path(genome),
        annotation=_path(annotation),
        annotation_format=annotation_format,
        gene_id=gene_id,
        promoters=_path(promoters),
        length=length,
        anchor=anchor,
        downstream=downstream,
        tss=_path(tss_table),
        operons=_path(operons),
        renames=_path(renames),
        conditions=_path(conditions),
        groups=_path(groups),
        circular=circular or (),
        coding=coding,
        orientation=orientation,
        log2=log2,
        reference=reference or (),
        drop_constant=drop_constant,
        drop_unknown_regulators=drop_unknown_regulators,
        name=name,
        unit=unit,
    )
    out = Path(out)
    compendium.save(out)
    for line in notes.lines():
        show(line)
    note(f"wrote {out}; look at it with: deeprage data describe {out}")
    return out


def _path(path: Path | None) -> Path | None:
    return None if path is None else Path(path)
