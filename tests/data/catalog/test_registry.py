"""The catalog: what it lists, what it makes anew, what it refuses."""

import pytest

from deeprage.data.catalog import CATALOG, fetch, list_datasets
from deeprage.errors import DeepRageError

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
    fetch("simulated", path, **SMALL)
    assert path.stat().st_size > 1000


def test_failure_leaves_the_earlier_file(tmp_path):
    path = fetch("simulated", tmp_path, **SMALL)
    before = path.read_bytes()
    with pytest.raises(DeepRageError):
        fetch("simulated", tmp_path, **SMALL | {"missing": 2})
    with pytest.raises(DeepRageError, match="leave out --from"):
        fetch("simulated", tmp_path, source=tmp_path, force=True, **SMALL)
    assert path.read_bytes() == before
