"""Joining the parts of a compendium that were read, with all of their problems at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from deeprage.data.build_notes import BuildNotes, notes_of
from deeprage.data.compendium import Compendium
from deeprage.data.condition_names import check_conditions
from deeprage.data.gene_source import GeneSource
from deeprage.data.groups import gene_groups
from deeprage.data.matching import (
    MatchedGenes,
    MatchedRegulators,
    match_regulators,
    match_table,
    unknown_regulators,
)
from deeprage.data.problems import Problems
from deeprage.data.promoter_sources import NamedPromoters, from_fasta, from_genome
from deeprage.data.promoters import PromoterWindow
from deeprage.data.regulator_list import ListedName
from deeprage.data.validation import check_promoters, check_unique, check_values
from deeprage.errors import DeepRageError

#: bp from the start codon that are kept beside the promoter.
DEFAULT_CODING = 1000


@dataclass(frozen=True, eq=False)
class Parts:
    """What a compendium is made of; see `building.build_compendium`.

    Attributes:
        source: None if it could not be read.
        about: name, unit and provenance.
        remarks: sentences on what deserves a look.
    """

    expression: pd.DataFrame
    regulators: Sequence[ListedName]
    source: GeneSource | None
    window: PromoterWindow
    conditions: pd.DataFrame | None
    groups: Mapping[str, str] | None
    tss_table: Path | None
    operons: Mapping[str, str]
    renames: Mapping[str, str]
    circular: Collection[str]
    coding: int
    drop_constant: bool
    drop_unknown_regulators: bool
    about: Mapping[str, Any]
    remarks: Sequence[str] = ()


def join(parts: Parts, problems: Problems) -> tuple[Compendium, BuildNotes]:
    """The compendium of parts.

    Args:
        problems: what is known to be wrong already.

    Raises:
        DeepRageError: all problems together.
    """
    if parts.coding < 0:
        raise DeepRageError(f"the coding length must be 0 bp or more, got {parts.coding}.")
    whole = _named(parts.expression, problems)
    constant = _constant(whole) if parts.drop_constant else []
    matrix = whole.drop(index=constant)
    _check_matrix(matrix, parts, problems)
    if parts.source is None or matrix.empty:
        problems.raise_all()
        raise AssertionError("an unread source and an empty matrix are problems")
    everything = MatchedGenes.of(list(whole.index), parts.source, parts.renames)
    regulators = _regulators(parts, everything, problems)
    kept = [row for row in regulators.rows if row not in set(constant)]
    matched = everything
    if constant:
        matched = MatchedGenes.of(list(matrix.index), parts.source, parts.renames)
    groups = None
    with problems.collected():
        if parts.groups is not None:
            groups = match_table(parts.groups, matched.row_names, "the gene group file")
    promoters = _promoters(parts, matched, problems)
    problems.raise_all()
    if promoters is None:
        raise AssertionError("promoters that were not found are a problem")
    compendium = Compendium.from_parts(
        expression=matrix,
        promoters=promoters.promoters.tokens,
        regulators=kept,
        series=_series(matrix, parts.conditions),
        conditions=parts.conditions,
        groups=_computed_groups(matched, promoters) if groups is None else groups.values,
        symbols=matched.symbols,
        anchor=parts.window.anchor,
        downstream=parts.window.downstream,
        coding=promoters.coding,
        identifiers=matched.kept_identifiers,
        **parts.about,
    )
    tables = [*promoters.matches, *([] if groups is None else [("gene groups", groups.line)])]
    return compendium, notes_of(
        compendium,
        matched,
        promoters,
        constant=len(constant),
        regulators=regulators.listed - len(kept),
        matches=[("genes", matched.meant.summary), ("regulators", regulators.line), *tables],
        remarks=[
            *parts.remarks,
            *matched.remarks(),
            *regulators.remarks,
            *promoters.remarks,
            *(() if groups is None else groups.remarks),
        ],
    )


def _named(expression: pd.DataFrame, problems: Problems) -> pd.DataFrame:
    """The matrix with names of text, of repeated rows and columns the first."""
    matrix = expression.set_axis(expression.index.astype(str), axis=0)
    matrix = matrix.set_axis(matrix.columns.astype(str), axis=1)
    with problems.collected():
        check_unique(matrix.index, "genes in the expression matrix", "average or drop the repeats")
    with problems.collected():
        check_unique(matrix.columns, "conditions in the expression matrix", "rename the columns")
    return matrix.loc[~matrix.index.duplicated(), ~matrix.columns.duplicated()]


def _check_matrix(matrix: pd.DataFrame, parts: Parts, problems: Problems) -> None:
    if matrix.empty:
        problems.add(
            DeepRageError(
                "no gene of the expression matrix varies over the conditions: is it the right file?"
            )
        )
        return
    with problems.collected():
        check_values(matrix)
    if parts.conditions is not None and "series" in parts.conditions.columns:
        with problems.collected():
            check_conditions(matrix, parts.conditions)


def _regulators(parts: Parts, genes: MatchedGenes, problems: Problems) -> MatchedRegulators:
    """The regulators' rows, constant ones included; what is wrong is added to `problems`."""
    known = match_regulators(parts.regulators, genes.row_names)
    if not genes.gene_of:  # then it is no wonder that other names of regulators have no row
        return known
    listed = [name.text for name in parts.regulators]
    known.remarks.extend(genes.regulator_remarks(known.rows, listed))
    for error in known.problems:
        problems.add(error)
    if known.unknown and not parts.drop_unknown_regulators:
        problems.add(unknown_regulators(known, genes))
    elif not parts.regulators:
        if not problems:  # else the list could not be read
            problems.add(DeepRageError("the regulator list is empty; give at least one gene name."))
    elif not known.rows and not known.problems:
        problems.add(
            DeepRageError(
                "no regulator of the list has a row in the expression matrix; give at least one."
            )
        )
    return known


def _promoters(parts: Parts, matched: MatchedGenes, problems: Problems) -> NamedPromoters | None:
    with problems.collected():
        matched.check(list(map(str, parts.expression.columns)))
        if matched.source.annotation is None:
            promoters = from_fasta(matched, operons=parts.operons)
        else:
            promoters = from_genome(
                matched,
                window=parts.window,
                tss_table=parts.tss_table,
                operons=parts.operons,
                circular=parts.circular,
                coding=parts.coding,
            )
        check_promoters(matched.rows, promoters.promoters.tokens)
        return promoters
    return None


def _computed_groups(matched: MatchedGenes, promoters: NamedPromoters) -> dict[str, str]:
    cut = promoters.promoters
    same = [promoters.operons, matched.gene_of]
    return gene_groups(list(matched.rows), cut.tokens, cut.windows, same=same)


def _constant(matrix: pd.DataFrame) -> list[str]:
    values = matrix.to_numpy(dtype=np.float64)
    low = np.where(np.isnan(values), np.inf, values).min(axis=1, initial=np.inf)
    high = np.where(np.isnan(values), -np.inf, values).max(axis=1, initial=-np.inf)
    return [str(gene) for gene in matrix.index[high <= low]]


def _series(matrix: pd.DataFrame, conditions: pd.DataFrame | None) -> list[str] | None:
    if conditions is None or "series" not in conditions.columns:
        return None
    return [str(x) for x in conditions.loc[list(matrix.columns), "series"]]
