"""Real knock-outs and over-expressions in the named compendia; only `benchmarks/` reads them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deeprage.data.compendium import Compendium
from deeprage.errors import DeepRageError

Columns = NDArray[np.intp]
Values = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Contrast:
    """Mutant conditions and the wild type grown alike.

    Attributes:
        mutants: columns of the compendium, replicates of one another.
        controls: columns; empty where the values are already ratios to the wild type.
    """

    mutants: Columns
    controls: Columns


@dataclass(frozen=True, eq=False)
class RealKnockout:
    """Regulators that were really deleted or over-expressed.

    Attributes:
        name: short, for tables.
        regulators: genes.
        sign: -1 deleted, +1 over-expressed.
        contrasts: one a growth condition.
        motifs: consensus words of their sites, where known.
        stress: the series whose mean response the knock-out may merely undo, where there is one.
        relatives: columns of other mutants of the same regulators, which give it away as well.
    """

    name: str
    regulators: tuple[str, ...]
    sign: int
    contrasts: tuple[Contrast, ...]
    motifs: tuple[str, ...] = ()
    stress: str | None = None
    relatives: tuple[int, ...] = ()

    @property
    def mutants(self) -> Columns:
        """All mutant columns."""
        return np.concatenate([contrast.mutants for contrast in self.contrasts])

    @property
    def controls(self) -> Columns:
        """All control columns, each once; may be empty."""
        return np.unique(np.concatenate([contrast.controls for contrast in self.contrasts]))


def measured_change(compendium: Compendium, contrast: Contrast) -> Values:
    """Mean of the mutants less mean of the controls (G,), log2; NaN where either is missing."""
    change = _mean(compendium.expression[:, contrast.mutants])
    if len(contrast.controls):
        change = change - _mean(compendium.expression[:, contrast.controls])
    return change


def replicate_changes(compendium: Compendium, contrast: Contrast) -> tuple[Values, Values] | None:
    """The change measured twice (G,), or None without a second mutant sample.

    Each half has every other mutant; the controls are halved too where there are two or more,
    else both halves share the one, and its noise with it.
    """
    if len(contrast.mutants) < 2:
        return None
    halves = []
    for half in (0, 1):
        controls = contrast.controls[half::2] if len(contrast.controls) > 1 else contrast.controls
        halves.append(measured_change(compendium, Contrast(contrast.mutants[half::2], controls)))
    return halves[0], halves[1]


def yeast_knockouts(compendium: Compendium) -> list[RealKnockout]:
    """Of Gasch et al. 2000: msn2/4 and yap1 deleted, at 37 C and in H2O2; three over-expressions.

    Raises:
        DeepRageError: the compendium has not those arrays, or not those regulators.
    """
    mutant = _series(compendium, "mutants_heat_peroxide", 10)
    raised = _series(compendium, "tf_overexpression", 3)
    msn, yap = ("YMR037C", "YKL062W"), ("YML007W",)
    _check_regulators(compendium, [*msn, *yap])
    stre, yre = ("AGGGG",), ("TTASTAA",)
    heat, peroxide = "heat_shock_1", "hydrogen_peroxide"

    def deleted(*columns: int, wild: int) -> tuple[Contrast, ...]:
        return (Contrast(mutant[list(columns)], mutant[[wild]]),)

    def over(column: int) -> tuple[Contrast, ...]:
        return (Contrast(raised[[column]], raised[:0]),)

    return [
        RealKnockout("msn24_37C", msn, -1, deleted(1, 2, wild=0), stre, heat),
        RealKnockout("yap1_37C", yap, -1, deleted(3, 4, wild=0), yre, heat),
        RealKnockout("msn24_H2O2", msn, -1, deleted(6, 7, wild=5), stre, peroxide),
        RealKnockout("yap1_H2O2", yap, -1, deleted(8, 9, wild=5), yre, peroxide),
        RealKnockout("MSN2_raised", msn[:1], 1, over(0), stre, heat),
        RealKnockout("MSN4_raised", msn[1:], 1, over(1), stre, heat),
        RealKnockout("YAP1_raised", yap, 1, over(2), yre, peroxide),
    ]


_DELETION = re.compile(r"Escherichia coli (K-12 )?(?P<parent>MG1655|BW25113) del_(?P<gene>\w+)")
_WILD = re.compile(r"Escherichia coli (K-12 )?(?P<parent>MG1655|BW25113)")
#: What must agree for two samples to have grown alike.
GROWTH = (
    "medium",
    "carbon_source",
    "nitrogen_source",
    "electron_acceptor",
    "supplement",
    "temperature",
    "ph",
)


def ecoli_knockouts(compendium: Compendium) -> list[RealKnockout]:
    """Regulators deleted alone in PRECISE, each with the wild type that grew alike.

    A control is of the same series and parental strain if there is one, else of the same series,
    else of the same strain, else any wild type grown alike. Deletions without one are left out.
    Genes of the deletion that are no regulators of the compendium are left out too.

    Raises:
        DeepRageError: the compendium has not PRECISE's sample table, or no such strain.
    """
    obs = compendium.adata.obs
    lost = [column for column in ("strain", *GROWTH) if column not in obs]
    if lost:
        raise DeepRageError(
            f"{compendium.about['name']} has no column {lost[0]!r} for its samples: give "
            "`ecoli-precise`."
        )
    growth = [tuple(map(str, row)) for row in obs[list(GROWTH)].itertuples(index=False)]
    strains = [str(strain) for strain in obs["strain"]]
    wild = {
        n: found["parent"] for n, text in enumerate(strains) if (found := _WILD.fullmatch(text))
    }
    genes = [found["gene"] for text in strains if (found := _DELETION.fullmatch(text))]
    known = compendium.regulator_names.names_of(genes)
    deleted: dict[str, dict[tuple[object, ...], list[int]]] = {}
    for sample, text in enumerate(strains):
        found = _DELETION.fullmatch(text)
        if found is not None and found["gene"] in known:
            # One contrast a growth condition, series and strain.
            key = (compendium.series[sample], found["parent"], growth[sample])
            deleted.setdefault(found["gene"], {}).setdefault(key, []).append(sample)
    result = []
    for gene, cultures in deleted.items():
        contrasts = []
        for (series, parent, grown), samples in cultures.items():
            alike = [sample for sample in wild if growth[sample] == grown]
            controls = _nearest(alike, compendium.series, str(series), wild, str(parent))
            if controls:
                contrasts.append(Contrast(np.array(samples), np.array(controls)))
        if contrasts:
            kin = [n for n, text in enumerate(strains) if f" {gene}_" in text]
            own = (known[gene],)
            result.append(RealKnockout(gene, own, -1, tuple(contrasts), relatives=tuple(kin)))
    if not result:
        raise DeepRageError(
            f"{compendium.about['name']} has no deletion strain of a regulator with a wild type "
            "grown alike."
        )
    return result


def _nearest(
    alike: Sequence[int], series: Sequence[str], own: str, wild: dict[int, str], parent: str
) -> list[int]:
    """Of wild types grown alike, those of the nearest origin."""
    origin = [(series[sample] != own, wild[sample] != parent) for sample in alike]
    nearest = min(origin, default=None)
    return [sample for sample, one in zip(alike, origin, strict=True) if one == nearest]


def _series(compendium: Compendium, name: str, size: int) -> Columns:
    columns = np.flatnonzero(np.array(compendium.series) == name)
    if len(columns) != size:
        raise DeepRageError(
            f"{compendium.about['name']} has {len(columns)} conditions of the series {name!r}, "
            f"expected {size}: give `yeast-stress` or `yeast-stress-full`."
        )
    return columns


def _check_regulators(compendium: Compendium, names: Sequence[str]) -> None:
    lost = [name for name in names if name not in compendium.regulators]
    if lost:
        raise DeepRageError(
            f"{compendium.about['name']} has not {', '.join(lost)} among its regulators: give "
            "`yeast-stress-full`."
        )


def _mean(values: Values) -> Values:
    """Mean over columns of the known values; NaN without any."""
    known = ~np.isnan(values)
    count = known.sum(axis=1)
    total = np.where(known, values, 0).sum(axis=1)
    with np.errstate(invalid="ignore"):
        return np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)
