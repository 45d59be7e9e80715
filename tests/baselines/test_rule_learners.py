"""GeneClass, MEDUSA, CAGER and the relational learner on planted compendia."""

import numpy as np
import pandas as pd
import pytest

from deeprage.baselines.boosting_search import RuleSearch
from deeprage.baselines.cager import Cager, screen
from deeprage.baselines.geneclass import GeneClass, bundle_around
from deeprage.baselines.medusa import Medusa
from deeprage.baselines.medusa_pssm import Pssm, agglomerate, best_matches, best_pssm_cut, word_pssm
from deeprage.baselines.relational import (
    Relational,
    adjacency,
    category_membership,
    partner_has,
)
from deeprage.data.compendium import Compendium
from deeprage.data.dna import encode, reverse_complement
from deeprage.data.predictor import Predictor
from deeprage.data.split import Regime, Role, Split, visible
from deeprage.errors import DeepRageError

EVEN = np.full(4, 0.25)


def planted(has, *, sites=("ACGTAC",), conditions=30, seed=0, flip=0.05):
    """Genes in `has` follow regulator r1 up or down, other cells are near 0 with rare flips.

    A gene in `has` holds one of `sites` on a random strand.
    """
    rng = np.random.default_rng(seed)
    genes = len(has)
    tokens = rng.integers(0, 4, size=(genes, 80)).astype(np.int8)
    for gene in np.flatnonzero(has):
        site = encode(sites[rng.integers(len(sites))])
        at = rng.integers(0, 80 - len(site))
        tokens[gene, at : at + len(site)] = site if rng.random() < 0.5 else reverse_complement(site)
    levels = rng.choice([-1.0, 0.0, 1.0], size=(4, conditions))
    values = rng.normal(scale=0.3, size=(genes, conditions))
    values += np.where(rng.random(values.shape) < flip, rng.choice([-1, 1], values.shape), 0)
    values += np.outer(has, levels[1])
    names = [f"g{i}" for i in range(genes)]
    regulators = [f"r{i}" for i in range(4)]
    frame = pd.DataFrame(
        np.concatenate([values, levels]),
        index=[*names, *regulators],
        columns=[f"c{j}" for j in range(conditions)],
    )
    promoters = dict(zip(names, tokens, strict=True))
    return Compendium.from_parts(expression=frame, promoters=promoters, regulators=regulators)


def split_of(compendium):
    """A fifth of the genes tested in all conditions, a fifth validating; the rest trains."""
    role = np.full(compendium.expression.shape, Role.TRAIN, np.int8)
    role[0::5] = Role.TEST
    role[1::5] = Role.VALIDATION
    role[~compendium.has_promoter] = Role.UNUSED
    return Split(
        Regime.GENES, tuple(compendium.genes), tuple(compendium.conditions), role, "by hand"
    )


def fit(model, compendium):
    split = split_of(compendium)
    return model.fit(visible(compendium, split), split), split


def held_out_correlation(model, compendium, split):
    everything = [np.arange(size) for size in compendium.expression.shape]
    test = split.cells(Role.TEST)
    predicted = model.predict(*everything)
    assert predicted.dtype == np.float32
    assert np.isfinite(predicted).all()
    return float(np.corrcoef(predicted[test], compendium.expression[test])[0, 1])


HAS = np.arange(200) % 4 == 0


class TestGeneClass:
    def test_the_planted_rules_come_first(self):
        model, split = fit(GeneClass(rounds=10, motif_files=[]), compendium := planted(HAS))
        assert isinstance(model, Predictor)
        first = {rule.name for rule in model.tree_.rules[:2]}
        assert first == {"ACGTAC & r1 up", "ACGTAC & r1 down"}
        assert held_out_correlation(model, compendium, split) > 0.5
        _, classes = model.predict_with_classes(np.arange(200), np.arange(30))
        assert set(np.unique(classes)) == {0, 1, 2}

    def test_margins_point_at_the_planted_motif_and_regulator(self):
        model, _ = fit(GeneClass(rounds=10, motif_files=[]), planted(HAS))
        motifs, regulators = model.motif_margins(), model.regulator_margins()
        assert max(motifs, key=motifs.get) == "ACGTAC"
        assert max(regulators, key=regulators.get) == "r1"

    def test_permuted_promoters_leave_nothing_to_find(self):
        compendium = planted(HAS)
        order = np.random.default_rng(1).permutation(200)
        compendium.adata.varm["promoter"][:200] = compendium.promoters[order]
        model, split = fit(GeneClass(rounds=10, motif_files=[]), Compendium(compendium.adata))
        assert abs(held_out_correlation(model, compendium, split)) < 0.25

    def test_patience_ends_the_rounds_and_keeps_the_tree_as_far_as_it_goes(self):
        compendium = planted(HAS)
        whole, _ = fit(GeneClass(rounds=30, motif_files=[]), compendium)
        short, _ = fit(GeneClass(rounds=30, patience=4, motif_files=[]), compendium)
        made = len(short.losses_)
        assert made < 30
        assert made == int(np.argmin(short.errors_)) + 5
        assert whole.losses_[:made] == short.losses_
        names = [rule.name for rule in short.tree_.rules]
        assert [rule.name for rule in whole.tree_.rules][: len(names)] == names

    def test_hidden_values_do_not_matter(self):
        compendium = planted(HAS)
        model, split = fit(GeneClass(rounds=5, motif_files=[]), compendium)
        spoilt = compendium.expression.copy()
        spoilt[split.cells(Role.TEST)] = 9
        other, _ = fit(GeneClass(rounds=5, motif_files=[]), compendium.with_expression(spoilt))
        everything = np.arange(204), np.arange(30)
        np.testing.assert_array_equal(model.predict(*everything), other.predict(*everything))

    def test_too_few_labels_are_an_error(self):
        compendium = planted(HAS)
        with pytest.raises(DeepRageError, match="both signs"):
            fit(GeneClass(motif_files=[], edges=(-50, 50)), compendium)

    def test_no_attribute_is_an_error(self):
        with pytest.raises(DeepRageError, match="no gene attribute"):
            fit(GeneClass(kmer=None, motif_files=[]), planted(HAS))


class TestBundle:
    def test_holds_the_rules_that_cover_nearly_the_same_weight(self):
        presence = np.zeros((40, 4), np.uint8)
        presence[:20, 0] = presence[:19, 1] = presence[10:30, 2] = presence[20:, 3] = 1
        states = np.zeros((6, 2), np.float32)
        states[:3, 0] = states[3:, 1] = 1
        up = np.zeros((40, 6), np.float32)
        up[:20, :3] = 1
        search = RuleSearch(presence, states, up, np.full_like(up, 0.01), np.array([-1, -1]))
        search.add_node(np.ones(40, bool), np.ones(6, bool))
        found = search.best()
        assert (found.attribute, found.state) == (0, 0)
        assert bundle_around(search, found, most=0.1, size=5) == [(0, 0), (1, 0)]
        assert bundle_around(search, found, most=0.01, size=5) == [(0, 0)]

    def test_only_where_the_found_rule_fires_counts_and_never_its_own_gene(self):
        """Beside the rule: a rule that differs elsewhere only, and one in the regulator's gene."""
        rng = np.random.default_rng(0)
        presence = (rng.random((30, 6)) < 0.5).astype(np.uint8)
        states = (rng.random((8, 4)) < 0.5).astype(np.float32)
        up, down = rng.random((2, 30, 8)).astype(np.float32)
        own = np.array([0, 3, 0, 3])
        search = RuleSearch(presence, states, up, down, own)
        search.add_node(np.ones(30, bool), np.ones(8, bool))
        found = search.best()

        def covered(attribute: int, state: int) -> np.ndarray:
            cells = np.outer(presence[:, attribute] > 0, states[:, state] > 0)
            cells[own[state]] = False
            return cells

        best = covered(found.attribute, found.state)
        weight = up + down
        differences = {
            (m, s): weight[covered(m, s)].sum() + weight[best].sum()
            - 2 * weight[covered(m, s) & best].sum()
            for m in range(6) for s in range(4)
            if (up[covered(m, s)].sum() > down[covered(m, s)].sum())
            == (up[best].sum() > down[best].sum())
        }  # fmt: skip
        most = 1.6
        near = sorted(
            (one for one in differences if differences[one] <= most * weight[best].sum()),
            key=lambda one: differences[one],
        )
        assert len(near) > 2
        assert bundle_around(search, found, most=most, size=99) == near
        assert bundle_around(search, found, most=most, size=2) == near[:2]

    def test_bundled_boosting_still_learns(self):
        model, split = fit(
            GeneClass(rounds=10, motif_files=[], bundle=0.3), compendium := planted(HAS)
        )
        assert held_out_correlation(model, compendium, split) > 0.4


class TestPssm:
    def test_words_of_one_site_join_before_others_whatever_their_strand(self):
        leaves = [word_pssm(word, 1.0, EVEN) for word in ("TGACTC", "GAGTCA", "AAAAAA")]
        merged = agglomerate(leaves, EVEN)
        assert len(merged) == 5
        assert merged[3].likeliest == "TGACTC"

    def test_shifted_words_join_to_the_longer_site(self):
        merged = agglomerate([word_pssm(w, 1.0, EVEN) for w in ("ACGTTG", "CGTTGC")], EVEN)
        assert merged[-1].likeliest == "ACGTTGC"
        assert merged[-1].weight == 2
        np.testing.assert_allclose(merged[-1].probabilities.sum(axis=0), 1)

    def test_merging_averages_by_weight(self):
        merged = agglomerate([word_pssm("AAAACC", 3, EVEN), word_pssm("AAAACG", 1, EVEN)], EVEN)
        last = merged[-1].probabilities[:, -1]
        assert last[1] == pytest.approx(0.75 * 0.925 + 0.25 * 0.025)

    def test_best_matches_are_those_of_a_plain_loop(self):
        rng = np.random.default_rng(0)
        tokens = rng.integers(0, 5, size=(5, 18)).astype(np.int8)
        pssms = [Pssm(rng.dirichlet(np.ones(4), size=w).T, 1.0) for w in (3, 5)]
        found = best_matches(tokens, pssms, EVEN)
        for number, pssm in enumerate(pssms):
            odds = np.concatenate(
                [np.log2(pssm.probabilities / 0.25), np.zeros((1, pssm.probabilities.shape[1]))]
            )
            for gene, forward in enumerate(tokens):
                padded = [np.append(s, [4] * 4) for s in (forward,)]
                scores = []
                for sequence in padded:
                    for at in range(18):
                        word = sequence[at : at + odds.shape[1]]
                        columns = range(odds.shape[1])
                        scores.append(sum(odds[t, i] for i, t in zip(columns, word, strict=True)))
                        turned = reverse_complement(word)
                        scores.append(sum(odds[t, i] for i, t in zip(columns, turned, strict=True)))
                assert found[gene, number] == pytest.approx(max(scores), abs=1e-4)

    def test_the_cut_is_the_best_threshold(self):
        rng = np.random.default_rng(2)
        scores = rng.choice(np.arange(6.0), size=(30, 3)).astype(np.float32)
        up, down = rng.random((2, 30)).astype(np.float32)
        cut = best_pssm_cut(scores, up, down)
        tried = {
            (p, t): abs(
                np.sqrt(up[scores[:, p] >= t].sum()) - np.sqrt(down[scores[:, p] >= t].sum())
            )
            for p in range(3)
            for t in np.unique(scores[:, p])[1:]
        }
        assert cut.gain == pytest.approx(max(tried.values()), rel=1e-5)
        assert tried[cut.pssm, cut.threshold] == pytest.approx(cut.gain, rel=1e-5)

    def test_scores_that_part_no_gene_gain_nothing(self):
        scores = np.ones((5, 2), np.float32)
        up, down = np.full(5, 2, np.float32), np.zeros(5, np.float32)
        assert best_pssm_cut(scores, up, down).gain < 0


class TestMedusa:
    def test_recovers_a_planted_degenerate_motif_as_a_pssm(self):
        sites = [f"TGA{x}TC{y}A" for x in "CGA" for y in "AGT"]
        compendium = planted(np.arange(400) % 3 == 0, sites=sites, conditions=20)
        model, split = fit(
            Medusa(rounds=8, kmers=(4, 5, 6), gaps=(1, 2), least=5, window=80), compendium
        )
        assert model.pssms_
        found = model.pssms_[0]
        truth = encode("TGA"), encode("TC")
        consensus = found.symbol
        turned = consensus[::-1].translate(str.maketrans("ACGT", "TGCA"))
        assert "TGA" in consensus or "TGA" in turned
        assert len(truth[0]) == 3
        assert held_out_correlation(model, compendium, split) > 0.4

    def test_without_seeds_it_is_geneclass_on_words(self):
        compendium = planted(HAS)
        model, _ = fit(Medusa(rounds=3, kmers=(6,), gaps=(), seeds=0, least=10), compendium)
        same, _ = fit(GeneClass(rounds=3, motif_files=[], window=500), compendium)
        assert model.losses_ == same.losses_
        assert not model.pssms_


class TestCager:
    def test_finds_the_motif_of_each_condition_it_has_seen(self):
        compendium = planted(HAS)
        model, split = fit(Cager(motif_files=[], screened=20, least=5), compendium)
        assert isinstance(model, Predictor)
        assert held_out_correlation(model, compendium, split) > 0.4

    def test_an_unseen_condition_gets_the_mean_of_the_seen_ones(self):
        compendium = planted(HAS)
        split = split_of(compendium)
        split.role[:, 0] = Role.TEST
        model = Cager(motif_files=[], screened=20, least=5).fit(visible(compendium, split), split)
        everything = model.predict(np.arange(200), np.arange(30))
        np.testing.assert_allclose(everything[:, 0], everything[:, 1:].mean(axis=1), atol=1e-5)

    def test_the_screen_ranks_by_the_correlation_ratio(self):
        rng = np.random.default_rng(0)
        attributes = rng.normal(size=(50, 6)).astype(np.float32)
        classes = rng.integers(0, 3, size=(50, 2)).astype(np.int8)
        train = rng.random((50, 2)) < 0.8

        def ratio(k, c):
            x = attributes[:, k] / attributes[:, k].std()
            x, label = x[train[:, c]], classes[train[:, c], c]
            parts = [x[label == i] for i in range(3)]
            return sum(len(p) * (p.mean() - x.mean()) ** 2 for p in parts)

        found = screen(attributes, classes, train, most=6)
        for c in range(2):
            assert found[c].tolist() == sorted(range(6), key=lambda k, c=c: -ratio(k, c))


class TestRelational:
    def test_a_category_explains_what_no_motif_does(self):
        compendium = planted(HAS, sites=("",))
        categories = {f"g{i}": ["stress"] if HAS[i] else ["other"] for i in range(200)}
        plain, split = fit(Relational(rounds=8, motif_files=[]), compendium)
        model, _ = fit(Relational(rounds=8, motif_files=[], categories=categories), compendium)
        assert model.tree_.rules[0].attribute in ("in stress", "in other")
        assert held_out_correlation(model, compendium, split) > 0.5
        assert held_out_correlation(plain, compendium, split) < 0.25

    def test_a_motif_of_the_partner_is_a_literal(self):
        # The motif lies in the promoters of the partners of the genes that respond.
        compendium = planted(HAS)
        partners = [(f"g{i}", f"g{i + 1}") for i in range(0, 200, 4)]
        moved = compendium.expression.copy()
        moved[1:200:4] = compendium.expression[0:200:4]
        moved[0:200:4] = compendium.expression[1:200:4]
        compendium = compendium.with_expression(moved)
        model, _ = fit(Relational(rounds=4, motif_files=[], partners=partners), compendium)
        assert model.tree_.rules[0].attribute == "partner with ACGTAC"

    def test_literals_are_those_of_a_plain_loop(self):
        genes = ["a", "b", "c", "d"]
        linked = adjacency(genes, [("a", "b"), ("c", "b"), ("d", "d"), ("x", "a")])
        presence = np.array([[1, 0], [0, 1], [0, 0], [1, 1]], np.uint8)
        np.testing.assert_array_equal(
            partner_has(linked, presence), [[0, 1], [1, 0], [0, 1], [0, 0]]
        )
        found = category_membership(genes, {"b": ["k2", "k1"], "d": ["k1"], "z": ["k3"]})
        assert found.names == ("in k1", "in k2")
        np.testing.assert_array_equal(found.presence, [[0, 0], [1, 1], [0, 0], [1, 0]])

    def test_names_of_another_kind_are_an_error(self):
        with pytest.raises(DeepRageError, match="same kind of names"):
            category_membership(["a"], {"P12345": ["k"]})
        with pytest.raises(DeepRageError, match="same kind of names"):
            adjacency(["a", "b"], [("P1", "P2")])
