"""Regulatory networks from files: who is said to regulate whom, matched to a compendium's genes."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deeprage.data.names import NameResolver, ResolvedNames
from deeprage.data.reading import open_text
from deeprage.errors import DeepRageError, examples

_REGULATOR_COLUMNS = ("regulator", "tf", "source")
_TARGET_COLUMNS = ("target", "gene", "target gene")
_SIGN_COLUMNS = ("sign", "effect", "mode")
_SIGNS = {"+": 1, "1": 1, "activator": 1, "-": -1, "-1": -1, "repressor": -1}
_NO_SIGN = ("", "0", "?", "+-", "-+", "+/-", "both", "unknown", "dual")


@dataclass(frozen=True, eq=False)
class RegulatoryNetwork:
    """Edges from regulators to targets, as a file names them.

    Attributes:
        name: the file's name.
        edges: columns `regulator`, `target`, `sign` (1 activation, -1 repression, 0 not said);
            each pair once.
        regulators: every regulator that the file speaks of, also those without a target.
        genes: every gene that the file speaks of; None for an edge list, which is silent about
            the genes that are nobody's target.
    """

    name: str
    edges: pd.DataFrame
    regulators: tuple[str, ...]
    genes: tuple[str, ...] | None


@dataclass(frozen=True, eq=False)
class AlignedNetwork:
    """A network on the rows and regulators of a compendium.

    Attributes:
        regulators: intp (N,), positions among the compendium's regulators of those in the file.
        sign: int8 (G, N), of each edge; 0 where it is not said or there is no edge.
        edge: bool (G, N).
        candidate: bool (G, N), the pairs that the file speaks of, self-edges removed; an absent
            edge counts as a negative there.
        regulator_names, target_names: how the file's names were resolved.
    """

    regulators: NDArray[np.intp]
    sign: NDArray[np.int8]
    edge: NDArray[np.bool_]
    candidate: NDArray[np.bool_]
    regulator_names: ResolvedNames | None = None
    target_names: ResolvedNames | None = None


def read_network(path: Path | str, *, below: float | None = None) -> RegulatoryNetwork:
    """Read a gene x regulator table or an edge list; plain or gzip, tabs or commas.

    A table has regulators as column names, genes in its first column, and 0 where there is no
    edge; negative values are repression. An edge list has the columns `regulator` and `target`,
    or no header and the regulator first; a third column may hold signs (+, -, 1, -1).

    Args:
        below: for an edge list with p-values as its third column: keep the edges below this.

    Raises:
        DeepRageError: unreadable, no edges, rows of unequal length, or a third column of numbers
            without `below`.
    """
    path = Path(path)
    rows = _rows(path)
    named = {cell.lower() for cell in rows[0]}
    is_edges = named & {*_REGULATOR_COLUMNS} and named & {*_TARGET_COLUMNS}
    if is_edges or (len(rows[-1]) <= 4 and not _is_number(rows[-1][1])):
        return _edge_list(rows, path, below)
    return _matrix(rows, path)


def align(
    network: RegulatoryNetwork,
    *,
    names: NameResolver,
    regulator_rows: NDArray[np.intp],
) -> AlignedNetwork:
    """Put a network on a compendium's rows.

    Names that mean several genes are left out, see `AlignedNetwork.regulator_names`.

    Args:
        names: finds the compendium's rows (G,).
        regulator_rows: rows of the compendium's regulators.

    Raises:
        DeepRageError: no regulator or no target of the file is in the compendium.
    """
    genes = names.genes
    regulator_names = names.among([int(row) for row in regulator_rows]).resolve(network.regulators)
    targets = dict.fromkeys([*network.edges["target"], *(network.genes or ())])
    target_names = names.resolve(list(targets))
    row_of = target_names.resolved
    slots = {name: regulator_names.resolved.get(name, -1) for name in network.regulators}
    kept = np.array(sorted({slot for slot in slots.values() if slot >= 0}), dtype=np.intp)
    if not len(kept):
        raise DeepRageError(
            f"{network.name} names no regulator of the compendium: it has "
            f"{examples(network.regulators)}, the compendium "
            f"{examples(genes[row] for row in regulator_rows)}."
        )
    column = {int(slot): at for at, slot in enumerate(kept)}
    edge = np.zeros((len(genes), len(kept)), dtype=bool)
    sign = np.zeros(edge.shape, dtype=np.int8)
    for regulator, target, said in network.edges.itertuples(index=False):
        row = row_of.get(target, -1)
        if slots[regulator] >= 0 and row >= 0:
            edge[row, column[slots[regulator]]] = True
            sign[row, column[slots[regulator]]] = said
    if not edge.any():
        raise DeepRageError(
            f"{network.name} has no target among the compendium's genes: it has "
            f"{examples(network.edges['target'])}, the compendium {examples(genes)}."
        )
    known = np.ones(len(genes), dtype=bool)
    if network.genes is not None:
        known[:] = False
        known[[row for name in network.genes if (row := row_of.get(name, -1)) >= 0]] = True
    candidate = np.repeat(known[:, None], len(kept), axis=1)
    own = regulator_rows[kept]
    candidate[own, np.arange(len(kept))] = False
    return AlignedNetwork(kept, sign, edge & candidate, candidate, regulator_names, target_names)


def _rows(path: Path) -> list[list[str]]:
    with open_text(path, "the network file") as handle:
        lines = [line for line in handle if line.strip() and not line.startswith("#")]
    if len(lines) < 2:
        raise DeepRageError(
            f"the network file {path} has {len(lines)} lines; it needs a gene x regulator table or "
            "one edge a line."
        )
    separator = "\t" if "\t" in lines[0] else ","
    rows = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=separator)]
    if len(rows[0]) == len(rows[1]) - 1:
        rows[0].insert(0, "")  # as R writes a table with row names
    uneven = next((n for n, row in enumerate(rows) if len(row) != len(rows[0])), None)
    if uneven is not None or len(rows[0]) < 2:
        raise DeepRageError(
            f"the network file {path} has {len(rows[uneven or 0])} cells in line "
            f"{(uneven or 0) + 1}, expected {max(2, len(rows[0]))}, separated by tabs or commas."
        )
    return rows


def _matrix(rows: list[list[str]], path: Path) -> RegulatoryNetwork:
    regulators, genes = rows[0][1:], [row[0] for row in rows[1:]]
    try:
        values = np.array([row[1:] for row in rows[1:]], dtype=np.float64)
    except ValueError as error:
        raise DeepRageError(
            f"the network file {path} has a cell that is not a number ({error}): a gene x "
            "regulator table holds 0, 1 and -1."
        ) from error
    signed = bool((values < 0).any())
    at, of = np.nonzero(values)
    edges = pd.DataFrame(
        {
            "regulator": [regulators[n] for n in of],
            "target": [genes[n] for n in at],
            "sign": np.sign(values[at, of]).astype(np.int8) if signed else 0,
        }
    )
    return _checked(path, edges, regulators, genes)


def _edge_list(rows: list[list[str]], path: Path, below: float | None) -> RegulatoryNetwork:
    names = [cell.lower() for cell in rows[0]]
    first = next((n for n, name in enumerate(names) if name in _REGULATOR_COLUMNS), None)
    second = next((n for n, name in enumerate(names) if name in _TARGET_COLUMNS), None)
    if first is None or second is None:
        first, second, third = 0, 1, 2 if len(names) > 2 else None
    else:
        rows = rows[1:]
        third = next((n for n, name in enumerate(names) if name in _SIGN_COLUMNS), None)
        if third is None and below is not None and len(names) > 2:
            third = 2
    said = [row[third].lower() if third is not None else "" for row in rows]
    if below is not None:
        try:
            keep = [float(cell) < below for cell in said]
        except ValueError as error:
            raise DeepRageError(
                f"the third column of {path} is not a p-value ({error}): leave the threshold out."
            ) from error
        rows = [row for row, kept in zip(rows, keep, strict=True) if kept]
        said = [""] * len(rows)
    strange = [cell for cell in said if cell not in _SIGNS and cell not in _NO_SIGN]
    if strange:
        raise DeepRageError(
            f"the third column of {path} holds {examples(strange)}, expected a sign (+, -, 1, -1): "
            "if it is a p-value, say below which value an edge counts."
        )
    edges = pd.DataFrame(
        {
            "regulator": [row[first] for row in rows],
            "target": [row[second] for row in rows],
            "sign": np.array([_SIGNS.get(cell, 0) for cell in said], dtype=np.int8),
        }
    )
    return _checked(path, edges, list(dict.fromkeys(edges["regulator"])), None)


def _checked(
    path: Path, edges: pd.DataFrame, regulators: list[str], genes: list[str] | None
) -> RegulatoryNetwork:
    if edges.empty:
        raise DeepRageError(f"the network file {path} has no edges.")
    return RegulatoryNetwork(
        name=path.name,
        edges=edges.drop_duplicates(["regulator", "target"]).reset_index(drop=True),
        regulators=tuple(regulators),
        genes=None if genes is None else tuple(genes),
    )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
