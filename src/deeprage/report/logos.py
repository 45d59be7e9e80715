"""Sequence logos as small inline SVG: letters drawn once on the page and used many times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from markupsafe import Markup

#: The usual colours of the letters, darkened until each stands out on white.
COLOURS = {"A": "#007A5A", "C": "#0B5CAD", "G": "#B36B00", "T": "#B3261E"}
#: A position's width and the height of two bits, in the drawing's own units.
_WIDTH, _HEIGHT = 10, 30
_GAP = 4


def glyphs() -> Markup:
    """Definitions of the four letters, each filling the unit square; once on a page."""
    from markupsafe import Markup

    paths = "".join(
        f'<path id="letter-{letter}" d="{_outline(letter)}" fill="{colour}"/>'
        for letter, colour in COLOURS.items()
    )
    return Markup(
        f'<svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs>{paths}'
        "</defs></svg>"
    )


def logo_pair(
    motif: NDArray[np.float64],
    known: NDArray[np.float64] | None,
    *,
    offset: int,
    background: NDArray[np.float64],
    title: str,
) -> Markup:
    """A motif's logo above that of its match, aligned.

    Args:
        motif, known: probabilities (4, width), rows A, C, G, T; the known one turned to the
            motif's strand.
        offset: the known motif's first position in the motif's coordinates.
        background: letter frequencies (4,); a letter's height is its share of the position's
            information, two bits at most.
        title: read aloud and found by search, such as the consensus.
    """
    from markupsafe import Markup, escape

    width = motif.shape[1]
    first = min(0, offset) if known is not None else 0
    last = max(width, offset + known.shape[1]) if known is not None else width
    rows = [_letters(motif, background, left=-first, top=0)]
    height = _HEIGHT
    if known is not None:
        rows.append(_letters(known, background, left=offset - first, top=_HEIGHT + _GAP))
        height = 2 * _HEIGHT + _GAP
    total = (last - first) * _WIDTH
    return Markup(
        f'<svg class="logo" viewBox="0 0 {total} {height}" width="{total}" height="{height}" '
        f'role="img"><title>{escape(title)}</title>{"".join(rows)}</svg>'
    )


def _letters(
    probabilities: NDArray[np.float64], background: NDArray[np.float64], *, left: int, top: int
) -> str:
    heights = letter_heights(probabilities, background) * (_HEIGHT / 2)
    drawn = []
    for position, column in enumerate(heights.T):
        foot = float(top + _HEIGHT)
        x = (left + position) * _WIDTH
        for row in np.argsort(column, kind="stable"):
            if column[row] < 0.4:  # less than a pixel
                continue
            drawn.append(
                f'<use href="#letter-{"ACGT"[row]}" '
                f'transform="matrix({_WIDTH} 0 0 {-column[row]:.1f} {x} {foot:.1f})"/>'
            )
            foot -= float(column[row])
    return "".join(drawn)


def profile(counts: Sequence[int], *, title: str) -> Markup:
    """Counts along the promoter as a row of small bars, 5' on the left."""
    from markupsafe import Markup, escape

    most = max(*counts, 1)
    bars = "".join(
        f"M{4 * at} {_HEIGHT}v{-_HEIGHT * value / most:.1f}h3V{_HEIGHT}z"
        for at, value in enumerate(counts)
        if value
    )
    width = 4 * len(counts)
    return Markup(
        f'<svg class="profile" viewBox="0 0 {width} {_HEIGHT}" width="{width}" '
        f'height="{_HEIGHT}" role="img"><title>{escape(title)}</title><path d="{bars}"/></svg>'
    )


def letter_heights(
    probabilities: NDArray[np.float64], background: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Bits (4, width) of each letter: probability times the position's information, at most 2."""
    p = probabilities
    bits = (p * np.log2(np.where(p > 0, p, 1.0) / background[:, None])).sum(axis=0)
    heights: NDArray[np.float64] = p * np.clip(bits, 0.0, 2.0)
    return heights


@cache
def _outline(letter: str) -> str:
    """A bold letter's outline as an SVG path in the unit square, foot at 0."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    path = TextPath((0, 0), letter, size=100, prop=FontProperties("DejaVu Sans", weight="bold"))
    vertices = np.asarray(path.vertices)
    low, high = vertices[:-1].min(axis=0), vertices[:-1].max(axis=0)
    scaled = (vertices - low) / (high - low) * (0.94, 1.0) + (0.03, 0.0)
    commands: Mapping[int, tuple[str, int]] = {1: ("M", 1), 2: ("L", 1), 3: ("Q", 2), 4: ("C", 3)}
    assert path.codes is not None
    words: list[str] = []
    at = 0
    while at < len(scaled):
        code = int(path.codes[at])
        if code == 79:  # close
            words.append("Z")
            at += 1
            continue
        name, points = commands[code]
        words.append(name + " ".join(_pair(point) for point in scaled[at : at + points]))
        at += points
    return "".join(words)


def _pair(point: Sequence[float] | NDArray[np.float64]) -> str:
    return f"{point[0]:.3f} {point[1]:.3f}"
