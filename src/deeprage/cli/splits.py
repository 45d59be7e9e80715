"""The split that the options of `train` and `data describe` ask for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from deeprage.cli.parsing import fold_choice

if TYPE_CHECKING:
    from deeprage.data.compendium import Compendium
    from deeprage.data.split import ScoringProtocol, Split


def chosen_split(
    compendium: Compendium,
    *,
    regime: str,
    protocol: ScoringProtocol,
    seed: int,
    test_fraction: float,
    validation_fraction: float,
    fold: str | int | None,
    folds: str | int | None,
    genes_fold: Path | None,
    conditions_fold: Path | None,
) -> Split:
    """A split from fold files where one is given, else one that is dealt."""
    from deeprage.data.splitting import make_split, split_from_files

    if genes_fold is not None or conditions_fold is not None:
        return split_from_files(
            compendium,
            regime=regime,
            genes_fold=None if genes_fold is None else Path(genes_fold),
            conditions_fold=None if conditions_fold is None else Path(conditions_fold),
            protocol=protocol,
        )
    number, of = fold_choice(fold, folds)
    return make_split(
        compendium,
        regime=regime,
        protocol=protocol,
        seed=seed,
        test_fraction=test_fraction,
        validation_fraction=validation_fraction,
        fold=number,
        folds=of,
    )
