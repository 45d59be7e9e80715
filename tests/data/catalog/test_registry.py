"""The catalog: what it lists, what it makes anew, what it refuses."""

import subprocess
import sys

import pytest

from deeprage.data.catalog import CATALOG, fetch, list_datasets
from deeprage.errors import DeepRageError
from deeprage.locks import locked_file

SMALL = {"genes": 20, "conditions": 6, "series": 2, "regulators": 3, "and_pairs": 1}


def test_default_comes_first_and_every_entry_says_what_it_is():
    assert [entry.name for entry in list_datasets()] == list(CATALOG)
    assert list_datasets()[0].name == "yeast-stress"
    for entry in list_datasets():
        assert all((entry.description, entry.size, entry.licence, entry.source))


def test_unknown_names_and_options_are_refused_with_the_nearest():
    with pytest.raises(DeepRageError, match="Did you mean 'yeast-stress'"):
        fetch("yeast-stres")
    with pytest.raises(DeepRageError, match="takes no options, got 'genes'"):
        fetch("yeast-stress", genes=3)
    with pytest.raises(DeepRageError, match="Did you mean 'regulators'"):
        fetch("simulated", regulator=3)


def test_made_again_only_when_needed(tmp_path):
    path = fetch("simulated", tmp_path, **SMALL)
    assert path == tmp_path / "simulated.h5ad"
    made = path.stat().st_mtime_ns
    assert fetch("simulated", path, **SMALL) == path
    assert path.stat().st_mtime_ns == made
    fetch("simulated", path, **SMALL | {"seed": 1})
    other = path.stat().st_mtime_ns
    assert other != made
    (tmp_path / "simulated.edges.tsv").unlink()
    fetch("simulated", path, **SMALL | {"seed": 1})
    assert (tmp_path / "simulated.edges.tsv").is_file()
    assert path.stat().st_mtime_ns != other
    path.write_bytes(b"damaged")
    with pytest.raises(DeepRageError, match=r"no compendium of deeprage.*--force"):
        fetch("simulated", path, **SMALL)
    fetch("simulated", path, force=True, **SMALL)
    assert path.stat().st_size > 1000


def test_failure_leaves_the_earlier_file(tmp_path):
    path = fetch("simulated", tmp_path, **SMALL)
    before = path.read_bytes()
    with pytest.raises(DeepRageError):
        fetch("simulated", tmp_path, **SMALL | {"missing": 2})
    with pytest.raises(DeepRageError, match="leave out --from"):
        fetch("simulated", tmp_path, source=tmp_path, force=True, **SMALL)
    assert path.read_bytes() == before


BESIDE = ("cells.truth.json", "cells.motifs.meme", "cells.edges.tsv", "cells.levels.tsv")


@pytest.mark.parametrize("name", ["cells.h5ad", *BESIDE])
def test_what_fetch_did_not_make_is_replaced_by_force_only(tmp_path, name):
    (tmp_path / name).write_text("precious")
    for options in (SMALL, SMALL | {"seed": 1}):
        with pytest.raises(DeepRageError, match=rf"{name}.*--force"):
            fetch("simulated", tmp_path / "cells.h5ad", **options)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "precious"
    fetch("simulated", tmp_path / "cells.h5ad", force=True, **SMALL)
    assert {path.name for path in tmp_path.iterdir()} == {"cells.h5ad", *BESIDE}


def test_a_file_beside_that_was_changed_since_is_not_replaced(tmp_path):
    path = fetch("simulated", tmp_path / "cells.h5ad", **SMALL)
    before = path.read_bytes()
    (tmp_path / "cells.levels.tsv").write_text("with my own levels")
    assert fetch("simulated", path, **SMALL) == path
    with pytest.raises(DeepRageError, match=r"cells\.levels\.tsv.*is not as deeprage wrote it"):
        fetch("simulated", path, **SMALL | {"seed": 1})
    assert (tmp_path / "cells.levels.tsv").read_text() == "with my own levels"
    assert path.read_bytes() == before


def test_another_process_that_makes_it_is_not_disturbed(tmp_path):
    with locked_file(tmp_path / "a.h5ad"):
        refused = subprocess.run(
            [sys.executable, "-m", "deeprage", "data", "fetch", "simulated", "--out", "a.h5ad"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
    assert refused.returncode == 2
    assert "another deeprage process" in refused.stderr
    assert list(tmp_path.iterdir()) == []
