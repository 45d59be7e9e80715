"""A control destroys one thing, keeps everything else, and never touches a test value."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from deeprage.data.split import Role, visible
from deeprage.data.splitting import make_split
from deeprage.errors import DeepRageError
from deeprage.evaluation.controls import Control, shuffle_dinucleotides, under_control


def dinucleotides(tokens: np.ndarray) -> list[tuple[int, int]]:
    return sorted(zip(tokens[:-1].tolist(), tokens[1:].tolist(), strict=True))


class TestShuffleDinucleotides:
    @settings(deadline=None, max_examples=50)
    @given(
        arrays(
            np.int8, st.tuples(st.integers(1, 6), st.integers(1, 40)), elements=st.integers(0, 4)
        ),
        st.integers(0, 9),
    )
    def test_every_promoter_keeps_its_dinucleotides(self, tokens: np.ndarray, seed: int) -> None:
        found = shuffle_dinucleotides(tokens, np.random.default_rng(seed), at_once=4)
        for before, after in zip(tokens, found, strict=True):
            assert dinucleotides(before) == dinucleotides(after)
            assert (before[0], before[-1]) == (after[0], after[-1])

    def test_every_sequence_with_the_same_counts_is_equally_likely(self) -> None:
        one = np.array([0, 1, 0, 2, 1, 2, 0, 0, 1], dtype=np.int8)
        alike = set()
        stack = [(one[:1].tolist(), dinucleotides(one))]
        while stack:  # all Eulerian paths, the plain way
            path, left = stack.pop()
            if not left:
                alike.add(tuple(path))
            for edge in set(left):
                if edge[0] == path[-1]:
                    rest = list(left)
                    rest.remove(edge)
                    stack.append(([*path, edge[1]], rest))
        draws = 4000
        found = shuffle_dinucleotides(np.tile(one, (draws, 1)), np.random.default_rng(0))
        seen, counts = np.unique(found, axis=0, return_counts=True)
        assert {tuple(path) for path in seen.tolist()} == alike
        expected = draws / len(alike)
        chi2 = float(((counts - expected) ** 2 / expected).sum())
        assert chi2 < len(alike) + 5 * np.sqrt(2 * len(alike))

    def test_padding_stays_in_one_piece(self) -> None:
        rng = np.random.default_rng(1)
        tokens = rng.integers(0, 4, (3, 300)).astype(np.int8)
        tokens[:, :250] = 4
        found = shuffle_dinucleotides(tokens, rng)
        assert (found[:, :250] == 4).all()
        assert (found[:, 250:] != 4).all()


class TestUnderControl:
    @pytest.mark.parametrize(
        "control", [x for x in Control if x not in (Control.NONE, Control.CODING_PERMUTED)]
    )
    def test_one_thing_changes_and_the_rest_stays(self, make_compendium, control) -> None:
        before = make_compendium(genes=40, missing=0.1)
        split = make_split(before, regime="genes")
        after = under_control(before, split, control, seed=3)
        same = {
            "promoters": np.array_equal(before.promoters, after.promoters),
            "levels": np.array_equal(
                before.regulator_levels, after.regulator_levels, equal_nan=True
            ),
            "values": np.array_equal(before.expression, after.expression, equal_nan=True),
        }
        changed = {"promoters": "promoters", "regulators": "levels", "labels": "values"}
        assert [name for name, kept in same.items() if not kept] == [
            changed[str(control).partition("-")[0]]
        ]
        assert after.genes == before.genes
        assert after.series == before.series
        # The change must outlive the information barrier, which copies the compendium.
        seen = visible(after, split)
        np.testing.assert_array_equal(seen.promoters, after.promoters)
        np.testing.assert_array_equal(seen.regulator_levels, after.regulator_levels)

    def test_coding_sequences_are_dealt_among_all_genes(self, make_compendium) -> None:
        before = make_compendium()
        rng = np.random.default_rng(0)
        coding = rng.integers(0, 4, (len(before.genes), 30)).astype(np.int8)
        before.adata.varm["coding"] = coding
        split = make_split(before, regime="genes")
        after = visible(under_control(before, split, "coding-permuted"), split)
        assert after.coding is not None
        assert not np.array_equal(after.coding, coding)
        assert sorted(map(tuple, after.coding)) == sorted(map(tuple, coding))
        np.testing.assert_array_equal(after.promoters, before.promoters)

    def test_promoters_are_dealt_among_genes_that_have_one(self, make_compendium) -> None:
        before = make_compendium()
        after = under_control(before, make_split(before, regime="genes"), "promoters-permuted")
        assert sorted(map(tuple, before.promoters)) == sorted(map(tuple, after.promoters))

    def test_labels_stay_within_their_role_and_test_values_stay(self, make_compendium) -> None:
        before = make_compendium(genes=40, missing=0.1)
        split = make_split(before, regime="genes")
        after = under_control(before, split, "labels-permuted")
        test = split.cells(Role.TEST, Role.UNUSED)
        np.testing.assert_array_equal(before.expression[test], after.expression[test])
        for role in (Role.TRAIN, Role.VALIDATION):
            one, two = (x.expression[split.cells(role)] for x in (before, after))
            np.testing.assert_array_equal(np.isnan(one), np.isnan(two))
            np.testing.assert_array_equal(np.sort(one), np.sort(two))

    def test_the_same_seed_gives_the_same_control(self, make_compendium) -> None:
        compendium = make_compendium()
        split = make_split(compendium, regime="genes")
        one, two, other = (
            under_control(compendium, split, "promoters-shuffled", seed=seed).promoters
            for seed in (1, 1, 2)
        )
        np.testing.assert_array_equal(one, two)
        assert not np.array_equal(one, other)

    def test_an_unknown_control_names_the_nearest(self, make_compendium) -> None:
        compendium = make_compendium()
        with pytest.raises(DeepRageError, match="labels-permuted"):
            under_control(compendium, make_split(compendium, regime="genes"), "label-permuted")
