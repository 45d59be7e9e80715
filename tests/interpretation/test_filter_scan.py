"""Windows that activate filters, against a plain search through every window."""

import numpy as np
import pytest

from deeprage.data.dna import reverse_complement
from deeprage.errors import DeepRageError
from deeprage.interpretation import filter_scan
from deeprage.interpretation.filter_scan import scan_filters
from deeprage.interpretation.model import Filters

WIDTH = 5


@pytest.fixture
def promoters() -> np.ndarray:
    rng = np.random.default_rng(0)
    tokens = rng.integers(0, 4, (30, 40)).astype(np.int8)
    tokens[3, 10:14] = 4
    return tokens


def some_filters(*, both_strands: bool = False) -> Filters:
    rng = np.random.default_rng(1)
    weight = rng.normal(size=(6, 4, WIDTH)).astype(np.float32)
    bias = np.array([0, -1, 0.5, 0, -100, 0], dtype=np.float32)
    return Filters(weight, bias, both_strands=both_strands)


def every_window(filters: Filters, promoters: np.ndarray, number: int) -> list[tuple]:
    """(activation, gene, start, word as the filter read it), N left out."""
    found = []
    for gene, tokens in enumerate(promoters):
        for start in range(len(tokens) - WIDTH + 1):
            word = tokens[start : start + WIDTH]
            if (word == 4).any():
                continue
            for read in (word, reverse_complement(word))[: 1 + filters.both_strands]:
                value = filters.weight[number, read, np.arange(WIDTH)].sum() + filters.bias[number]
                found.append((float(value), gene, start, read))
    return sorted(found, key=lambda window: -window[0])


def counted(words: list[np.ndarray]) -> np.ndarray:
    counts = np.zeros((4, WIDTH))
    for word in words:
        counts[word, np.arange(WIDTH)] += 1
    return counts


@pytest.mark.parametrize("both_strands", [False, True])
@pytest.mark.parametrize("cells", [500, 10**7])
def test_the_best_windows_are_those_of_a_plain_search(
    promoters: np.ndarray, both_strands: bool, cells: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filter_scan, "_CELLS_AT_ONCE", cells)
    filters = some_filters(both_strands=both_strands)
    found = scan_filters(filters, promoters, best=20)
    for number in (0, 1, 2, 3, 5):
        windows = every_window(filters, promoters, number)
        np.testing.assert_array_equal(found.counts[number], counted([w[3] for w in windows[:20]]))
        assert found.largest[number] == pytest.approx(windows[0][0], abs=1e-5)
        assert found.windows[number] == 20


@pytest.mark.parametrize("both_strands", [False, True])
def test_the_threshold_form_takes_every_window_above_it(
    promoters: np.ndarray, both_strands: bool
) -> None:
    filters = some_filters(both_strands=both_strands)
    found = scan_filters(filters, promoters, threshold=0.6)
    for number in (0, 1, 2, 3, 5):
        windows = every_window(filters, promoters, number)
        above = [w[3] for w in windows if w[0] >= 0.6 * windows[0][0]]
        np.testing.assert_allclose(found.counts[number], counted(above), atol=1e-3)
        assert found.windows[number] == len(above)


def test_how_often_and_where_a_filter_fires(promoters: np.ndarray) -> None:
    filters = some_filters()
    found = scan_filters(filters, promoters)
    for number in (0, 1, 2, 3, 5):
        windows = every_window(filters, promoters, number)
        firing = [w for w in windows if w[0] >= 0.5 * windows[0][0]]
        assert found.fires[number] == pytest.approx(len({w[1] for w in firing}) / len(promoters))
        starts = np.bincount([w[2] for w in firing], minlength=40 - WIDTH + 1)
        np.testing.assert_array_equal(found.positions[number], starts)


def test_a_filter_that_is_never_active_has_no_windows(promoters: np.ndarray) -> None:
    found = scan_filters(some_filters(), promoters)
    assert found.windows[4] == 0
    assert found.fires[4] == 0
    assert not found.counts[4].any()


def test_identical_promoters_count_once(promoters: np.ndarray) -> None:
    twice = np.concatenate([promoters, promoters[:10]])
    once, again = (scan_filters(some_filters(), tokens) for tokens in (promoters, twice))
    np.testing.assert_array_equal(once.counts, again.counts)
    np.testing.assert_array_equal(once.fires, again.fires)


@pytest.mark.parametrize("options", [{"best": 0}, {"threshold": 0.0}, {"threshold": 1.5}])
def test_options_out_of_range_are_refused(promoters: np.ndarray, options: dict) -> None:
    with pytest.raises(DeepRageError):
        scan_filters(some_filters(), promoters, **options)


def test_promoters_shorter_than_the_filters_are_refused(promoters: np.ndarray) -> None:
    with pytest.raises(DeepRageError, match="4 bp for filters of 5 bp"):
        scan_filters(some_filters(), promoters[:, :4])
