"""What a knock-out asks of a model: a block for given promoters and regulator levels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from deeprage.errors import DeepRageError

if TYPE_CHECKING:
    from deeprage.baselines.regulator_ridge import RegulatorKernelRidge
    from deeprage.data.compendium import Compendium
    from deeprage.training.predictor import NetworkPredictor


@runtime_checkable
class BlockModel(Protocol):
    """Anything that predicts a block for given promoters and levels can be knocked out.

    Attributes:
        regulators: names, in the order of the levels' columns.
        reference_levels: float32 (R,) log2, what a missing level counts as.
    """

    regulators: tuple[str, ...]
    reference_levels: NDArray[np.float32]

    def respond(
        self,
        genes: NDArray[np.intp],
        promoters: NDArray[np.int8],
        levels: NDArray[np.float32],
    ) -> NDArray[np.float32]:
        """Log2 values (G, C).

        Args:
            genes: rows (G,) of the compendium, for models that know a gene beside its promoter
                and for hiding a regulator's own level when its own gene is predicted.
            promoters: int8 tokens (G, L) of those genes, perhaps changed.
            levels: log2 (C, R), perhaps changed; of any conditions.
        """
        ...


@runtime_checkable
class Filtered(BlockModel, Protocol):
    """A model with first-layer filters that can be silenced."""

    def without(
        self, *, filters: Sequence[int] = (), pairs: Sequence[tuple[int, int]] = ()
    ) -> BlockModel:
        """The same model with silent filters and cut (filter, regulator) pairs."""
        ...

    def activity(self, promoters: NDArray[np.int8]) -> NDArray[np.float32]:
        """How strongly each filter fires (F,): its mean largest activation in promoters (G, L)."""
        ...


@runtime_checkable
class Factored(BlockModel, Protocol):
    """A model in which a promoter acts by factor scores times loadings of the condition.

    What many small changes of promoters and levels do can then be computed apart and multiplied.
    """

    def around(
        self,
        genes: NDArray[np.intp],
        level: NDArray[np.float32],
        slots: NDArray[np.intp],
        values: NDArray[np.float32],
    ) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
        """Values (G, S + 1) of genes with their own promoters, and loadings (S + 1, K).

        Of a condition with levels (R,) as they are, and with one regulator changed at a time.

        Args:
            slots: places (S,) of the regulators; values: log2 (S,), to what they are changed.
        """
        ...

    def score_shifts(
        self, genes: NDArray[np.intp], promoters: NDArray[np.int8]
    ) -> NDArray[np.float64]:
        """Change (G, K) of the factor scores of genes from their own promoters to these."""
        ...

    def score_changes(
        self,
        genes: NDArray[np.intp],
        promoters: NDArray[np.int8],
        rows: NDArray[np.intp],
        changed: NDArray[np.int8],
    ) -> NDArray[np.float64]:
        """Change (P, K) of the factor scores from promoters (G, L) to `changed` (P, L).

        Args:
            rows: places (P,) among the genes of those that are changed.
        """
        ...


class NetworkBlocks:
    """A trained network as a `Filtered` model.

    Args:
        predictor: of the run.
        regulator_rows: rows of the regulators in the compendium; where the predictor hides a
            regulator's own level, it is hidden here too.
    """

    def __init__(self, predictor: NetworkPredictor, *, regulator_rows: NDArray[np.intp]) -> None:
        self.predictor = predictor
        self.regulators = predictor.regulators
        self.reference_levels: NDArray[np.float32] = predictor.scaling.regulator_mean
        self._rows = regulator_rows
        self._slot = {int(row): slot for slot, row in enumerate(regulator_rows)}

    @property
    def linear_in_levels(self) -> bool:
        """Whether a change of levels adds the same to a gene's value in every condition."""
        config = self.predictor.network.config
        return (
            config.interaction == "tensor-product"
            and config.regulator_encoder == "raw"
            and config.head == "regression"
            and not config.rectify
        )

    def respond(
        self,
        genes: NDArray[np.intp],
        promoters: NDArray[np.int8],
        levels: NDArray[np.float32],
    ) -> NDArray[np.float32]:
        """Log2 values (G, C)."""
        own = np.isin(genes, self._rows) if self.predictor.mask_self else np.zeros(len(genes), bool)
        values = np.empty((len(genes), len(levels)), dtype=np.float32)
        if not own.all():
            values[~own] = self.predictor.predict_new(promoters[~own], levels).value
        hidden = levels.copy()
        for at in np.flatnonzero(own):
            slot = self._slot[int(genes[at])]
            hidden[:, slot] = np.nan
            values[at] = self.predictor.predict_new(promoters[at : at + 1], hidden).value[0]
            hidden[:, slot] = levels[:, slot]
        return values

    def without(
        self, *, filters: Sequence[int] = (), pairs: Sequence[tuple[int, int]] = ()
    ) -> NetworkBlocks:
        """The same network with silent filters and cut pairs."""
        from deeprage.interpretation.network_edits import without
        from deeprage.training.predictor import NetworkPredictor

        changed = NetworkPredictor(
            without(self.predictor.network, filters=filters, pairs=pairs),
            scaling=self.predictor.scaling,
            regulators=self.regulators,
            mask_self=self.predictor.mask_self,
        )
        return NetworkBlocks(changed, regulator_rows=self._rows)

    def activity(self, promoters: NDArray[np.int8]) -> NDArray[np.float32]:
        """Mean over promoters of each filter's largest rectified activation where it reads."""
        import torch
        from torch.nn import functional

        from deeprage.interpretation.network_edits import first_filters
        from deeprage.training.tensors import one_hot

        weight, bias = first_filters(self.predictor.network.promoter_encoder)
        config = self.predictor.network.config
        strands = [weight, weight.flip(1, 2)] if config.reverse_complement else [weight]
        near = promoters if config.window is None else promoters[:, -config.window :]
        total = np.zeros(len(weight))
        with torch.inference_mode():
            for tokens in torch.split(torch.from_numpy(near).to(weight.device), 64):
                letters = one_hot(tokens)
                largest = [functional.conv1d(letters, one, bias).amax(2) for one in strands]
                total += torch.stack(largest).amax(0).clamp_min(0).sum(0).cpu().numpy()
        return (total / max(len(promoters), 1)).astype(np.float32)


class RidgeBlocks:
    """A fitted regulator ridge as a model that reads levels and no promoter."""

    def __init__(self, ridge: RegulatorKernelRidge, compendium: Compendium) -> None:
        self._ridge = ridge
        self.regulators = tuple(compendium.regulators)
        self.reference_levels: NDArray[np.float32] = ridge.means_.astype(np.float32)

    def respond(
        self,
        genes: NDArray[np.intp],
        promoters: NDArray[np.int8],
        levels: NDArray[np.float32],
    ) -> NDArray[np.float32]:
        """Log2 values (G, C)."""
        return self._ridge.predict_levels(genes, levels)


def block_model(predictor: object, compendium: Compendium) -> BlockModel:
    """A fitted predictor in the form that knock-outs need; one that has it is taken as it is.

    Raises:
        DeepRageError: a predictor that takes no new promoters and levels.
    """
    from deeprage.baselines.regulator_ridge import RegulatorKernelRidge
    from deeprage.training.predictor import NetworkPredictor

    if isinstance(predictor, BlockModel):
        return predictor
    if isinstance(predictor, NetworkPredictor):
        return NetworkBlocks(predictor, regulator_rows=compendium.regulator_rows)
    if isinstance(predictor, RegulatorKernelRidge):
        return RidgeBlocks(predictor, compendium)
    raise DeepRageError(
        f"a {type(predictor).__name__} cannot be knocked out, since it takes no new promoters and "
        "regulator levels: use the run of a network."
    )
