"""Regulatory networks from files: known links of regulators and genes of a compendium."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deeprage.data.motif_names import readings
from deeprage.data.names import NameResolver, ResolvedNames
from deeprage.data.network_edges import Cut, EdgeReading, readings_of
from deeprage.data.network_rows import read_rows
from deeprage.errors import DeepRageError, counted, examples

#: Regulators and targets are the other way where that fits so many times more names.
_CLEARLY = 2
#: From this share of links among the pairs a network hardly has pairs to compare with.
_MOSTLY_LINKS = 0.5


@dataclass(frozen=True, eq=False)
class RegulatoryNetwork:
    """Links from regulators to targets, as a file names them.

    Attributes:
        name: the file's name.
        readings: ways to read the file, the likeliest first.
        named: whether the file itself says which column holds regulators.
        notes: what was done to rows of the file, one sentence each.
    """

    name: str
    readings: tuple[EdgeReading, ...]
    named: bool = True
    notes: tuple[str, ...] = ()

    @property
    def edges(self) -> pd.DataFrame:
        """Columns `regulator`, `target`, `sign` of the likeliest reading; each pair once."""
        return self.readings[0].edges

    @property
    def regulators(self) -> tuple[str, ...]:
        """Every regulator of the likeliest reading, also those without a target."""
        return self.readings[0].regulators

    @property
    def genes(self) -> tuple[str, ...] | None:
        """Every gene that a table names; None for a list of links, which names targets only."""
        return self.readings[0].genes


@dataclass(frozen=True, eq=False)
class AlignedNetwork:
    """A network on the rows and regulators of a compendium.

    Attributes:
        regulators: intp (N,), places of the compendium's regulators that are in the file.
        sign: int8 (G, N), of each link; 0 where it is not known or there is no link.
        edge: bool (G, N).
        candidate: bool (G, N), the pairs that the file can say something of, self-edges removed;
            a pair without a link counts as a negative there.
        notes: how the file was read and matched, one sentence each.
    """

    regulators: NDArray[np.intp]
    sign: NDArray[np.int8]
    edge: NDArray[np.bool_]
    candidate: NDArray[np.bool_]
    notes: tuple[str, ...] = ()


def read_network(
    path: Path | str, *, below: float | None = None, above: float | None = None
) -> RegulatoryNetwork:
    """Read links of regulators and genes, plain or gzip; the layout is recognised by content.

    - A list of links, with a header that names regulator and target (TRRUST, CollecTRI, DoRothEA,
      RegulonDB, YEASTRACT, STRING, GENIE3, GRNBoost2, SIF and their like) or without, then with
      the regulator before the target. Signs are +, -, 1, -1 or words such as activation.
    - A table of genes x regulators, or the other way, with 0 where there is no link; negative
      values are repression.
    - Sets of targets: a regulator, a description and targets on each line (GMT).

    Args:
        below: links are the rows or cells below this, for p-values.
        above: links are the rows or cells of at least this size, for weights.

    Raises:
        DeepRageError: unreadable, no link, rows of unequal length, or numbers other than signs
            without a threshold.
    """
    path = Path(path)
    found, notes, named = readings_of(read_rows(path), Cut(below, above), path)
    return RegulatoryNetwork(path.name, tuple(found), named, tuple(notes))


@dataclass(frozen=True, eq=False)
class _Fit:
    """A reading of a network with what its names mean.

    Attributes:
        slots: places of regulators by their names in the file; rows: of genes likewise.
        explained: links between a regulator and a gene of the compendium.
        share: of the reading's regulators that are regulators of the compendium.
    """

    reading: EdgeReading
    slots: dict[str, int]
    rows: dict[str, int]
    resolved: tuple[ResolvedNames, ResolvedNames]

    @property
    def explained(self) -> int:
        edges = self.reading.edges
        return int((edges["regulator"].isin(self.slots) & edges["target"].isin(self.rows)).sum())

    @property
    def share(self) -> float:
        return len(self.slots) / max(len(self.reading.regulators), 1)


def align(
    network: RegulatoryNetwork,
    *,
    regulator_rows: NDArray[np.intp],
    names: NameResolver | None = None,
    genes: Sequence[str] = (),
    symbols: Sequence[str] = (),
) -> AlignedNetwork:
    """Put a network on a compendium's rows.

    Of the readings of a file the one that explains most links is taken. Names that mean several
    genes are left out. A link that two names give different signs has none.

    Args:
        regulator_rows: rows of the compendium's regulators.
        names: finds the compendium's rows (G,) (`Compendium.names`); or
        genes, symbols: of the rows, in place of `names`.

    Raises:
        DeepRageError: no regulator or no target of the file is in the compendium, or a file's
            columns are the other way than it says.
    """
    names = names or NameResolver.from_symbols(genes, symbols)
    fit, notes = _best_fit(network, names, regulator_rows)
    reading, slots, row_of = fit.reading, fit.slots, fit.rows
    kept = np.array(sorted(set(slots.values())), dtype=np.intp)
    column = {int(slot): at for at, slot in enumerate(kept)}
    signs: dict[tuple[int, int], set[int]] = {}
    for regulator, target, sign in reading.edges.itertuples(index=False):
        if regulator in slots and target in row_of:
            pair = row_of[target], column[slots[regulator]]
            signs.setdefault(pair, set()).add(int(sign))
    edge = np.zeros((len(names.genes), len(kept)), dtype=bool)
    signed = np.zeros(edge.shape, dtype=np.int8)
    for pair, found in signs.items():
        edge[pair], signed[pair] = True, int(np.sign(sum(found)))
    known = np.ones(len(names.genes), dtype=bool)
    if reading.genes is not None:
        known[:] = False
        known[[row_of[name] for name in reading.genes if name in row_of]] = True
    candidate = np.repeat(known[:, None], len(kept), axis=1)
    candidate[regulator_rows[kept], np.arange(len(kept))] = False
    twice = sum({1, -1} <= found for found in signs.values())
    notes += _matched(network, fit, edge & candidate, signed, len(regulator_rows))
    if twice:
        notes.append(
            f"{network.name}: {counted(twice, 'link')} with both signs under several names of a "
            "gene, used without a sign"
        )
    return AlignedNetwork(kept, signed, edge & candidate, candidate, tuple(notes))


def check_comparable(aligned: AlignedNetwork, name: str, rows: NDArray[np.intp]) -> str | None:
    """Raise a `DeepRageError` if a network leaves nothing to compare scores with.

    Args:
        name: of the network.
        rows: of the genes that are scored.

    Returns:
        a sentence if links are so frequent that a comparison says little, else None.
    """
    pairs = int(aligned.candidate[rows].sum())
    links = int(aligned.edge[rows].sum())
    many = f"{counted(len(aligned.regulators), 'regulator')} and {counted(len(rows), 'gene')}"
    if links == 0:
        raise DeepRageError(
            f"{name} has no link between {many} that are scored, so that there is nothing to "
            "compare with: give a network of these genes, or leave --network out."
        )
    if links == pairs:
        raise DeepRageError(
            f"{name} has a link in each of its {pairs:,} pairs of a regulator and a gene that are "
            "scored, so that there is nothing to compare links with: give a network that leaves "
            "some pairs without a link (--network-above cuts a list with weights)."
        )
    if links > _MOSTLY_LINKS * pairs:
        return (
            f"{name}: {links:,} of {pairs:,} pairs are links ({links / pairs:.0%}); with so few "
            "others a comparison says little"
        )
    return None


def _best_fit(
    network: RegulatoryNetwork, names: NameResolver, regulator_rows: NDArray[np.intp]
) -> tuple[_Fit, list[str]]:
    """The reading that explains most, and notes on the file; the other way only if it is clear."""
    regulators = names.among([int(row) for row in regulator_rows])
    known: dict[tuple[str, ...], tuple[dict[str, int], ResolvedNames]] = {}
    found: dict[tuple[str, ...], tuple[dict[str, int], ResolvedNames]] = {}

    def fitted(reading: EdgeReading) -> _Fit:
        targets = tuple(dict.fromkeys([*reading.edges["target"], *(reading.genes or ())]))
        if reading.regulators not in known:
            known[reading.regulators] = _regulators(reading.regulators, regulators)
        if targets not in found:
            resolved = names.resolve(targets)
            found[targets] = resolved.resolved, resolved
        (slots, of_slots), (rows, of_rows) = known[reading.regulators], found[targets]
        return _Fit(reading, slots, rows, (of_slots, of_rows))

    fits = [fitted(reading) for reading in network.readings]
    straight = max((fit for fit in fits if not fit.reading.swapped), key=lambda fit: fit.explained)
    turned = max(
        (fit for fit in fits if fit.reading.swapped),
        key=lambda fit: fit.explained,
        default=straight,
    )
    notes = [f"{network.name}: {note}" for note in network.notes]
    other_way = turned.explained > straight.explained and turned.share > _CLEARLY * straight.share
    if other_way:
        text = (
            f"regulators of the compendium are {len(turned.slots):,} of "
            f"{len(turned.reading.regulators):,} names in {turned.reading.columns[0]} and "
            f"{len(straight.slots):,} of {len(straight.reading.regulators):,} in "
            f"{straight.reading.columns[0]}"
        )
        if network.named:
            raise DeepRageError(
                f"regulators and targets look exchanged in {network.name}: {text}. Correct the "
                "header of the file."
            )
        notes.append(f"{network.name}: regulators are in {turned.reading.columns[0]}, since {text}")
    best = turned if other_way else straight
    _check_matched(network, best, names, regulator_rows)
    return best, notes


def _regulators(
    called: tuple[str, ...], regulators: NameResolver
) -> tuple[dict[str, int], ResolvedNames]:
    """Places of regulators by their names; a set of targets may be called FAB3_TARGETS."""
    resolved = regulators.resolve(called)
    slots = dict(resolved.resolved)
    lost = {name: readings(name)[1:] for name in resolved.unmatched}
    again = regulators.resolve(sorted({other for some in lost.values() for other in some}))
    for name, others in lost.items():
        place = next((again.resolved[x] for x in others if x in again.resolved), None)
        if place is not None:
            slots[name] = place
    return slots, resolved


def _check_matched(
    network: RegulatoryNetwork, fit: _Fit, names: NameResolver, regulator_rows: NDArray[np.intp]
) -> None:
    if not fit.slots:
        raise DeepRageError(
            f"{network.name} names no regulator of the compendium: it has "
            f"{examples(fit.reading.regulators)} in {fit.reading.columns[0]}, the compendium "
            f"{examples(names.genes[row] for row in regulator_rows)}."
        )
    if not fit.explained:
        raise DeepRageError(
            f"{network.name} has no link from a regulator to a gene of the compendium: its targets "
            f"are {examples(fit.reading.edges['target'])}, the compendium's genes "
            f"{examples(names.genes)}."
        )


def _matched(
    network: RegulatoryNetwork,
    fit: _Fit,
    edge: NDArray[np.bool_],
    sign: NDArray[np.int8],
    regulators: int,
) -> list[str]:
    """Sentences on how many links and names were matched."""
    edges = fit.reading.edges
    up, down = int((sign[edge] > 0).sum()), int((sign[edge] < 0).sum())
    notes = [
        f"{network.name}: {fit.explained:,} of {counted(len(edges), 'link')} between "
        f"{len(set(fit.slots.values())):,} of {counted(regulators, 'regulator')} and genes of the "
        f"compendium; {up:,} activate, {down:,} repress, {int(edge.sum()) - up - down:,} without "
        "a sign"
    ]
    lost = [name for name in fit.reading.regulators if name not in fit.slots]
    targets = dict.fromkeys(edges["target"])
    others = [name for name in targets if name not in fit.rows]
    for names, kind in ((lost, "regulator"), (others, "target")):
        if names:
            total = len(fit.reading.regulators) if kind == "regulator" else len(targets)
            notes.append(
                f"{network.name}: {len(names):,} of {counted(total, kind)} not among those of the "
                f"compendium: {examples(names)}"
            )
    return notes + [
        f"{network.name}: {counted(len(resolved.ambiguous), 'name')} not used, since several genes "
        f"have it: {resolved.ambiguity()}"
        for resolved in fit.resolved
        if resolved.ambiguous
    ]
