"""Real knock-outs: mutants and the wild types that grew alike."""

import numpy as np
import pandas as pd
import pytest

from deeprage.data.catalog.gasch import condition_table
from deeprage.data.catalog.real_knockouts import (
    GROWTH,
    Contrast,
    ecoli_knockouts,
    measured_change,
    replicate_changes,
    yeast_knockouts,
)
from deeprage.data.compendium import Compendium
from deeprage.errors import DeepRageError

PARENT = "Escherichia coli K-12 MG1655"


def make(values: np.ndarray, conditions: pd.DataFrame, regulators: dict[str, str]) -> Compendium:
    genes = [*regulators, *(f"g{n}" for n in range(len(values) - len(regulators)))]
    rng = np.random.default_rng(0)
    return Compendium.from_parts(
        expression=pd.DataFrame(values, index=genes, columns=conditions.index),
        promoters={gene: rng.integers(0, 4, 20).astype(np.int8) for gene in genes},
        regulators=list(regulators),
        series=list(conditions["series"]),
        conditions=conditions,
        symbols=regulators,
    )


def ecoli(rows: list[tuple[str, str, str]]) -> Compendium:
    """Samples given as series, strain and carbon source."""
    table = pd.DataFrame(rows, columns=["series", "strain", "carbon_source"])
    for column in GROWTH:
        table[column] = table.get(column, "same")
    table.index = pd.Index([f"s{n}" for n in range(len(rows))])
    values = np.random.default_rng(1).normal(size=(5, len(rows)))
    return make(values, table, {"b1": "fur", "b2": "cra"})


def test_yeast_contrasts_are_the_arrays_of_the_series() -> None:
    table = condition_table()
    values = np.random.default_rng(0).normal(size=(6, len(table)))
    compendium = make(values, table, {"YMR037C": "MSN2", "YKL062W": "MSN4", "YML007W": "YAP1"})
    labels = list(table["label"])
    found = {one.name: one for one in yeast_knockouts(compendium)}
    assert len(found) == 7
    heat = found["msn24_37C"]
    assert [labels[column] for column in heat.mutants] == ["msn2/4 37 C"] * 2
    assert [labels[column] for column in heat.controls] == ["wild type 37 C"]
    assert (heat.mutants + 1).tolist() == [136, 137]
    peroxide = found["yap1_H2O2"]
    assert [labels[column] for column in peroxide.mutants] == ["yap1 H2O2"] * 2
    assert [labels[column] for column in peroxide.controls] == ["wild type H2O2"]
    raised = found["YAP1_raised"]
    assert [labels[column] for column in raised.mutants] == ["YAP1"]
    assert (raised.sign, len(raised.controls), heat.sign) == (1, 0, -1)
    np.testing.assert_allclose(
        measured_change(compendium, raised.contrasts[0]), values[:, 146], atol=1e-6
    )


def test_ecoli_controls_grew_alike_and_are_the_nearest() -> None:
    compendium = ecoli(
        [
            ("one", f"{PARENT} del_fur", "glc"),
            ("one", f"{PARENT} del_fur", "glc"),
            ("one", PARENT, "glc"),
            ("one", PARENT, "ac"),  # grew otherwise
            ("two", PARENT, "glc"),  # another series
            ("one", f"{PARENT} del_cra", "ac"),
            ("two", f"{PARENT} del_cra", "glc"),
            ("two", f"{PARENT} del_cra", "xyl"),  # no wild type
            ("one", f"{PARENT} del_abc", "glc"),  # no regulator
            ("one", f"{PARENT} fur_delN", "glc"),  # a relative of the deletion
            ("two", f"{PARENT} del_fur del_cra", "glc"),  # two at once
        ]
    )
    fur, cra = ecoli_knockouts(compendium)
    assert (fur.name, fur.regulators) == ("fur", ("b1",))
    assert [(list(one.mutants), list(one.controls)) for one in fur.contrasts] == [([0, 1], [2])]
    assert fur.relatives == (9,)
    assert [(list(one.mutants), list(one.controls)) for one in cra.contrasts] == [
        ([5], [3]),
        ([6], [4]),
    ]


def test_a_change_is_measured_twice_with_what_there_is() -> None:
    compendium = ecoli([("one", PARENT, "glc")] * 7)
    x = compendium.expression
    both = Contrast(np.array([0, 1, 2]), np.array([3, 4]))
    first, second = replicate_changes(compendium, both)
    np.testing.assert_allclose(first, x[:, [0, 2]].mean(axis=1) - x[:, 3], atol=1e-6)
    np.testing.assert_allclose(second, x[:, 1] - x[:, 4], atol=1e-6)
    shared = replicate_changes(compendium, Contrast(np.array([0, 1]), np.array([3])))
    np.testing.assert_allclose(shared[1], x[:, 1] - x[:, 3], atol=1e-6)
    assert replicate_changes(compendium, Contrast(np.array([0]), np.array([3, 4]))) is None


def test_other_data_are_refused(make_compendium) -> None:
    with pytest.raises(DeepRageError, match="no column 'strain'"):
        ecoli_knockouts(make_compendium())
    with pytest.raises(DeepRageError, match="0 conditions of the series 'mutants_heat_peroxide'"):
        yeast_knockouts(make_compendium())
    with pytest.raises(DeepRageError, match="no deletion strain"):
        ecoli_knockouts(ecoli([("one", PARENT, "glc"), ("one", PARENT, "ac")]))
