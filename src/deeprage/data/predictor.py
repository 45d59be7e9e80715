"""The contract of everything that predicts, networks and baselines alike."""

from typing import Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from deeprage.data.compendium import Compendium
from deeprage.data.split import Split


@runtime_checkable
class Predictor(Protocol):
    """Fits what is visible of a compendium and predicts any block of its matrix.

    Settings are constructor arguments, kept as they came; what is learnt gets a trailing
    underscore. A predictor chooses its own settings on the split's validation cells only.
    """

    def fit(self, visible: Compendium, split: Split) -> Self:
        """Learn from the cells of role TRAIN; use those of role VALIDATION for choices.

        `visible` holds NaN in every cell that may not be seen (and in missing ones), the
        promoters of all genes and the regulator levels of all conditions.
        """
        ...

    def predict(self, genes: NDArray[np.intp], conditions: NDArray[np.intp]) -> NDArray[np.float32]:
        """Predicted log2 values (len(genes), len(conditions)) for rows and columns by number.

        Finite for every gene and condition of the compendium, seen or not; of one that says
        `needs_promoter = True`, for every gene with a promoter.
        """
        ...


def needs_promoter(predictor: object) -> bool:
    """Whether it predicts genes with a promoter only: it says `needs_promoter = True`."""
    return bool(getattr(predictor, "needs_promoter", False))


@runtime_checkable
class Refittable(Protocol):
    """A predictor that can learn from the validation cells too, once they have served for choices.

    The scores of the validation cells are those before the refit, the scores of the test cells
    those after it: a simple method at full strength wastes no cell.
    """

    def refit(self, visible: Compendium, split: Split) -> Self:
        """Learn again from TRAIN and VALIDATION cells together, with the choices that `fit` made.

        Args:
            visible, split: as they were handed to `fit`.
        """
        ...
