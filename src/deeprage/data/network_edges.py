"""Rows of a network file as links: tables, lists of links, and sets of targets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deeprage.data.network_rows import NetworkRows, Role
from deeprage.data.network_signs import are_signs, sign_of
from deeprage.errors import DeepRageError, counted, examples

#: Columns whose values must be signs; others of this role may hold anything.
_SURE_SIGNS = {"sign", "effect", "mode", "mor", "regulation", "regulatoryeffect",
               "modeofregulation"}  # fmt: skip
#: Share of all pairs from which a list of links also names the pairs without one.
_GRID = 0.9
_NO_NAME = {"", "na", "nan", "none", "null", "-", "."}


@dataclass(frozen=True, eq=False)
class EdgeReading:
    """One way to read a file.

    Attributes:
        edges: columns `regulator`, `target`, `sign` (1 activation, -1 repression, 0 not known);
            each pair once.
        regulators: every regulator that the file names, also those without a target.
        genes: every gene that a table names; None for a list of links, which names targets only.
        columns: how a message calls the columns of regulators and targets.
        swapped: whether regulators and targets are the other way than the file has them first.
    """

    edges: pd.DataFrame
    regulators: tuple[str, ...]
    genes: tuple[str, ...] | None
    columns: tuple[str, str]
    swapped: bool = False


@dataclass(frozen=True)
class Cut:
    """Which values of a column of numbers make a link.

    Attributes:
        below: those below it, for p-values; above: those of this size or more, for weights.
    """

    below: float | None = None
    above: float | None = None

    @property
    def given(self) -> bool:
        """Whether there is any threshold."""
        return self.below is not None or self.above is not None


def readings_of(
    source: NetworkRows, cut: Cut, path: Path
) -> tuple[list[EdgeReading], list[str], bool]:
    """Ways to read a file, the likeliest first; notes; and whether the file itself names columns.

    Raises:
        DeepRageError: numbers that are neither signs nor 0 and 1 without a threshold, a threshold
            without numbers, text in place of signs, or no link.
    """
    if source.header is not None:
        return *_named(source, cut, path), True
    if source.ragged or _is_sets(source.rows):
        return *_sets(source.rows, path), False
    if _is_matrix(source.rows):
        return *_matrix(source.rows, cut, path), False
    return *_unnamed(source.rows, cut, path), False


# --- lists of links -----------------------------------------------------------------------------


def _named(source: NetworkRows, cut: Cut, path: Path) -> tuple[list[EdgeReading], list[str]]:
    """A list of links whose header says which columns are which."""
    header, roles = list(source.header or ()), source.roles
    columns = list(zip(*source.rows, strict=True))
    places = {role: [n for n, own in enumerate(roles) if own is role] for role in Role}
    signs = [n for n in places[Role.SIGN] if are_signs(columns[n])]
    numbers = {n: _numbers(columns[n]) for n in range(len(header)) if n not in signs}
    used = {*signs[:1]}
    for n in places[Role.SIGN]:
        plain = "".join(filter(str.isalpha, header[n].lower()))
        if n not in signs and numbers[n] is None and plain in _SURE_SIGNS:
            raise _no_signs(path, header[n], columns[n])
    weights = [n for n in places[Role.WEIGHT] if numbers.get(n) is not None]
    values = [n for n in places[Role.P_VALUE] if numbers.get(n) is not None]
    named = {n for n, role in enumerate(roles) if role is not None}
    # A column of decimals is a weight or a p-value, whatever its name.
    weights += [n for n in range(len(header)) if n not in named and _has_decimals(numbers.get(n))]
    weights += [n for n in places[Role.SIGN] if n not in signs and numbers.get(n) is not None]
    if signs and not cut.given:  # beside signs a column of one value cuts nothing
        weights = [n for n in weights if _varies(numbers[n])]
    unsure = False
    if not cut.given and not signs and weights and _are_signs(numbers[weights[0]]):
        signs, used, unsure = [weights[0]], {weights[0]}, roles[weights[0]] is not Role.SIGN
        weights = weights[1:]
    if Role.STIMULATES in roles and Role.INHIBITS in roles and not signs:
        up, down = places[Role.STIMULATES][0], places[Role.INHIBITS][0]
        given = [_flag(a) - _flag(b) for a, b in zip(columns[up], columns[down], strict=True)]
        used |= {up, down}
    else:
        given = _column_signs(columns[signs[0]], unsure) if signs else [0] * len(source.rows)
    kept, more = _cut(header, numbers, weights, values, cut, path, len(source.rows))
    used |= more
    if cut.above is not None and not signs and weights:
        given = _signs_beyond(numbers[weights[0]], given)
    notes: list[str] = []
    pairs: list[tuple[int, int]] = []
    if places[Role.REGULATOR] and places[Role.TARGET]:
        pairs = [(a, b) for a in places[Role.REGULATOR] for b in places[Role.TARGET]]
    both = places[Role.EITHER] if not pairs else []
    zero = _without_links(columns, pairs or [(both[0], both[1])], signs, given, weights)
    kept = [one and not other for one, other in zip(kept, zero, strict=True)]
    notes += _counted_zeros(zero)
    used |= {n for pair in pairs for n in pair} | set(both)
    unread = [name for n, name in enumerate(header) if n not in used and name]
    if unread:
        notes.append(f"columns that are not read: {examples(unread)}")
    links = [
        reading
        for a, b in pairs
        for reading in _both_ways(columns, (a, b), (header[a], header[b]), given, kept, notes)
    ]
    if both:
        links = [_undirected(columns, both, header, given, kept)]
        notes.append("links have no direction: each counts in both")
    return _checked(links, path), notes


def _unnamed(
    rows: Sequence[Sequence[str]], cut: Cut, path: Path
) -> tuple[list[EdgeReading], list[str]]:
    """A list of links without a header: names, then perhaps signs, weights, and more."""
    columns = list(zip(*rows, strict=True))
    header = [f"column {n + 1}" for n in range(len(columns))]
    numbers = {n: _numbers(cells) for n, cells in enumerate(columns)}
    # A first line that does not fit the others is a header of names that are not known.
    titled = len(rows) > 2 and any(map(_is_titled, columns))
    if titled:
        columns = [cells[1:] for cells in columns]
        numbers = {n: _numbers(cells) for n, cells in enumerate(columns)}
        header = [str(name) for name in rows[0]]
    signs = [n for n, cells in enumerate(columns) if numbers[n] is None and are_signs(cells)]
    names = [n for n in range(len(columns)) if numbers[n] is None and n not in signs]
    before = [n for n in names if n < signs[0]] if signs else names
    if len(before) >= 2:
        names = before
    varied = [n for n in names if len(set(columns[n])) > 1]
    names = varied if len(varied) >= 2 and len(names) > 2 else names
    weights = [n for n in (2,) if n < len(columns) and numbers[n] is not None]
    weights += [n for n in range(3, len(columns)) if _has_decimals(numbers[n])]
    if len(names) < 2:
        raise DeepRageError(
            f"the network file {path} has {counted(len(names), 'column')} of names, expected one "
            "of regulators and one of targets: give a table with the columns regulator and "
            "target, and perhaps sign (+, -)."
        )
    plain = False
    if not cut.given and not signs and weights and _are_signs(numbers[weights[0]]):
        signs, weights, plain = [weights[0]], weights[1:], True
    given = _column_signs(columns[signs[0]], plain) if signs else [0] * len(columns[0])
    kept, _ = _cut(header, numbers, weights, [], cut, path, len(columns[0]))
    if cut.above is not None and not signs and weights:
        given = _signs_beyond(numbers[weights[0]], given)
    pairs = _likely_pairs(columns, names)
    zero = _without_links(columns, pairs[:1], signs, given, weights)
    kept = [one and not other for one, other in zip(kept, zero, strict=True)]
    notes = _counted_zeros(zero)
    found = [
        reading
        for a, b in pairs
        for reading in _both_ways(columns, (a, b), (header[a], header[b]), given, kept, notes)
    ]
    return _checked(found, path), list(dict.fromkeys(notes))


def _is_titled(cells: Sequence[str]) -> bool:
    """Whether a column holds numbers or signs below a first cell that is none."""
    if _numbers(cells[:1]) is not None or sign_of(cells[0]) is not None:
        return False
    return _numbers(cells[1:]) is not None or are_signs(cells[1:])


def _likely_pairs(columns: Sequence[Sequence[str]], names: list[int]) -> list[tuple[int, int]]:
    """Columns of regulators and targets: fewer regulators than targets, targets last."""
    pairs = list(combinations(names, 2))
    if len(names) == 2:
        return pairs
    kinds = {n: len(set(columns[n])) for n in names}
    return sorted(pairs, key=lambda pair: (kinds[pair[0]] >= kinds[pair[1]], -pair[1], pair[0]))


def _both_ways(
    columns: Sequence[Sequence[str]],
    pair: tuple[int, int],
    called: tuple[str, str],
    given: Sequence[int],
    kept: Sequence[bool],
    notes: list[str],
) -> list[EdgeReading]:
    """A pair of columns as regulators and targets, and the other way."""
    a, b = columns[pair[0]], columns[pair[1]]
    edges = _edges(a, b, given, kept, notes)
    turned = edges.rename(columns={"regulator": "target", "target": "regulator"})
    return [
        EdgeReading(edges, tuple(dict.fromkeys(edges["regulator"])), None, called),
        EdgeReading(
            turned[["regulator", "target", "sign"]],
            tuple(dict.fromkeys(turned["regulator"])),
            None,
            (called[1], called[0]),
            swapped=True,
        ),
    ]


def _undirected(
    columns: Sequence[Sequence[str]],
    both: Sequence[int],
    header: Sequence[str],
    given: Sequence[int],
    kept: Sequence[bool],
) -> EdgeReading:
    one, other = columns[both[0]], columns[both[1]]
    edges = _edges([*one, *other], [*other, *one], [*given, *given], [*kept, *kept], [])
    names = tuple(dict.fromkeys(edges["regulator"]))
    return EdgeReading(edges, names, None, (header[both[0]], header[both[1]]))


def _edges(
    regulators: Sequence[str],
    targets: Sequence[str],
    given: Sequence[int],
    kept: Sequence[bool],
    notes: list[str],
) -> pd.DataFrame:
    """Links, each once; one that is both activation and repression has no sign."""
    signs: dict[tuple[str, str], set[int]] = {}
    nameless = 0
    for regulator, target, sign, keep in zip(regulators, targets, given, kept, strict=True):
        if regulator.lower() in _NO_NAME or target.lower() in _NO_NAME:
            nameless += 1
        elif keep:
            signs.setdefault((regulator, target), set()).add(sign)
    both = [pair for pair, found in signs.items() if {1, -1} <= found]
    if nameless:
        _add(notes, f"{counted(nameless, 'row')} without a regulator or a target left out")
    if both:
        named = examples(" > ".join(pair) for pair in both)
        _add(notes, f"{counted(len(both), 'link')} with both signs, used without a sign: {named}")
    return pd.DataFrame(
        {
            "regulator": [regulator for regulator, _ in signs],
            "target": [target for _, target in signs],
            "sign": np.array([int(np.sign(sum(found))) for found in signs.values()], np.int8),
        }
    )


def _add(notes: list[str], text: str) -> None:
    if text not in notes:
        notes.append(text)


# --- numbers ------------------------------------------------------------------------------------


def _numbers(cells: Iterable[str]) -> NDArray[np.float64] | None:
    """Numbers of a column, NaN where there is none; None if some cell is text."""
    found = []
    for cell in cells:
        text = cell.strip()
        if text.lower() in ("", "na", "nan", "null", "none"):
            found.append(np.nan)
            continue
        try:
            found.append(float(text.replace(",", ".")))
        except ValueError:
            return None
    values = np.array(found, dtype=np.float64)
    return None if np.isnan(values).all() else values


def _has_decimals(values: NDArray[np.float64] | None) -> bool:
    if values is None:
        return False
    known = values[np.isfinite(values)]
    return bool((known != np.round(known)).any())


def _varies(values: NDArray[np.float64] | None) -> bool:
    return values is not None and bool(np.nanmin(values) != np.nanmax(values))


def _are_signs(values: NDArray[np.float64] | None) -> bool:
    """Whether numbers are -1, 0 and 1 alone."""
    return values is not None and bool(np.isin(values[~np.isnan(values)], (-1.0, 0.0, 1.0)).all())


def _sign(cell: str) -> int:
    number = _numbers([cell])
    if number is not None:
        return int(np.sign(number[0])) if np.isfinite(number[0]) else 0
    return sign_of(cell) or 0


def _column_signs(cells: Sequence[str], plain: bool) -> list[int]:
    """Signs of a column; of `plain` numbers 1 is a sign only if there is a -1 too."""
    signs = [_sign(cell) for cell in cells]
    return [0] * len(signs) if plain and -1 not in signs else signs


def _flag(cell: str) -> int:
    return int(cell.strip().lower() in ("1", "1.0", "true", "t", "yes"))


def _signs_beyond(values: NDArray[np.float64] | None, given: list[int]) -> list[int]:
    """Signs of weights, if any is negative."""
    if values is None or not (values < 0).any():
        return given
    return [int(np.sign(x)) if np.isfinite(x) else 0 for x in values]


def _cut(
    header: Sequence[str],
    numbers: dict[int, NDArray[np.float64] | None],
    weights: list[int],
    p_values: list[int],
    cut: Cut,
    path: Path,
    rows: int,
) -> tuple[list[bool], set[int]]:
    """Which rows are links by a threshold, and the columns that were looked at.

    Raises:
        DeepRageError: weights without a threshold, or a threshold without weights.
    """
    kept = np.ones(rows, dtype=bool)
    small, large = (p_values or weights)[:1], weights[:1]
    for value, column, option in ((cut.below, small, "below"), (cut.above, large, "above")):
        if value is None:
            continue
        if not column:
            raise DeepRageError(
                f"the network file {path} has no column of numbers that --network-{option} could "
                "cut: leave it out."
            )
        found = np.nan_to_num(_known(numbers[column[0]]), nan=np.inf if option == "below" else 0.0)
        kept &= found < value if option == "below" else np.abs(found) >= value
    columns = {*small, *large}
    if not cut.given and columns:
        column_index = min(columns)
        values = _known(numbers[column_index])
        raise _threshold_wanted(path, header[column_index], values)
    if not kept.any():
        raise DeepRageError(
            f"no link of {path} passes the threshold: choose another --network-below or "
            "--network-above."
        )
    return [bool(x) for x in kept], columns


def _known(values: NDArray[np.float64] | None) -> NDArray[np.float64]:
    assert values is not None
    return values


def _threshold_wanted(path: Path, column: str, values: NDArray[np.float64]) -> DeepRageError:
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    return DeepRageError(
        f"the network file {path} has numbers in {column!r}, from {low:g} to {high:g}, so that it "
        f"is not clear which of its {counted(len(values), 'row')} are links: give "
        "--network-above VALUE for weights (--network-above 0 takes all), or --network-below "
        "VALUE for p-values."
    )


def _no_signs(path: Path, column: str, cells: Sequence[str]) -> DeepRageError:
    strange = dict.fromkeys(cell for cell in cells if sign_of(cell) is None)
    return DeepRageError(
        f"the column {column!r} of the network file {path} holds {examples(strange)}, expected a "
        "sign: +, -, 1, -1, or words such as activation and repression."
    )


def _without_links(
    columns: Sequence[Sequence[str]],
    pairs: Sequence[tuple[int, int]],
    signs: Sequence[int],
    given: Sequence[int],
    weights: Sequence[int],
) -> list[bool]:
    """Rows with a number 0 that say that there is no link.

    Of 0 and 1 alone, 0 is no link; among signs it is so where the rows name nearly all pairs.
    """
    none = [False] * len(given)
    if not signs or weights:
        return none
    numbers = _numbers(columns[signs[0]])
    if numbers is None or not (numbers == 0).any():
        return none
    a, b = pairs[0]
    grid = len(set(columns[a])) * len(set(columns[b]))
    if (numbers < 0).any() and len(numbers) < _GRID * grid:
        return none
    return [bool(x) for x in numbers == 0]


def _counted_zeros(zero: Sequence[bool]) -> list[str]:
    number = sum(zero)
    return [f"{counted(number, 'row')} with 0, taken as pairs without a link"] if number else []


# --- tables and sets ----------------------------------------------------------------------------


def _is_matrix(rows: Sequence[Sequence[str]]) -> bool:
    """Whether all but the first line and the first column are numbers."""
    if len(rows) < 2 or len(rows[0]) < 2:
        return False
    below = [cell for row in rows[1:] for cell in row[1:]]
    return _numbers(rows[0][1:]) is None and _mostly_numbers(below)


def _mostly_numbers(cells: Sequence[str]) -> bool:
    """Whether at least nine of ten cells are numbers."""
    numbers = sum(_numbers([cell]) is not None or cell.lower() in _NO_NAME for cell in cells)
    return numbers >= 0.9 * len(cells)


def _matrix(
    rows: Sequence[Sequence[str]], cut: Cut, path: Path
) -> tuple[list[EdgeReading], list[str]]:
    """A table of genes x regulators, or the other way."""
    top, side = list(rows[0][1:]), [row[0] for row in rows[1:]]
    try:
        values = np.array([row[1:] for row in rows[1:]], dtype=np.float64)
    except ValueError as error:
        raise DeepRageError(
            f"the network file {path} has a cell that is not a number ({error}): a gene x "
            "regulator table holds 0, 1 and -1."
        ) from error
    if not np.isfinite(values).all():
        raise DeepRageError(
            f"the network file {path} has a cell that is missing or not finite: a gene x regulator "
            "table holds 0, 1 and -1."
        )
    if cut.given:
        link = np.ones(values.shape, dtype=bool)
        link &= values < cut.below if cut.below is not None else True
        link &= np.abs(values) >= cut.above if cut.above is not None else True
        link &= (values != 0) | (cut.below is not None)
        signed = cut.above is not None
    else:
        if (values != np.round(values)).any():
            raise _threshold_wanted(path, "the cells", values.ravel())
        link, signed = values != 0, True
    if not link.any():
        raise DeepRageError(f"the network file {path} has no link: every cell is 0.")
    signed = signed and bool((values < 0).any())
    at, of = np.nonzero(link)
    sign = np.sign(values[at, of]).astype(np.int8) if signed else np.zeros(len(at), np.int8)
    notes = [
        f"{counted(len(twice), 'name')} more than once in the table: {examples(twice)}"
        for names in (top, side)
        if (twice := [name for name, number in Counter(names).items() if number > 1])
    ]
    found = []
    for regulators, genes, swapped in ((top, side, False), (side, top, True)):
        by, to = (of, at) if not swapped else (at, of)
        edges = _edges(
            [regulators[n] for n in by],
            [genes[n] for n in to],
            [int(x) for x in sign],
            [True] * len(at),
            notes,
        )
        called = ("the rows", "the columns") if swapped else ("the columns", "the rows")
        found.append(EdgeReading(edges, tuple(regulators), tuple(genes), called, swapped=swapped))
    return found, notes


def _is_sets(rows: Sequence[Sequence[str]]) -> bool:
    """Whether lines of one length are sets: a name, a description, and targets."""
    if len(rows[0]) < 4:
        return False
    described = {row[1].strip().lower() for row in rows}
    cells = [cell for row in rows for cell in row[2:] if cell]
    # A list of links names a regulator on many lines, sets name each on one.
    once = len(rows[0]) > 4 and len({row[0] for row in rows}) == len(rows)
    plain = once or described <= _NO_NAME or all("://" in text for text in described)
    signs = any(are_signs(column) for column in list(zip(*rows, strict=True))[2:])
    return plain and not signs and not any(_numbers([cell]) is not None for cell in cells)


def _sets(rows: Sequence[Sequence[str]], path: Path) -> tuple[list[EdgeReading], list[str]]:
    """Lines with a regulator, a relation or a description, and targets (SIF, GMT)."""
    second = [row[1] for row in rows]
    if are_signs(second) and not {text.strip().lower() for text in second} <= _NO_NAME:
        found = [_set_links(rows, 2, signed=True)]
        return _checked(found, path), ["read as SIF: a regulator, a relation, its targets"]
    # Which it is the genes decide: a description is none.
    found = [_set_links(rows, 2), _set_links(rows, 1)]
    return _checked(found, path), ["read as sets of targets (GMT), a regulator first on each line"]


def _set_links(rows: Sequence[Sequence[str]], skipped: int, *, signed: bool = False) -> EdgeReading:
    """Links from the first cell of each line to those after `skipped` cells."""
    links = [
        (row[0], target, (sign_of(row[1]) or 0) if signed else 0)
        for row in rows
        for target in row[skipped:]
        if target
    ]
    regulators, targets, signs = ([link[n] for link in links] for n in range(3))
    edges = _edges(
        [str(x) for x in regulators],
        [str(x) for x in targets],
        [int(x) for x in signs],
        [True] * len(links),
        [],
    )
    names = tuple(dict.fromkeys(row[0] for row in rows))
    return EdgeReading(edges, names, None, ("the first cells", "the other cells"))


def _checked(readings: list[EdgeReading], path: Path) -> list[EdgeReading]:
    found = [reading for reading in readings if len(reading.edges)]
    if not found:
        raise DeepRageError(f"the network file {path} has no link.")
    return found
