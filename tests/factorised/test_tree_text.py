"""Trees in LightGBM's text: what it wrote predicts the same, and nothing else is handed to it."""

import re

import lightgbm
import numpy as np
import pytest

from deeprage.factorised.tree_text import checked_text


def grown(*, missing: bool = False, rounds: int = 3, features: int = 4) -> tuple[str, np.ndarray]:
    """The text of some trees, and features (G, P) to predict for."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, features))
    if missing:
        x[rng.random(x.shape) < 0.2] = np.nan
    y = np.nan_to_num(x) @ rng.normal(size=features) + rng.normal(size=200)
    settings = {"objective": "regression", "num_leaves": 5, "verbosity": -1, "num_threads": 1}
    made = lightgbm.train(settings, lightgbm.Dataset(x, y, params=settings), num_boost_round=rounds)
    return made.model_to_string(), x


TEXT, FEATURES = grown()


@pytest.mark.parametrize("missing", [False, True])
def test_what_lightgbm_wrote_predicts_the_same(missing: bool) -> None:
    text, x = grown(missing=missing)
    again = checked_text(text)
    first, second = (lightgbm.Booster(model_str=one) for one in (text, again))
    np.testing.assert_array_equal(first.predict(x), second.predict(x))
    assert "learning_rate" not in again  # settings of the training are left out
    assert checked_text(again) == again


def test_a_tree_of_one_leaf_is_read() -> None:
    settings = {"objective": "regression", "min_data_in_leaf": 500, "verbosity": -1}
    data = lightgbm.Dataset(FEATURES, np.arange(200.0), params=settings | {"num_threads": 1})
    text = lightgbm.train(settings, data, num_boost_round=1).model_to_string()
    again = lightgbm.Booster(model_str=checked_text(text))
    np.testing.assert_allclose(again.predict(FEATURES), 99.5)


def one_line(key: str, new: str, *, text: str = TEXT) -> str:
    """The text with another value of a line of the head, or of the first tree that has it."""
    changed, count = re.subn(rf"(?m)^{key}=.*$", f"{key}={new}", text, count=1)
    assert count == 1
    grows = len(changed) - len(text)
    if text.index(f"\n{key}=") > text.index("\nTree=0"):
        sizes = re.search(r"tree_sizes=(\d+)", changed)
        assert sizes is not None
        size = int(sizes[1]) + grows
        changed = changed.replace(sizes[0], f"tree_sizes={size}", 1)
    return changed


def first(key: str) -> list[str]:
    found = re.search(rf"(?m)^{key}=(.*)$", TEXT)
    assert found is not None
    return found[1].split(" ")


@pytest.mark.parametrize(
    ("key", "new"),
    [
        ("version", "v3"),
        ("num_class", "2"),
        ("label_index", "1"),
        ("objective", "binary sigmoid:1"),
        ("max_feature_idx", "4"),
        ("max_feature_idx", "2"),
        ("max_feature_idx", "-1"),
        ("max_feature_idx", "99999999"),
        ("feature_names", "a b c"),
        ("feature_names", "a b c d/e"),
        ("feature_infos", "none none none x"),
        ("tree_sizes", "0 1 1"),
        ("tree_sizes", "999999 1 1"),
        ("num_leaves", "4"),
        ("num_leaves", "0"),
        ("num_leaves", "99999999"),
        ("num_cat", "1"),
        ("is_linear", "1"),
        ("shrinkage", "1 1"),
        ("shrinkage", "nan"),
        ("leaf_value", "1 2 3 4"),
        ("leaf_value", "1 2 3 4 inf"),
        ("threshold", "1 2 3 x"),
        ("split_feature", "0 1 2 4"),
        ("split_feature", "0 1 2 -1"),
        ("split_feature", "0 1 2 1.5"),
        ("decision_type", "1 2 2 2"),
        ("decision_type", "2 2 2 12"),
        ("decision_type", "2 2 2 7"),
        ("left_child", "0 -1 -2 -3"),
        ("left_child", "9 -1 -2 -3"),
    ],
)
def test_any_other_value_is_refused(key: str, new: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        checked_text(one_line(key, new))


@pytest.mark.parametrize("decision", [0, 2, 4, 6, 8, 10])
def test_splits_on_numbers_have_a_direction_for_missing_ones(decision: int) -> None:
    checked_text(one_line("decision_type", " ".join([str(decision)] * 4)))


def test_children_are_each_reached_once() -> None:
    """Five leaves (-1 to -5) and the splits 1 to 3 are each the child of one earlier split."""
    left, right = first("left_child"), first("right_child")
    assert sorted(map(int, left + right)) == [-5, -4, -3, -2, -1, 1, 2, 3]
    with pytest.raises(ValueError, match="does not reach each leaf once"):
        checked_text(one_line("left_child", " ".join(right)))
    circle = one_line("left_child", "3 1 -1 2")
    with pytest.raises(ValueError, match="goes in a circle"):
        checked_text(one_line("right_child", "-2 -3 -4 -5", text=circle))


@pytest.mark.parametrize(
    "damaged",
    [
        "",
        TEXT.replace("tree\n", "forest\n", 1),
        TEXT.replace("num_class=1\n", "", 1),
        TEXT.replace("num_class=1\n", "num_class=1\nnum_class=1\n", 1),
        TEXT.replace("num_class=1\n", "num_class=1\nmore=1\n", 1),
        TEXT.replace("Tree=1", "Tree=7", 1),
        TEXT.replace("end of trees", "end of tree", 1),
        TEXT.replace("\n\nTree=0", "\nTree=0", 1),
        TEXT.replace("leaf_value", "leaf_valve", 1),
        TEXT.replace("e", "\u00e9", 1),
        TEXT[: TEXT.index("end of trees") - 40],
        TEXT.replace("end of trees", "more\nend of trees", 1),
    ],
    ids=range(12),
)
def test_a_damaged_text_is_refused(damaged: str) -> None:
    assert damaged != TEXT
    with pytest.raises(ValueError, match=r"."):
        checked_text(damaged)
