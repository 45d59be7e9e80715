"""Logos: heights by information, and the two rows aligned."""

import re

import numpy as np

from deeprage.report.logos import glyphs, letter_heights, logo_pair, profile

EVEN = np.full(4, 0.25)


def feet(svg: str) -> dict[tuple[str, int], float]:
    """x in letters of each drawn letter, by (letter, row)."""
    found = re.findall(r'letter-(\w)" transform="matrix\(10 0 0 -[\d.]+ (\d+) ([\d.]+)\)', svg)
    return {(letter, int(float(y) > 30)): int(x) / 10 for letter, x, y in found}


def test_a_letter_is_as_high_as_its_share_of_the_information() -> None:
    column = np.array([[1.0, 0.5, 0.25], [0, 0.5, 0.25], [0, 0, 0.25], [0, 0, 0.25]])
    heights = letter_heights(column, EVEN)
    np.testing.assert_allclose(heights[:, 0], [2, 0, 0, 0], atol=1e-12)
    np.testing.assert_allclose(heights[:, 1], [0.5, 0.5, 0, 0], atol=1e-12)
    np.testing.assert_allclose(heights[:, 2], 0, atol=1e-12)


def test_the_match_stands_under_the_positions_that_it_matches() -> None:
    motif, known = np.eye(4)[:, [0, 1, 2]], np.eye(4)[:, [1, 2, 3]]
    at = feet(logo_pair(motif, known, offset=1, background=EVEN, title="ACG"))
    assert (at["C", 0], at["C", 1]) == (1, 1)
    assert (at["G", 0], at["G", 1]) == (2, 2)
    at = feet(logo_pair(known, motif, offset=-1, background=EVEN, title="CGT"))
    assert (at["C", 0], at["C", 1]) == (1, 1)
    assert at["A", 1] == 0


def test_a_title_cannot_become_markup() -> None:
    assert "<b>" not in logo_pair(np.eye(4), None, offset=0, background=EVEN, title="<b>")
    assert "<b>" not in profile([1, 2], title="<b>")


def test_every_letter_has_an_outline_in_the_unit_square() -> None:
    paths = re.findall(r'id="letter-(\w)" d="([^"]+)"', glyphs())
    assert [letter for letter, _ in paths] == list("ACGT")
    for _, path in paths:
        numbers = [float(x) for x in re.findall(r"-?[\d.]+", path)]
        assert min(numbers) >= 0
        assert max(numbers) <= 1
