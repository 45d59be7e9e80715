"""Gene groups: genes that a split must not part, because they share their promoter."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components

from deeprage.data.dna import N_TOKEN

#: Length of the words compared; short enough to survive a few differences between copies.
WORD = 16
#: Share of a promoter's words that two near-identical promoters have in common: 200 of 985.
SHARED_WORDS = 200 / 985
#: Windows that overlap by this share of their length are one group.
OVERLAP = 0.5
#: Words in more promoters than this are compared with the next ones in the list only.
_COMMON = 200
_NEIGHBOURS = 20

Edges = tuple[NDArray[np.intp], NDArray[np.intp]]


def gene_groups(
    genes: Sequence[str],
    promoters: Mapping[str, NDArray[np.int8]],
    windows: pd.DataFrame | None = None,
    *,
    same: Sequence[Mapping[str, str]] = (),
) -> dict[str, str]:
    """The group of each gene, named after the first of its genes in `genes`.

    Two genes are joined if (a) their promoter windows overlap by half of the length or more, on
    whichever strand; (b) their promoters are near-identical: they share a fifth of their distinct
    16-mers (200 of 985 for 1,000 bp), read on either strand, or are equal; (c) a mapping of
    `same` (gene -> operon, gene -> name in the annotation) gives both the same value. A group is
    a connected component, so two of its genes may be joined through others only.

    Args:
        genes: all genes, in the order of the matrix.
        promoters: int8 tokens (length,) by gene, of one length; genes without one may lack.
        windows: as `promoters.Promoters.windows`, for (a).
        same: mappings for (c); genes that they lack, or map to "", are not joined.
    """
    row = {gene: number for number, gene in enumerate(genes)}
    edges = [_same_value(row, mapping) for mapping in same]
    if windows is not None and len(windows):
        edges.append(_overlaps(row, windows))
    having = [gene for gene in genes if gene in promoters]
    if having:
        rows = np.array([row[gene] for gene in having], dtype=np.intp)
        one, other = near_identical(np.stack([promoters[gene] for gene in having]))
        edges.append((rows[one], rows[other]))
    label = _components(len(genes), edges)
    first = {int(number): gene for number, gene in zip(label[::-1], genes[::-1], strict=True)}
    return {gene: first[int(number)] for gene, number in zip(genes, label, strict=True)}


def near_identical(tokens: NDArray[np.int8]) -> Edges:
    """Pairs of rows of `tokens` (G, L) that are equal or share enough 16-mers.

    The words of all promoters are sorted together, so that promoters with a word in common stand
    side by side; a sparse product counts the common words of each pair. Words in very many
    promoters (poly-A, repeats) are counted between neighbours in that list only: their pairs grow
    with the square of their number, and a family of many copies is joined through neighbours.
    """
    length = tokens.shape[1]
    pairs = [_equal_rows(tokens)]
    if length > WORD:
        least = max(1, round(SHARED_WORDS * (length - WORD + 1)))
        shared = shared_words(tokens).tocoo()
        kept = (shared.data >= least) & (shared.row < shared.col)
        pairs.append((shared.row[kept].astype(np.intp), shared.col[kept].astype(np.intp)))
    return (
        np.concatenate([one for one, _ in pairs]),
        np.concatenate([other for _, other in pairs]),
    )


def shared_words(tokens: NDArray[np.int8]) -> csr_matrix:
    """How many distinct 16-mers, on either strand, each pair of rows of `tokens` (G, L) shares.

    Symmetric (G, G) for words in few promoters; for very common ones see `near_identical`.
    """
    return csr_matrix(_shared_words(*_distinct_words(tokens), len(tokens)))


def _distinct_words(tokens: NDArray[np.int8]) -> tuple[NDArray[np.uint32], NDArray[np.intp]]:
    """Distinct words of each row, a word and its reverse complement being one; sorted by word."""
    count, length = tokens.shape
    places = length - WORD + 1
    forward = np.zeros((count, places), dtype=np.uint32)
    backward = np.zeros((count, places), dtype=np.uint32)
    known = np.ones((count, places), dtype=np.bool_)
    for offset in range(WORD):
        part = tokens[:, offset : offset + places]
        known &= part != N_TOKEN
        letters = part.astype(np.uint32) & 3
        forward |= letters << np.uint32(2 * (WORD - 1 - offset))
        backward |= (np.uint32(3) - letters) << np.uint32(2 * offset)
    words = np.minimum(forward, backward)[known].astype(np.uint64)
    rows = np.nonzero(known)[0].astype(np.uint64)
    # One number for word and row: one sort, by word first, brings repeats together.
    joint = (words << np.uint64(32)) | rows
    joint.sort()
    joint = joint[np.r_[True, joint[1:] != joint[:-1]]] if len(joint) else joint
    return (joint >> np.uint64(32)).astype(np.uint32), (joint & np.uint64(2**32 - 1)).astype(
        np.intp
    )


def _shared_words(words: NDArray[np.uint32], rows: NDArray[np.intp], count: int) -> csr_matrix:
    """How many words each pair of rows has in common, (count, count)."""
    number = np.cumsum(np.r_[False, words[1:] != words[:-1]]) if len(words) else rows
    size = np.bincount(number)[number] if len(words) else rows
    rare = (size > 1) & (size <= _COMMON)
    common = size > _COMMON
    every = _between_all(rows[rare], number[rare], count)
    return csr_matrix(every + _between_neighbours(rows[common], number[common], count))


def _between_all(rows: NDArray[np.intp], number: NDArray[np.intp], count: int) -> csr_matrix:
    _, column = np.unique(number, return_inverse=True)
    ones = np.ones(len(rows), dtype=np.int32)
    width = int(column.max(initial=0)) + 1
    table = csr_matrix((ones, (rows, column)), shape=(count, width))
    return csr_matrix(table @ table.T)


def _between_neighbours(rows: NDArray[np.intp], number: NDArray[np.intp], count: int) -> csr_matrix:
    one, other = [rows[:0]], [rows[:0]]
    for step in range(1, _NEIGHBOURS + 1):
        alike = number[step:] == number[:-step]
        one.append(rows[:-step][alike])
        other.append(rows[step:][alike])
    # Rows rise within a word, so every pair is above the diagonal; repeats are summed.
    ends = np.concatenate(one), np.concatenate(other)
    return csr_matrix((np.ones(len(ends[0]), np.int32), ends), shape=(count, count))


def _equal_rows(tokens: NDArray[np.int8]) -> Edges:
    """Each row with some known base, joined to the first row equal to it."""
    known = np.flatnonzero((tokens != N_TOKEN).any(axis=1))
    if not len(known):
        return known, known
    flat = np.ascontiguousarray(tokens[known]).view(f"V{tokens.shape[1]}").ravel()
    _, first, inverse = np.unique(flat, return_index=True, return_inverse=True)
    return known[first[inverse]], known


def _overlaps(row: Mapping[str, int], windows: pd.DataFrame) -> Edges:
    """Windows beside each other that overlap enough.

    All have one length, so two overlap by half if their starts are at most half a length apart,
    and all that lie between are then joined as well: consecutive ones suffice.
    """
    placed = windows[[gene in row for gene in windows.index]].copy()
    placed["row"] = [row[gene] for gene in placed.index]
    one: list[NDArray[np.intp]] = []
    other: list[NDArray[np.intp]] = []
    for _, part in placed.groupby("chromosome", sort=False):
        size, circular = int(part["size"].iloc[0]), bool(part["circular"].iloc[0])
        length = int(part["end"].iloc[0] - part["start"].iloc[0])
        starts = part["start"].to_numpy() % size if circular else part["start"].to_numpy()
        order = np.argsort(starts, kind="stable")
        starts, rows = starts[order], part["row"].to_numpy(dtype=np.intp)[order]
        gaps = np.diff(starts)
        reach = length * (1 - OVERLAP)
        one.append(rows[:-1][gaps <= reach])
        other.append(rows[1:][gaps <= reach])
        if circular and starts[0] + size - starts[-1] <= reach:
            one.append(rows[-1:])
            other.append(rows[:1])
    return np.concatenate(one), np.concatenate(other)


def _same_value(row: Mapping[str, int], mapping: Mapping[str, str]) -> Edges:
    first: dict[str, int] = {}
    pairs = [
        (first.setdefault(value, row[gene]), row[gene])
        for gene, value in mapping.items()
        if value and gene in row
    ]
    ends = np.array(pairs, dtype=np.intp).reshape(-1, 2)
    return ends[:, 0], ends[:, 1]


def _components(count: int, edges: Sequence[Edges]) -> NDArray[np.intp]:
    one = np.concatenate([np.array([], np.intp), *(pair[0] for pair in edges)])
    other = np.concatenate([np.array([], np.intp), *(pair[1] for pair in edges)])
    graph = coo_matrix((np.ones(len(one), np.int8), (one, other)), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.intp)
