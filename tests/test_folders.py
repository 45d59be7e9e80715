"""A change of a folder happens wholly or not at all, and spares what is the user's."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from deeprage.errors import DeepRageError
from deeprage.folders import folder_change, recovered
from deeprage.manifest import MANIFEST, check_file, read_manifest, verified_bytes

OLD = {"a.txt": "old a", "b.txt": "old b", "inner/c.txt": "old c"}
NEW = {"a.txt": "new a", "inner/d.txt": "new d"}


def fill(folder: Path, files: dict[str, str], **options: object) -> None:
    with folder_change(folder, **options) as aside:  # type: ignore[arg-type]
        for name, text in files.items():
            (aside / name).parent.mkdir(exist_ok=True)
            (aside / name).write_text(text)


def files_of(folder: Path) -> dict[str, str]:
    """All files but the manifest, hidden ones included."""
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != MANIFEST
    }


def change(folder: Path) -> None:
    fill(folder, NEW, removed=["b.txt", "inner/c.txt"])


class TestChange:
    def test_adds_replaces_and_removes_what_is_listed(self, tmp_path: Path) -> None:
        fill(tmp_path, OLD)
        assert files_of(tmp_path) == OLD
        change(tmp_path)
        assert files_of(tmp_path) == NEW
        manifest = read_manifest(tmp_path)
        assert manifest is not None
        assert set(manifest.files) == set(NEW)
        assert verified_bytes(tmp_path, "inner/d.txt") == b"new d"

    def test_a_failure_changes_nothing(self, tmp_path: Path) -> None:
        fill(tmp_path, OLD)

        def interrupted() -> None:
            with folder_change(tmp_path, removed=["b.txt"]) as aside:
                (aside / "a.txt").write_text("half")
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            interrupted()
        assert files_of(tmp_path) == OLD

    def test_the_users_files_stay_and_are_refused_as_outputs(self, tmp_path: Path) -> None:
        fill(tmp_path, OLD)
        (tmp_path / "inner" / "mine.txt").write_text("precious")
        fill(tmp_path, {}, removed=[*OLD, "inner/mine.txt"])
        assert files_of(tmp_path) == {"inner/mine.txt": "precious"}
        for names in (["inner/mine.txt"], []):  # before the work, and after it
            with pytest.raises(DeepRageError, match=r"'inner/mine\.txt', which deeprage did not"):
                fill(tmp_path, {"inner/mine.txt": "other"}, names=names)
        assert files_of(tmp_path) == {"inner/mine.txt": "precious"}

    def test_a_whole_folder_goes_by_its_name(self, tmp_path: Path) -> None:
        fill(tmp_path, {**OLD, "inner/deep/e.txt": "e", "inner/deep/f.txt": "f"})
        fill(tmp_path, {}, removed=["inner/"])
        assert files_of(tmp_path) == {"a.txt": "old a", "b.txt": "old b"}
        assert not (tmp_path / "inner").exists()

    def test_empty_folders_go_with_their_last_file(self, tmp_path: Path) -> None:
        fill(tmp_path, OLD)
        fill(tmp_path, {}, removed=list(OLD))
        assert [path.name for path in tmp_path.iterdir()] == [MANIFEST]

    def test_links_are_not_followed_out_of_the_folder(self, tmp_path: Path) -> None:
        folder, elsewhere = tmp_path / "folder", tmp_path / "elsewhere"
        fill(folder, OLD)
        elsewhere.mkdir()
        (folder / "inner" / "c.txt").rename(elsewhere / "c.txt")
        (folder / "inner").rmdir()
        (folder / "inner").symlink_to(elsewhere)
        for files, removed in (({"inner/c.txt": "x"}, []), ({}, ["inner/c.txt"])):
            with pytest.raises(DeepRageError, match="links are not followed"):
                fill(folder, files, removed=removed)
        assert files_of(elsewhere) == {"c.txt": "old c"}

    def test_a_change_that_is_a_link_moves_nothing(self, tmp_path: Path) -> None:
        folder, elsewhere = tmp_path / "folder", tmp_path / "elsewhere"
        fill(folder, OLD)
        elsewhere.mkdir()
        (elsewhere / "precious").write_text("precious")
        for name in (".deeprage-commit", ".deeprage-new"):
            (folder / name).symlink_to(elsewhere)
            assert recovered(folder).files.keys() == OLD.keys()
            assert files_of(elsewhere) == {"precious": "precious"}
            (folder / name).unlink()

    def test_a_link_in_place_of_a_file_is_replaced_not_followed(self, tmp_path: Path) -> None:
        folder = tmp_path / "folder"
        fill(folder, OLD)
        (folder / "a.txt").unlink()
        (tmp_path / "precious").write_text("precious")
        (folder / "a.txt").symlink_to(tmp_path / "precious")
        change(folder)
        assert not (folder / "a.txt").is_symlink()
        assert (tmp_path / "precious").read_text() == "precious"

    def test_permissions_are_those_of_the_umask_or_of_the_file_before(self, tmp_path: Path) -> None:
        earlier = os.umask(0o077)
        try:
            fill(tmp_path, OLD)
            assert (tmp_path / "a.txt").stat().st_mode & 0o777 == 0o600
            (tmp_path / "a.txt").chmod(0o640)
            change(tmp_path)
        finally:
            os.umask(earlier)
        assert (tmp_path / "a.txt").stat().st_mode & 0o777 == 0o640
        assert (tmp_path / "inner" / "d.txt").stat().st_mode & 0o777 == 0o600


def in_child(work: Callable[[], None], kill_before: int) -> bool:
    """Run `work` in a fork that ends without clean-up before its n-th change of the file system.

    Returns:
        Whether it came to its end.
    """
    child = os.fork()
    if child == 0:  # pragma: no cover
        count = 0
        mutating = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.chmod", "shutil.rmtree"}

        def hook(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal count
            writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & os.O_CREAT
            if event in mutating or writes:
                count += 1
                if count == kill_before:
                    os._exit(9)

        sys.addaudithook(hook)
        work()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_kill_at_any_event_leaves_the_old_or_the_new(tmp_path: Path) -> None:
    outcomes = set()
    for number in range(1, 200):
        folder = tmp_path / str(number)
        fill(folder, OLD)
        (folder / "mine.txt").write_text("precious")
        ended = in_child(lambda folder=folder: change(folder), number)
        recovered(folder)
        kept = files_of(folder)
        assert kept.pop("mine.txt") == "precious"
        assert kept in (OLD, NEW), number
        for name in kept:
            check_file(folder, name)
        outcomes.add(kept == NEW)
        change(folder)
        assert files_of(folder) == {**NEW, "mine.txt": "precious"}
        if ended:
            break
    assert ended
    assert number > 10
    assert outcomes == {True, False}


class TestManifest:
    def test_a_damaged_file_is_noticed(self, tmp_path: Path) -> None:
        fill(tmp_path, OLD)
        (tmp_path / "a.txt").write_text("old A")
        with pytest.raises(DeepRageError, match=r"a.txt is damaged or was changed.*train again"):
            verified_bytes(tmp_path, "a.txt")
        (tmp_path / "b.txt").unlink()
        with pytest.raises(DeepRageError, match="cannot read"):
            verified_bytes(tmp_path, "b.txt")
        (tmp_path / "mine.txt").write_text("text")
        with pytest.raises(DeepRageError, match="that deeprage wrote"):
            verified_bytes(tmp_path, "mine.txt")

    @pytest.mark.parametrize("name", ["../precious", "/etc/passwd", "a/../../precious"])
    def test_names_that_lead_out_are_refused(self, tmp_path: Path, name: str) -> None:
        folder = tmp_path / "folder"
        fill(folder, OLD)
        (tmp_path / "precious").write_text("precious")
        text = (folder / MANIFEST).read_text()
        (folder / MANIFEST).write_text(text.replace('"a.txt"', json.dumps(name)))
        with pytest.raises(DeepRageError, match="outside its folder"):
            fill(folder, {}, removed=[name])
        assert (tmp_path / "precious").read_text() == "precious"

    @pytest.mark.parametrize("text", ["{", "[]", "{}", '{"format_version": 1, "files": []}', "7"])
    def test_another_manifest_is_not_taken_for_ours(self, tmp_path: Path, text: str) -> None:
        (tmp_path / MANIFEST).write_text(text)
        with pytest.raises(DeepRageError, match=MANIFEST):
            fill(tmp_path, NEW)
        assert files_of(tmp_path) == {}
        assert (tmp_path / MANIFEST).read_text() == text
