"""`deeprage knockout`: files, what is printed, what the report shows, and what is refused."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.editing import put

from deeprage import api
from deeprage.cli.app import run as run_command
from deeprage.data.compendium import Compendium
from deeprage.data.motifs import read_meme
from deeprage.report.page import render
from deeprage.report.run_folder import RunFolder
from deeprage.training.run import Run

from .conftest import TINY, TINY_RAW, Deeprage


@pytest.fixture
def run(toy_run: Path, tmp_path: Path) -> Path:
    """A copy of the run, to write into."""
    return Path(shutil.copytree(toy_run, tmp_path / "run"))


@pytest.fixture(scope="session")
def toy_product(toy: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tensor-product run."""
    out = tmp_path_factory.mktemp("runs") / "product"
    assert (
        run_command(["train", str(toy), "--out", str(out), "--model", "deeprage-tp", *TINY_RAW])
        == 0
    )
    return out


def motif(toy: Path, number: int) -> str:
    """The word of a planted motif."""
    matrix = read_meme(toy.with_suffix(".motifs.meme"))[number].probabilities
    return "".join("ACGT"[at] for at in matrix.argmax(axis=0))


class TestOneCall:
    def test_mixes_everything_and_leaves_tables_and_a_report(
        self, deeprage: Deeprage, toy: Path, run: Path
    ) -> None:
        word = motif(toy, 0)
        found = deeprage(
            "knockout", run, "--regulator", "REG001-=9", "--regulator", "reg002=0.5",
            "--motif", word, "--filter", 1, "--mask", "shuffle", "--singles", "--nulls", 3,
            "--network", toy.with_suffix(".edges.tsv"), "--name", "mix", "--rounds", 1,
        )  # fmt: skip
        assert found.code == 0, found.err
        assert "REG001 at" in found.err
        assert "the model extrapolates" in found.err
        assert "known targets" in found.out
        folder = run / "knockouts" / "mix"
        compendium = Compendium.load(toy)
        change, before = (pd.read_parquet(folder / f"{x}.parquet") for x in ("change", "before"))
        assert list(change.columns) == compendium.conditions
        assert list(change.index) == compendium.genes
        summary = json.loads((folder / "knockout.json").read_text())
        assert summary["label"] == f"REG001 -= 9, REG002 = 0.5, without {word}, without filter 1"
        assert [flag["regulator"] for flag in summary["out_of_range"]] == ["REG001"]
        assert len(summary["parts"]) == 4 + 6 + 1
        assert summary["targets"]["source"] == toy.with_suffix(".edges.tsv").name
        assert 0 < summary["targets"]["empirical_p"] <= 1
        ranked = pd.read_csv(folder / "ranking.tsv", sep="\t").set_index("gene")
        assert ranked["size"].is_monotonic_decreasing
        size = change.abs().mean(axis=1)
        np.testing.assert_allclose(ranked["size"], size[ranked.index], rtol=1e-3, atol=1e-6)
        assert ranked["p"].between(0, 1).all()
        shown = summary["shown_condition"]
        np.testing.assert_allclose(
            ranked["before"], before.loc[ranked.index, shown], rtol=1e-3, atol=1e-5
        )
        edges = pd.read_csv(toy.with_suffix(".edges.tsv"), sep="\t")
        own = set(edges[edges["regulator"].isin(["REG001", "REG002"])]["gene"])
        assert set(ranked.index[ranked["target"]]) == own
        epistasis = pd.read_parquet(folder / "epistasis.parquet").mean(axis=1)
        np.testing.assert_allclose(
            ranked["epistasis"], epistasis[ranked.index], rtol=1e-3, atol=1e-5
        )
        page = (run / "report.html").read_text()
        assert 'id="knockouts"' in page
        assert "Before against after: REG001 -= 9" in page

    def test_is_what_the_network_predicts(self, toy: Path, run: Path) -> None:
        """Levels lowered by hand, and only in the chosen series, as tsv."""
        compendium = Compendium.load(toy)
        folder = api.knockout(
            run, regulator=["REG003-=1"], conditions=["series02", compendium.conditions[0]],
            nulls=0, tables="tsv",
        )  # fmt: skip
        assert folder.name == "REG003-down-1"
        change = pd.read_csv(folder / "change.tsv", sep="\t", index_col=0)
        columns = [n for n, name in enumerate(compendium.series) if name == "series02"] + [0]
        assert list(change.columns) == [compendium.conditions[n] for n in columns]
        predictor = Run.load(run).predictor()
        levels = np.nan_to_num(compendium.regulator_levels[columns])
        lowered = levels.copy()
        lowered[:, 2] -= 1
        targets = np.arange(6, 46)
        before, after = (
            predictor.predict_new(compendium.promoters[targets], part).value
            for part in (levels, lowered)
        )
        np.testing.assert_allclose(change.iloc[targets], after - before, atol=2e-5)
        assert "p" not in pd.read_csv(folder / "ranking.tsv", sep="\t")

    def test_again_is_the_same_to_the_bit(self, toy: Path, run: Path, tmp_path: Path) -> None:
        texts = []
        for out in ("a", "b"):
            folder = api.knockout(
                run, motif=[motif(toy, 2)], mask="shuffle", nulls=2, out=tmp_path / out
            )
            texts.append((folder / "ranking.tsv").read_text())
        assert texts[0] == texts[1]

    def test_a_motif_by_name_marks_its_factor_s_targets(self, toy: Path, run: Path) -> None:
        folder = api.knockout(
            run, motif=["REG004"], motifs=[toy.with_suffix(".motifs.meme")], site_p=0.006,
            nulls=0, network=toy.with_suffix(".edges.tsv"),
        )  # fmt: skip
        summary = json.loads((folder / "knockout.json").read_text())
        assert summary["targets"]["regulators"] == ["REG004"]
        ranked = pd.read_csv(folder / "ranking.tsv", sep="\t")
        # Most planted sites are recognised, and only genes with a site change.
        assert ranked.loc[ranked["target"], "sites"].gt(0).mean() > 0.7
        assert (ranked.loc[ranked["sites"] == 0, "size"] == 0).all()


def test_pairs_of_the_tensor_product(deeprage: Deeprage, toy_product: Path, run: Path) -> None:
    found = deeprage("knockout", toy_product, "--pair", "2:REG001", "--nulls", 2, "--name", "pair")
    assert found.code == 0, found.err
    change = pd.read_parquet(toy_product / "knockouts" / "pair" / "change.parquet")
    assert change.abs().to_numpy().max() > 0
    refused = deeprage("knockout", run, "--pair", "2:REG001")
    assert refused.code == 2
    assert "no entry of its own" in refused.err


class TestScreen:
    def test_of_regulators(self, deeprage: Deeprage, toy: Path, run: Path) -> None:
        network = toy.with_suffix(".edges.tsv")
        found = deeprage("knockout", run, "--screen", "regulators", "--network", network)
        assert found.code == 0, found.err
        assert "pooled p" in found.out
        folder = run / "knockouts" / "screen-regulators"
        table = pd.read_csv(folder / "screen.tsv", sep="\t")
        assert set(table["name"]) == {f"REG{n:03d}" for n in range(1, 7)}
        size = pd.read_parquet(folder / "size.parquet")
        assert size.shape == (6, 46)
        one = api.knockout(run, regulator=["REG005-=5"], nulls=0, name="one")
        change = pd.read_parquet(one / "change.parquet")
        np.testing.assert_allclose(size.loc["REG005"], change.abs().mean(axis=1), atol=1e-5)
        page = render(RunFolder.open(run))
        assert "Screen: each regulator -5" in page
        assert "Before against after: REG005 -= 5" in page

    def test_of_known_motifs(self, deeprage: Deeprage, toy: Path, run: Path) -> None:
        network, motifs = toy.with_suffix(".edges.tsv"), toy.with_suffix(".motifs.meme")
        options = ["--motifs", motifs, "--network", network, "--site-p", 3e-3]
        found = deeprage("knockout", run, "--screen", "motifs", *options)
        assert found.code == 0, found.err
        folder = run / "knockouts" / "screen-motifs"
        table = pd.read_csv(folder / "screen.tsv", sep="\t").set_index("name")
        size = pd.read_parquet(folder / "size.parquet")
        known = {motif.name: motif.symbol for motif in read_meme(motifs)}
        assert set(size.index) == set(table.index) == set(known)
        assert table["factor"].to_dict() == known
        first = table.index[0]
        one = api.knockout(
            run, motif=[known[first]], motifs=[motifs], nulls=0, site_p=3e-3, name="one-motif"
        )
        change = pd.read_parquet(one / "change.parquet")
        assert size.loc[first].max() > 0
        np.testing.assert_allclose(size.loc[first], change.abs().mean(axis=1), atol=1e-6)
        assert "Screen: each known motif masked" in render(RunFolder.open(run))

    def test_of_filters_with_the_factors_of_their_motifs(
        self, deeprage: Deeprage, toy: Path, run: Path, tmp_path: Path
    ) -> None:
        network = toy.with_suffix(".edges.tsv")
        unmatched = deeprage("knockout", run, "--screen", "filters", "--network", network)
        assert unmatched.code == 0, unmatched.err
        assert "run `deeprage motifs` first" in unmatched.err
        # The network knows no ELSE1, whose motif fits better: REG002 is meant.
        matches = {0: [("ELSE1", 0.005), ("REG002", 0.01), ("REG003", 0.02)], 2: [("REG003", 0.5)]}
        content = {
            "filters": [
                {
                    "filter": f"filter_{number:03d}",
                    "matches": [{"symbol": name, "q": q} for name, q in some],
                }
                for number, some in matches.items()
            ]
        }
        put(run, "motifs.json", content)
        folder = api.knockout(run, screen="filters", network=network, out=tmp_path / "screen")
        table = pd.read_csv(folder / "screen.tsv", sep="\t")
        assert len(table) == 4
        factors = dict(zip(table["name"], table["factor"].fillna(""), strict=True))
        assert factors == {
            "filter_000": "REG002", "filter_001": "", "filter_002": "", "filter_003": "",
        }  # fmt: skip


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ([], "nothing to knock out"),
        (["--regulator", "REG001"], "cannot read --regulator 'REG001': write MSN2=-3"),
        (["--regulator", "REG00=1"], "unknown regulator 'REG00'. Did you mean 'REG00"),
        (["--regulator", "REG001=1..2"], "cannot read --regulator"),
        (["--motif", "pwm:REG001"], "needs known motifs"),
        (["--motif", "A" * 61], "61 bp wide, the promoters only 60 bp"),
        (["--filter", "one"], "cannot read --filter 'one'"),
        (["--filter", "4"], "no filter 4: the network has filters 0 to 3"),
        (["--filter", "0", "--mask", "x"], "unknown mask 'x'"),
        (["--filter", "0", "--nulls", "-1"], "--nulls must be 0 or more, got -1"),
        (["--filter", "0", "--rounds", "-1"], "rounds must be 0 or more, got -1"),
        (["--filter", "0", "--conditions", "heat"], "unknown condition or series 'heat'"),
        (["--filter", "0", "--targets-of", "REG001"], "add --network FILE"),
        (["--filter", "0", "--tables", "xls"], "unknown table format 'xls'"),
        (["--filter", "0", "--device", "gpu"], "cannot use the device 'gpu'"),
        (["--filter", "0", "--screen", "filters"], "leave out what to knock out"),
        (["--screen", "promoters"], "unknown screen 'promoters'"),
        (["--screen", "motifs"], "--screen motifs needs known motifs"),
        (["--screen", "motifs", "--step", "-3"], "--screen motifs ignores --step"),
        (["--screen", "filters", "--mask", "shuffle", "--singles"], "ignores --singles, --mask"),
        (["--pair", "REG001:2"], "cannot read --pair 'REG001:2'"),
        (["--regulator", "REG001=1e39"], "which no log2 level can be"),
        (["--regulator", "REG001=1", "--regulator", "reg001=2"], "change each once"),
        (["--screen", "regulators", "--step", "nan"], "which no log2 level can be"),
        (["--regulator", "REG001=1", "--name", "../../elsewhere"], "leave out '/'"),
        (["--regulator", "REG001=1", "--seed", "-1"], "--seed"),
        (["--regulator", "REG001=1", "--threads", "100000000"], "between 1 and 1024"),
    ],
)
def test_bad_requests_end_with_one_sentence(
    deeprage: Deeprage, toy_run: Path, options: list[str], says: str
) -> None:
    found = deeprage("knockout", toy_run, *options)
    assert found.code == 2
    assert found.err.startswith("error: ")
    assert says in found.err
    assert found.err.count("\n") == 1
    assert not (toy_run / "knockouts").exists()


def test_an_overwritten_run_keeps_no_knock_outs(toy: Path, run: Path) -> None:
    api.knockout(run, filter=["0"], nulls=0)
    assert (run / "knockouts").is_dir()
    assert run_command(["train", str(toy), "--out", str(run), "--overwrite", *TINY]) == 0
    assert not (run / "knockouts").exists()
