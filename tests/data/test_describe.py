"""The numbers of a compendium are those that were built into it."""

import json

import numpy as np
import pytest

from deeprage.data.describe import describe
from deeprage.data.split import Role
from deeprage.data.splitting import make_split


@pytest.fixture
def compendium(make_compendium):
    values = np.tile([-2.0, -1.0, 0.0, 0.1, 0.2, 3.0], (10, 1)) + np.linspace(0, 0.01, 10)[:, None]
    values[0, :3] = np.nan
    promoters = np.zeros((10, 20), dtype=np.int8)
    promoters[0] = 4
    return make_compendium(
        values, regulators=2, groups="aaabbcdefg", series="xxxyyz", promoters=promoters
    )


def test_counts(compendium) -> None:
    found = describe(compendium)
    assert (found.genes, found.conditions, found.regulators, found.scored) == (10, 6, 2, 8)
    assert found.missing == pytest.approx(3 / 60)
    assert found.n_share == pytest.approx(0.1)
    assert found.series == {"x": 3, "y": 2, "z": 1}
    assert (found.groups, found.largest_group, found.grouped_genes) == (7, 3, 5)
    values = np.sort(compendium.expression[~np.isnan(compendium.expression)])
    at = [0.01 * 56, 0.25 * 56, 28, 0.75 * 56, 0.99 * 56]  # of 57 values, with a line between two
    assert found.quantiles == pytest.approx(np.interp(at, np.arange(57), values))
    assert found.without_promoter == 0
    assert found.classes == pytest.approx({"Down": 18 / 57, "Baseline": 29 / 57, "Up": 10 / 57})


def test_the_split_counts_cells_and_values_by_role(compendium) -> None:
    split = make_split(compendium, regime="conditions")
    found = describe(compendium, split).split
    assert found is not None
    assert sum(found.cells.values()) == 60
    assert sum(found.measured.values()) == 57
    assert found.cells["unused"] == 12
    assert found.genes["test"] == 8
    assert found.conditions["test"] == split.cells(Role.TEST).any(axis=0).sum()


def test_text_names_the_essentials_and_json_holds_all(compendium) -> None:
    found = describe(compendium, make_split(compendium, regime="genes"))
    text = found.text()
    for part in ("10 genes x 6 conditions", "5.0 %", "genes, hold-out, seed 0", "20 bp"):
        assert part in text
    assert json.loads(json.dumps(found.as_dict(), allow_nan=False))["split"]["regime"] == "genes"
