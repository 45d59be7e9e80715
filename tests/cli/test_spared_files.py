"""What a run needs is never written over, and another compendium is not taken for its own."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from tests.editing import put

from deeprage.data.compendium import Compendium
from deeprage.data.fingerprint import content_by_part, other_parts
from deeprage.training.run import Run

from .conftest import Deeprage, Result, checksums, refused


@pytest.fixture
def run(toy: Path, toy_run: Path, tmp_path: Path) -> Path:
    """A run of one's own, whose compendium lies inside it."""
    folder = tmp_path / "run"
    shutil.copytree(toy_run, folder)
    shutil.copy(toy, folder / "ok.h5ad")
    config = json.loads((folder / "config.json").read_text())
    config["compendium_path"] = str(folder / "ok.h5ad")
    put(folder, "config.json", config)
    (folder / "notes.json").write_text("{}")
    return folder


class TestOutputs:
    @pytest.mark.parametrize(
        "name", ["model.json", "split.npz", "ok.h5ad", "metrics.json", "notes.json", "targets.tsv"]
    )
    def test_a_page_does_not_replace_what_the_run_needs(
        self, deeprage: Deeprage, run: Path, name: str
    ) -> None:
        before = checksums(run)
        refused(deeprage("report", run, "--out", run / ".." / "run" / name), name, "another name")
        assert checksums(run) == before

    @pytest.mark.parametrize("option", ["--out", "--classes-out"])
    @pytest.mark.parametrize("name", ["model.safetensors", "config.json", "ok.h5ad", "report.html"])
    def test_neither_does_a_prediction(
        self, deeprage: Deeprage, run: Path, tmp_path: Path, option: str, name: str
    ) -> None:
        before = checksums(run)
        found = self.predict(deeprage, run, tmp_path, option, run / name)
        refused(found, name, "another name")
        assert checksums(run) == before

    def test_a_new_name_in_the_run_folder_is_free_also_the_second_time(
        self, deeprage: Deeprage, run: Path, tmp_path: Path
    ) -> None:
        for _ in range(2):
            assert self.predict(deeprage, run, tmp_path, "--out", run / "new.tsv").code == 0
        assert deeprage("report", run, "--out", run / "page.html").code == 0
        assert deeprage("report", run, "--out", run / "report.html").code == 0

    def predict(
        self, deeprage: Deeprage, run: Path, folder: Path, option: str, out: Path
    ) -> Result:
        trained = Run.load(run)
        levels = pd.DataFrame(0.0, index=["new"], columns=trained.regulators)
        levels.to_csv(folder / "levels.tsv", sep="\t")
        (folder / "a.fa").write_text(f">a\n{'ACGT' * (trained.promoter_length // 4)}\n")
        others = () if option == "--out" else ("--out", folder / "other.tsv")
        return deeprage(
            "predict", run, "--promoters", folder / "a.fa", "--regulators",
            folder / "levels.tsv", option, out, *others,
        )  # fmt: skip


class TestSameCompendium:
    """The names of genes and conditions are alike; what stands behind them is not."""

    @pytest.fixture
    def other(self, toy: Path, tmp_path: Path) -> Path:
        """The toy compendium with the promoters of its genes passed round."""
        adata = Compendium.load(toy).adata.copy()
        adata.varm["promoter"] = adata.varm["promoter"][::-1].copy()
        Compendium(adata).save(tmp_path / "other.h5ad")
        return tmp_path / "other.h5ad"

    def test_other_promoters_are_noticed(
        self, deeprage: Deeprage, toy_run: Path, other: Path
    ) -> None:
        before = checksums(toy_run)
        found = deeprage("evaluate", toy_run, "--data", other)
        refused(found, "other.h5ad", "other promoters")
        assert checksums(toy_run) == before

    def test_a_copy_elsewhere_is_the_same(
        self, deeprage: Deeprage, toy: Path, run: Path, tmp_path: Path
    ) -> None:
        shutil.copy(toy, tmp_path / "copy.h5ad")
        words = ("--data", tmp_path / "copy.h5ad", "--reference", "zero")
        assert deeprage("evaluate", run, *words).code == 0

    def test_a_run_that_does_not_say_what_it_saw_passes(
        self, deeprage: Deeprage, run: Path, other: Path
    ) -> None:
        config = json.loads((run / "config.json").read_text())
        del config["compendium"]["content"]
        put(run, "config.json", config)
        assert deeprage("evaluate", run, "--data", other, "--reference", "zero").code == 0

    def test_each_part_is_told_apart(self, make_compendium) -> None:
        compendium = make_compendium()
        content = content_by_part(compendium)
        assert other_parts(make_compendium(series=range(12)), content) == []
        assert other_parts(compendium.with_expression(compendium.expression + 1), content) == [
            "values"
        ]
        assert other_parts(make_compendium(regulators=2), content) == ["regulators"]
        assert other_parts(make_compendium(seed=1), content) == ["values", "promoters"]


def test_a_network_of_another_version_is_not_read(deeprage: Deeprage, run: Path) -> None:
    model = json.loads((run / "model.json").read_text())
    put(run, "model.json", model | {"format_version": 99})
    before = checksums(run)
    refused(deeprage("evaluate", run), "model.json", "format 99", "train again")
    assert checksums(run) == before
