"""Options of a split that contradict each other."""

from pathlib import Path

import pytest

from deeprage.data.compendium import Compendium

from .conftest import Deeprage, refused


@pytest.fixture
def fold(toy: Path, tmp_path: Path) -> Path:
    compendium = Compendium.load(toy)
    roles = ("train", "validation", "test")
    role_of = {name: roles[n % 3] for n, name in enumerate(sorted(set(compendium.series)))}
    pairs = zip(compendium.conditions, compendium.series, strict=True)
    path = tmp_path / "fold.tsv"
    path.write_text("condition\trole\n" + "".join(f"{c}\t{role_of[s]}\n" for c, s in pairs))
    return path


@pytest.mark.parametrize("verb", ["train", "describe"])
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--fold", "2/5"), ("fold file", "--fold 2/5", "leave it out")),
        (("--folds", "5"), ("fold file", "--folds 5")),
        (("--test-fraction", "0.1"), ("fold file", "--test-fraction 0.1")),
        (("--validation-fraction", "0.2"), ("fold file", "--validation-fraction 0.2")),
    ],
)
def test_a_fold_file_says_it_all(
    deeprage: Deeprage,
    toy: Path,
    fold: Path,
    tmp_path: Path,
    verb: str,
    options: tuple[str, ...],
    words: tuple[str, ...],
) -> None:
    out = ("--out", tmp_path / "run") if verb == "train" else ()
    start = ("data", "describe") if verb == "describe" else ("train",)
    asked = ("--regime", "conditions", "--conditions-fold", fold, *options)
    refused(deeprage(*start, toy, *out, *asked), *words)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--folds", "100"), ("--folds 100", "--fold 1/100")),
        (("--folds", "series"), ("--folds series", "--fold 1/series")),
        (("--fold", "2"), ("--fold 2", "--fold 2/5")),
        (("--fold", "2/5", "--test-fraction", "0.3"), ("--test-fraction 0.3", "a fold is")),
    ],
)
def test_folds_are_named_whole(
    deeprage: Deeprage, toy: Path, options: tuple[str, ...], words: tuple[str, ...]
) -> None:
    refused(deeprage("data", "describe", toy, "--regime", "conditions", *options), *words)


def test_a_fold_file_alone_and_a_fold_alone_are_taken(
    deeprage: Deeprage, toy: Path, fold: Path
) -> None:
    words = ("data", "describe", toy, "--regime", "conditions")
    assert deeprage(*words, "--conditions-fold", fold).code == 0
    assert deeprage(*words, "--fold", "2/5", "--validation-fraction", "0.2").code == 0
    assert deeprage(*words, "--fold", "2/series").code == 0


def test_a_share_without_a_regime_means_nothing(deeprage: Deeprage, toy: Path) -> None:
    refused(deeprage("data", "describe", toy, "--test-fraction", "0.2"), "--regime")
