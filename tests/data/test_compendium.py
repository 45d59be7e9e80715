"""The file of a compendium: what is saved comes back, and what is spoilt is refused."""

import errno
import json
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from anndata import AnnData, read_h5ad
from scipy.sparse import csr_matrix

from deeprage.data.compendium import Compendium
from deeprage.errors import DeepRageError


@pytest.fixture
def saved(make_compendium, tmp_path: Path) -> Path:
    make_compendium(missing=0.2).save(tmp_path / "c.h5ad")
    return tmp_path / "c.h5ad"


def test_what_is_saved_comes_back(make_compendium, saved: Path) -> None:
    one, other = make_compendium(missing=0.2), Compendium.load(saved)
    np.testing.assert_array_equal(one.expression, other.expression)
    np.testing.assert_array_equal(one.promoters, other.promoters)
    for name in ("genes", "symbols", "groups", "conditions", "series", "regulators", "about"):
        assert getattr(one, name) == getattr(other, name)


def test_a_full_disk_keeps_the_earlier_file(
    make_compendium, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    before = saved.read_bytes()
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(DeepRageError, match="No space left on device"):
        make_compendium(seed=1).save(saved)
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved]


def about(**changes: object) -> Callable[[AnnData], None]:
    """Change what a compendium says of itself; None takes it out."""

    def change(adata: AnnData) -> None:
        found = json.loads(adata.uns["deeprage"]) | changes
        kept = {key: value for key, value in found.items() if value is not None}
        adata.uns["deeprage"] = json.dumps(kept)

    return change


def infinite(adata: AnnData) -> None:
    adata.X[0, 0] = np.inf


def sparse(adata: AnnData) -> None:
    adata.X = csr_matrix(np.nan_to_num(adata.X))


def unregulated(adata: AnnData) -> None:
    adata.var["regulator"] = False


def shifted(adata: AnnData) -> None:
    adata.varm["promoter"] = adata.varm["promoter"] + 3


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (about(format_version=99), "has format 99"),
        (about(format_version=None), "not a deeprage compendium"),
        (about(unit=None), "it has no unit"),
        (lambda adata: adata.uns.update(deeprage="[]"), "not a deeprage compendium"),
        (lambda adata: adata.uns.update(deeprage="{"), "not a deeprage compendium"),
        (lambda adata: adata.uns.pop("deeprage"), "not a deeprage compendium"),
        (lambda adata: adata.varm.pop("promoter"), r"it has no varm\['promoter'\]"),
        (lambda adata: adata.obs.pop("series"), r"it has no obs\['series'\]"),
        (lambda adata: adata.var.pop("group"), r"it has no var\['group'\]"),
        (unregulated, "no gene is a regulator"),
        (infinite, "infinite values"),
        (sparse, "not a dense one"),
        (shifted, "letters other than A, C, G, T, N"),
    ],
)
def test_a_spoilt_file_is_refused(saved: Path, spoil, message: str) -> None:
    adata = read_h5ad(saved)
    spoil(adata)
    adata.write_h5ad(saved)
    with pytest.raises(DeepRageError, match=message):
        Compendium.load(saved)


def test_a_part_of_a_compendium_can_be_used(saved: Path) -> None:
    adata = read_h5ad(saved)[:3].copy()
    adata.write_h5ad(saved)
    assert len(Compendium.load(saved).conditions) == 3


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_half_a_file_is_refused(saved: Path, share: float) -> None:
    saved.write_bytes(saved.read_bytes()[: int(share * saved.stat().st_size)])
    with pytest.raises(DeepRageError, match=r"is damaged.*copy or download it again"):
        Compendium.load(saved)


def test_a_file_whose_inside_is_spoilt_is_damaged(saved: Path) -> None:
    with h5py.File(saved) as file:
        chunk = file["X"].id.get_chunk_info(0)
    content = bytearray(saved.read_bytes())
    content[chunk.byte_offset : chunk.byte_offset + 8] = b"spoilt!!"
    saved.write_bytes(content)
    with pytest.raises(DeepRageError, match="is damaged"):
        Compendium.load(saved)


def test_another_kind_of_hdf5_is_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "x.h5ad", "w") as file:
        file["x"] = [1, 2]
    with pytest.raises(DeepRageError, match="not a deeprage compendium"):
        Compendium.load(tmp_path / "x.h5ad")


def test_identifiers_that_are_no_lists_are_refused(saved: Path) -> None:
    adata = read_h5ad(saved)
    adata.var["identifiers"] = "{"
    adata.write_h5ad(saved)
    with pytest.raises(DeepRageError, match="not a deeprage compendium"):
        Compendium.load(saved)


def unnamed_series(adata: AnnData) -> None:
    series = adata.obs["series"].astype(object)
    series.iloc[0] = None
    adata.obs["series"] = series


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (unnamed_series, "its column series has missing values"),
        (about(promoter_length="x"), "its promoter_length is 'x', which is no int"),
        (lambda adata: adata.var.__setitem__("regulator", "False"), "not one of true and false"),
        (lambda adata: adata.X.fill(np.nan), "has no value"),
        (
            lambda adata: adata.obsm.update({"regulator_levels": np.ones((adata.n_obs, 9))}),
            "levels of regulators have another shape",
        ),
        (
            lambda adata: adata.varm.update({"promoter": np.zeros((adata.n_vars, 4))}),
            "promoter sequences are not rows of whole numbers",
        ),
    ],
)
def test_content_of_another_kind_is_refused(saved: Path, spoil, message: str) -> None:
    adata = read_h5ad(saved)
    spoil(adata)
    adata.write_h5ad(saved)
    with pytest.raises(DeepRageError, match=message):
        Compendium.load(saved)
