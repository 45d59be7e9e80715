"""Jobs are kept by their content, and one that fails takes no other with it."""

import os
from pathlib import Path

import numpy as np
import pytest

from deeprage.baselines import make_baseline
from deeprage.data.fingerprint import content_of_compendium
from deeprage.data.split import Role
from deeprage.data.splitting import make_split
from deeprage.evaluation.contestants import Contestant, contestant, reached, without_words
from deeprage.evaluation.controls import Control, under_control
from deeprage.evaluation.evaluate import fit_and_predict
from deeprage.evaluation.jobs import Job, run_jobs


@pytest.fixture(scope="module")
def planted(make_compendium):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(40, 1)) + rng.normal(size=(1, 12)) + 0.1 * rng.normal(size=(40, 12))
    return make_compendium(values, series=[n // 2 for n in range(12)])


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("cache")


class TestRunJobs:
    def test_results_are_those_of_this_process_and_are_not_made_twice(
        self, planted, cache: Path
    ) -> None:
        split = make_split(planted, regime="pairs")
        jobs = [
            Job(contestant("additive"), split),
            Job(contestant("additive"), split, control=Control.LABELS_PERMUTED, seed=2),
            Job(contestant("majority"), split),
        ]
        first = run_jobs(planted, jobs, cache=cache, workers=2)
        assert [outcome.error for outcome in first] == [None, None, None]
        plain = fit_and_predict(planted, split, make_baseline("additive"))
        permuted = under_control(planted, split, "labels-permuted", seed=2)
        other = fit_and_predict(permuted, split, make_baseline("additive"))
        cells = split.cells(Role.TEST, Role.VALIDATION)
        for outcome, expected in zip(first, (plain, other), strict=False):
            values = outcome.prediction().values
            np.testing.assert_array_equal(values[cells], expected.values[cells])
            assert np.isnan(values[~cells]).all()
        assert not np.array_equal(plain.values[cells], other.values[cells])
        assert 0 < first[0].about["peak_gb"] < 10

        again = run_jobs(planted, jobs, cache=cache, workers=2)
        assert all(outcome.cached for outcome in again)
        assert not any(outcome.cached for outcome in first)

    def test_a_failure_is_told_and_the_rest_go_on(self, planted, cache: Path) -> None:
        split = make_split(planted, regime="genes")
        absent = Contestant("motif-ridge", {"motifs": [__file__]})
        wrong = Contestant("kmer-ridge", {"k": 99})
        jobs = [Job(absent, split), Job(wrong, split), Job(contestant("condition-mean"), split)]
        outcomes = run_jobs(planted, jobs, cache=cache)
        assert outcomes[0].error is not None
        assert "between 1 and 8" in str(outcomes[1].error)
        assert outcomes[2].error is None
        told = run_jobs(planted, jobs[1:2], cache=cache)
        assert not told[0].cached

    def test_a_process_that_dies_costs_its_own_job_only(
        self, planted, cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        split = make_split(planted, regime="conditions")
        # numpy is replaced in the worker by one that kills the process at a certain seed.
        (tmp_path / "sitecustomize.py").write_text(
            "import os, signal, deeprage.evaluation.controls as c\n"
            "plain = c.permute_regulators\n"
            "def deadly(compendium, rng):\n"
            "    os.kill(os.getpid(), signal.SIGKILL)\n"
            "c.permute_regulators = deadly\n"
        )
        monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
        jobs = [
            Job(contestant("gene-mean"), split, control=Control.REGULATORS_PERMUTED),
            Job(contestant("gene-mean"), split),
        ]
        outcomes = run_jobs(planted, jobs, cache=cache)
        assert "signal 9" in str(outcomes[0].error)
        assert outcomes[1].error is None


class TestContent:
    def test_whatever_changes_a_result_changes_the_key(self, make_compendium) -> None:
        plain = make_compendium()
        split = make_split(plain, regime="genes")
        found = [content_of_compendium(plain)] + [
            content_of_compendium(under_control(plain, split, control))
            for control in Control
            if control not in (Control.NONE, Control.CODING_PERMUTED)
        ]
        assert len(set(found)) == len(found)
        assert content_of_compendium(make_compendium()) == found[0]

    def test_coding_sequences_matter_to_those_that_read_them(
        self, make_compendium, tmp_path: Path
    ) -> None:
        plain, coded = make_compendium(), make_compendium()
        coded.adata.varm["coding"] = np.zeros((len(coded.genes), 30), dtype=np.int8)
        split = make_split(plain, regime="genes")
        jobs = [
            Job(contestant("gene-mean"), split),
            # Refused at once, so that no tree is grown.
            Job(contestant("codon-trees", settings={"repeats": 0}), split),
        ]
        before, after = (run_jobs(each, jobs, cache=tmp_path) for each in (plain, coded))
        assert before[0].path == after[0].path
        assert before[1].path != after[1].path

    def test_the_code_that_a_predictor_reaches_is_part_of_it(self) -> None:
        names = ("additive", "regulator-ridge", "kmer-ridge", "motif-ridge", "deeprage-c")
        codes = [contestant(name).fingerprint()["code"] for name in names]
        assert len(set(codes)) == len(codes)
        assert contestant("sequence-only").fingerprint()["code"] == codes[-1]

    def test_modules_that_are_imported_from_a_package_are_reached(self) -> None:
        found = reached("deeprage.evaluation.trial")
        assert b"PRESETS" in found["deeprage.networks.presets"]
        assert b"def train(" in found["deeprage.training.train"]

    def test_words_about_the_code_are_not_part_of_it(self) -> None:
        code = b'"""A module."""\ndef twice(x):\n    """Two of it."""\n    return 2 * x\n'
        retold = b"def twice(x):\n    # Why twice.\n    return (2\n        * x)\n"
        changed = code.replace(b"2 *", b"3 *")
        told = code.replace(b"return 2 * x", b"return 'Two of it.'")
        assert without_words(retold) == without_words(code)
        assert without_words(changed) != without_words(code)
        assert without_words(told) != without_words(code)
