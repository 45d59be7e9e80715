"""Class labels: the paper's thresholds, and who owns an edge."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deeprage.data.labels import (
    DEFAULT_EDGES,
    FIVE_CLASS_EDGES,
    MISSING,
    check_edges,
    class_names,
    classify,
)
from deeprage.errors import DeepRageError


def test_an_edge_belongs_to_the_side_away_from_zero() -> None:
    values = [-0.51, -0.5, -0.49, 0.0, 0.49, 0.5, 0.51]
    assert classify(values).tolist() == [0, 0, 1, 1, 1, 2, 2]


def test_missing_values_have_no_class() -> None:
    assert classify([np.nan, 0.0]).tolist() == [MISSING, 1]


def test_zero_is_baseline_as_in_the_paper_protocol() -> None:
    assert class_names()[classify(np.zeros(1))[0]] == "Baseline"


@given(st.lists(st.floats(-10, 10), min_size=1), st.sampled_from([DEFAULT_EDGES, FIVE_CLASS_EDGES]))
@settings(deadline=None, max_examples=30)
def test_classes_rise_with_the_value(values: list[float], edges: tuple[float, ...]) -> None:
    classes = classify(sorted(values), edges)
    assert (np.diff(classes) >= 0).all()
    assert set(classes.tolist()) <= set(range(len(edges) + 1))


def test_there_is_a_name_for_every_class() -> None:
    assert class_names() == ("Down", "Baseline", "Up")
    assert len(class_names(FIVE_CLASS_EDGES)) == 5
    assert class_names([1.0]) == ("< 1", "> 1")


@pytest.mark.parametrize("edges", [(), (0.5, -0.5), (0.5, 0.5), (np.inf,), (np.nan,)])
def test_edges_that_do_not_rise_are_refused(edges: tuple[float, ...]) -> None:
    with pytest.raises(DeepRageError, match="rising numbers"):
        check_edges(edges)
