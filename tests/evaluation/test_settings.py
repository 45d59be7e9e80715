"""The settings of the committed benchmarks; a change belongs into `CHANGELOG.md`."""

from types import SimpleNamespace

import pytest

from deeprage.data.split import Regime
from deeprage.data.splitting import make_split
from deeprage.errors import DeepRageError
from deeprage.evaluation import benchmark, bootstrap, calibration, leakage, metrics
from deeprage.evaluation.contestants import contestant
from deeprage.evaluation.controls import Control
from deeprage.evaluation.evaluate import REFERENCE_ROWS, reference_rows
from deeprage.evaluation.jobs import Job
from deeprage.evaluation.opening import open_model


def test_passes_of_a_network_in_a_benchmark() -> None:
    assert benchmark.EPOCHS == {"deeprage-c": 3, "deeprage-tp": 2, "deeprage-rnn": 1}
    assert (benchmark.OTHER_EPOCHS, benchmark.QUICK_EPOCHS, benchmark.DEFAULT_FOLDS) == (3, 3, 5)
    assert benchmark.NETWORK_SETTINGS == {"deeprage-rnn": {"network": {"cell_units": 128}}}
    assert benchmark.QUICK_SETTINGS == {"codon-trees": {"rounds": [50, 100, 200, 300]}}
    for name in benchmark.QUICK_SETTINGS:
        assert name in benchmark.QUICK_PREDICTORS


def test_limits_of_scores_and_of_the_audit() -> None:
    assert metrics.LEAST_CELLS == 3
    assert (bootstrap.RESAMPLES, bootstrap.FEWEST_UNITS) == (1000, 3)
    assert (leakage.ALIKE, leakage.COPY, leakage.MUCH) == (0.9, 0.6, 0.1)
    assert calibration._BINS == 15


@pytest.mark.parametrize(
    ("regime", "further"),
    [
        (Regime.PAIRS, ()),
        (Regime.CONDITIONS, ("regulator-ridge", "regulator-kernel")),
        (Regime.GENES, ("kmer-ridge", "codon-trees")),
        (Regime.BOTH, ("regulator-ridge", "kmer-ridge", "codon-trees")),
    ],
)
def test_rows_beside_a_score(regime: Regime, further: tuple[str, ...]) -> None:
    found = reference_rows(regime, coding=True)
    assert found[: len(REFERENCE_ROWS)] == REFERENCE_ROWS
    assert set(further) <= set(found)


def test_a_job_is_named_for_people(make_compendium) -> None:
    split = make_split(make_compendium(), regime="genes")
    plain = Job(contestant("zero"), split, 2)
    assert plain.label == "genes, fold 2: zero"
    control = Job(contestant("zero"), split, control=Control.LABELS_PERMUTED)
    assert control.label == "genes, fold 1: zero (labels-permuted)"


def test_a_run_is_opened_by_its_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    monkeypatch.setattr(
        "deeprage.factorised.run_folder.load_trained",
        lambda run, *, num_threads: opened.append((run.kind, num_threads)),
    )
    for threads in ({}, {"threads": 3}):
        open_model(SimpleNamespace(kind="factorised"), **threads)
    assert opened == [("factorised", 1), ("factorised", 3)]
    network = SimpleNamespace(kind="network", predictor=lambda: "the network")
    assert open_model(network) == "the network"
    with pytest.raises(DeepRageError, match="unknown kind of run 'forest'"):
        open_model(SimpleNamespace(kind="forest"))
