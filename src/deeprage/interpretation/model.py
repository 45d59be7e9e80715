"""What motifs and attributions ask of a model beyond predicting blocks: filters and gradients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from deeprage.errors import DeepRageError
from deeprage.interpretation.block_model import BlockModel, NetworkBlocks, block_model

if TYPE_CHECKING:
    from deeprage.data.compendium import Compendium
    from deeprage.training.run import Run


@dataclass(frozen=True, eq=False)
class Filters:
    """The filters of a model's first layer.

    Attributes:
        weight: float32 (F, 4, K), rows A, C, G, T.
        bias: float32 (F,).
        both_strands: whether each filter also reads the reverse complement.
        window: bp nearest the gene that they read; None for whole promoters.
    """

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]
    both_strands: bool = False
    window: int | None = None

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
class HasFilters(Protocol):
    """A model whose first layer slides filters over the promoter."""

    def filters(self) -> Filters:
        """Its filters."""
        ...


@runtime_checkable
class Differentiable(BlockModel, Protocol):
    """A model that predicts blocks and whose outputs have gradients."""

    def outputs(self, genes: NDArray[np.intp], promoters: Tensor, levels: Tensor) -> Tensor:
        """Log2 values (G, C), differentiable in promoters and levels; else as `respond`.

        Args:
            genes: rows (G,) of the compendium.
            promoters: float32 (G, 4, L), one-hot or anything between; N is all zeros.
            levels: float32 (C, R) log2, nothing missing.
        """
        ...


class NetworkModel(NetworkBlocks):
    """A trained network with its filters and its gradients.

    A network with a class head alone answers with the expected class, counted from the middle
    one, as its predictor does.
    """

    def outputs(self, genes: NDArray[np.intp], promoters: Tensor, levels: Tensor) -> Tensor:
        """Log2 values (G, C) with gradients; a regulator's own level is hidden where its own gene
        is predicted, if the predictor hides it.
        """
        own = np.isin(genes, self._rows) if self.predictor.mask_self else np.zeros(len(genes), bool)
        reference = torch.from_numpy(self.reference_levels)
        centred = levels - reference.to(levels.device)
        if not own.any():
            return self._values(promoters, centred)
        rows = []
        for at, gene in enumerate(genes):
            kept = torch.ones_like(reference)
            if own[at]:
                kept[self._slot[int(gene)]] = 0.0
            rows.append(self._values(promoters[at : at + 1], centred * kept.to(levels.device)))
        return torch.cat(rows)

    def _values(self, promoters: Tensor, centred: Tensor) -> Tensor:
        network, scaling = self.predictor.network, self.predictor.scaling
        was_training = network.training
        network.eval()
        said = network(promoters, centred)
        network.train(was_training)
        if said.value is not None:
            values: Tensor = said.value * scaling.target_scale + scaling.target_mean
            return values
        classes = said.logits.shape[-1]
        steps = torch.arange(classes, device=promoters.device) - (classes - 1) / 2
        expected: Tensor = said.logits.softmax(-1) @ steps
        return expected

    def filters(self) -> Filters:
        """The first convolution of whichever encoder the network has."""
        from deeprage.interpretation.network_edits import first_filters

        encoder = self.predictor.network.promoter_encoder
        weight, bias = first_filters(encoder)
        if bias is None:
            bias = torch.zeros(len(weight))
        config = self.predictor.network.config
        return Filters(
            weight.detach().cpu().numpy(),
            bias.detach().cpu().numpy(),
            both_strands=config.reverse_complement,
            window=config.window,
        )


def model_of(run: Run, compendium: Compendium) -> BlockModel:
    """The trained model of a run, in the form that interpretation needs.

    A predictor that itself meets the protocols is taken as it is.

    Raises:
        DeepRageError: the run holds no trained model, or one of a kind that cannot be asked.
    """
    from deeprage.evaluation.opening import open_model
    from deeprage.training.predictor import NetworkPredictor

    predictor = open_model(run)
    if isinstance(predictor, NetworkPredictor) and not isinstance(predictor, BlockModel):
        return NetworkModel(predictor, regulator_rows=compendium.regulator_rows)
    return block_model(predictor, compendium)


def filters_of(model: BlockModel) -> Filters:
    """The model's filters.

    Raises:
        DeepRageError: it has none.
    """
    if isinstance(model, HasFilters):
        return model.filters()
    raise DeepRageError(
        f"the model {type(model).__name__} has no filters: look at what its promoters contribute, "
        "with `deeprage attribute`."
    )


def differentiable(model: BlockModel) -> Differentiable:
    """The model, if it has gradients.

    Raises:
        DeepRageError: it has none.
    """
    if isinstance(model, Differentiable):
        return model
    raise DeepRageError(
        f"the model {type(model).__name__} has no gradients: choose in-silico mutagenesis."
    )


def filled(model: BlockModel, levels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Levels (C, R) log2 with the missing ones at the model's reference level."""
    return np.where(np.isnan(levels), model.reference_levels, levels).astype(np.float32)
