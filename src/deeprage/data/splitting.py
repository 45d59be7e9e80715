"""Making splits: one hold-out, k folds, or one series out, in each of the four regimes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from deeprage.data.allocation import allocate
from deeprage.data.compendium import Compendium
from deeprage.data.condition_names import match_conditions
from deeprage.data.fold_files import read_fold
from deeprage.data.split import Regime, Role, ScoringProtocol, Split, scored_rows
from deeprage.errors import DeepRageError, unknown

#: Number of folds, or `"series"` for one fold a condition series (regime `conditions` only).
Folds = int | Literal["series"]
_AXIS_STREAM = {"gene groups": 0, "condition series": 1, "cells": 2}


@dataclass(frozen=True)
class _Plan:
    """How much is held out, which fold is wanted (from 0; None for one hold-out), and the seed."""

    test_fraction: float
    validation_fraction: float
    seed: int
    fold: int | None
    folds: Folds | None

    def rng(self, kind: str, *more: int) -> np.random.Generator:
        """A generator of its own for each axis and purpose, so that folds share their deal."""
        return np.random.default_rng([self.seed, _AXIS_STREAM[kind], *more])


def as_regime(regime: Regime | str) -> Regime:
    """The regime of that name.

    Raises:
        DeepRageError: there is none; the nearest name is offered.
    """
    try:
        return Regime(regime)
    except ValueError:
        raise unknown("regime", str(regime), [str(x) for x in Regime]) from None


def make_split(
    compendium: Compendium,
    *,
    regime: Regime | str,
    protocol: ScoringProtocol = ScoringProtocol.DEFAULT,
    seed: int = 0,
    test_fraction: float = 0.1,
    validation_fraction: float = 0.1,
    fold: int | None = None,
    folds: Folds | None = None,
) -> Split:
    """One split: a random hold-out, or fold number `fold` of `folds`.

    `pairs` deals single cells, `conditions` whole series, `genes` whole gene groups. `both` deals
    series and gene groups: test genes x test conditions are TEST, validation x validation are
    VALIDATION, train x train are TRAIN, train x validation RESERVE (for a refit once choices are
    made) and the rest is UNUSED. Genes that are not scored (`split.scored_rows`) are UNUSED
    everywhere. Folds of `both` pair the i-th gene fold with the i-th condition fold.

    Args:
        seed: same seed, same split; all folds of one seed are one deal.
        test_fraction: share of the cells, conditions or genes that is tested (without folds).
        validation_fraction: share of all of them that is set aside for choices.
        fold: 1 .. `folds`.
        folds: number of folds, or `"series"`: each condition series is a fold.

    Raises:
        DeepRageError: unknown regime, fractions or folds out of range, or too few series or gene
            groups to have one in each of training, validation and test.
    """
    _check_fractions(test_fraction, validation_fraction, with_folds=folds is not None)
    if seed < 0:
        raise DeepRageError(f"the seed must be 0 or more, got {seed}.")
    regime = as_regime(regime)
    rows = scored_rows(compendium, protocol, regime)
    if not rows.any():
        raise DeepRageError(
            "no gene is scored: every gene with a promoter is a regulator. Shorten the regulator "
            "list, or score regulators too with `--protocol paper`."
        )
    number, fold = _check_folds(compendium, regime, fold, folds)
    plan = _Plan(test_fraction, validation_fraction, seed, fold, folds)
    label = "hold-out" if fold is None else f"fold {fold + 1} of {number}"
    if regime is Regime.PAIRS:
        role = _deal_cells(compendium, rows, plan)
    else:
        gene_roles = condition_roles = None
        if regime in (Regime.GENES, Regime.BOTH):
            gene_roles = np.full(len(rows), Role.UNUSED, dtype=np.int8)
            scored_groups = [compendium.groups[row] for row in np.flatnonzero(rows)]
            gene_roles[rows] = _deal_units(scored_groups, "gene groups", plan)
        if regime in (Regime.CONDITIONS, Regime.BOTH):
            condition_roles = _deal_units(compendium.series, "condition series", plan)
        role = cross(compendium, rows, gene_roles, condition_roles)
    return Split(
        regime, tuple(compendium.genes), tuple(compendium.conditions), role, f"{label}, seed {seed}"
    )


def split_folds(
    compendium: Compendium,
    *,
    regime: Regime | str,
    folds: Folds,
    protocol: ScoringProtocol = ScoringProtocol.DEFAULT,
    seed: int = 0,
    validation_fraction: float = 0.1,
) -> list[Split]:
    """All folds of one deal: each cell, series or gene group is tested in exactly one of them.

    Args and Raises: as `make_split`.
    """
    number = len(set(compendium.series)) if folds == "series" else int(folds)
    return [
        make_split(
            compendium,
            regime=regime,
            protocol=protocol,
            seed=seed,
            validation_fraction=validation_fraction,
            fold=fold,
            folds=folds,
        )
        for fold in range(1, max(number, 1) + 1)
    ]


def split_from_files(
    compendium: Compendium,
    *,
    regime: Regime | str,
    genes_fold: Path | None = None,
    conditions_fold: Path | None = None,
    protocol: ScoringProtocol = ScoringProtocol.DEFAULT,
) -> Split:
    """A split handed in as files with lines `name<TAB>train|validation|test`.

    `genes` takes a file of genes, `conditions` one of conditions, `both` takes both. Every scored
    gene and every condition must be listed, and groups and series must be whole.

    Raises:
        DeepRageError: a file is missing, not wanted by the regime, or does not fit.
    """
    regime = as_regime(regime)
    _check_files(regime, genes_fold, conditions_fold)
    rows = scored_rows(compendium, protocol, regime)
    gene_roles = condition_roles = None
    if genes_fold is not None:
        gene_roles = read_fold(
            genes_fold,
            kind="genes",
            names=compendium.genes,
            groups=compendium.groups,
            needed=rows,
            meant=compendium.names.names_of,
        )
    if conditions_fold is not None:
        condition_roles = read_fold(
            conditions_fold,
            kind="conditions",
            names=compendium.conditions,
            groups=compendium.series,
            needed=np.ones(len(compendium.conditions), dtype=bool),
            meant=lambda listed: match_conditions(listed, compendium.conditions),
        )
    role = cross(compendium, rows, gene_roles, condition_roles)
    label = ", ".join(path.name for path in (genes_fold, conditions_fold) if path)
    return Split(
        regime, tuple(compendium.genes), tuple(compendium.conditions), role, f"from {label}"
    )


def cross(
    compendium: Compendium,
    scored: NDArray[np.bool_],
    gene_roles: NDArray[np.int8] | None,
    condition_roles: NDArray[np.int8] | None,
) -> NDArray[np.int8]:
    """Roles int8 (G, C) from roles of genes (G,) and conditions (C,); None where not held out.

    A cell has the role that its gene and its condition agree on; of those that do not, RESERVE are
    training genes in validation conditions and the reverse, and all that touch a test part UNUSED.
    """
    shape = (len(compendium.genes), len(compendium.conditions))
    by_gene = None if gene_roles is None else np.broadcast_to(gene_roles[:, None], shape)
    by_condition = (
        None if condition_roles is None else np.broadcast_to(condition_roles[None, :], shape)
    )
    if by_gene is None or by_condition is None:
        single = by_condition if by_gene is None else by_gene
        role = np.full(shape, Role.TRAIN, np.int8) if single is None else single.astype(np.int8)
    else:
        role = np.where(by_gene == by_condition, by_gene, Role.UNUSED).astype(np.int8)
        before_test = (Role.TRAIN, Role.VALIDATION)
        crossed = np.isin(by_gene, before_test) & np.isin(by_condition, before_test)
        role[crossed & (by_gene != by_condition)] = Role.RESERVE
    role[~scored] = Role.UNUSED
    return role


def _deal_cells(compendium: Compendium, rows: NDArray[np.bool_], plan: _Plan) -> NDArray[np.int8]:
    """Roles (G, C) of cells dealt one by one, exact in number.

    Cells of genes without a promoter are dealt by themselves, so that those of the other genes are
    dealt the same whether there are such genes or not.
    """
    role = np.full((len(compendium.genes), len(compendium.conditions)), Role.UNUSED, dtype=np.int8)
    having = rows & compendium.has_promoter
    parts = [np.flatnonzero(np.repeat(x, role.shape[1])) for x in (having, rows & ~having)]
    dealt = [
        _dealt(cells, plan, generator)
        for cells, generator in zip(parts, (plan.rng("cells"), plan.rng("cells", 1)), strict=True)
    ]
    for some in dealt:
        for kind, cells in some.items():
            role.flat[cells] = kind
    if min(sum(len(some[kind]) for some in dealt) for kind in dealt[0]) < 1:
        raise DeepRageError(
            f"{sum(map(len, parts))} cells are too few to hold out a test and a validation part: "
            "raise the fractions or use fewer folds."
        )
    return role


def _dealt(
    cells: NDArray[np.intp], plan: _Plan, generator: np.random.Generator
) -> dict[Role, NDArray[np.intp]]:
    """Which of some cells train, validate and test."""
    cells = generator.permutation(cells)
    first, last = 0, round(plan.test_fraction * len(cells))
    if plan.fold is not None:
        bounds = np.linspace(0, len(cells), int(plan.folds or 1) + 1).round().astype(int)
        first, last = bounds[plan.fold], bounds[plan.fold + 1]
    n_test, n_validation = last - first, round(plan.validation_fraction * len(cells))
    turned = np.roll(cells, -first)
    return {
        Role.TEST: turned[:n_test],
        Role.VALIDATION: turned[n_test : n_test + n_validation],
        Role.TRAIN: turned[n_test + n_validation :],
    }


def _deal_units(groups: Sequence[str], kind: str, plan: _Plan) -> NDArray[np.int8]:
    """Roles (units,) of genes or conditions such that no group is parted."""
    _, member, sizes = np.unique(np.array(groups), return_inverse=True, return_counts=True)
    if len(sizes) < 3:
        raise DeepRageError(
            f"the number of {kind} is {len(sizes)}; at least 3 are needed to have one each for "
            f"training, validation and test. Give finer {kind}, or choose another regime."
        )
    role = _hold_out(sizes, kind, plan) if plan.fold is None else _fold(sizes, kind, plan)
    found: NDArray[np.int8] = role[member.reshape(-1)]
    return found


def _hold_out(sizes: NDArray[np.intp], kind: str, plan: _Plan) -> NDArray[np.int8]:
    """Roles (groups,) of one hold-out."""
    shares = (1 - plan.validation_fraction - plan.test_fraction, plan.validation_fraction)
    wanted = np.array([*shares, plan.test_fraction]) * sizes.sum()
    # The parts are numbered as the roles are: TRAIN, VALIDATION, TEST.
    return allocate(sizes, list(wanted), plan.rng(kind, 0)).astype(np.int8)


def _fold(sizes: NDArray[np.intp], kind: str, plan: _Plan) -> NDArray[np.int8]:
    """Roles (groups,) of the wanted fold: its test part, then validation out of the rest."""
    number = len(sizes) if plan.folds == "series" else int(plan.folds or 1)
    if len(sizes) < number:
        raise DeepRageError(
            f"there are {len(sizes)} {kind}, too few for {number} folds: use at most {len(sizes)}."
        )
    total = float(sizes.sum())
    fold_of = (
        np.arange(number)
        if plan.folds == "series"
        else allocate(sizes, [total / number] * number, plan.rng(kind, 0))
    )
    left = np.flatnonzero(fold_of != plan.fold)
    if len(left) < 2:
        raise DeepRageError(
            f"{len(sizes)} {kind} in {number} folds leave {len(left)} outside a fold's test part; "
            "2 are needed, one for training and one for validation: use more folds."
        )
    rest = float(sizes[left].sum())
    validation = min(plan.validation_fraction * total, rest / 2)
    stream = plan.rng(kind, 1 + int(plan.fold or 0))
    role = np.full(len(sizes), Role.TEST, dtype=np.int8)
    role[left] = allocate(sizes[left], [rest - validation, validation], stream)
    return role


def _check_files(regime: Regime, genes_fold: Path | None, conditions_fold: Path | None) -> None:
    given = {"genes": genes_fold is not None, "conditions": conditions_fold is not None}
    wanted = {
        "genes": regime in (Regime.GENES, Regime.BOTH),
        "conditions": regime in (Regime.CONDITIONS, Regime.BOTH),
    }
    if regime is Regime.PAIRS:
        raise DeepRageError(
            "the regime 'pairs' holds out single cells and takes no fold files: choose the regime "
            "'genes', 'conditions' or 'both'."
        )
    for kind in given:
        if given[kind] != wanted[kind]:
            need = "needs a" if wanted[kind] else "takes no"
            raise DeepRageError(
                f"the regime {str(regime)!r} {need} file with the folds of {kind} "
                f"(`--{kind}-fold FILE`)."
            )


def _check_fractions(test: float, validation: float, *, with_folds: bool) -> None:
    held_out = validation if with_folds else test + validation
    if not (0 < test < 1 and 0 < validation < 1 and held_out < 1):
        raise DeepRageError(
            "the test and the validation fraction must each be over 0 and together under 1, got "
            f"{test:g} and {validation:g}; 0.1 and 0.1 are usual."
        )


def _check_folds(
    compendium: Compendium, regime: Regime, fold: int | None, folds: Folds | None
) -> tuple[int, int | None]:
    """Number of folds and the wanted fold from 0 (None for one hold-out)."""
    if folds is None and fold is None:
        return 1, None
    if folds is None or fold is None:
        raise DeepRageError(
            "a fold is named by both its number and the number of folds, such as fold 1 of 5; "
            f"got fold {fold} of {folds}."
        )
    if folds == "series":
        if regime is not Regime.CONDITIONS:
            raise DeepRageError(
                f"one fold a series is for the regime 'conditions', not {str(regime)!r}: give a "
                "number of folds."
            )
        number = len(set(compendium.series))
    else:
        number = int(folds)
    if number < 2:
        raise DeepRageError(f"at least 2 folds are needed, got {number}.")
    if not 1 <= fold <= number:
        raise DeepRageError(f"fold must be 1 .. {number}, got {fold}.")
    return number, fold - 1
