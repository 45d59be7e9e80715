"""Controls: the same data with one input, or the answers, made meaningless.

A predictor that does as well under a control has not used what the control destroys, whatever its
score. Test values are never touched: a control is scored against the real ones.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from deeprage.data.compendium import Compendium
from deeprage.data.split import Role, Split
from deeprage.errors import unknown

_LETTERS = 5  # A, C, G, T and N


class Control(StrEnum):
    """What is destroyed."""

    NONE = "none"
    PROMOTERS_PERMUTED = "promoters-permuted"
    PROMOTERS_SHUFFLED = "promoters-shuffled"
    REGULATORS_PERMUTED = "regulators-permuted"
    LABELS_PERMUTED = "labels-permuted"
    CODING_PERMUTED = "coding-permuted"


#: What a predictor that loses under the control has used.
TESTS = {
    Control.PROMOTERS_PERMUTED: "the promoters",
    Control.PROMOTERS_SHUFFLED: "the order of letters in the promoters",
    Control.REGULATORS_PERMUTED: "the regulator levels",
    Control.LABELS_PERMUTED: "the training values",
    Control.CODING_PERMUTED: "the start of the coding sequence",
}


def as_control(name: Control | str) -> Control:
    """The control of that name.

    Raises:
        DeepRageError: there is none; the nearest name is offered.
    """
    try:
        return Control(name)
    except ValueError:
        raise unknown("control", str(name), [str(x) for x in Control]) from None


def under_control(
    compendium: Compendium, split: Split, control: Control | str, *, seed: int = 0
) -> Compendium:
    """The compendium under a control; the split matters to `labels-permuted` only.

    Raises:
        DeepRageError: there is no such control.
    """
    control = as_control(control)
    if control is Control.NONE:
        return compendium
    rng = np.random.default_rng([seed, list(Control).index(control)])
    if control is Control.LABELS_PERMUTED:
        return permute_labels(compendium, split, rng)
    changes: dict[Control, Callable[[Compendium, np.random.Generator], Compendium]] = {
        Control.PROMOTERS_PERMUTED: permute_promoters,
        Control.PROMOTERS_SHUFFLED: shuffle_promoters,
        Control.REGULATORS_PERMUTED: permute_regulators,
        Control.CODING_PERMUTED: permute_coding,
    }
    return changes[control](compendium, rng)


def permute_promoters(compendium: Compendium, rng: np.random.Generator) -> Compendium:
    """Each gene that has a promoter gets that of another one, drawn without replacement."""
    rows = np.flatnonzero(compendium.has_promoter)
    promoters = compendium.promoters.copy()
    promoters[rows] = promoters[rng.permutation(rows)]
    return with_promoters(compendium, promoters)


def permute_coding(compendium: Compendium, rng: np.random.Generator) -> Compendium:
    """Each gene gets the coding sequence of another one; nothing changes where none is kept."""
    found = compendium.with_expression(compendium.expression)
    if compendium.coding is not None:
        found.adata.varm["coding"] = rng.permutation(compendium.coding)
    return found


def shuffle_promoters(compendium: Compendium, rng: np.random.Generator) -> Compendium:
    """Each promoter in another order of letters with the same dinucleotides."""
    return with_promoters(compendium, shuffle_dinucleotides(compendium.promoters, rng))


def permute_regulators(compendium: Compendium, rng: np.random.Generator) -> Compendium:
    """Each condition gets the regulator levels of another one, drawn without replacement."""
    levels = compendium.regulator_levels
    return with_regulator_levels(compendium, levels[rng.permutation(len(levels))])


def permute_labels(compendium: Compendium, split: Split, rng: np.random.Generator) -> Compendium:
    """Training values in random order over the training cells, likewise the validation values.

    Test cells and regulator levels stay. Validation is permuted too, or choosing by it would
    still learn from real answers.
    """
    split.check_against(compendium)
    values = compendium.expression.copy()
    for role in (Role.TRAIN, Role.VALIDATION, Role.RESERVE):
        cells = split.cells(role) & ~np.isnan(values)
        values[cells] = rng.permutation(values[cells])
    return compendium.with_expression(values)


def with_promoters(compendium: Compendium, promoters: NDArray[np.int8]) -> Compendium:
    """The same compendium with other promoter tokens int8 (G, L)."""
    found = compendium.with_expression(compendium.expression)
    found.adata.varm["promoter"] = np.ascontiguousarray(promoters)
    return found


def with_regulator_levels(compendium: Compendium, levels: NDArray[np.float32]) -> Compendium:
    """The same compendium with other regulator levels float32 (C, R); targets stay."""
    found = compendium.with_expression(compendium.expression)
    found.adata.obsm["regulator_levels"] = np.ascontiguousarray(levels)
    return found


def shuffle_dinucleotides(
    tokens: NDArray[np.int8], rng: np.random.Generator, *, at_once: int = 1024
) -> NDArray[np.int8]:
    """Shuffle promoters int8 (G, L), each keeping its exact counts of dinucleotides.

    Every sequence with the same counts and the same first (hence last) letter is equally likely:
    a random Eulerian path through the graph of letters (Altschul and Erickson, 1985, Mol Biol
    Evol 2:526). N counts as a fifth letter, so that padding stays together. All promoters walk at
    once, `at_once` of them to bound memory.
    """
    shuffled = tokens.copy()
    if tokens.shape[1] > 2:
        for start in range(0, len(tokens), at_once):
            part = tokens[start : start + at_once]
            shuffled[start : start + at_once] = _walk(part, *_edges(part, rng))
    return shuffled


def _edges(
    tokens: NDArray[np.int8], rng: np.random.Generator
) -> tuple[NDArray[np.int8], NDArray[np.intp]]:
    """Successors (G, L - 1), letter by letter in the order they are to be used, and where each
    letter's part begins (G, 5)."""
    source, target = tokens[:, :-1].astype(np.intp), tokens[:, 1:]
    keys = 0.5 * rng.random(source.shape)
    rows = np.arange(len(tokens))
    last = _last_edges(tokens, rng)
    for letter in range(_LETTERS):
        used = last[:, letter] >= 0
        keys[rows[used], last[used, letter]] = 0.75  # after all others of its letter
    order = np.argsort(source + keys, axis=1)
    counts = np.stack([(source == letter).sum(axis=1) for letter in range(_LETTERS)], axis=1)
    begins = np.cumsum(counts, axis=1) - counts
    return np.take_along_axis(target, order, axis=1), begins


def _last_edges(tokens: NDArray[np.int8], rng: np.random.Generator) -> NDArray[np.intp]:
    """Position of the edge by which each letter is left for the last time (G, 5); -1 for none.

    They must form a tree into the last letter, else the path strands. Drawn uniformly among the
    trees by drawing again where they do not; a loop is never part of one.
    """
    source, target = tokens[:, :-1], tokens[:, 1:]
    last = np.full((len(tokens), _LETTERS), -1, dtype=np.intp)
    todo = np.arange(len(tokens))
    while len(todo):
        draw = rng.random((len(todo), source.shape[1]))
        draw[source[todo] == target[todo]] = -1.0
        for letter in range(_LETTERS):
            among = np.where(source[todo] == letter, draw, -1.0)
            found = among.argmax(axis=1)
            needed = (among.max(axis=1) >= 0) & (tokens[todo, -1] != letter)
            last[todo, letter] = np.where(needed, found, -1)
        todo = todo[~_reach_the_end(last[todo], tokens[todo])]
    return last


def _reach_the_end(last: NDArray[np.intp], tokens: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Whether the last edges lead from each letter that has one to the final letter (G,)."""
    own = np.broadcast_to(np.arange(_LETTERS), last.shape)
    onward = np.where(last >= 0, np.take_along_axis(tokens[:, 1:], np.maximum(last, 0), 1), own)
    at = own
    for _ in range(_LETTERS):
        at = np.take_along_axis(onward, at, axis=1)
    reached: NDArray[np.bool_] = ((at == tokens[:, -1:]) | (last < 0)).all(axis=1)
    return reached


def _walk(
    tokens: NDArray[np.int8], successors: NDArray[np.int8], begins: NDArray[np.intp]
) -> NDArray[np.int8]:
    """Follow the successors from each first letter."""
    path = np.empty_like(tokens)
    path[:, 0] = tokens[:, 0]
    rows, at, next_edge = np.arange(len(tokens)), tokens[:, 0].astype(np.intp), begins.copy()
    for step in range(1, tokens.shape[1]):
        edge = next_edge[rows, at]
        next_edge[rows, at] += 1
        at = successors[rows, edge].astype(np.intp)
        path[:, step] = at
    return path
