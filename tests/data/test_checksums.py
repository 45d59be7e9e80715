"""A compendium's checksum: other programs do not see it, and every change of the file shows."""

from pathlib import Path

import h5py
import numpy as np
import pytest
from anndata import read_h5ad

from deeprage.data import compendium as module
from deeprage.data.checksums import Checksum, check, checksum_record
from deeprage.data.compendium import Compendium
from deeprage.errors import DeepRageError


@pytest.fixture
def saved(tmp_path: Path, make_compendium) -> Path:
    path = tmp_path / "c.h5ad"
    make_compendium(genes=6, conditions=4, regulators=2).save(path)
    return path


def test_states() -> None:
    content = b"x" * 1000
    signed = content + checksum_record(content)
    assert check(content) is Checksum.ABSENT
    assert check(signed) is Checksum.RIGHT
    assert check(signed + b"\n") is Checksum.ABSENT
    assert check(b"y" + signed[1:]) is Checksum.WRONG
    assert check(signed[:-2] + b"g\n") is Checksum.WRONG
    assert check(b"") is Checksum.ABSENT


def test_other_programs_read_a_file_with_a_checksum(saved: Path) -> None:
    assert check(saved.read_bytes()) is Checksum.RIGHT
    adata = read_h5ad(saved)
    np.testing.assert_array_equal(adata.X, Compendium.load(saved).adata.X)


def test_a_change_through_the_library_drops_the_checksum(saved: Path) -> None:
    with h5py.File(saved, "r+") as file:
        file["X"][0, 0] = 7
    assert check(saved.read_bytes()) is Checksum.ABSENT
    assert Compendium.load(saved).expression[0, 0] == 7


def test_a_file_with_a_checksum_is_read_directly(saved: Path, monkeypatch) -> None:
    monkeypatch.setattr(module, "_stored_by_others", lambda path: pytest.fail("guarded"))
    Compendium.load(saved)


def test_a_file_without_is_read_alike(saved: Path) -> None:
    direct = Compendium.load(saved)
    content = saved.read_bytes()
    saved.write_bytes(content[:-50])
    guarded = Compendium.load(saved)
    assert guarded.about == direct.about
    for part in ("X", "obs", "var"):
        assert np.array_equal(getattr(guarded.adata, part), getattr(direct.adata, part))
    np.testing.assert_array_equal(guarded.promoters, direct.promoters)


def test_any_changed_byte_is_noticed(saved: Path) -> None:
    content = saved.read_bytes()
    mark = content.rindex(b"\ndeeprage")
    for place in np.random.default_rng(1).integers(0, mark, 60):
        changed = bytearray(content)
        changed[place] ^= 1 << (int(place) % 8)
        saved.write_bytes(changed)
        with pytest.raises(DeepRageError, match=r"is damaged \(its content does not fit its check"):
            Compendium.load(saved)


def test_mutated_files_without_a_checksum_end_in_one_sentence(saved: Path) -> None:
    content = saved.read_bytes()
    content = content[: content.rindex(b"\ndeeprage")]
    rng = np.random.default_rng(2)
    messages = []
    for _ in range(24):
        changed = bytearray(content)
        for place in rng.integers(0, len(content), rng.integers(1, 5)):
            changed[place] = rng.integers(256)
        saved.write_bytes(changed)
        try:
            Compendium.load(saved)
        except DeepRageError as error:
            messages.append(str(error))
    assert messages
    assert not any("\n" in message for message in messages)
