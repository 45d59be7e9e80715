"""The split that the options of `train` and `data describe` ask for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from deeprage.cli.overrides import given
from deeprage.cli.parsing import fold_choice
from deeprage.errors import DeepRageError

if TYPE_CHECKING:
    from deeprage.data.compendium import Compendium
    from deeprage.data.split import ScoringProtocol, Split


def chosen_split(
    compendium: Compendium,
    *,
    regime: str,
    protocol: ScoringProtocol,
    seed: int,
    test_fraction: float | None,
    validation_fraction: float | None,
    fold: str | int | None,
    folds: str | int | None,
    genes_fold: Path | None,
    conditions_fold: Path | None,
) -> Split:
    """A split from fold files where one is given, else one that is dealt.

    Raises:
        DeepRageError: options that say different things, or a split that cannot be made.
    """
    from deeprage.data.splitting import make_split, split_from_files

    fractions = given(test_fraction=test_fraction, validation_fraction=validation_fraction)
    dealt = given(fold=fold, folds=folds) | fractions
    if genes_fold is not None or conditions_fold is not None:
        _refuse(dealt, "the fold file gives every gene or condition its part")
        return split_from_files(
            compendium,
            regime=regime,
            genes_fold=None if genes_fold is None else Path(genes_fold),
            conditions_fold=None if conditions_fold is None else Path(conditions_fold),
            protocol=protocol,
        )
    number, of = fold_choice(fold, folds)
    if of is not None:
        _refuse(given(test_fraction=test_fraction), "a fold is what is tested")
    if (number is None) != (of is None):
        raise DeepRageError(
            f"--folds {of} without --fold: say which of them, such as --fold 1/{of}."
            if number is None
            else f"--fold {number} without --folds: say of how many, such as --fold {number}/5."
        )
    return make_split(
        compendium,
        regime=regime,
        protocol=protocol,
        seed=seed,
        fold=number,
        folds=of,
        **fractions,
    )


def _refuse(options: Mapping[str, object], why: str) -> None:
    """Raise a `DeepRageError` if there is any of these options, which would do nothing."""
    for name, value in options.items():
        raise DeepRageError(
            f"{why}, so that --{name.replace('_', '-')} {value} means nothing: leave it out."
        )
