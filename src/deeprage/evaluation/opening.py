"""Open the model of a run, whatever its kind.

`training.run` knows the folder and networks; a kind of model that lives in a later room is opened
here, so that verbs, interpretation and report need not know which kinds there are. To add a kind,
write it as `factorised.run_folder` does and add a line to `_open`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from deeprage.data.predictor import Predictor
from deeprage.errors import unknown
from deeprage.training.run import NETWORK

if TYPE_CHECKING:
    from deeprage.training.run import Run

Matrix = NDArray[np.float32]


@runtime_checkable
class Certain(Predictor, Protocol):
    """A predictor that says how sure it is."""

    def kinds(self) -> NDArray[np.int8]:
        """What was known of each cell (G, C) of its compendium."""
        ...

    def noise(self) -> Matrix:
        """How unlike what was seen each condition (C,) of its compendium is, log2."""
        ...

    def interval(
        self, value: Matrix, kinds: NDArray[np.int8], noise: Matrix, *, level: float = 0.9
    ) -> tuple[Matrix, Matrix]:
        """Lower and upper ends (G, C), log2; noise (C,) or (G, C)."""
        ...

    def probabilities(
        self, value: Matrix, kinds: NDArray[np.int8], noise: Matrix, origin: Matrix | float = 0.0
    ) -> Matrix:
        """Class probabilities (G, C, classes), counted from `origin` (`units.class_origin`)."""
        ...


def open_model(run: Run, *, threads: int = 1) -> Predictor:
    """The trained model of a run, ready to predict; on the CPU.

    Args:
        threads: processor cores that it may use where it is asked for new promoters.

    Raises:
        DeepRageError: no trained model, a damaged one, or a kind that this version does not know.
    """
    from deeprage.factorised.run_folder import KIND, load_trained

    if run.kind == NETWORK:
        return run.predictor()
    if run.kind == KIND:
        return load_trained(run, num_threads=threads)
    raise unknown("kind of run", run.kind, (NETWORK, KIND))
