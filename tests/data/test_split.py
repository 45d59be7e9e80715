"""Splits as data, and the information barrier."""

from pathlib import Path

import numpy as np
import pytest

from deeprage.data.split import (
    Regime,
    Role,
    ScoringProtocol,
    Split,
    scored_rows,
    under_protocol,
    visible,
)
from deeprage.data.splitting import make_split
from deeprage.errors import DeepRageError


class TestVisible:
    @pytest.mark.parametrize("regime", list(Regime))
    def test_no_test_or_unused_value_survives(self, make_compendium, regime: Regime) -> None:
        compendium = make_compendium(series=np.arange(12) // 2)
        split = make_split(compendium, regime=regime)
        seen = visible(compendium, split).expression
        assert np.isnan(seen[split.cells(Role.TEST, Role.UNUSED)]).all()
        kept = split.cells(Role.TRAIN, Role.VALIDATION, Role.RESERVE)
        np.testing.assert_array_equal(seen[kept], compendium.expression[kept])

    def test_the_answers_cannot_be_rebuilt_from_what_is_seen(self, make_compendium) -> None:
        """Changing every test value changes nothing that a predictor is handed."""
        compendium = make_compendium()
        split = make_split(compendium, regime="pairs")
        test = split.cells(Role.TEST)
        changed = compendium.with_expression(
            np.where(test, np.float32(99), compendium.expression).astype(np.float32)
        )
        one, other = visible(compendium, split), visible(changed, split)
        np.testing.assert_array_equal(one.expression, other.expression)
        np.testing.assert_array_equal(one.promoters, other.promoters)

    def test_regulator_levels_stay_since_they_are_inputs(self, make_compendium) -> None:
        compendium = make_compendium()
        split = make_split(compendium, regime="conditions")
        seen = visible(compendium, split)
        np.testing.assert_array_equal(seen.regulator_levels, compendium.regulator_levels)
        assert not np.isnan(seen.regulator_levels).any()

    def test_a_split_of_another_compendium_is_refused(self, make_compendium) -> None:
        split = make_split(make_compendium(genes=31), regime="pairs")
        with pytest.raises(DeepRageError, match="make the split again"):
            visible(make_compendium(genes=30), split)


class TestProtocol:
    def test_regulators_are_scored_in_the_papers_protocol_only(self, make_compendium) -> None:
        compendium = make_compendium(genes=10, regulators=4)
        for regime in Regime:
            assert scored_rows(compendium, ScoringProtocol.DEFAULT, regime).sum() == 6
            assert scored_rows(compendium, ScoringProtocol.PAPER, regime).sum() == 10

    def test_missing_is_zero_in_the_papers_protocol_only(self, make_compendium) -> None:
        compendium = make_compendium(missing=0.2)
        missing = np.isnan(compendium.expression)
        paper = under_protocol(compendium, ScoringProtocol.PAPER)
        assert (paper.expression[missing] == 0).all()
        assert not np.isnan(paper.regulator_levels).any()
        np.testing.assert_array_equal(paper.expression[~missing], compendium.expression[~missing])
        assert under_protocol(compendium, ScoringProtocol.DEFAULT) is compendium


class TestFile:
    def test_is_read_back(self, make_compendium, tmp_path: Path) -> None:
        split = make_split(make_compendium(), regime="genes", seed=3)
        split.save(tmp_path / "split.npz")
        found = Split.load(tmp_path / "split.npz")
        assert (found.regime, found.label) == (split.regime, split.label)
        assert (found.genes, found.conditions) == (split.genes, split.conditions)
        np.testing.assert_array_equal(found.role, split.role)

    def test_a_file_with_objects_is_refused_unread(self, tmp_path: Path) -> None:
        arrays = {name: np.array([{}], dtype=object) for name in ("regime", "genes", "role")}
        np.savez(tmp_path / "bad.npz", **arrays)
        with pytest.raises(DeepRageError, match="not a split"):
            Split.load(tmp_path / "bad.npz")

    @pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
    def test_a_cut_file_is_a_user_error(self, make_compendium, tmp_path: Path, share) -> None:
        path = tmp_path / "split.npz"
        make_split(make_compendium(), regime="pairs").save(path)
        path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
        with pytest.raises(DeepRageError, match="damaged, or not a split"):
            Split.load(path)

    def test_a_missing_file_is_a_user_error(self, tmp_path: Path) -> None:
        with pytest.raises(DeepRageError, match="no split at"):
            Split.load(tmp_path / "none.npz")
