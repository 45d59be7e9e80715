"""Scores of a network on held-out cells while it trains."""

from __future__ import annotations

import torch

from deeprage.networks.network import Network
from deeprage.training.objective import objective
from deeprage.training.tensors import BlockTensors

#: Genes encoded at a time.
_GENES_AT_A_TIME = 32


def validate(network: Network, held_out: BlockTensors) -> dict[str, float]:
    """Mean squared error, Pearson correlation, accuracy and loss over the known held-out cells.

    The error is in squared units of `Scaling.targets`, correlation and accuracy have none; a score
    whose head is missing is left out. The loss, by which the best epoch is chosen, is the mean
    squared error where there is a regression head, else the cross-entropy (nats a cell), which
    grows with over-confidence while accuracy still improves.

    Args:
        network: in evaluation mode, on the device of `held_out`.
        held_out: its rows x columns are predicted, its known cells are judged.

    Returns:
        `validation_loss`, and of `validation_mse`, `validation_pearson` and `validation_accuracy`
        those that there are.
    """
    squared = surprise = right = 0.0
    cells = labelled = 0
    predicted, observed = [], []
    with torch.no_grad():
        for start in range(0, len(held_out.rows), _GENES_AT_A_TIME):
            rows = held_out.rows[start : start + _GENES_AT_A_TIME]
            block = held_out.cells(rows, held_out.columns)
            said = network(held_out.promoters(rows), held_out.levels(held_out.columns))
            sums = objective(said, block.target, block.known, block.classes)
            squared += float(sums.squared)
            surprise += float(sums.surprise)
            cells += int(block.known.sum())
            labelled += int((block.classes >= 0).sum())
            if said.value is not None:
                predicted.append(said.value[block.known].float().cpu())
                observed.append(block.target[block.known].cpu())
            if said.logits is not None:
                likeliest = said.logits.argmax(-1)
                right += float(((likeliest == block.classes) & (block.classes >= 0)).sum())
    judged = squared / max(cells, 1)
    if network.value_head is None:
        judged = surprise / max(labelled, 1)
    scores = {"validation_loss": judged}
    if predicted:
        pair = torch.stack([torch.cat(predicted), torch.cat(observed)]).double()
        scores["validation_mse"] = squared / max(cells, 1)
        several = pair.shape[1] > 1
        r = float(torch.nan_to_num(torch.corrcoef(pair)[0, 1])) if several else 0.0
        scores["validation_pearson"] = r
    if network.class_head is not None and labelled:
        scores["validation_accuracy"] = right / labelled
    return scores
