"""Two processes on one folder: the second is refused, and a killed one leaves no lock."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deeprage.errors import DeepRageError
from deeprage.locks import locked_file, locked_folder

_HOLDER = (
    "import sys\n"
    "from pathlib import Path\n"
    "from deeprage.locks import locked_file, locked_folder\n"
    "lock = {'file': locked_file, 'folder': locked_folder}[sys.argv[1]]\n"
    "with lock(Path(sys.argv[2])):\n"
    "    print('ready', flush=True)\n"
    "    sys.stdin.readline()\n"
)
LOCKS = {"folder": locked_folder, "file": locked_file}


@contextmanager
def holder(kind: str, path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock."""
    command = [sys.executable, "-c", _HOLDER, kind, str(path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("kind", ["folder", "file"])
class TestTwoProcesses:
    def test_the_second_is_refused_and_comes_in_after_the_first(
        self, tmp_path: Path, kind: str
    ) -> None:
        path = tmp_path / "out"
        with holder(kind, path) as process:
            refusal = f"process {process.pid} on .* is working on {path}: wait"
            with pytest.raises(DeepRageError, match=refusal), LOCKS[kind](path):
                pass
            process.communicate("\n")
        with LOCKS[kind](path):
            pass
        assert list(tmp_path.iterdir()) == []

    def test_a_killed_one_leaves_none(self, tmp_path: Path, kind: str) -> None:
        path = tmp_path / "out"
        with holder(kind, path) as process:
            process.send_signal(signal.SIGKILL)
            process.wait()
        assert list(tmp_path.rglob("*deeprage-lock"))
        with LOCKS[kind](path):
            pass
        assert not list(tmp_path.rglob("*deeprage-lock"))


def test_the_same_thread_may_take_it_again_and_another_may_not(tmp_path: Path) -> None:
    refused = []

    def enter() -> None:
        try:
            with locked_folder(tmp_path):
                pass
        except DeepRageError as error:
            refused.append(str(error))

    with locked_folder(tmp_path):
        with locked_folder(tmp_path / ".." / tmp_path.name):
            pass
        thread = threading.Thread(target=enter)
        thread.start()
        thread.join()
    assert len(refused) == 1
    enter()
    assert len(refused) == 1


def test_a_folder_that_nothing_came_into_is_removed(tmp_path: Path) -> None:
    with locked_folder(tmp_path / "a" / "b"):
        assert (tmp_path / "a" / "b").is_dir()
    assert list(tmp_path.iterdir()) == []
    with locked_folder(tmp_path / "a" / "b"):
        (tmp_path / "a" / "b" / "kept").write_text("")
    assert (tmp_path / "a" / "b" / "kept").exists()


def test_a_link_to_a_folder_and_a_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    (tmp_path / "file").write_text("text")
    for name, problem in (("link", "is a link to"), ("file", "is not a folder")):
        with pytest.raises(DeepRageError, match=problem), locked_folder(tmp_path / name):
            pass
    assert list((tmp_path / "folder").iterdir()) == []


def test_the_lock_file_is_no_way_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("text")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".deeprage-lock").symlink_to(tmp_path / "precious")
    with pytest.raises(DeepRageError, match="cannot write"), locked_folder(tmp_path / "out"):
        pass
    assert (tmp_path / "precious").read_text() == "text"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_a_user_error(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(DeepRageError, match="Permission denied"), locked_folder(tmp_path):
            pass
    finally:
        tmp_path.chmod(0o700)
