"""Networks by name: the paper's, those it could not fit, and a peer's."""

from typing import Any

from deeprage.errors import unknown
from deeprage.networks.config import NetworkConfig
from deeprage.settings import checked

#: Settings that differ from `NetworkConfig`'s defaults, by preset. FACTS of the paper: conv
#: 256 x 19; C pools by 15 and keeps the map, TP pools the whole promoter, RNN pools by 100.
PRESETS: dict[str, dict[str, Any]] = {
    "deeprage-c": {},
    "deeprage-tp": {"interaction": "tensor-product", "pool": "global", "regulator_encoder": "raw"},
    "deeprage-tp-eq5": {"interaction": "tensor-product", "pool": "global"},
    "deeprage-rnn": {"interaction": "recurrent", "pool": 100, "regulator_encoder": "raw"},
    "deeprage-rnn-lstm": {
        "interaction": "recurrent",
        "pool": 100,
        "regulator_encoder": "raw",
        "cell": "lstm",
    },
    # What the paper could not fit (docs/networks.md): the outer product of all positions with the
    # regulators, with weights of low rank; the same as the input of a recurrent network; positions
    # that each condition chooses.
    "deeprage-tp-spatial": {
        "interaction": "tensor-product",
        "rank": 64,
        "regulator_encoder": "raw",
    },
    "deeprage-tp-rnn": {
        "interaction": "tensor-product-recurrent",
        "pool": 100,
        "rank": 64,
        "regulator_encoder": "raw",
        "cell_units": 128,
    },
    "deeprage-a": {"interaction": "attention"},
    # Filters that must be motifs: they start as words, read both strands near the gene, and what
    # each does is linear, one number a motif, bin and condition (docs/motifs.md).
    "deeprage-motif": {
        "filters": 96,
        "filter_width": 13,
        "window": 800,
        "pool": 197,
        "reverse_complement": True,
        "first_filters": "words",
        "interaction": "tensor-product",
        "encoder_dropout": 0.3,
        "rank": 48,
        "regulator_encoder": "raw",
        "hidden": (1, 1),
        "rectify": False,
        "head": "regression",
    },
    # A peer of today (github.com/maslov-group/FUN-PROSE) on our parts: its sizes and dropout, with
    # ReLU for ELU and statistics that are set once for batch norm.
    "fun-prose": {
        "encoder": "two-conv",
        "filter_width": 9,
        "pool": 19,
        "encoder_dropout": 0.4,
        "regulator_units": 1024,
        "hidden": (512, 256, 64),
        "dropout": 0.02,
        "head": "regression",
    },
}

#: The paper's own regularisation, for comparison: it learns several times more slowly here.
PAPER_REGULARISATION: dict[str, Any] = {"dropout": 0.5, "centre": False}


def preset(name: str, **overrides: Any) -> NetworkConfig:
    """The named network, with any field of `NetworkConfig` changed.

    Raises:
        DeepRageError: unknown name or field, or a value out of range.
    """
    if name not in PRESETS:
        raise unknown("model", name, PRESETS)
    return checked(NetworkConfig, "network option", {"name": name, **PRESETS[name], **overrides})
