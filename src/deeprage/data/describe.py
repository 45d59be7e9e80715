"""What is in a compendium, and what a split does with it, in numbers and as text."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from deeprage.data.compendium import RELATIVE, Compendium
from deeprage.data.dna import N_TOKEN
from deeprage.data.labels import DEFAULT_EDGES, class_names, classify
from deeprage.data.split import Role, Split
from deeprage.data.units import gene_means, is_relative


@dataclass(frozen=True)
class SplitDescription:
    """A split in numbers, by role.

    Attributes:
        cells, measured: number of cells, and of those that have a value.
        genes, conditions: number of genes and conditions with a cell of the role.
    """

    regime: str
    label: str
    cells: dict[str, int]
    measured: dict[str, int]
    genes: dict[str, int]
    conditions: dict[str, int]


@dataclass(frozen=True)
class Description:
    """A compendium in numbers.

    Attributes:
        missing: share of the cells without a value.
        anchor, promoter_length, downstream: what a promoter window is, in bp.
        without_promoter: genes that have none; scored in `pairs` and `conditions` only, by what
            needs none.
        n_share: share of N among the letters of the promoters.
        scored: genes that are scored by default: with a promoter, and not regulators.
        series: number of conditions of each series, in the order of the matrix.
        groups, largest_group, grouped_genes: number of gene groups, genes in the largest, and
            genes that are in a group with others.
        quantiles: 1, 25, 50, 75 and 99 % points of the values (log2).
        classes: share of the measured cells in each class; of log2 expression relative to each
            gene's mean.
    """

    name: str
    unit: str
    genes: int
    conditions: int
    missing: float
    anchor: str
    promoter_length: int
    downstream: int
    without_promoter: int
    n_share: float
    regulators: int
    scored: int
    series: dict[str, int]
    groups: int
    largest_group: int
    grouped_genes: int
    quantiles: tuple[float, ...]
    classes: dict[str, float]
    split: SplitDescription | None

    def as_dict(self) -> dict[str, Any]:
        """A plain dictionary that JSON can hold."""
        return {**asdict(self), "quantiles": list(self.quantiles)}

    def text(self) -> str:
        """The description as aligned lines for a terminal."""
        rows = _lines(self) + (_split_lines(self.split) if self.split else [])
        width = max(len(name) for name, _ in rows)
        lines = [f"{name:<{width}}  {value}" for name, value in rows]
        if self.unit != RELATIVE:
            lines.append("* relative to each gene's mean")
        return "\n".join(lines)


def describe(
    compendium: Compendium,
    split: Split | None = None,
    *,
    edges: Sequence[float] = DEFAULT_EDGES,
) -> Description:
    """Numbers of a compendium and, where one is given, of a split.

    Raises:
        DeepRageError: the split is not of this compendium.
    """
    values = compendium.expression
    known = ~np.isnan(values)
    having = compendium.has_promoter
    letters = compendium.promoters[having]
    sizes = Counter(compendium.groups)
    scored = having.copy()
    scored[compendium.regulator_rows] = False
    changes = values if is_relative(compendium) else values - gene_means(values)
    labels = classify(changes[known], edges)
    names = class_names(edges)
    return Description(
        name=str(compendium.about["name"]),
        unit=str(compendium.about["unit"]),
        genes=len(compendium.genes),
        conditions=len(compendium.conditions),
        missing=float(1 - known.mean()),
        anchor=str(compendium.about["anchor"]),
        promoter_length=int(compendium.about["promoter_length"]),
        downstream=int(compendium.about["downstream"]),
        without_promoter=int((~having).sum()),
        n_share=float((letters == N_TOKEN).mean()) if letters.size else 0.0,
        regulators=len(compendium.regulators),
        scored=int(scored.sum()),
        series=dict(Counter(compendium.series)),
        groups=len(sizes),
        largest_group=max(sizes.values()),
        grouped_genes=sum(size for size in sizes.values() if size > 1),
        quantiles=tuple(map(float, np.quantile(values[known], [0.01, 0.25, 0.5, 0.75, 0.99]))),
        classes={name: float((labels == k).mean()) for k, name in enumerate(names)},
        split=None if split is None else describe_split(compendium, split),
    )


def describe_split(compendium: Compendium, split: Split) -> SplitDescription:
    """How many cells, genes and conditions have each role.

    Raises:
        DeepRageError: the split is not of this compendium.
    """
    split.check_against(compendium)
    known = ~np.isnan(compendium.expression)
    cells = {role.name.lower(): split.cells(role) for role in Role}
    return SplitDescription(
        regime=str(split.regime),
        label=split.label,
        cells={name: int(chosen.sum()) for name, chosen in cells.items()},
        measured={name: int((chosen & known).sum()) for name, chosen in cells.items()},
        genes={name: int(chosen.any(axis=1).sum()) for name, chosen in cells.items()},
        conditions={name: int(chosen.any(axis=0).sum()) for name, chosen in cells.items()},
    )


def _lines(found: Description) -> list[tuple[str, str]]:
    sizes = list(found.series.values())
    window = f"{found.promoter_length:,} bp to {found.downstream:+,} of the {found.anchor}"
    classes = ", ".join(f"{name} {100 * share:.1f} %" for name, share in found.classes.items())
    largest = max(found.series, key=lambda name: found.series[name])
    return [
        ("compendium", found.name),
        ("shape", f"{found.genes:,} genes x {found.conditions:,} conditions"),
        ("unit", found.unit),
        ("missing values", f"{100 * found.missing:.1f} %"),
        ("1, 25, 50, 75, 99 % points", ", ".join(f"{x:.2f}" for x in found.quantiles)),
        (f"classes of the measured{'' if found.unit == RELATIVE else ' *'}", classes),
        ("promoters", f"{window}, {100 * found.n_share:.2f} % N"),
        ("genes without a promoter", _without_promoter(found.without_promoter)),
        ("regulators", f"{found.regulators:,} (inputs; not scored by default)"),
        ("genes scored by default", f"{found.scored:,}"),
        (
            "condition series",
            f"{len(sizes)}, of {min(sizes)} to {max(sizes)} conditions (largest: {largest})",
        ),
        (
            "gene groups",
            f"{found.groups:,}; {found.grouped_genes:,} genes share a group, the largest has "
            f"{found.largest_group:,}",
        ),
    ]


def _without_promoter(number: int) -> str:
    """Their number, and what becomes of them if there are any."""
    return f"{number:,} (scored in pairs and conditions, by what needs none)" if number else "0"


def _split_lines(split: SplitDescription) -> list[tuple[str, str]]:
    rows = [("split", f"{split.regime}, {split.label}")]
    for name, count in split.cells.items():
        where = f"{split.genes[name]:,} genes and {split.conditions[name]:,} conditions"
        measured = f"{count:,} cells, {split.measured[name]:,} measured, in {where}"
        rows.append((f"  {name}", measured if count else "no cells"))
    return rows
