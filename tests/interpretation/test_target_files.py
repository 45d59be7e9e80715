"""The table of links and its summary in closed form."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deeprage.data.regulatory_network import AlignedNetwork
from deeprage.interpretation.known_links import (
    Checked,
    Interval,
    _interval,
    _sign_agreement,
    as_json,
    check_links,
)
from deeprage.interpretation.link_scores import score_links
from deeprage.interpretation.target_files import _plain, link_table, write_targets
from deeprage.interpretation.targets import Links


@pytest.fixture(scope="module")
def compendium(make_compendium):
    """Thirty genes, of which the last three are the regulators."""
    return make_compendium()


def links_of(compendium, **changes) -> Links:
    """Scores that fall with the row; the third regulator has no motif."""
    rng = np.random.default_rng(0)
    genes = np.arange(30)
    mixed = rng.random((30, 3)).astype(np.float32)
    mixed[:, 2] = np.nan
    mixed[4, 0] = 0
    q = np.round(rng.random((30, 3)), 1)
    q[:, 2] = np.nan
    own = genes[:, None] == compendium.regulator_rows[None, :]
    q[own] = np.nan
    parts = {
        "genes": genes,
        "scores": {
            "mixed": mixed,
            "specific": rng.random((30, 3)).astype(np.float32),
            "motif scan": np.where(np.isnan(mixed), np.nan, 1 - mixed),
        },
        "score": "mixed",
        "sign": rng.integers(-1, 2, (30, 3)).astype(np.int8),
        "p": q / 2,
        "q": q,
        "sites": np.where(np.isnan(mixed), -1, rng.integers(0, 3, (30, 3))),
        "own": own,
    }
    return Links(**(parts | changes))


def network_of(seed: int = 1) -> AlignedNetwork:
    """Of the first and the third regulator; the first ten genes are not in the file."""
    rng = np.random.default_rng(seed)
    edge = rng.random((30, 2)) < 0.5
    candidate = np.ones_like(edge)
    candidate[:10] = False
    candidate[[27, 29], [0, 1]] = False
    edge &= candidate
    sign = np.where(edge, rng.choice([-1, 1], edge.shape), 0).astype(np.int8)
    return AlignedNetwork(np.array([0, 2]), sign, edge, candidate)


@pytest.fixture(scope="module")
def checked(compendium) -> Checked:
    return check_links(links_of(compendium), network_of(), rng=np.random.default_rng(0), rounds=4)


class TestTable:
    def test_pairs_are_in_order_of_q_then_of_score(self, compendium) -> None:
        links = links_of(compendium)
        table = link_table(links, None, compendium, most=1000)
        expected = sorted(
            (
                (links.q[g, r], -links.scores["mixed"][g, r], g, r)
                for g in range(30)
                for r in range(2)
                if links.scores["mixed"][g, r] > 0 and not links.own[g, r]
            ),
        )
        names = compendium.genes
        assert list(table["target"]) == [names[g] for *_, g, _ in expected]
        assert list(table["regulator"]) == [names[27 + r] for *_, r in expected]
        for row, (q, score, g, r) in zip(table.itertuples(), expected, strict=True):
            assert (row.q, row.score) == (q, pytest.approx(-score))
            assert row.p == q / 2
            assert row.sign == {-1: "-", 0: "", 1: "+"}[links.sign[g, r]]
            assert row.sites == links.sites[g, r]
            assert row.specific == links.scores["specific"][g, r]
            assert row.motif_scan == links.scores["motif scan"][g, r]
        assert len(link_table(links, None, compendium, most=7)) == 7
        assert "known" not in table

    def test_a_missing_q_comes_last_and_missing_sites_are_blank(self, compendium) -> None:
        links = links_of(compendium, score="specific")
        table = link_table(links, None, compendium, most=1000)
        missing = table["q"].isna().to_numpy()
        # A q of 1 and none are alike: then the score decides.
        assert missing.sum() == 29
        assert table["q"].fillna(1).is_monotonic_increasing
        of_third = table["regulator"] == compendium.genes[29]
        assert table.loc[of_third, "sites"].isna().all()
        assert not table.loc[~of_third, "sites"].isna().any()

    def test_the_network_speaks_of_its_candidates_alone(self, compendium, checked) -> None:
        links, network = links_of(compendium, score="specific"), network_of()
        table = link_table(links, checked, compendium, most=1000)
        column = {compendium.genes[27]: 0, compendium.genes[29]: 1}
        for row in table.itertuples():
            at = compendium.genes.index(row.target), column.get(row.regulator)
            if at[1] is None or not network.candidate[at]:
                assert row.known is pd.NA
            else:
                assert row.known == int(network.edge[at])
        assert set(table["known"].dropna()) == {0, 1}


class TestContent:
    def test_counts_and_regulators(self, compendium, checked, tmp_path: Path) -> None:
        links = links_of(compendium)
        content = write_targets(
            links, checked, compendium, tmp_path, network="n.tsv", about={"seed": 3}, most=9
        )
        assert (content["genes"], content["regulators"], content["seed"]) == (30, 3, 3)
        assert content["scored_regulators"] == 2
        assert content["links_at_5_percent"] == (links.q < 0.05).sum() > 0
        assert (content["score"], content["network"]) == ("mixed", "n.tsv")
        assert len(content["links"]) == len(pd.read_csv(tmp_path / "targets.tsv", sep="\t")) == 9
        (entry,) = content["by_regulator"]  # the third has no motif
        network = network_of()
        expected = score_links(
            links.scores["mixed"][:, 0], network.edge[:, 0], network.candidate[:, 0]
        )
        assert entry["regulator"] == compendium.genes[27]
        assert (entry["targets"], entry["auroc"]) == (expected.edges, expected.auroc)
        assert entry["auroc_motif_scan"] == pytest.approx(1 - expected.auroc)
        assert "auroc_ridge" not in entry

    def test_regulators_are_in_order_of_their_auroc(self, compendium, tmp_path: Path) -> None:
        links = links_of(compendium, score="specific")
        checked = check_links(links, network_of(), rng=np.random.default_rng(0), rounds=0)
        content = write_targets(links, checked, compendium, tmp_path, network=None, about={})
        aurocs = [entry["auroc"] for entry in content["by_regulator"]]
        assert aurocs == sorted(aurocs, reverse=True)
        assert len(aurocs) == 2
        # The motif scan does not speak of the third regulator.
        scans = {e["regulator"]: e["auroc_motif_scan"] for e in content["by_regulator"]}
        assert scans[compendium.genes[29]] is None
        assert scans[compendium.genes[27]] is not None

    def test_without_a_null_there_is_no_q(self, compendium, tmp_path: Path) -> None:
        links = links_of(compendium, q=np.full((30, 3), np.nan))
        content = write_targets(links, None, compendium, tmp_path, network=None, about={})
        assert content["links_at_5_percent"] is None
        assert (content["checked"], content["by_regulator"]) == ([], [])

    @pytest.mark.parametrize(
        ("value", "plain"),
        [
            (pd.NA, None),
            (float("nan"), None),
            (float("inf"), None),
            (0.123456, 0.1235),
            (np.float32(12345.6), 12350.0),
            (np.int64(3), 3),
            ("x", "x"),
        ],
    )
    def test_cells_as_json(self, value: object, plain: object) -> None:
        found = _plain(value)
        assert (found, type(found)) == (plain, type(plain))


class TestChecked:
    def test_scores_are_first_on_the_regulators_with_a_motif_then_on_all(self, checked) -> None:
        assert [(one.score, one.regulators, one.with_motif) for one in checked.table] == [
            ("mixed", 1, True),
            ("specific", 1, True),
            ("motif scan", 1, True),
            ("specific", 2, False),
        ]

    def test_all_regulators_with_a_motif_are_tested_once(self, compendium) -> None:
        sites = np.ones((30, 3), dtype=np.intp)
        links = links_of(compendium, sites=sites, score="specific")
        table = check_links(links, network_of(), rng=np.random.default_rng(0), rounds=0).table
        assert [(one.score, one.with_motif) for one in table] == [("specific", True)]
        links = links_of(compendium, sites=-sites, score="specific")
        table = check_links(links, network_of(), rng=np.random.default_rng(0), rounds=0).table
        assert [(one.score, one.with_motif) for one in table] == [("specific", False)]

    def test_numbers_are_those_of_the_pairs(self, compendium, checked) -> None:
        links, network = links_of(compendium), network_of()
        one = checked.table[-1]
        scores = links.scores["specific"][:, [0, 2]]
        assert one.found == score_links(scores, network.edge, network.candidate)
        each = [
            score_links(scores[:, n], network.edge[:, n], network.candidate[:, n]) for n in (0, 1)
        ]
        assert one.mean_aupr == pytest.approx(np.mean([x.aupr for x in each]))
        assert one.mean_auroc == pytest.approx(np.mean([x.auroc for x in each]))
        assert one.rewired is not None
        assert one.rewired.low <= one.rewired.mean <= one.rewired.high

    def test_only_the_chosen_score_has_signs(self, compendium, checked) -> None:
        links, network = links_of(compendium), network_of()
        known, predicted = network.sign[:, 0], links.sign[:, 0]
        counted = (known != 0) & (predicted != 0) & (links.scores["mixed"][:, 0] > 0)
        expected = np.mean(known[counted] == predicted[counted])
        assert checked.table[0].sign == pytest.approx(expected)
        assert [one.sign for one in checked.table[1:]] == [None] * 3

    def test_sign_agreement_in_closed_form(self) -> None:
        predicted = np.array([[1, 1, -1, 0, 1, -1]], dtype=np.int8)
        known = np.array([[1, -1, -1, 1, 0, 1]], dtype=np.int8)
        scores = np.array([[0.5, 0.5, 0.1, 1, 1, 0]], dtype=np.float32)
        # Three have both signs and a score: two of them agree.
        assert _sign_agreement(predicted, known, scores) == pytest.approx(2 / 3)
        assert _sign_agreement(predicted, 0 * known, scores) is None

    def test_an_interval_is_the_central_95_percent(self) -> None:
        found = _interval(list(np.random.default_rng(0).permutation(1001).astype(float)))
        assert found == pytest.approx((500, 25, 975))
        assert _interval([]) is None

    def test_as_json(self, checked) -> None:
        plain = as_json(checked.table[0]._replace(mean_aupr=float("nan"), shuffled=None))
        assert (plain["mean_aupr"], plain["shuffled"]) == (None, None)
        assert plain["aupr"] == checked.table[0].found.aupr
        assert set(plain["rewired"]) == set(Interval._fields)
        assert "found" not in plain
