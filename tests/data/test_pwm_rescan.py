"""Scores of changed promoters from those before the change equal a scan of the changed ones."""

import numpy as np
import pytest

from deeprage.data.motifs import Motif, letter_frequencies, log_odds
from deeprage.data.pwm_rescan import rescan
from deeprage.data.pwm_scan import scan_log_odds


def world(seed: int, length: int = 90):
    rng = np.random.default_rng(seed)
    tokens = rng.choice(5, p=[0.3, 0.19, 0.19, 0.3, 0.02], size=(7, length)).astype(np.int8)
    widths = (5, 8, 8, 21, 30)
    motifs = [Motif(str(n), "", rng.dirichlet(np.full(4, 0.3), w).T) for n, w in enumerate(widths)]
    odds = [log_odds(motif, letter_frequencies(tokens)).astype(np.float32) for motif in motifs]
    rows = rng.integers(0, 7, 40)
    changed = tokens[rows].copy()
    for one in changed[1:]:
        for start in rng.integers(0, length - 6, rng.integers(1, 4)):
            one[start : start + 6] = rng.integers(0, 5, 6) if rng.random() < 0.5 else 4
    return tokens, rows, changed, odds


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("bins", [1, 3, 5])
def test_as_a_scan_of_all(seed: int, bins: int) -> None:
    tokens, rows, changed, odds = world(seed)
    expected = scan_log_odds(changed, odds, bins=bins)
    found = rescan(tokens, rows, changed, odds, bins=bins)
    np.testing.assert_allclose(found.best, expected.best, atol=1e-4)
    np.testing.assert_allclose(found.occupancy, expected.occupancy, atol=1e-4)


def test_what_did_not_change_is_the_same_to_the_last_bit() -> None:
    tokens, rows, changed, odds = world(0)
    same = rescan(tokens, rows, tokens[rows], odds, bins=3)
    found = rescan(tokens, rows, changed, odds, bins=3)
    far = changed.copy()
    far[:, 45:] = tokens[rows][:, 45:]  # nothing in the last bin, nor near it
    found = rescan(tokens, rows, far, odds[:1], bins=3)
    np.testing.assert_array_equal(found.best[:, :, 2], same.best[:, :1, 2])
    np.testing.assert_array_equal(found.best[0], same.best[0, :1])
    np.testing.assert_array_equal(found.occupancy[0], same.occupancy[0, :1])


def test_a_very_wide_motif_of_zeros_and_ones_is_finite() -> None:
    tokens, rows, changed, _ = world(1)
    rng = np.random.default_rng(0)
    wide = Motif("w", "", np.eye(4)[rng.integers(0, 4, 60)].T)
    odds = [log_odds(wide, np.full(4, 0.25)).astype(np.float32)]
    found = rescan(tokens, rows, changed, odds, bins=2)
    expected = scan_log_odds(changed, odds, bins=2)
    assert np.isfinite(found.best).all()
    assert np.isfinite(found.occupancy).all()
    np.testing.assert_allclose(found.occupancy, expected.occupancy, rtol=1e-5)


def test_occupancy_of_a_wide_motif_in_closed_form() -> None:
    """One window fits with all letters, so that it alone counts; others are 1e-100 of it."""
    rng = np.random.default_rng(3)
    word = rng.integers(0, 4, 56)
    wide = Motif("w", "", np.eye(4)[word].T)
    odds = log_odds(wide, np.full(4, 0.25)).astype(np.float32)
    tokens = rng.integers(0, 4, (2, 200)).astype(np.int8)
    tokens[0, 50:106] = word
    found = scan_log_odds(tokens, [odds], bins=1)
    fits = float(odds.max(axis=0).sum())
    assert found.occupancy[0, 0] == pytest.approx(fits, rel=1e-5)
    assert found.best[0, 0, 0] == pytest.approx(fits, rel=1e-5)
    assert np.isfinite(found.occupancy[1, 0])
    assert found.occupancy[1, 0] < 0
