"""Yes-or-no inputs of the rule learners: k-mers, gapped dimers, motif hits, regulator states."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deeprage.data.compendium import Compendium
from deeprage.data.dna import N_TOKEN, decode, reverse_complement
from deeprage.data.motifs import Motif
from deeprage.data.units import is_relative
from deeprage.errors import DeepRageError


@dataclass(frozen=True)
class GeneAttributes:
    """What is true of a gene, known from its sequence or from annotation.

    Attributes:
        names: of the attributes.
        presence: uint8 (G, M), 1 where the attribute holds; gene by gene in memory, so that the
            genes of a tree node are gathered as whole rows.
    """

    names: tuple[str, ...]
    presence: NDArray[np.uint8]


def join_attributes(parts: Iterable[GeneAttributes]) -> GeneAttributes:
    """All attributes side by side.

    Raises:
        DeepRageError: there is none at all.
    """
    found = list(parts)
    if not any(part.names for part in found):
        raise DeepRageError(
            "there is no gene attribute to build rules from: give motif files or a k-mer length."
        )
    return GeneAttributes(
        tuple(name for part in found for name in part.names),
        np.ascontiguousarray(np.concatenate([part.presence for part in found], axis=1)),
    )


def upstream(compendium: Compendium, window: int) -> NDArray[np.int8]:
    """Tokens (G, window) of the last `window` bp upstream of the anchor, all where L is less."""
    tokens = compendium.promoters
    downstream = int(compendium.about["downstream"])
    tokens = tokens[:, : tokens.shape[1] - downstream]
    return np.ascontiguousarray(tokens[:, max(0, tokens.shape[1] - window) :])


def kmer_presence(tokens: NDArray[np.int8], k: int) -> GeneAttributes:
    """Which k-mers occur on either strand of promoters (G, L); a k-mer and its reverse
    complement are one attribute, named by the smaller of the two. Windows with N do not count."""
    return _presence(tokens, ((0, k),), decode)


def dimer_presence(tokens: NDArray[np.int8], *, arm: int, gap: int) -> GeneAttributes:
    """Which gapped dimers (two words of `arm` bp, `gap` bp apart) occur on either strand."""

    def spell(word: NDArray[np.int8]) -> str:
        return decode(np.concatenate([word[:arm], np.full(gap, N_TOKEN, np.int8), word[arm:]]))

    return _presence(tokens, ((0, arm), (arm + gap, arm)), spell)


def _presence(
    tokens: NDArray[np.int8],
    words: Sequence[tuple[int, int]],
    spell: Callable[[NDArray[np.int8]], str],
) -> GeneAttributes:
    """Presence of all patterns made of `words` (offset, length), both strands joined."""
    offsets = [start + i for start, length in words for i in range(length)]
    width = offsets[-1] + 1
    positions = tokens.shape[1] - width + 1
    if positions < 1:
        raise DeepRageError(
            f"promoters of {tokens.shape[1]} bp hold no pattern of {width} bp: use longer "
            "promoters or shorter patterns."
        )
    column_of, names = _columns(tokens, offsets, positions, spell)
    presence = np.zeros((len(tokens), len(names) + 1), dtype=np.uint8)
    presence[np.arange(len(tokens))[:, None], column_of] = 1
    return GeneAttributes(names, np.ascontiguousarray(presence[:, :-1]))


def kmer_names(k: int) -> list[str]:
    """The k-mers that `features.kmer_counts` counts, in the order of its columns.

    A k-mer and its reverse complement are one, named by the smaller of the two.
    """
    return [decode(word) for word in _words(_canonical(k)[1], k)]


def _columns(
    tokens: NDArray[np.int8],
    offsets: Sequence[int],
    positions: int,
    spell: Callable[[NDArray[np.int8]], str],
) -> tuple[NDArray[np.intp], tuple[str, ...]]:
    """For each window its pattern's column (G, positions), the last being for windows with N;
    and the names of the other columns."""
    codes = np.zeros((len(tokens), positions), dtype=np.int64)
    spoilt = np.zeros(codes.shape, dtype=bool)
    for offset in offsets:
        column = tokens[:, offset : offset + positions]
        spoilt |= column == N_TOKEN
        codes = codes * 4 + column
    canonical, representatives = _canonical(len(offsets))
    column_of = np.where(spoilt, len(representatives), canonical[np.where(spoilt, 0, codes)])
    names = tuple(spell(word) for word in _words(representatives, len(offsets)))
    return column_of.astype(np.intp), names


def _words(codes: NDArray[np.int64], letters: int) -> NDArray[np.int8]:
    """Tokens (n, letters) of base-4 codes."""
    powers = 4 ** np.arange(letters - 1, -1, -1)
    return ((codes[:, None] // powers) % 4).astype(np.int8)


def _canonical(letters: int) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """Column of each code (4**letters,), shared by both strands, and one code per column."""
    codes = np.arange(4**letters)
    other = reverse_complement(_words(codes, letters)).astype(np.int64)
    other = other @ (4 ** np.arange(letters - 1, -1, -1))
    representatives, column = np.unique(np.minimum(codes, other), return_inverse=True)
    return column.reshape(-1).astype(np.intp), representatives.astype(np.int64)


def motif_hits(
    tokens: NDArray[np.int8],
    motifs: Sequence[Motif],
    *,
    shares: Sequence[float] = (0.05, 0.2),
    cache: Path | None = None,
) -> GeneAttributes:
    """Which promoters (G, L) hold a motif: those whose best PWM score is among the top share.

    One attribute for each motif and share, so that a rule may ask for a strict or a loose match.
    A share of the genes needs no score threshold, which differs between motifs.
    """
    from deeprage.data.pwm_scan import scan

    best = scan(tokens, motifs, window=tokens.shape[1], bins=1, cache=cache).best[:, :, 0]
    known = (tokens != N_TOKEN).any(axis=1)
    names: list[str] = []
    hits: list[NDArray[np.bool_]] = []
    for share in shares:
        cut = np.quantile(best[known], 1 - share, axis=0)
        hits.append((best >= cut) & known[:, None])
        names += [f"{motif.symbol} {motif.name} top {share:g}" for motif in motifs]
    return GeneAttributes(tuple(names), np.concatenate(hits, axis=1).astype(np.uint8))


def varying(attributes: GeneAttributes, *, least: int) -> GeneAttributes:
    """The attributes that hold for at least `least` genes and fail for at least `least`."""
    held = attributes.presence.sum(axis=0, dtype=np.int64)
    keep = np.flatnonzero((held >= least) & (held <= len(attributes.presence) - least))
    return GeneAttributes(
        tuple(attributes.names[i] for i in keep), np.ascontiguousarray(attributes.presence[:, keep])
    )


def regulator_states(levels: NDArray[np.float32], *, threshold: float) -> NDArray[np.float32]:
    """States (C, 2 R) of regulator levels (C, R), log2: first which are up (level >= threshold),
    then which are down (level <= -threshold). A missing level is in neither state.
    """
    known = np.nan_to_num(levels, nan=0.0)
    return np.concatenate([known >= threshold, known <= -threshold], axis=1).astype(np.float32)


def centred_levels(compendium: Compendium) -> NDArray[np.float32]:
    """Regulator levels (C, R) on a scale where 0 is `as usual`.

    Log2 fold changes are on it already; log2 expression is taken relative to each regulator's
    median over all conditions (regulator levels are inputs, known for every condition).
    """
    levels = compendium.regulator_levels
    if is_relative(compendium):
        return levels
    return (levels - np.nanmedian(levels, axis=0)).astype(np.float32)
