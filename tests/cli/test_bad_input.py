"""Bad input: one sentence, exit code 2, no traceback, and nothing that was there is touched."""

import errno
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.editing import put

from deeprage.cli.failures import failure
from deeprage.data.compendium import Compendium
from deeprage.training.run import Run

from .conftest import TINY, Deeprage, Result, checksums, refused


class TestFiles:
    @pytest.mark.parametrize("verb", ["train", "describe"])
    def test_missing_compendium(self, deeprage: Deeprage, tmp_path: Path, verb: str) -> None:
        gone = tmp_path / "gone.h5ad"
        arguments = {
            "train": ("train", gone, "--out", tmp_path / "run"),
            "describe": ("data", "describe", gone),
        }
        refused(deeprage(*arguments[verb]), "gone.h5ad", "deeprage data")
        assert not list(tmp_path.iterdir())

    def test_a_file_that_is_no_compendium(self, deeprage: Deeprage, tmp_path: Path) -> None:
        path = tmp_path / "text.h5ad"
        path.write_text("hello")
        refused(deeprage("data", "describe", path), "text.h5ad", "not a deeprage compendium")

    @pytest.mark.parametrize("verb", ["evaluate", "report"])
    def test_a_folder_that_is_no_run(self, deeprage: Deeprage, tmp_path: Path, verb: str) -> None:
        refused(deeprage(verb, tmp_path), "not a run folder")

    @pytest.mark.parametrize("verb", ["evaluate", "report", "predict"])
    def test_a_run_of_another_version(
        self, deeprage: Deeprage, toy_run: Path, tmp_path: Path, verb: str
    ) -> None:
        run = tmp_path / "run"
        shutil.copytree(toy_run, run)
        config = json.loads((run / "config.json").read_text())
        put(run, "config.json", config | {"format_version": 99})
        before = checksums(run)
        more = {"predict": ("--promoters", "a", "--regulators", "b", "--out", run / "c")}
        refused(deeprage(verb, run, *more.get(verb, ())), "format 99", "train again")
        assert checksums(run) == before

    def test_a_run_whose_compendium_has_gone(
        self, deeprage: Deeprage, toy_run: Path, tmp_path: Path
    ) -> None:
        run = tmp_path / "run"
        shutil.copytree(toy_run, run)
        config = json.loads((run / "config.json").read_text())
        put(run, "config.json", config | {"compendium_path": "/gone.h5ad"})
        refused(deeprage("evaluate", run), "/gone.h5ad", "--data")


class TestImport:
    """A good import is spoilt in one way at a time; the compendium that is there must survive."""

    @pytest.fixture
    def parts(self, toy: Path, tmp_path: Path) -> Path:
        compendium = Compendium.load(toy)
        matrix = pd.DataFrame(
            compendium.expression, index=compendium.genes, columns=compendium.conditions
        )
        matrix.to_csv(tmp_path / "matrix.tsv", sep="\t")
        (tmp_path / "regulators.txt").write_text("\n".join(compendium.regulators))
        rng = np.random.default_rng(0)
        bases = np.array(list("ACGT"))
        (tmp_path / "promoters.fa").write_text(
            "".join(f">{gene}\n{''.join(rng.choice(bases, 30))}\n" for gene in compendium.genes)
        )
        (tmp_path / "mine.h5ad").write_text("an earlier result")
        return tmp_path

    def give(self, deeprage: Deeprage, parts: Path, *more: object) -> Result:
        before = checksums(parts)
        found = deeprage(
            "data", "import", "--expression", parts / "matrix.tsv",
            "--regulators", parts / "regulators.txt", "--promoters", parts / "promoters.fa",
            "--out", parts / "mine.h5ad", "--force", *more,
        )  # fmt: skip
        if found.code:
            assert checksums(parts) == before
        return found

    def test_unspoilt_it_works(self, deeprage: Deeprage, parts: Path) -> None:
        assert self.give(deeprage, parts).code == 0
        assert len(Compendium.load(parts / "mine.h5ad").genes) == 46

    def test_duplicate_genes(self, deeprage: Deeprage, parts: Path) -> None:
        lines = (parts / "matrix.tsv").read_text().splitlines()
        (parts / "matrix.tsv").write_text("\n".join([*lines, lines[-1]]))
        refused(self.give(deeprage, parts), "1 duplicate", "GENE00040")

    def test_text_cells(self, deeprage: Deeprage, parts: Path) -> None:
        text = (parts / "matrix.tsv").read_text()
        value = text.splitlines()[1].split("\t")[1]
        (parts / "matrix.tsv").write_text(text.replace(value, "high", 1))
        refused(self.give(deeprage, parts), "high")

    def test_no_overlap_of_names(self, deeprage: Deeprage, parts: Path) -> None:
        text = (parts / "promoters.fa").read_text()
        (parts / "promoters.fa").write_text(text.replace(">", ">other_"))
        refused(self.give(deeprage, parts), "other_REG001", "'REG001'")

    def test_regulators_without_a_row(self, deeprage: Deeprage, parts: Path) -> None:
        (parts / "regulators.txt").write_text("REG001\nNOBODY\n")
        refused(self.give(deeprage, parts), "NOBODY", "1 of 2 regulators")

    def test_other_letters_in_a_promoter(self, deeprage: Deeprage, parts: Path) -> None:
        text = (parts / "promoters.fa").read_text()
        (parts / "promoters.fa").write_text(text.replace("A", "X", 1))
        refused(self.give(deeprage, parts), "A, C, G, T")

    def test_a_missing_matrix(self, deeprage: Deeprage, parts: Path) -> None:
        (parts / "matrix.tsv").unlink()
        refused(self.give(deeprage, parts), "matrix.tsv")

    @pytest.mark.parametrize(
        ("option", "value", "near"),
        [("--unit", "TPM", "log2"), ("--orientation", "row", "rows"), ("--length", "ten", "ten")],
    )
    def test_option_values(
        self, deeprage: Deeprage, parts: Path, option: str, value: str, near: str
    ) -> None:
        refused(self.give(deeprage, parts, option, value), near)

    def test_a_full_disk(
        self, deeprage: Deeprage, parts: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: object, **__: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(Path, "write_bytes", full)
        refused(self.give(deeprage, parts), "No space left on device", "mine.h5ad")

    def test_promoters_of_several_lengths(self, deeprage: Deeprage, parts: Path) -> None:
        text = (parts / "promoters.fa").read_text()
        (parts / "promoters.fa").write_text(text + "ACGT\n")
        refused(self.give(deeprage, parts), "one length", "'GENE00040'")

    def test_a_matrix_that_was_cut(self, deeprage: Deeprage, parts: Path) -> None:
        text = (parts / "matrix.tsv").read_text()
        (parts / "matrix.tsv").write_text(text[: len(text) - 100])
        refused(self.give(deeprage, parts), "cut short")

    def test_the_output_must_not_be_an_input(self, deeprage: Deeprage, parts: Path) -> None:
        linked = parts / "elsewhere" / ".." / "matrix.tsv"
        refused(self.give(deeprage, parts, "--out", linked), "matrix.tsv", "another name")

    def test_warnings_of_libraries_stay_out_of_the_sentence(self, parts: Path) -> None:
        (parts / "annotation.gb").write_text("LOCUS       X  1 bp DNA\nFEATURES\n   gene 1..\n")
        words = (
            "data", "import", "--expression", parts / "matrix.tsv", "--regulators",
            parts / "regulators.txt", "--annotation", parts / "annotation.gb",
            "--out", parts / "mine.h5ad", "--force",
        )  # fmt: skip
        command = [sys.executable, "-m", "deeprage", *map(str, words)]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        refused(Result(found.returncode, found.stdout, found.stderr), "annotation.gb")

    def test_memory_that_runs_out(self, deeprage: Deeprage, parts: Path) -> None:
        size = {"--genome": ">chr1\nACGTACGTAC\n", "--annotation": "##gff-version 3\n"}
        size["--annotation"] += "chr1\tx\tCDS\t5\t6\t.\t+\t.\tID=REG001\n"
        for option, text in size.items():
            (parts / option.strip("-")).write_text(text)
        found = deeprage(
            "data", "import", "--expression", parts / "matrix.tsv", "--regulators",
            parts / "regulators.txt", "--genome", parts / "genome", "--annotation",
            parts / "annotation", "--length", 10**14, "--out", parts / "mine.h5ad", "--force",
        )  # fmt: skip
        refused(found, "memory ran out")


class TestOptions:
    @pytest.mark.parametrize(
        ("arguments", "near"),
        [
            (("--model", "deeprage-cc"), "'deeprage-c'"),
            (("--regime", "gene"), "'genes'"),
            (("--protocol", "papre"), "'paper'"),
            (("--recipe", "papr"), "'paper'"),
            (("--head", "clases"), "'classes'"),
            (("--optimiser", "adamm"), "'adam'"),
            (("--device", "cud"), "'cuda'"),
            (("--precision", "bf16"), "'bf16-mixed'"),
            (("--set", "network.filter=4"), "'filters'"),
            (("--set", "netwrok.filters=4"), "'network'"),
            (("--set", "network.encoder=bassett"), "'basset'"),
            (("--set", "network.pool=globl"), "'global'"),
            (("--set", "training.momentun=0.9"), "'momentum'"),
        ],
    )
    def test_a_wrong_word_is_met_with_the_nearest(
        self, deeprage: Deeprage, toy: Path, tmp_path: Path, arguments: tuple[str, ...], near: str
    ) -> None:
        out = tmp_path / "run"
        refused(deeprage("train", toy, "--out", out, *arguments), f"Did you mean {near}?")
        assert not out.exists()

    @pytest.mark.parametrize(
        ("arguments", "word"),
        [
            (("--epochs", "0"), "epochs"),
            (("--epochs", "many"), "many"),
            (("--block", "16"), "16x173"),
            (("--block", "0x5"), "16x173"),
            (("--edges", "0.5,-0.5"), "rising"),
            (("--edges", "low"), "-0.5,0.5"),
            (("--fold", "9/3"), "1 .. 3"),
            (("--fold", "two"), "'two'"),
            (("--test-fraction", "1.5"), "1.5"),
            (("--set", "filters=4"), "--set network.filters=128"),
            (("--set", "network.filters=-4"), "filters"),
            (("--seed", "-1"), "-1"),
            (("--seed", str(2**64)), "seed"),
            (("--threads", "100000000"), "threads"),
            (("--block", "\N{SUPERSCRIPT TWO}x5"), "16x173"),
            (("--edges", "inf"), "finite"),
            (("--set", "training.learning_rate=Infinity"), "finite"),
            (("--set", "network.name=x"), "--model"),
        ],
    )
    def test_a_value_out_of_range_is_named(
        self, deeprage: Deeprage, toy: Path, tmp_path: Path, arguments: tuple[str, ...], word: str
    ) -> None:
        out = tmp_path / "run"
        refused(deeprage("train", toy, "--out", out, *arguments), word)
        assert not out.exists()

    def test_an_unknown_data_set(self, deeprage: Deeprage) -> None:
        refused(deeprage("data", "fetch", "yeast-stres"), "'yeast-stress'")

    def test_an_unknown_reference(self, deeprage: Deeprage, toy_run: Path) -> None:
        before = checksums(toy_run)
        refused(deeprage("evaluate", toy_run, "--reference", "gene-meen"), "'gene-mean'")
        assert checksums(toy_run) == before


class TestFoldFiles:
    def lines(self, toy: Path, part_series: bool) -> list[str]:
        compendium = Compendium.load(toy)
        series = sorted(set(compendium.series))
        role_of = {name: ("train", "validation", "test")[n % 3] for n, name in enumerate(series)}
        roles = [role_of[name] for name in compendium.series]
        if part_series:
            roles[0] = "test" if roles[0] != "test" else "train"
        return [f"{name}\t{role}" for name, role in zip(compendium.conditions, roles, strict=True)]

    def test_missing_conditions(self, deeprage: Deeprage, toy: Path, tmp_path: Path) -> None:
        fold = tmp_path / "fold.tsv"
        fold.write_text("\n".join(self.lines(toy, part_series=False)[:-2]))
        out = tmp_path / "run"
        refused(
            deeprage("train", toy, "--conditions-fold", fold, "--out", out, *TINY),
            "2 of 18",
            "missing",
        )
        assert not out.exists()

    def test_a_parted_series(self, deeprage: Deeprage, toy: Path, tmp_path: Path) -> None:
        fold = tmp_path / "fold.tsv"
        fold.write_text("\n".join(self.lines(toy, part_series=True)))
        out = tmp_path / "run"
        refused(
            deeprage("train", toy, "--conditions-fold", fold, "--out", out, *TINY),
            "parts 1 condition series",
        )
        assert not out.exists()

    def test_a_fold_file_of_the_other_axis(
        self, deeprage: Deeprage, toy: Path, tmp_path: Path
    ) -> None:
        fold = tmp_path / "fold.tsv"
        fold.write_text("\n".join(self.lines(toy, part_series=False)))
        found = deeprage(
            "train", toy, "--regime", "genes", "--genes-fold", fold, "--out", tmp_path / "run"
        )
        refused(found, "not in the compendium")


class TestRuns:
    def test_a_run_is_not_replaced_unless_told_so(
        self, deeprage: Deeprage, toy: Path, toy_run: Path
    ) -> None:
        before = checksums(toy_run)
        refused(deeprage("train", toy, "--out", toy_run, *TINY, "--seed", 1), "--overwrite")
        same = deeprage("train", toy, "--out", toy_run, *TINY)
        assert (same.code, "nothing is left to train" in same.err) == (0, True)
        assert checksums(toy_run) == before

    def test_there_is_nothing_to_resume(
        self, deeprage: Deeprage, toy: Path, tmp_path: Path
    ) -> None:
        refused(deeprage("train", toy, "--out", tmp_path / "run", "--resume", *TINY), "resume")

    def test_another_compendium(self, deeprage: Deeprage, toy_run: Path, tmp_path: Path) -> None:
        other = tmp_path / "other.h5ad"
        sizes = ("genes=20", "conditions=6", "series=3", "regulators=3", "and_pairs=1")
        options = [part for size in sizes for part in ("--set", size)]
        assert deeprage("data", "fetch", "simulated", *options, "--out", other).code == 0
        before = checksums(toy_run)
        refused(deeprage("evaluate", toy_run, "--data", other), "23 x 6")
        assert checksums(toy_run) == before

    def test_a_full_disk_while_scoring_keeps_the_earlier_scores(
        self, deeprage: Deeprage, toy_run: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: object, **__: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        before = checksums(toy_run)
        monkeypatch.setattr("numpy.savez_compressed", full)
        refused(deeprage("evaluate", toy_run), "No space left on device", "predictions.npz")
        assert checksums(toy_run) == before


class TestPredict:
    @pytest.fixture
    def inputs(self, toy_run: Path, tmp_path: Path) -> Path:
        run = Run.load(toy_run)
        levels = pd.DataFrame(0.0, index=["new"], columns=run.regulators)
        levels.to_csv(tmp_path / "levels.tsv", sep="\t")
        (tmp_path / "promoters.fa").write_text(f">a\n{'ACGT' * (run.promoter_length // 4)}\n")
        (tmp_path / "out.tsv").write_text("an earlier result")
        return tmp_path

    def give(self, deeprage: Deeprage, run: Path, inputs: Path, *more: object) -> Result:
        before = checksums(inputs)
        found = deeprage(
            "predict", run, "--promoters", inputs / "promoters.fa",
            "--regulators", inputs / "levels.tsv", "--out", inputs / "out.tsv", *more,
        )  # fmt: skip
        if found.code:
            assert checksums(inputs) == before
        return found

    def test_unspoilt_it_works(self, deeprage: Deeprage, toy_run: Path, inputs: Path) -> None:
        assert self.give(deeprage, toy_run, inputs).code == 0

    def test_missing_regulators_are_listed_and_can_be_filled(
        self, deeprage: Deeprage, toy_run: Path, inputs: Path
    ) -> None:
        table = pd.read_csv(inputs / "levels.tsv", sep="\t", index_col=0)
        table.drop(columns=["REG002", "REG005"]).assign(Z=1).to_csv(inputs / "levels.tsv", sep="\t")
        refused(self.give(deeprage, toy_run, inputs), "REG002, REG005", "--fill-missing 0")
        found = self.give(deeprage, toy_run, inputs, "--fill-missing", "0")
        assert found.code == 0
        assert "1 name of no regulator" in found.err
        assert "2 missing regulator levels taken as 0" in found.err

    @pytest.mark.parametrize("value", ["nan", "inf", "1e39"])
    def test_what_is_filled_in_must_be_finite(
        self, deeprage: Deeprage, toy_run: Path, inputs: Path, value: str
    ) -> None:
        refused(self.give(deeprage, toy_run, inputs, "--fill-missing", value), "finite log2 value")

    def test_a_level_beyond_any_number(
        self, deeprage: Deeprage, toy_run: Path, inputs: Path
    ) -> None:
        text = (inputs / "levels.tsv").read_text()
        (inputs / "levels.tsv").write_text(text.replace("0.0", "1e39", 1))
        refused(self.give(deeprage, toy_run, inputs), "finite log2 values")

    @pytest.mark.parametrize("other", ["promoters.fa", "levels.tsv"])
    def test_inputs_are_never_overwritten(
        self, deeprage: Deeprage, toy_run: Path, inputs: Path, other: str
    ) -> None:
        refused(self.give(deeprage, toy_run, inputs, "--out", inputs / other), other)
        refused(self.give(deeprage, toy_run, inputs, "--classes-out", inputs / other), other)

    def test_both_files_are_written_or_none(
        self, deeprage: Deeprage, toy_run: Path, inputs: Path
    ) -> None:
        same = inputs / "out.tsv"
        refused(self.give(deeprage, toy_run, inputs, "--classes-out", same), "another name")
        refused(self.give(deeprage, toy_run, inputs, "--classes-out", inputs), "it is a folder")

    def test_an_empty_promoter_is_not_padded(
        self, deeprage: Deeprage, toy_run: Path, inputs: Path
    ) -> None:
        (inputs / "promoters.fa").write_text(">a\n>b\nACGT\n")
        refused(self.give(deeprage, toy_run, inputs, "--pad"), "no bases", "'a'")

    def test_a_promoter_of_another_length(
        self, deeprage: Deeprage, toy_run: Path, inputs: Path
    ) -> None:
        (inputs / "promoters.fa").write_text(">a\nACGT\n")
        refused(self.give(deeprage, toy_run, inputs), "60 bp", "--pad")
        assert self.give(deeprage, toy_run, inputs, "--pad").code == 0

    def test_other_letters(self, deeprage: Deeprage, toy_run: Path, inputs: Path) -> None:
        text = (inputs / "promoters.fa").read_text()
        (inputs / "promoters.fa").write_text(text.replace("G", "R", 1))
        refused(self.give(deeprage, toy_run, inputs), "'R'")


class TestFailure:
    def test_an_error_of_the_program_is_not_hidden(self) -> None:
        assert failure(KeyError("x")) is None

    def test_a_full_device_is_told_in_one_sentence(self) -> None:
        class OutOfMemoryError(RuntimeError):  # as PyTorch's
            pass

        told = failure(OutOfMemoryError("CUDA out of memory.\nIt holds much."))
        assert told is not None
        assert told.code == 2
        assert "CUDA out of memory." in told.sentence
        assert "\n" not in told.sentence
        assert failure(RuntimeError("a shape does not fit")) is None

    def test_a_system_error_names_the_file(self) -> None:
        told = failure(PermissionError(errno.EACCES, "Permission denied", "runs/a"))
        assert told is not None
        assert told.code == 2
        assert "runs/a" in told.sentence
