"""Options that give several names: with commas, repeated, and names that hold commas themselves."""

from pathlib import Path

import pytest

from deeprage.cli.parsing import listed_settings
from deeprage.errors import DeepRageError
from deeprage.listing import listed, listed_paths

NAMES = {"heat, 5 min", "heat", "5 min", "a,b,c", "cold"}


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (["heat"], ["heat"]),
        (["heat,cold"], ["heat", "cold"]),
        (["heat", "cold , heat"], ["heat", "cold", "heat"]),
        # The name with the comma is there, hence it is meant.
        (["heat, 5 min"], ["heat, 5 min"]),
        (["cold,heat, 5 min,cold"], ["cold", "heat, 5 min", "cold"]),
        (["5 min,heat"], ["5 min", "heat"]),
        (["a,b,c,a,b"], ["a,b,c", "a", "b"]),
        (["cold,,nowhere,"], ["cold", "nowhere"]),
    ],
)
def test_names_are_parted_at_commas_that_are_not_theirs(given: list[str], names: list[str]) -> None:
    assert listed("--conditions", given, NAMES.__contains__) == names


def test_an_option_that_was_not_given_is_none() -> None:
    assert listed("--genes", None) is None
    assert listed("--genes", []) == []


@pytest.mark.parametrize("given", [[""], [","], [" , ", ""]])
def test_an_option_that_names_nothing_is_refused(given: list[str]) -> None:
    with pytest.raises(DeepRageError, match="--genes names nothing"):
        listed("--genes", given)


def test_thousands_of_names_take_no_time() -> None:
    names = [f"gene{number}" for number in range(20_000)]
    assert listed("--genes", [",".join(names)], set(names).__contains__) == names


def test_files_whose_names_hold_commas(tmp_path: Path) -> None:
    plain, comma = tmp_path / "a.meme", tmp_path / "b,c.meme"
    for path in (plain, comma):
        path.touch()
    assert listed_paths("--motifs", [f"{plain},{comma}"]) == [plain, comma]
    assert listed_paths("--motifs", [f"{plain},{'x' * 5000}"]) == [plain, Path("x" * 5000)]


def test_settings_keep_the_commas_of_their_values() -> None:
    given = ["network.hidden=[8,8],network.filters=4", "training.epochs=2"]
    assert listed_settings(given) == [
        "network.hidden=[8,8]",
        "network.filters=4",
        "training.epochs=2",
    ]
    assert listed_settings(None) == []
