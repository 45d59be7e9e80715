"""Building a compendium from its parts: expression, genome, annotation, regulators."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from deeprage.data.build_notes import BuildNotes
from deeprage.data.compendium import Compendium
from deeprage.data.condition_names import match_conditions
from deeprage.data.expression import (
    check_logarithms,
    read_expression,
    transform_expression,
    whole_numbers_remark,
)
from deeprage.data.gene_source import GeneSource, open_source
from deeprage.data.joining import DEFAULT_CODING, Parts, join
from deeprage.data.names import NameResolver
from deeprage.data.near_names import near_names_hint
from deeprage.data.orientation import OrientationChooser
from deeprage.data.problems import Problems
from deeprage.data.promoters import NONCODING, PromoterWindow
from deeprage.data.regulator_list import ListedName, read_regulators
from deeprage.data.tables import (
    read_conditions,
    read_groups,
    read_operons,
    read_renames,
)
from deeprage.errors import DeepRageError, counted, examples, unknown

T = TypeVar("T")

DEFAULT_WINDOW = PromoterWindow()


def build_compendium(
    *,
    expression: pd.DataFrame,
    regulators: Sequence[str],
    genome: Path | None = None,
    annotation: Path | None = None,
    promoter_fasta: Path | None = None,
    window: PromoterWindow = DEFAULT_WINDOW,
    conditions: pd.DataFrame | None = None,
    groups: Mapping[str, str] | None = None,
    tss_table: Path | None = None,
    operons: Mapping[str, str] | None = None,
    renames: Mapping[str, str] | None = None,
    annotation_format: str | None = None,
    gene_id: str | None = None,
    circular: Collection[str] = (),
    coding: int = DEFAULT_CODING,
    name: str = "compendium",
    unit: str = "log2 fold change",
    provenance: Mapping[str, Any] | None = None,
    drop_constant: bool = False,
    drop_unknown_regulators: bool = False,
) -> tuple[Compendium, BuildNotes]:
    """Join expression, promoters and regulators into a validated compendium.

    Promoters come from `genome` and `annotation`, or ready from `promoter_fasta`.

    Args:
        expression: genes (index) x conditions (columns), log2 values, NaN where missing.
        regulators: names of rows; symbols are understood if there is an annotation.
        genome: FASTA or GenBank; may be left out if `annotation` is GenBank with sequence.
        annotation: GFF3, GTF, GenBank or SGD feature table.
        promoter_fasta: promoters of one length, named like the rows of the matrix.
        window: promoter length, anchor and downstream part.
        conditions: indexed by condition, with a column `series` and any others.
        groups: gene -> group, instead of the groups computed from shared promoters.
        tss_table: TSV of transcription start sites, for a window anchored at the TSS.
        operons: gene -> operon; its genes share the first gene's promoter and a group.
        renames: name in the matrix -> name in the annotation.
        annotation_format, gene_id: see `annotation.read_annotation`.
        circular: chromosomes (the genome's names) to be taken as circular.
        coding: bp from each gene's start codon that are kept beside its promoter, 0 for none;
            nothing is kept with ready promoters.
        name, unit, provenance: kept with the compendium.
        drop_constant: drop genes that are constant or wholly missing, else they are an error.
        drop_unknown_regulators: drop regulators without a row, else they are an error.

    Raises:
        DeepRageError: parts that do not fit; the message names counts, examples and the way out.
    """
    source = open_source(
        genome=genome,
        annotation=annotation,
        promoters=promoter_fasta,
        annotation_format=annotation_format,
        gene_id=gene_id,
    )
    parts = Parts(
        expression=expression,
        regulators=[ListedName(name) for name in regulators],
        source=source,
        window=window,
        conditions=conditions,
        groups=groups,
        tss_table=tss_table,
        operons=operons or {},
        renames=renames or {},
        circular=circular,
        coding=coding,
        drop_constant=drop_constant,
        drop_unknown_regulators=drop_unknown_regulators,
        about={"name": name, "unit": unit, "provenance": provenance},
    )
    return join(parts, Problems())


def import_compendium(
    *,
    expression: Path,
    regulators: Path,
    genome: Path | None = None,
    annotation: Path | None = None,
    annotation_format: str | None = None,
    gene_id: str | None = None,
    promoters: Path | None = None,
    length: int = 1000,
    anchor: str = "ATG",
    downstream: int = 0,
    noncoding: str = "none",
    tss: Path | None = None,
    operons: Path | None = None,
    renames: Path | None = None,
    conditions: Path | None = None,
    groups: Path | None = None,
    circular: Collection[str] = (),
    coding: int = DEFAULT_CODING,
    orientation: str = "auto",
    layer: str | None = None,
    gene_column: str | None = None,
    drop_columns: Sequence[str] = (),
    log2: bool = False,
    reference: Sequence[str] = (),
    drop_constant: bool = False,
    drop_unknown_regulators: bool = False,
    name: str | None = None,
    unit: str | None = None,
) -> tuple[Compendium, BuildNotes]:
    """Build a compendium from files; what `deeprage data import` does.

    Args:
        expression: TSV, CSV, Parquet or h5ad; see `expression.read_expression`.
        regulators: one gene name or symbol a line.
        genome, annotation, annotation_format, gene_id, circular, coding: see `build_compendium`.
        promoters: FASTA of ready promoters, instead of genome and annotation.
        length, anchor, downstream: see `promoters.PromoterWindow`.
        noncoding: `tss` anchors genes without a coding sequence at their transcription start,
            `none` gives them no promoter under the anchor `ATG`.
        tss: table of transcription start sites, see `tables.read_tss_table`.
        operons: table with the columns `gene` and `operon`.
        renames: table, name in the matrix -> name in the annotation.
        conditions: table with the columns `condition` and `series`.
        groups: table with the columns `gene` and `group`, instead of the computed groups.
        orientation: `rows` or `columns`, where the genes are, or `auto`.
        layer, gene_column, drop_columns: see `expression.read_expression`.
        log2, reference: see `expression.transform_expression`.
        name: default: the name of the matrix's file.
        unit: default: `log2 expression` under `log2` without `reference`, else
            `log2 fold change`.

    Raises:
        DeepRageError: a file that cannot be used, or parts that do not fit.
    """
    if noncoding not in NONCODING:
        raise unknown("treatment of non-coding genes", noncoding, NONCODING)
    window = PromoterWindow(length, anchor, downstream, noncoding=noncoding == "tss")
    if promoters is not None and (genome or annotation or tss) is not None:
        raise DeepRageError(
            "ready promoters stand in place of a genome: give either `--promoters` or `--genome` "
            "and `--annotation` (with `--tss-table`), not both."
        )
    problems = Problems()
    tables = _Tables.read(regulators, renames, operons, groups, conditions, problems)
    source = None
    with problems.collected():
        source = open_source(
            genome=genome,
            annotation=annotation,
            promoters=promoters,
            annotation_format=annotation_format,
            gene_id=gene_id,
        )
    chooser = tables.chooser(source)
    read = None
    with problems.collected():
        read = read_expression(
            expression,
            orientation=orientation,
            choose=chooser,
            layer=layer,
            gene_column=gene_column,
            drop_columns=drop_columns,
            conditions=() if tables.conditions is None else list(map(str, tables.conditions.index)),
        )
    if read is None:
        problems.raise_all()
        raise AssertionError("a matrix that was not read is a problem")
    matrix, remarks = read.values, [*([chooser.remark] if chooser.remark else []), *read.remarks]
    renamed = (
        {}
        if tables.conditions is None
        else match_conditions(
            [str(name) for name in matrix.columns], map(str, tables.conditions.index)
        )
    )
    matrix = matrix.rename(columns=renamed)
    with problems.collected():
        reference = [renamed.get(name, name) for name in reference]
        if not log2 and (remark := whole_numbers_remark(matrix)):
            remarks.append(remark)
        matrix = transform_expression(matrix, log2=log2, reference=reference)
        check_logarithms(matrix, read.layers)
    with problems.collected():
        _check_renames(tables.renames, matrix.index, renames)
    files = {
        "expression": expression, "regulators": regulators, "genome": genome,
        "annotation": annotation, "promoters": promoters, "tss": tss, "operons": operons,
        "renames": renames, "conditions": conditions, "groups": groups,
    }  # fmt: skip
    parts = Parts(
        expression=matrix,
        regulators=tables.regulators,
        source=source,
        window=window,
        conditions=tables.conditions,
        groups=tables.groups,
        tss_table=tss,
        operons=tables.operons,
        renames=tables.renames,
        circular=circular,
        coding=coding,
        drop_constant=drop_constant,
        drop_unknown_regulators=drop_unknown_regulators,
        about={
            "name": name or expression.name.split(".")[0],
            "unit": unit or ("log2 expression" if log2 and not reference else "log2 fold change"),
            "provenance": {
                "files": {role: path.name for role, path in files.items() if path is not None},
                "transform": {"log2(x + 1)": log2, "reference": list(reference)},
            },
        },
        remarks=[*remarks, *_on_renamed(renamed)],
    )
    return join(parts, problems)


@dataclass(frozen=True, eq=False)
class _Tables:
    """The small tables of an import; empty where they could not be read."""

    regulators: list[ListedName]
    renames: dict[str, str]
    operons: dict[str, str]
    groups: dict[str, str] | None
    conditions: pd.DataFrame | None

    @classmethod
    def read(
        cls,
        regulators: Path,
        renames: Path | None,
        operons: Path | None,
        groups: Path | None,
        conditions: Path | None,
        problems: Problems,
    ) -> "_Tables":
        def table(read: Callable[[Path], T], path: Path | None) -> T | None:
            with problems.collected():
                return None if path is None else read(path)
            return None

        return cls(
            table(read_regulators, regulators) or [],
            table(read_renames, renames) or {},
            table(read_operons, operons) or {},
            table(read_groups, groups),
            table(read_conditions, conditions),
        )

    def chooser(self, source: GeneSource | None) -> OrientationChooser:
        """Decides by all of these tables where the genes of the matrix are."""
        return OrientationChooser(
            genes=None if source is None else source.names,
            source="no source" if source is None else source.label,
            regulators=[line.spellings() for line in self.regulators],
            conditions=() if self.conditions is None else list(map(str, self.conditions.index)),
            named={*self.renames, *self.operons, *(self.groups or {})},
        )


def _check_renames(renames: Mapping[str, str], rows: Collection[str], path: Path | None) -> None:
    names = NameResolver([str(row) for row in rows])
    if not renames or names.names_of(list(renames)):
        return
    turned = (
        " Its second column has: swap the columns." if names.names_of([*renames.values()]) else ""
    )
    raise DeepRageError(
        f"the table of renames {path} names no gene of the expression matrix: it has "
        f"{examples(renames)}, the matrix {examples(rows)}. Its first column should have the names "
        f"of the matrix.{turned}{near_names_hint(renames, rows)}"
    )


def _on_renamed(renamed: Mapping[str, str]) -> list[str]:
    if not renamed:
        return []
    column, name = next(iter(renamed.items()))
    verb = "is" if len(renamed) == 1 else "are"
    return [
        f"{counted(len(renamed), 'condition')} of the matrix {verb} "
        f"matched to the condition table as R's check.names changes names, such as {column!r} to "
        f"{name!r}; the names of the table are kept"
    ]
