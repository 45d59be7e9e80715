"""Gene groups: genes that a split must not part, because they share their promoter."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

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
#: Rows whose words are listed at a time, and pairs of rows that are compared at a time.
_BLOCK_ROWS, _BLOCK_PAIRS = 1000, 4_000_000

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
        for block in shared_words(tokens):
            kept = block.data >= least
            pairs.append((block.row[kept].astype(np.intp), block.col[kept].astype(np.intp)))
    return (
        np.concatenate([one for one, _ in pairs]),
        np.concatenate([other for _, other in pairs]),
    )


def shared_words(tokens: NDArray[np.int8], *, first: int | None = None) -> Iterator[coo_matrix]:
    """How many distinct 16-mers, on either strand, pairs of rows of `tokens` (G, L) share.

    Sparse matrices (G, G) above the diagonal, each of a block of rows: all of them together would
    need memory for nearly every pair where promoters have repeats. For very common words see
    `near_identical`.

    Args:
        first: only pairs of which the first is among so many rows.
    """
    count = len(tokens)
    words = _RepeatedWords.of(tokens)
    step = max(1, _BLOCK_PAIRS // max(1, count))
    last = count if first is None else min(first, count)
    for start in range(0, last, step):
        stop = min(start + step, last)
        yield words.pairs(start, stop)


@dataclass(frozen=True)
class _RepeatedWords:
    """Words that several promoters have.

    Attributes:
        rare: (G, words) 1 where a promoter has a word that few have.
        transposed: the same, (words, G).
        rows, words: promoter and number of each occurrence of the other words, by word, then row.
        by_row: these occurrences in the order of their rows.
        starts: (G + 1,) where each row's begin in `by_row`.
    """

    rare: csr_matrix
    transposed: csr_matrix
    rows: NDArray[np.int32]
    words: NDArray[np.int32]
    by_row: NDArray[np.intp]
    starts: NDArray[np.intp]

    @classmethod
    def of(cls, tokens: NDArray[np.int8]) -> "_RepeatedWords":
        count = len(tokens)
        number, rows = _repeated(_distinct_words(tokens))
        size = np.bincount(number)[number] if len(number) else number
        few = size <= _COMMON
        _, column = np.unique(number[few], return_inverse=True)
        ones = np.ones(len(column), dtype=np.int32)
        width = int(column.max(initial=0)) + 1
        rare = csr_matrix((ones, (rows[few], column)), shape=(count, width))
        common = rows[~few]
        by_row = np.argsort(common, kind="stable")
        starts = np.searchsorted(common[by_row], np.arange(count + 1))
        return cls(rare, csr_matrix(rare.T), common, number[~few], by_row, starts)

    def pairs(self, start: int, stop: int) -> coo_matrix:
        """Words in common (G, G) of the rows from `start` to `stop` and those after them."""
        count = self.rare.shape[0]
        block = (self.rare[start:stop] @ self.transposed).tocoo()
        one, other = self._neighbours(start, stop)
        rows = np.concatenate([block.row + start, one])
        columns = np.concatenate([block.col, other])
        numbers = np.concatenate([block.data, np.ones(len(one), dtype=block.data.dtype)])
        above = rows < columns
        joined = coo_matrix((numbers[above], (rows[above], columns[above])), shape=(count, count))
        joined.sum_duplicates()
        return joined

    def _neighbours(self, start: int, stop: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Rows that stand near each other in the list of a very common word."""
        places = self.by_row[self.starts[start] : self.starts[stop]]
        one, other = [self.rows[:0]], [self.rows[:0]]
        for step in range(1, _NEIGHBOURS + 1):
            inside = places[places + step < len(self.rows)]
            alike = inside[self.words[inside + step] == self.words[inside]]
            one.append(self.rows[alike])
            other.append(self.rows[alike + step])
        return np.concatenate(one), np.concatenate(other)


def _distinct_words(tokens: NDArray[np.int8]) -> NDArray[np.uint64]:
    """Distinct words of all rows, sorted: the word in the upper, the row in the lower 32 bits.

    A word and its reverse complement are one.
    """
    count, length = tokens.shape
    joint = np.empty(count * (length - WORD + 1), dtype=np.uint64)
    size = 0
    for start in range(0, count, _BLOCK_ROWS):
        block = _words_of(tokens[start : start + _BLOCK_ROWS], start)
        joint[size : size + len(block)] = block
        size += len(block)
    joint = joint[:size]
    joint.sort()
    return joint


def _words_of(tokens: NDArray[np.int8], first: int) -> NDArray[np.uint64]:
    """Distinct words of some rows, of which `first` is the number of the first."""
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
    rows = np.nonzero(known)[0].astype(np.uint64) + np.uint64(first)
    joint: NDArray[np.uint64] = (words << np.uint64(32)) | rows
    joint.sort()
    return joint[np.r_[True, joint[1:] != joint[:-1]]] if len(joint) else joint


def _repeated(joint: NDArray[np.uint64]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Number of the word, and row, of words in several rows, sorted by word and row."""
    kept = np.zeros(len(joint), dtype=np.bool_)
    for start in range(0, len(joint), _BLOCK_PAIRS):
        words = joint[start : start + _BLOCK_PAIRS + 1] >> np.uint64(32)
        same = np.flatnonzero(words[1:] == words[:-1]) + start
        kept[same] = kept[same + 1] = True
    several = joint[kept]
    words = several >> np.uint64(32)
    number = np.cumsum(np.r_[False, words[1:] != words[:-1]][: len(words)], dtype=np.int32)
    return number, (several & np.uint64(2**32 - 1)).astype(np.int32)


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
