"""Trees are taken apart before LightGBM, which trusts any text, reads them."""

import lightgbm
import numpy as np
import pytest

from deeprage.factorised.tree_text import checked_text


def grown(**settings: object) -> tuple[str, np.ndarray]:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(300, 12)).astype(np.float32)
    values[rng.random(values.shape) < 0.05] = np.nan
    values[:, 5] = 0
    truth = 2 * np.nan_to_num(values[:, 0]) + np.nan_to_num(values[:, 3]) + rng.normal(size=300)
    options = {"objective": "regression", "verbose": -1, "num_leaves": 6, **settings}
    forest = lightgbm.train(options, lightgbm.Dataset(values, truth), num_boost_round=4)
    return forest.model_to_string(), values


@pytest.mark.parametrize(
    "settings", [{}, {"zero_as_missing": True}, {"min_data_in_leaf": 290}, {"num_leaves": 31}]
)
def test_what_is_checked_predicts_the_same_to_the_bit(settings: dict[str, object]) -> None:
    text, values = grown(**settings)
    ours = lightgbm.Booster(model_str=checked_text(text))
    theirs = lightgbm.Booster(model_str=text)
    np.testing.assert_array_equal(ours.predict(values), theirs.predict(values))
    np.testing.assert_array_equal(
        ours.predict(values, num_iteration=2), theirs.predict(values, num_iteration=2)
    )


def first(text: str, key: str, value: str) -> str:
    """The text with another value on the first line of that key."""
    start = text.index(f"\n{key}=") + len(key) + 2
    return text[:start] + value + text[text.index("\n", start) :]


def changed(text: str, key: str, number: str) -> str:
    """The text with another first number, of as many characters, on the first line of that key."""
    start = text.index(f"\n{key}=") + len(key) + 2
    return text[:start] + number + text[start + len(number) :]


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda text: "", "cut short"),
        (lambda text: text[: text.index("end of trees")], "cut short"),
        (lambda text: text.replace("\nTree=0\n", "\n", 1), "other sizes|other lines"),
        (lambda text: first(text, "tree_sizes", "9999999 1 1 1"), "other sizes"),
        (lambda text: first(text, "max_feature_idx", "3"), "does not describe 4 features"),
        (lambda text: first(text, "num_class", "2"), "num_class"),
        (lambda text: first(text, "version", "v3"), "version"),
        (lambda text: changed(text, "left_child", "9"), "each leaf once|other sizes|expected"),
        (lambda text: changed(text, "decision_type", "3"), "another kind"),
        (lambda text: changed(text, "split_feature", "x"), "expected numbers"),
        (lambda text: text.replace("num_cat=0", "num_cat=1", 1), "another kind"),
        (lambda text: text + "\0", "printed"),
    ],
)
def test_damage_is_named(damage, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        checked_text(damage(grown()[0]))


def test_a_feature_that_is_not_there() -> None:
    text = grown()[0]
    names = " ".join(f"Column_{number}" for number in range(9))
    for key, value in (("max_feature_idx", "8"), ("feature_names", names)):
        text = first(text, key, value)
    text = first(text, "feature_infos", " ".join(["none"] * 9))
    with pytest.raises(ValueError, match="a feature that is not there"):
        checked_text(changed(text, "split_feature", "9"))


def test_whatever_passes_is_read_by_lightgbm() -> None:
    """Random damage is refused, or leaves trees that LightGBM reads: it never ends the process."""
    text, values = grown()
    rng = np.random.default_rng(0)
    passed = 0
    for _ in range(300):
        damaged = list(text)
        for _ in range(int(rng.integers(1, 3))):
            place = int(rng.integers(len(damaged)))
            damaged[place] = "0123456789-. \n=eE"[rng.integers(17)]
            if rng.random() < 0.3:
                del damaged[place : place + int(rng.integers(1, 20))]
        try:
            checked = checked_text("".join(damaged))
        except ValueError:
            continue
        passed += 1
        assert np.isfinite(lightgbm.Booster(model_str=checked).predict(values)).all()
    assert 0 < passed < 300
