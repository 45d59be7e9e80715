"""`deeprage data import`: a compendium from files of one's own."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Option

from deeprage.cli.console import note, show
from deeprage.cli.overrides import given
from deeprage.cli.parsing import check_outputs
from deeprage.errors import DeepRageError
from deeprage.listing import listed

if TYPE_CHECKING:
    from deeprage.data.compendium import Compendium


def import_(
    *,
    expression: Annotated[
        Path, Option(help="Genes x conditions, log2; TSV, CSV, GCT, Parquet or .h5ad.")
    ],
    regulators: Annotated[Path, Option(help="Names of the regulators, one a line, or a table.")],
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
    length: Annotated[int | None, Option(help="Promoter length in bp; default: 1000.")] = None,
    anchor: Annotated[str | None, Option(help="ATG or TSS; default: ATG.")] = None,
    downstream: Annotated[
        int | None, Option(help="How many of these bp lie at and after the anchor; default: 0.")
    ] = None,
    noncoding: Annotated[
        str | None,
        Option(
            help="Genes without a coding sequence under --anchor ATG: tss takes their "
            "transcription start, none gives them no promoter; default: none."
        ),
    ] = None,
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
        Option(help="Attribute or database of Dbxref with the matrix's names; default: any."),
    ] = None,
    circular: Annotated[
        list[str] | None, Option(help="Chromosomes to take as circular, with commas or repeated.")
    ] = None,
    coding: Annotated[
        int | None,
        Option(
            help="bp from the start codon to keep beside the promoter, read by deeprage-f; "
            "default: 1000."
        ),
    ] = None,
    orientation: Annotated[
        str, Option(help="rows or columns, where the genes are; auto compares what both explain.")
    ] = "auto",
    layer: Annotated[
        str | None, Option(help="Layer of an .h5ad file instead of X; raw is .raw.")
    ] = None,
    gene_column: Annotated[
        str | None, Option(help="Column of text with the genes' names; default: the first one.")
    ] = None,
    drop_columns: Annotated[
        list[str] | None, Option(help="Columns of the matrix that are no conditions, with commas.")
    ] = None,
    log2: Annotated[
        bool, Option("--log2", help="The values are not logarithmic: take log2(1 + x).")
    ] = False,
    reference: Annotated[
        list[str] | None,
        Option(help="Conditions to subtract the mean of, with commas or repeated."),
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
    force: Annotated[bool, Option("--force", help="Replace the file that --out names.")] = False,
) -> Path:
    """Build a compendium from a genome, an annotation, an expression matrix and regulators.

    Nothing is written unless all of it fits together.
    """
    options = {name: value for name, value in locals().items() if name not in ("out", "force")}
    from deeprage.data.building import import_compendium
    from deeprage.data.catalog.provenance import import_recipe, with_provenance
    from deeprage.data.compendium import RELATIVE
    from deeprage.locks import locked_file

    read = (expression, regulators, genome, annotation, promoters, conditions, groups, tss_table)
    check_outputs([out], [*read, operons, renames])
    cut = given(
        length=length,
        anchor=anchor,
        downstream=downstream,
        noncoding=noncoding,
        circular=listed("--circular", circular),
        gene_id=gene_id,
        annotation_format=annotation_format,
        coding=coding,
    )
    if promoters is not None:
        _check_ready(cut)
    out = Path(out)
    with locked_file(out):
        recipe = import_recipe(options)
        if not force and _is_there(out, recipe):
            note(f"{out} is there already, imported from the same files with the same options")
            return out
        compendium, notes = import_compendium(
            expression=Path(expression),
            regulators=Path(regulators),
            genome=_path(genome),
            annotation=_path(annotation),
            promoters=_path(promoters),
            tss=_path(tss_table),
            operons=_path(operons),
            renames=_path(renames),
            conditions=_path(conditions),
            groups=_path(groups),
            orientation=orientation,
            layer=layer,
            gene_column=gene_column,
            drop_columns=drop_columns or (),
            log2=log2,
            reference=reference or (),
            drop_constant=drop_constant,
            drop_unknown_regulators=drop_unknown_regulators,
            name=name,
            unit=unit,
            **cut,
        )
        with_provenance(compendium, {"recipe": recipe}).save(out)
    for line in notes.lines():
        show(line)
    for remark in notes.remarks:
        note(remark)
    if unit is None and compendium.about["unit"] == RELATIVE and not reference:
        _note_unit(compendium)
    note(f"wrote {out}; look at it with: deeprage data describe {out}")
    return out


def _is_there(out: Path, recipe: Mapping[str, object]) -> bool:
    """Whether `out` is the compendium that the recipe gives; False if there is no file.

    Raises:
        DeepRageError: it is another file.
    """
    from deeprage.data.catalog.provenance import recipe_of

    if not out.is_file():
        return False
    if recipe_of(out) == json.loads(json.dumps(recipe)):
        return True
    raise DeepRageError(
        f"there is a file {out} already, which is not what these files and options give: give "
        "another name with --out, or --force to replace it."
    )


def _check_ready(cut: Mapping[str, object]) -> None:
    """Raise a `DeepRageError` for options that cut promoters out of a genome."""
    for name in cut:
        raise DeepRageError(
            f"--{name.replace('_', '-')} says how promoters are cut out of a genome, but those of "
            "--promoters are taken as they are: leave one of the two out."
        )


def _note_unit(compendium: "Compendium") -> None:
    """Say so if values that are taken as changes all point up."""
    import numpy as np

    if np.nanmin(compendium.expression) >= 0:
        note(
            "no value is negative, as in log2 expression, but they are taken as log2 fold changes: "
            "if they are levels, import them again with --unit 'log2 expression' --force."
        )


def _path(path: Path | None) -> Path | None:
    return None if path is None else Path(path)
