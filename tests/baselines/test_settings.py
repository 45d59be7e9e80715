"""The settings that the committed results were measured with; another one changes every number.

Where a method has a paper, its settings are the paper's. A change here belongs into `CHANGELOG.md`.
"""

import inspect

import pytest

from deeprage.baselines import BASELINES
from deeprage.baselines.bdtree import TreeLimits
from deeprage.baselines.bdtree_splits import Criterion
from deeprage.evaluation.contestants import contestant

EDGES = (-0.5, 0.5)
CONDITIONS = {"factors": 20, "condition_penalties": (0.1, 0.2, 0.3, 0.5, 1.0, 2.0)}
RIDGE = CONDITIONS | {"penalties": (0.3, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 100.0)}
TREES = {
    "window": 800, "bins": 5, "composition": 4, "factors": 8,
    "rounds": (10, 25, 50, 100, 200, 300, 500, 1000), "repeats": 1, "learning_rate": 0.05,
    "leaves": 5, "least_leaf": 20, "share_features": 0.1, "share_genes": 0.8, "seed": 0,
    "num_threads": 1, "condition_penalties": CONDITIONS["condition_penalties"],
}  # fmt: skip
RULES = {"rounds": 400, "kmer": 6, "window": 600, "edges": EDGES, "state_threshold": 0.5}
SETTINGS = {
    "zero": {},
    "majority": {"edges": EDGES},
    "gene-mean": {},
    "condition-mean": {},
    "additive": {},
    "completion": {"most_rank": 100, "patience": 2, "most_iterations": 100, "tolerance": 1e-3},
    "neighbours": {
        "by": "auto", "condition_ks": (1, 3, 5, 10, 20), "gene_ks": (1, 5, 20, 50, 100), "k": 6,
        "window": 600,
    },
    "regulator-ridge": {"penalties": (0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0), "mask_self": True},
    "regulator-kernel": {
        "widths": (1.0, 3.0), "linear_shares": (0.0, 1.0), "penalties": (0.03, 0.1, 0.3, 1.0),
        "mask_self": True,
    },
    "kmer-ridge": RIDGE | {"k": 6, "window": 600, "bins": 2},
    "motif-ridge": RIDGE | {"window": 800, "bins": 5},
    "bilinear-ridge": {
        "window": 800, "bins": 5, "penalties": (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0),
        "steps": 30, "tolerance": 1e-3,
    },
    "boosted-trees": TREES,
    "codon-trees": TREES,
    "geneclass": RULES | {"bundle": 0.0, "bundle_size": 8},
    "bdtree": {
        "criteria": tuple(Criterion), "limits": (TreeLimits(), TreeLimits(rows=30, columns=8)),
        "kmer": 6, "window": 600, "questions": 7, "edges": EDGES,
    },
    "medusa": {
        "rounds": 300, "kmers": (2, 3, 4, 5, 6, 7), "gaps": tuple(range(1, 11)), "window": 500,
        "seeds": 20, "least": 30, "edges": EDGES, "state_threshold": 0.5,
    },
    "cager": {
        "leaves": (2, 4, 8, 16), "screened": 200, "kmer": 6, "window": 600, "least": 20,
        "edges": EDGES,
    },
    "relational": RULES | {"least": 10},
}  # fmt: skip


@pytest.mark.parametrize("name", BASELINES)
def test_a_baseline_has_the_settings_of_the_committed_results(name: str) -> None:
    build = type(contestant(name).make())
    found = {
        key: parameter.default
        for key, parameter in inspect.signature(build).parameters.items()
        if parameter.default not in (None, inspect.Parameter.empty)
    }
    assert found == SETTINGS[name]
    assert {"seed": 0}.items() <= found.items() or "seed" not in found


def test_a_tree_stops_by_default_at_fifty_leaves_of_ten_genes_and_three_conditions() -> None:
    assert TreeLimits() == TreeLimits(leaves=50, rows=10, columns=3, gain=1e-4)


def test_trees_are_grown_in_the_same_way_on_any_machine() -> None:
    """LightGBM's own settings: small steps, few bins, and nothing that depends on the threads."""
    settings = contestant("boosted-trees").make()._settings()
    assert settings == {
        "objective": "regression", "learning_rate": 0.05, "num_leaves": 5, "min_data_in_leaf": 20,
        "feature_fraction": 0.1, "bagging_fraction": 0.8, "bagging_freq": 1, "max_bin": 63,
        "deterministic": True, "force_col_wise": True, "num_threads": 1, "verbosity": -1,
    }  # fmt: skip
