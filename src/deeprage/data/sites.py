"""Sites of a motif in promoters: where a consensus or a PWM matches, on either strand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deeprage.data.motif_names import members, readings
from deeprage.data.motifs import Motif, log_odds
from deeprage.errors import DeepRageError, examples, unknown

#: Letters that each IUPAC code stands for.
IUPAC = {
    "A": "A", "C": "C", "G": "G", "T": "T", "R": "AG", "Y": "CT", "S": "CG", "W": "AT",
    "K": "GT", "M": "AC", "B": "CGT", "D": "AGT", "H": "ACT", "V": "ACG", "N": "ACGT",
}  # fmt: skip
#: PWM sites by default: a score that one background word in so many reaches.
DEFAULT_P_VALUE = 1e-4
#: Steps of a bit to which PWM scores are rounded, so that their distribution is exact.
_STEPS = 100
#: Letters that are looked up together.
_TOGETHER = 4


@dataclass(frozen=True, eq=False)
class SitePattern:
    """What counts as a site: a word whose letters' scores add up to a threshold.

    Attributes:
        name: as the user wrote it.
        scores: float32 (5, width), rows A, C, G, T, N; minus infinity forbids a letter.
        threshold: least sum of a site.
    """

    name: str
    scores: NDArray[np.float32]
    threshold: float

    @property
    def width(self) -> int:
        """bp of a site."""
        return int(self.scores.shape[1])

    @property
    def backward(self) -> NDArray[np.float32]:
        """The scores of the reverse complement."""
        letters: NDArray[np.float32] = self.scores[[3, 2, 1, 0, 4]]
        return letters[:, ::-1]

    def same_sites(self, other: SitePattern) -> bool:
        """Whether both find the same sites: equal scores on the same or the other strand."""
        return self.width == other.width and any(
            np.array_equal(self.scores, scores) for scores in (other.scores, other.backward)
        )


def consensus_pattern(text: str) -> SitePattern:
    """The words that an IUPAC consensus stands for, such as `AGGGG` or `TTASTAA`.

    Raises:
        DeepRageError: no letter, letters outside the IUPAC codes, or nothing but N.
    """
    letters = text.upper()
    strange = [letter for letter in letters if letter not in IUPAC]
    if not letters or strange or set(letters) == {"N"}:
        raise DeepRageError(
            f"cannot read the consensus {text!r}: write IUPAC letters, at least one of them other "
            "than N, such as AGGGG or TTASTAA."
        )
    allowed = np.array([[base in IUPAC[letter] for letter in letters] for base in "ACGT"])
    scores = np.where(allowed, 0.0, -np.inf)
    unknown_letter = np.full((1, len(letters)), -np.inf)
    return SitePattern(
        name=letters,
        scores=np.concatenate([scores, unknown_letter]).astype(np.float32),
        threshold=0.0,
    )


def pwm_pattern(
    motif: Motif, background: NDArray[np.float64], *, p_value: float = DEFAULT_P_VALUE
) -> SitePattern:
    """Sites of a PWM: log2-odds that a background word reaches with at most `p_value`.

    Args:
        background: frequencies (4,) of A, C, G, T.

    Raises:
        DeepRageError: `p_value` is not between 0 and 1, or even the best word is commoner.
    """
    check_site_p(p_value)
    steps = np.round(log_odds(motif, background) * _STEPS).astype(np.int64)
    lowest, chances = _score_distribution(steps, background)
    tail = chances[::-1].cumsum()[::-1]
    reached = np.flatnonzero(tail <= p_value)
    if not len(reached) or chances[reached[0] :].sum() == 0:
        best = float(tail[np.flatnonzero(chances)[-1]])
        raise DeepRageError(
            f"even the best word of motif {motif.name!r} ({motif.width} bp) is found with "
            f"probability {best:.2g}, above {p_value:g}: raise the p-value of a site."
        )
    scores = np.concatenate([steps / _STEPS, np.full((1, motif.width), -np.inf)])
    return SitePattern(
        name=motif.symbol,
        scores=scores.astype(np.float32),
        threshold=float((lowest + reached[0]) / _STEPS),
    )


def check_site_p(p_value: float) -> None:
    """Raise a `DeepRageError` unless the p-value of a site lies between 0 and 1."""
    if not 0 < p_value < 1:
        raise DeepRageError(f"the p-value of a site must lie between 0 and 1, got {p_value:g}.")


def _score_distribution(
    steps: NDArray[np.int64], background: NDArray[np.float64]
) -> tuple[int, NDArray[np.float64]]:
    """Lowest score, and the probability of each score from there on (Staden 1989)."""
    chances = np.ones(1)
    for column in steps.T:
        shifts = column - column.min()
        longer = np.zeros(len(chances) + int(shifts.max()))
        for shift, share in zip(shifts, background, strict=True):
            longer[shift : shift + len(chances)] += share * chances
        chances = longer
    return int(steps.min(axis=0).sum()), chances


def read_pattern(
    text: str,
    *,
    motifs: Callable[[], Sequence[Motif]],
    background: NDArray[np.float64],
    p_value: float = DEFAULT_P_VALUE,
) -> SitePattern:
    """A pattern from a word: a consensus if all its letters are IUPAC, else a motif's name.

    `pwm:NAME` is always a name: of a motif, or a factor's symbol in any case.

    Args:
        motifs: gives the known motifs; only called for a name.

    Raises:
        DeepRageError: no motif has the name; the nearest one is offered.
    """
    forced = text.lower().startswith("pwm:")
    name = text[4:] if forced else text
    if name and not forced and all(letter in IUPAC for letter in name.upper()):
        return consensus_pattern(name)
    return pwm_pattern(_motif_called(name, motifs()), background, p_value=p_value)


def _motif_called(name: str, known: Sequence[Motif]) -> Motif:
    """The motif of a name or, where no motif has it, of a factor's symbol in any case.

    Last come the factors of names such as FAB3_HUMAN.H11MO.0.B (`data.motif_names`).
    """
    wanted = name.casefold()
    called = (
        [motif for motif in known if motif.name == name]
        or [motif for motif in known if wanted in (motif.symbol.casefold(), motif.name.casefold())]
        or [
            motif
            for motif in known
            if any(
                wanted in map(str.casefold, readings(text))
                for text in (motif.symbol, motif.name)
                if len(members(text)) == 1
            )
        ]
    )
    if not called:
        raise unknown("motif", name, [x for motif in known for x in (motif.name, motif.symbol)])
    if len(called) > 1:
        names = list(dict.fromkeys(motif.name for motif in called))
        advice = (
            f"they are {examples(names)}: give one of these names"
            if len(names) == len(called)
            else "they are of several files: give one file with --motifs"
        )
        raise DeepRageError(f"{len(called)} known motifs are called {name!r}; {advice}.")
    return called[0]


class SiteFinder:
    """Finds the sites of many patterns in the same promoters.

    Four letters in a row are looked up together.

    Args:
        tokens: promoters (G, L); a site holds no N.
    """

    def __init__(self, tokens: NDArray[np.int8]) -> None:
        self._tokens = tokens
        self._fours: NDArray[np.int16] | None = None

    def starts(self, pattern: SitePattern) -> NDArray[np.bool_]:
        """First letters of sites (G, P) on either strand, P = L - width + 1.

        Raises:
            DeepRageError: the pattern is longer than the promoters.
        """
        positions = self._tokens.shape[1] - pattern.width + 1
        if positions < 1:
            raise DeepRageError(
                f"the motif {pattern.name!r} is {pattern.width} bp wide, the promoters only "
                f"{self._tokens.shape[1]} bp: give a shorter motif."
            )
        found = np.zeros((len(self._tokens), positions), dtype=bool)
        for scores in (pattern.scores, pattern.backward):
            # Scores are hundredths of a bit; a sum of them in float32 is off by less than half of
            # one.
            found |= self._sums(scores, positions) >= pattern.threshold - 0.4 / _STEPS
        return found

    def _sums(self, scores: NDArray[np.float32], positions: int) -> NDArray[np.float32]:
        """Sums (G, positions) of the scores (5, width) of the letters from each position on."""
        width = scores.shape[1]
        total = np.zeros((len(self._tokens), positions), dtype=np.float32)
        if width < _TOGETHER:
            for at in range(width):
                total += scores[:, at][self._tokens[:, at : at + positions]]
            return total
        codes = self._codes()
        for start in range(0, width, _TOGETHER):
            # The last four letters overlap those before them, which then count nothing.
            first = min(start, width - _TOGETHER)
            part = scores[:, first : first + _TOGETHER].copy()
            part[:, : start - first] = 0.0
            table = part[:, 0]
            for column in part.T[1:]:
                table = (table[:, None] + column).ravel()
            total += table[codes[:, first : first + positions]]
        return total

    def _codes(self) -> NDArray[np.int16]:
        """Numbers (G, L - 3) of the four letters from each position on."""
        if self._fours is None:
            length = self._tokens.shape[1] - _TOGETHER + 1
            self._fours = np.zeros((len(self._tokens), length), dtype=np.int16)
            for at in range(_TOGETHER):
                self._fours = self._fours * np.int16(5) + self._tokens[:, at : at + length]
        return self._fours


def site_starts(tokens: NDArray[np.int8], pattern: SitePattern) -> NDArray[np.bool_]:
    """As `SiteFinder.starts`, of one pattern in promoters (G, L)."""
    return SiteFinder(tokens).starts(pattern)


def covered(starts: NDArray[np.bool_], width: int) -> NDArray[np.bool_]:
    """Letters (G, P + width - 1) that lie in a site of `width` bp, from first letters (G, P)."""
    genes, positions = starts.shape
    inside = np.zeros((genes, positions + width - 1), dtype=bool)
    for at in range(width):
        inside[:, at : at + positions] |= starts
    return inside
