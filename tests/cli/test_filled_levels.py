"""A regulator that a table lacks is predicted with as one that does not change."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.editing import put

from deeprage.training.run import Run

from .conftest import Deeprage


@pytest.fixture
def centred(toy_run: Path, tmp_path: Path) -> Path:
    """The toy run as if of log2 expression: levels lie about 8."""
    folder = tmp_path / "run"
    shutil.copytree(toy_run, folder)
    model = json.loads((folder / "model.json").read_text())
    model["scaling"]["regulator_mean"] = [8.0 + n for n in range(len(model["regulators"]))]
    put(folder, "model.json", model)
    return folder


def predicted(
    deeprage: Deeprage, run: Path, folder: Path, levels: dict[str, float], *more: object
) -> tuple[np.ndarray, str]:
    trained = Run.load(run)
    pd.DataFrame(levels, index=["new"]).to_csv(folder / "levels.tsv", sep="\t")
    rng = np.random.default_rng(0)
    letters = ["".join(rng.choice(list("ACGT"), trained.promoter_length)) for _ in range(3)]
    (folder / "a.fa").write_text("".join(f">{n}\n{text}\n" for n, text in enumerate(letters)))
    found = deeprage(
        "predict", run, "--promoters", folder / "a.fa", "--regulators", folder / "levels.tsv",
        "--out", folder / "out.tsv", *more,
    )  # fmt: skip
    assert found.code == 0, found.err
    return pd.read_csv(folder / "out.tsv", sep="\t", index_col=0).to_numpy(), found.err


@pytest.mark.parametrize(
    ("fixture", "usual", "said"), [("toy_run", 0.0, "as 0"), ("centred", 9.0, "mean in training")]
)
def test_it_is_predicted_as_at_its_usual_level(
    deeprage: Deeprage,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    fixture: str,
    usual: float,
    said: str,
) -> None:
    run = request.getfixturevalue(fixture)
    names = Run.load(run).regulators
    levels = dict.fromkeys(names, 7.0)
    lacking = {name: level for name, level in levels.items() if name != names[1]}
    filled, note = predicted(deeprage, run, tmp_path, lacking, "--fill-missing", "0")
    given, _ = predicted(deeprage, run, tmp_path, levels | {names[1]: usual})
    other, _ = predicted(deeprage, run, tmp_path, levels | {names[1]: usual - 9})
    np.testing.assert_array_equal(filled, given)
    assert not np.allclose(filled, other, atol=1e-3)
    assert said in note
