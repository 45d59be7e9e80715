"""What interpretation asks of a model, and the trained networks in that form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from deeprage.errors import DeepRageError
from deeprage.networks.encoders import Basset, Convolution, DanQ, DeepBind

if TYPE_CHECKING:
    from deeprage.training.predictor import NetworkPredictor
    from deeprage.training.run import Run


@dataclass(frozen=True, eq=False)
class Filters:
    """The filters of a model's first layer.

    Attributes:
        weight: float32 (F, 4, K), rows A, C, G, T.
        bias: float32 (F,).
        both_strands: whether each filter also reads the reverse complement.
    """

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]
    both_strands: bool = False

    def __len__(self) -> int:
        return len(self.weight)

    @property
    def width(self) -> int:
        """bp that a filter reads."""
        return int(self.weight.shape[2])

    @property
    def names(self) -> list[str]:
        """`filter_000` and so on."""
        return [f"filter_{number:03d}" for number in range(len(self))]


@runtime_checkable
class Model(Protocol):
    """A trained model that can be asked about any promoters under any regulator levels.

    Attributes:
        regulators: names, in the order of the levels' columns.
        promoter_length: bp of every promoter.
        reference_levels: float32 (R,) log2, the level that stands for "as usual": what a missing
            level counts as, and where integrated gradients begin.
        mask_self: whether a regulator's own level is hidden when its own gene is predicted.
    """

    regulators: tuple[str, ...]
    promoter_length: int
    reference_levels: NDArray[np.float32]
    mask_self: bool

    def predict(
        self, promoters: NDArray[np.int8], levels: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Log2 values (G, C) of tokens (G, L) under log2 levels (C, R), missing ones NaN."""
        ...

    def filters(self) -> Filters | None:
        """Filters of the first layer, or None for a model that has none."""
        ...


@runtime_checkable
class Differentiable(Model, Protocol):
    """A model whose outputs have gradients."""

    def outputs(self, promoters: Tensor, levels: Tensor) -> Tensor:
        """Log2 values (G, C), differentiable in both inputs.

        Args:
            promoters: float32 (G, 4, L), one-hot or anything between.
            levels: float32 (C, R) log2, nothing missing; see `filled`.
        """
        ...


class NetworkModel:
    """A `Network` with its scaling as a `Differentiable` model.

    A network with a class head alone answers with the expected class, counted from the middle
    one, as its predictor does.
    """

    def __init__(self, predictor: NetworkPredictor, *, promoter_length: int) -> None:
        self._predictor = predictor
        self.regulators = predictor.regulators
        self.promoter_length = promoter_length
        self.reference_levels: NDArray[np.float32] = predictor.scaling.regulator_mean
        self.mask_self = predictor.mask_self
        self._network = predictor.network.eval()
        self._mean = torch.from_numpy(self.reference_levels)

    def predict(
        self, promoters: NDArray[np.int8], levels: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Log2 values (G, C); no level is hidden."""
        return self._predictor.predict_new(promoters, levels).value

    def outputs(self, promoters: Tensor, levels: Tensor) -> Tensor:
        """Log2 values (G, C) with gradients."""
        said = self._network(promoters, levels - self._mean.to(levels.device))
        if said.value is not None:
            scaling = self._predictor.scaling
            values: Tensor = said.value * scaling.target_scale + scaling.target_mean
            return values
        classes = said.logits.shape[-1]
        steps = torch.arange(classes, device=levels.device) - (classes - 1) / 2
        expected: Tensor = said.logits.softmax(-1) @ steps
        return expected

    def filters(self) -> Filters | None:
        """The first convolution of whichever encoder the network has."""
        encoder = self._network.promoter_encoder
        if isinstance(encoder, DanQ):
            encoder = encoder.conv
        if isinstance(encoder, Convolution):
            weight, bias, both = encoder.weight, encoder.bias, encoder.both_strands
        elif isinstance(encoder, DeepBind):
            weight, bias, both = encoder.conv.weight, encoder.conv.bias, False
        elif isinstance(encoder, Basset):
            first = encoder.features[0]
            assert isinstance(first, torch.nn.Conv1d)
            weight, bias, both = first.weight, first.bias, False
        else:
            return None
        assert bias is not None
        return Filters(weight.detach().cpu().numpy(), bias.detach().cpu().numpy(), both)


def model_of(run: Run) -> Model:
    """The trained model of a run in the form that interpretation needs.

    A predictor that itself meets the `Model` protocol is taken as it is.

    Raises:
        DeepRageError: the run holds no trained model, or one of a kind that cannot be asked.
    """
    from deeprage.training.predictor import NetworkPredictor

    predictor: object = run.predictor()
    if isinstance(predictor, Model):
        return predictor
    if isinstance(predictor, NetworkPredictor):
        return NetworkModel(predictor, promoter_length=run.promoter_length)
    raise DeepRageError(
        f"{run.path} holds a {type(predictor).__name__}, which cannot be interpreted: give the run "
        "of a network."
    )


def filled(model: Model, levels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Levels (C, R) log2 with the missing ones at the model's reference level."""
    return np.where(np.isnan(levels), model.reference_levels, levels).astype(np.float32)


def differentiable(model: Model) -> Differentiable:
    """The model, if it has gradients.

    Raises:
        DeepRageError: it has none.
    """
    if isinstance(model, Differentiable):
        return model
    raise DeepRageError(
        f"the model {type(model).__name__} has no gradients: choose in-silico mutagenesis instead."
    )
