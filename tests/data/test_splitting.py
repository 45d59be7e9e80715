"""Splits never part a group or a series, and test everything once."""

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deeprage.data.allocation import allocate
from deeprage.data.split import Regime, Role, ScoringProtocol, Split, scored_rows
from deeprage.data.splitting import make_split, split_folds
from deeprage.errors import DeepRageError

HELD_GENES = (Regime.GENES, Regime.BOTH)
HELD_CONDITIONS = (Regime.CONDITIONS, Regime.BOTH)
GROUPINGS = st.lists(st.integers(0, 7), min_size=30, max_size=30).filter(
    lambda found: len(set(found[:27])) >= 3
)
SERIES = st.lists(st.integers(0, 4), min_size=12, max_size=12).filter(
    lambda found: len(set(found)) >= 3
)
FIT = settings(deadline=None, max_examples=20)


def parted(split: Split, labels: list[str], axis: int) -> list[str]:
    """Groups (axis 0) or series (axis 1) that have cells of more than one role."""
    roles = defaultdict(set)
    for role in (Role.TRAIN, Role.VALIDATION, Role.TEST):
        for unit in np.flatnonzero(split.cells(role).any(axis=1 - axis)):
            roles[labels[unit]].add(role)
    return [label for label, found in roles.items() if len(found) > 1]


class TestHoldOut:
    @given(groups=GROUPINGS, series=SERIES, seed=st.integers(0, 99))
    @FIT
    def test_never_parts_a_group_or_a_series(self, make_compendium, groups, series, seed) -> None:
        compendium = make_compendium(groups=groups, series=series)
        for regime in Regime:
            split = make_split(compendium, regime=regime, seed=seed)
            if regime in HELD_GENES:
                assert parted(split, compendium.groups, 0) == []
            if regime in HELD_CONDITIONS:
                assert parted(split, compendium.series, 1) == []
            assert all(split.cells(role).any() for role in (Role.TRAIN, Role.VALIDATION, Role.TEST))

    @pytest.mark.parametrize("regime", list(Regime))
    @pytest.mark.parametrize("protocol", list(ScoringProtocol))
    def test_genes_that_are_not_scored_are_unused(self, make_compendium, regime, protocol) -> None:
        compendium = make_compendium(regulators=5)
        split = make_split(compendium, regime=regime, protocol=protocol)
        unscored = ~scored_rows(compendium, protocol, regime)
        assert (split.role[unscored] == Role.UNUSED).all()
        if regime is not Regime.BOTH:
            assert not (split.role[~unscored] == Role.UNUSED).any()

    def test_pairs_are_dealt_exactly_and_evenly(self, make_compendium) -> None:
        compendium = make_compendium(genes=103, conditions=40)
        split = make_split(compendium, regime="pairs")
        assert split.cells(Role.TEST).sum() == 400
        assert split.cells(Role.VALIDATION).sum() == 400
        assert split.cells(Role.TRAIN).sum() == 3200
        by_condition = split.cells(Role.TEST)[:100].mean(axis=0)
        assert by_condition.min() > 0.01
        assert by_condition.max() < 0.25

    def test_both_scores_only_unseen_genes_in_unseen_conditions(self, make_compendium) -> None:
        split = make_split(make_compendium(), regime="both")
        for role in (Role.VALIDATION, Role.TEST):
            cells = split.cells(role)
            rows, columns = cells.any(axis=1), cells.any(axis=0)
            assert not split.cells(Role.TRAIN)[rows].any()
            assert not split.cells(Role.TRAIN)[:, columns].any()
            np.testing.assert_array_equal(cells, np.outer(rows, columns))

    def test_the_seed_decides(self, make_compendium) -> None:
        compendium = make_compendium()
        for regime in Regime:
            one, again, other = (
                make_split(compendium, regime=regime, seed=seed).role for seed in (1, 1, 2)
            )
            np.testing.assert_array_equal(one, again)
            assert (one != other).any()

    def test_every_gene_is_held_out_about_as_often(self, make_compendium) -> None:
        """Members of large groups are neither spared nor preferred."""
        groups = [0] * 6 + list(range(1, 22))
        compendium = make_compendium(groups=[*groups, "r1", "r2", "r3"])
        tested = np.mean(
            [
                make_split(compendium, regime="genes", seed=seed, test_fraction=0.3).role[:27, 0]
                == Role.TEST
                for seed in range(200)
            ],
            axis=0,
        )
        assert abs(tested[0] - 0.3) < 0.15
        assert abs(tested[6:].mean() - 0.3) < 0.05


class TestFolds:
    @given(groups=GROUPINGS, series=SERIES, seed=st.integers(0, 99))
    @FIT
    def test_every_unit_is_tested_once(self, make_compendium, groups, series, seed) -> None:
        compendium = make_compendium(groups=groups, series=series)
        for regime in Regime:
            scored = scored_rows(compendium, ScoringProtocol.DEFAULT, regime)
            splits = split_folds(compendium, regime=regime, folds=3, seed=seed)
            tested = sum(split.cells(Role.TEST).astype(int) for split in splits)
            if regime is Regime.BOTH:
                rows = sum(split.cells(Role.TEST).any(axis=1).astype(int) for split in splits)
                columns = sum(split.cells(Role.TEST).any(axis=0).astype(int) for split in splits)
                assert (rows[scored] == 1).all()
                assert (columns == 1).all()
            else:
                assert (tested[scored] == 1).all()
            for split in splits:
                assert split.cells(Role.VALIDATION).any()
                assert split.cells(Role.TRAIN).any()
                assert regime not in HELD_GENES or not parted(split, compendium.groups, 0)
                assert regime not in HELD_CONDITIONS or not parted(split, compendium.series, 1)

    def test_one_series_out_tests_each_series_alone(self, make_compendium) -> None:
        compendium = make_compendium(series=[0, 0, 0, 1, 1, 2, 2, 2, 3, 3, 4, 4])
        splits = split_folds(compendium, regime="conditions", folds="series")
        tested = []
        for split in splits:
            columns = np.flatnonzero(split.cells(Role.TEST).any(axis=0))
            names = {compendium.series[column] for column in columns}
            assert len(names) == 1
            tested += names
        assert sorted(tested) == ["0", "1", "2", "3", "4"]

    def test_a_fold_can_be_made_alone(self, make_compendium) -> None:
        compendium = make_compendium()
        folds = split_folds(compendium, regime="genes", folds=4, seed=5)
        alone = make_split(compendium, regime="genes", fold=3, folds=4, seed=5)
        np.testing.assert_array_equal(alone.role, folds[2].role)
        assert alone.label == "fold 3 of 4, seed 5"


class TestRefusals:
    def test_too_few_series_says_how_many(self, make_compendium) -> None:
        compendium = make_compendium(series=["a"] * 6 + ["b"] * 6)
        with pytest.raises(DeepRageError, match="number of condition series is 2"):
            make_split(compendium, regime="conditions")

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"regime": "gene"}, "Did you mean 'genes'"),
            ({"test_fraction": 0.6, "validation_fraction": 0.5}, "together under 1"),
            ({"test_fraction": 0.0}, "over 0"),
            ({"seed": -1}, "0 or more"),
            ({"fold": 1}, "both its number and the number"),
            ({"fold": 0, "folds": 5}, r"1 \.\. 5"),
            ({"fold": 6, "folds": 5}, r"1 \.\. 5"),
            ({"fold": 1, "folds": 1}, "at least 2 folds"),
            ({"regime": "conditions", "fold": 1, "folds": 13}, "use at most 12"),
            ({"regime": "genes", "fold": 1, "folds": "series"}, "for the regime 'conditions'"),
        ],
    )
    def test_options_out_of_range(self, make_compendium, options, message) -> None:
        with pytest.raises(DeepRageError, match=message):
            make_split(make_compendium(), **{"regime": "pairs", **options})

    def test_nothing_scored(self, make_compendium) -> None:
        with pytest.raises(DeepRageError, match="no gene is scored"):
            make_split(make_compendium(genes=5, regulators=5), regime="pairs")


class TestAllocate:
    @given(sizes=st.lists(st.integers(1, 30), min_size=3, max_size=60), seed=st.integers(0, 999))
    @FIT
    def test_parts_are_filled_and_near_their_size(self, sizes, seed) -> None:
        total = sum(sizes)
        wanted = [0.8 * total, 0.1 * total, 0.1 * total]
        part = allocate(np.array(sizes), wanted, np.random.default_rng(seed))
        filled = np.bincount(part, weights=sizes, minlength=3)
        assert (filled > 0).all()
        # A part takes at most one group too many, so one part lacks at most what the others took.
        assert (filled - wanted <= max(sizes) + 1).all()
        assert (wanted - filled <= 2 * (max(sizes) + 1)).all()


def test_the_reserve_of_both_touches_no_test_gene_and_no_test_condition(make_compendium) -> None:
    compendium = make_compendium(genes=60, series=np.arange(12) // 2)
    split = make_split(compendium, regime="both", test_fraction=0.2, validation_fraction=0.2)
    test, reserve = split.cells(Role.TEST), split.cells(Role.RESERVE)
    assert reserve.any()
    assert not reserve[test.any(axis=1)].any()
    assert not reserve[:, test.any(axis=0)].any()
    # A refit learns from the whole block of genes and conditions without a test cell.
    later = split.validation_in_training().cells(Role.TRAIN)
    block = np.outer(later.any(axis=1), later.any(axis=0))
    np.testing.assert_array_equal(later, block)
    assert not (later & test).any()
