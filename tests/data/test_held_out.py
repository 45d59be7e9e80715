"""Chosen conditions are held out, the others dealt by series."""

import numpy as np
import pytest

from deeprage.data.held_out import hold_out_conditions
from deeprage.data.split import Role, visible
from deeprage.errors import DeepRageError


def test_only_the_chosen_conditions_are_tested(make_compendium) -> None:
    series = np.repeat(list("abcdef"), 4)
    compendium = make_compendium(genes=20, conditions=24, series=series)
    split = hold_out_conditions(compendium, np.array([2, 9]), validation_fraction=0.3)
    targets = np.flatnonzero(split.cells(Role.TRAIN).any(axis=1))
    assert not set(targets) & set(compendium.regulator_rows)
    role = split.role[targets[0]]
    assert set(np.flatnonzero(role == Role.TEST)) == {2, 9}
    for name in "abcdef":
        rest = set(role[(series == name) & (role != Role.TEST)])
        assert len(rest) == 1
    assert {Role.TRAIN, Role.VALIDATION} <= set(role)
    seen = visible(compendium, split)
    assert np.isnan(seen.expression[:, [2, 9]]).all()
    # Levels are inputs: what a knock-out starts from stays known.
    np.testing.assert_array_equal(seen.regulator_levels, compendium.regulator_levels)


def test_bad_requests(make_compendium) -> None:
    compendium = make_compendium(conditions=6, series=list("aabbbb"))
    with pytest.raises(DeepRageError, match="no condition to hold out"):
        hold_out_conditions(compendium, np.array([], dtype=int))
    with pytest.raises(DeepRageError, match="1 condition series are left"):
        hold_out_conditions(compendium, np.array([0, 1]))
    with pytest.raises(DeepRageError, match="between 0 and 1, got 1"):
        hold_out_conditions(compendium, np.array([0]), validation_fraction=1)
