"""Jobs are kept by their content, and one that fails takes no other with it."""

import os
from pathlib import Path

import numpy as np
import pytest

from deeprage.baselines import make_baseline
from deeprage.data.fingerprint import content_of_compendium
from deeprage.data.split import Role
from deeprage.data.splitting import make_split
from deeprage.evaluation import job_key
from deeprage.evaluation.contestants import Contestant, contestant
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

    @pytest.mark.parametrize(
        ("part", "damage"),
        [
            ("jobs/*.npz", b""),
            ("jobs/*.npz", None),
            ("jobs/*.json", b"{"),
            ("data/*.h5ad", b""),
            ("splits/*.npz", b"x\n"),
        ],
    )
    def test_a_damaged_cache_heals(
        self, planted, tmp_path: Path, part: str, damage: bytes | None
    ) -> None:
        split = make_split(planted, regime="pairs")
        jobs = [Job(contestant("gene-mean"), split)]
        (whole,) = run_jobs(planted, jobs, cache=tmp_path)
        expected = whole.prediction().values
        (path,) = tmp_path.glob(part)
        if damage is None:
            path.unlink()
        else:
            path.write_bytes(damage)
        if not part.startswith("jobs"):  # the result itself is still whole: ask for another one
            jobs = [Job(contestant("gene-mean"), split), Job(contestant("additive"), split)]
        outcomes = run_jobs(planted, jobs, cache=tmp_path)
        assert [outcome.error for outcome in outcomes] == [None] * len(jobs)
        assert outcomes[0].cached is not part.startswith("jobs")
        np.testing.assert_array_equal(outcomes[0].prediction().values, expected)
        assert all(outcome.cached for outcome in run_jobs(planted, jobs, cache=tmp_path))

    def test_one_changed_byte_of_a_result_is_noticed(self, planted, tmp_path: Path) -> None:
        jobs = [Job(contestant("gene-mean"), make_split(planted, regime="pairs"))]
        run_jobs(planted, jobs, cache=tmp_path)
        (path,) = tmp_path.glob("jobs/*.npz")
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(bytes(content))
        assert not run_jobs(planted, jobs, cache=tmp_path)[0].cached


class TestKey:
    """Everything that a result depends on is part of the key under which it is kept."""

    def keys(self, compendium, jobs: list[Job], cache: Path) -> list[str]:
        return [outcome.path.name for outcome in run_jobs(compendium, jobs, cache=cache)]

    def test_data_split_control_and_settings(self, make_compendium, tmp_path: Path) -> None:
        plain = make_compendium()
        split = make_split(plain, regime="genes")
        other_split = make_split(plain, regime="genes", seed=1)
        one = contestant("gene-mean")
        jobs = [
            Job(one, split),
            Job(one, other_split),
            Job(one, split, control=Control.LABELS_PERMUTED),
            Job(one, split, control=Control.LABELS_PERMUTED, seed=1),
            Job(contestant("condition-mean"), split),
            # Refused at once, so that nothing is fitted.
            Job(contestant("kmer-ridge", settings={"k": 98}), split),
            Job(contestant("kmer-ridge", settings={"k": 99}), split),
        ]
        keys = self.keys(plain, jobs, tmp_path)
        assert len(set(keys)) == len(keys)
        # A seed without a control, and the number of a fold, change nothing.
        assert self.keys(plain, [Job(one, split, fold=3, seed=7)], tmp_path) == keys[:1]
        changed = [
            content_of_compendium(under_control(plain, split, control))
            for control in Control
            if control not in (Control.NONE, Control.CODING_PERMUTED)
        ]
        changed += [content_of_compendium(each) for each in (plain, make_compendium())]
        assert changed[-1] == changed[-2]
        assert len(set(changed)) == len(changed) - 1

    def test_coding_sequences_for_those_that_read_them(
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
        before, after = (self.keys(each, jobs, tmp_path) for each in (plain, coded))
        assert before[0] == after[0]
        assert before[1] != after[1]

    def test_motif_files_by_their_content(self, tmp_path: Path) -> None:
        file, copy = tmp_path / "a.meme", tmp_path / "b.meme"
        file.write_text("one")
        copy.write_text("one")
        first = contestant("motif-ridge", motifs=[file]).fingerprint()
        assert contestant("motif-ridge", motifs=[copy]).fingerprint() == first
        copy.write_text("other")
        assert contestant("motif-ridge", motifs=[copy]).fingerprint() != first

    @pytest.mark.parametrize(
        ("name", "modules"),
        [
            ("additive", ["baselines.reference", "evaluation.evaluate", "evaluation.controls"]),
            ("motif-ridge", ["data.pwm_scan", "data.motifs", "data.split", "data.compendium"]),
            ("codon-trees", ["baselines.codon_trees", "data.coding", "baselines.features"]),
            ("deeprage-f", ["factorised.gaussian", "data.pwm_scan", "baselines.factors"]),
            ("deeprage-c", ["networks.presets", "training.train", "training.loop", "data.dna"]),
        ],
    )
    def test_every_module_that_a_predictor_reaches(
        self, monkeypatch: pytest.MonkeyPatch, name: str, modules: list[str]
    ) -> None:
        plain = job_key._source
        before = contestant(name).fingerprint()
        assert contestant(name).fingerprint() == before
        for module in modules:

            def changed(asked: str, module: str = f"deeprage.{module}") -> bytes | None:
                source = plain(asked)
                return source + b"\nCHANGED = 1\n" if source and asked == module else source

            monkeypatch.setattr(job_key, "_source", changed)
            assert contestant(name).fingerprint()["code"] != before["code"], module

    def test_a_module_that_is_not_reached_does_not_count(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        plain, before = job_key._source, contestant("additive").fingerprint()
        monkeypatch.setattr(
            job_key, "_source", lambda name: b"x = 1" if "medusa" in name else plain(name)
        )
        assert contestant("additive").fingerprint() == before

    def test_versions_of_the_packages_that_are_imported(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        expected = {
            "additive": {"numpy", "pandas"},
            "codon-trees": {"lightgbm", "pyjaspar", "Bio"},
            "deeprage-c": {"torch", "lightning_fabric"},
            "deeprage-f": {"lightgbm", "scipy"},
        }
        for name, packages in expected.items():
            before = contestant(name).fingerprint()
            assert packages <= set(before["packages"])
            for package in packages:
                assert before["packages"][package].split()[1][0].isdigit()
        before = contestant("codon-trees").fingerprint()
        monkeypatch.setattr(job_key, "_version", lambda name: f"{name} 0.0")
        assert contestant("codon-trees").fingerprint() != before

    def test_documentation_of_the_code_does_not_count(self) -> None:
        code = b'"""A module."""\ndef twice(x):\n    """Two of it."""\n    return 2 * x\n'
        documented = b"def twice(x):\n    # Why twice.\n    return (2\n        * x)\n"
        assert job_key._behaviour(documented) == job_key._behaviour(code)
        for other in (code.replace(b"2 *", b"3 *"), code.replace(b"2 * x", b"'Two of it.'")):
            assert job_key._behaviour(other) != job_key._behaviour(code)
