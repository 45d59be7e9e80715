"""The content of `motifs.json` in closed form, from a planted scan and matches."""

import numpy as np
import pytest

from deeprage.data.motifs import Motif
from deeprage.interpretation.filter_factors import factor_meant, known_slots, matched_factors
from deeprage.interpretation.filter_scan import FilterScan
from deeprage.interpretation.motif_files import (
    BINS,
    MOST_MATCHES,
    _median_distance,
    _quantiles,
    motif_content,
    motif_table,
)
from deeprage.interpretation.motifs import (
    Counted,
    FilterMotifs,
    MotifOptions,
    MotifResult,
    count,
)
from deeprage.interpretation.tomtom import Matches


def motif(name: str, seed: int, width: int = 6) -> Motif:
    letters = np.random.default_rng(seed).dirichlet([1.0] * 4, width).T
    return Motif(name, name.upper(), letters)


KNOWN = [motif(f"k{number}", number) for number in range(7)]


def planted() -> MotifResult:
    """Three filters, of which the second is silent; seven known motifs."""
    p = np.array([[0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1], [0.01, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]])
    matches = Matches(
        p=p,
        q=np.array([[0.8] * 7, [0.04, *[0.9] * 6]]),
        offset=np.tile(np.arange(7) - 3, (2, 1)),
        reverse=np.arange(14).reshape(2, 7) % 2 == 0,
    )
    found = FilterMotifs(
        filters=np.array([0, 2]),
        motifs=[motif("f0", 10), motif("f2", 11)],
        spans=[(1, 7), (2, 8)],
        bits=np.array([4.12345, 6.5]),
        group=np.array([0, 1]),
        representative=np.array([True, True]),
    )
    positions = np.zeros((3, 40), dtype=np.intp)
    positions[0, [0, 1, 39]] = [2, 1, 5]
    positions[2, 19] = 4
    scan = FilterScan(
        counts=np.ones((3, 4, 10)),
        windows=np.array([100, 0, 37]),
        largest=np.array([3.14159265, 0, 1], dtype=np.float32),
        fires=np.array([0.123456, 0, 1.0]),
        positions=positions,
    )
    rounds = [
        Counted(1, 2, 1, ("A",), np.array([0.5, 0.1])),
        Counted(3, 2, 0, ("A", "B", "C"), np.array([0.2, 0.3])),
    ]
    return MotifResult(
        found=found,
        targets=KNOWN,
        matches=matches,
        counted=count(found.group, found.representative, matches, KNOWN, q=0.1),
        column_null=rounds,
        q_chance=np.array([np.nan, 0.02]),
        background=np.array([0.30004, 0.19996, 0.2, 0.3]),
        options=MotifOptions(q=0.1),
        names=["filter_000", "filter_001", "filter_002"],
        scan=scan,
        filter_null=[],
        promoters=55,
    )


@pytest.fixture(scope="module")
def content():
    return motif_content(planted(), sources={"JASPAR": 7}, options=MotifOptions(q=0.1))


def test_the_summary_counts(content) -> None:
    summary = content["summary"]
    assert (summary["filters"], summary["active"], summary["matched"]) == (3, 2, 1)
    assert (summary["distinct"], summary["distinct_matched"]) == (2, 1)
    assert (summary["beyond_chance"], summary["distinct_beyond_chance"]) == (1, 1)
    assert summary["factors"] == ["K0"]
    assert summary["filter_null"] is None
    null = summary["column_null"]
    assert (null["rounds"], null["matched"], null["matched_sd"]) == (2, 2, 1)
    assert (null["distinct_matched"], null["factors"]) == (0.5, 2)
    # Quantiles at 1/8, 3/8, 5/8 and 7/8 of 0.1, 0.2, 0.3, 0.5.
    assert null["best_p"] == pytest.approx([0.1375, 0.2125, 0.2875, 0.425], abs=6e-4)
    assert (content["promoters"], content["sources"]) == (55, {"JASPAR": 7})
    assert content["background"] == [0.3, 0.2, 0.2, 0.3]


def test_a_filter_has_its_firing_profile(content) -> None:
    first, silent, third = content["filters"]
    assert (first["filter"], first["windows"], first["largest"]) == ("filter_000", 100, 3.1416)
    assert first["fires"] == 0.1235
    assert first["profile"] == [3, *[0] * 18, 5]
    assert (third["profile"][9], sum(third["profile"])) == (4, 4)
    assert len(first["profile"]) == BINS == 20
    # The median window of eight is the fourth: it begins at the last place, 49 letters in all.
    assert first["distance"] == 49 - (39 + 5)
    assert third["distance"] == 49 - (19 + 5)
    assert silent["distance"] is None
    assert "pwm" not in silent


def test_a_median_is_that_of_the_windows_in_order() -> None:
    counts = np.array([1, 0, 1, 1, 0])
    spread = np.repeat(np.arange(5), counts)
    assert _median_distance(counts, 4) == 5 + 4 - 1 - (np.median(spread) + 2)
    assert _median_distance(np.array([2, 0, 1, 0]), 3) == 6 - 1.5


def test_a_motif_has_its_best_matches_in_order(content) -> None:
    first, _, third = content["filters"]
    assert (first["bits"], first["start"], first["end"]) == (4.123, 1, 7)
    assert (first["group"], third["group"], third["representative"]) == (0, 1, True)
    assert (first["q_chance"], third["q_chance"]) == (None, 0.02)
    assert [match["name"] for match in first["matches"]] == ["k6", "k5", "k4", "k3", "k2"]
    assert len(first["matches"]) == MOST_MATCHES
    best = third["matches"][0]
    assert (best["name"], best["symbol"], best["p"], best["q"]) == ("k0", "K0", 0.01, 0.04)
    # Its offset is 3 to the right of the filter's first position; the eighth cell is not turned.
    assert (best["offset"], best["reverse"]) == (3, False)
    np.testing.assert_allclose(best["pwm"], KNOWN[0].probabilities, atol=5e-5)
    turned = first["matches"][0]
    assert (turned["offset"], turned["reverse"]) == (-3, True)
    np.testing.assert_allclose(turned["pwm"], KNOWN[6].probabilities[::-1, ::-1], atol=5e-5)
    for cell in np.ravel(first["pwm"]):
        assert cell == round(cell, 4)


def test_the_table_has_the_best_match_of_each_filter(content) -> None:
    table = motif_table(content).set_index("filter")
    assert list(table.index) == ["filter_000", "filter_001", "filter_002"]
    assert list(table["match_name"].fillna("")) == ["k6", "", "k0"]
    assert table.loc["filter_002", "match_q"] == 0.04
    assert table.loc["filter_002", "q_chance"] == 0.02


def test_many_values_are_thinned_to_evenly_spaced_quantiles() -> None:
    values = np.random.default_rng(0).permutation(10_000) / 10_000
    thinned = _quantiles(values)
    assert len(thinned) == 200
    assert thinned == sorted(thinned)
    np.testing.assert_allclose(thinned, (np.arange(200) + 0.5) / 200, atol=0.002)
    assert _quantiles(np.zeros(0)) == []
    assert _quantiles(np.array([0.123456])) == [0.123]


class Known:
    """Known targets of BBB and CCC."""

    def slot(self, name: str) -> int | None:
        return {"BBB": 4, "CCC": 1}.get(name)


MOTIFS = {
    "filters": [
        {
            "filter": "filter_000",
            "matches": [
                {"symbol": "AAA", "q": 0.01},
                {"symbol": "BBB::CCC", "q": 0.0999},
                {"symbol": "DDD", "q": 0.1},
            ],
        },
        {"filter": "filter_001", "matches": [{"symbol": "EEE", "q": 0.2}]},
    ]
}


class TestFactors:
    def test_matches_below_the_level_count(self) -> None:
        assert matched_factors(MOTIFS) == {"filter_000": [("AAA",), ("BBB", "CCC")]}
        assert matched_factors(MOTIFS, q=0.05) == {"filter_000": [("AAA",)]}
        assert set(matched_factors(MOTIFS, q=0.5)) == {"filter_000", "filter_001"}
        assert matched_factors({"filters": []}) == {}

    def test_the_first_whose_targets_are_known_is_meant(self) -> None:
        (matches,) = matched_factors(MOTIFS).values()
        assert factor_meant(matches, Known()) == ("BBB", "CCC")
        assert factor_meant(matches, None) == ("AAA",)
        assert factor_meant(matches[:1], Known()) == ("AAA",)
        assert factor_meant([], Known()) == ()

    def test_places_of_those_that_are_known(self) -> None:
        assert known_slots(("AAA", "BBB", "CCC"), Known()) == [4, 1]
        assert known_slots(("BBB",), None) == []
