"""Nothing is lost when writing fails, and errors say what to do."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from deeprage.errors import DeepRageError, examples, unknown
from deeprage.files import read_json, write_json, write_text, written_aside


def _write_half(path: Path, failure: BaseException) -> None:
    path.write_text("half")
    raise failure


class TestWrittenAside:
    def test_makes_the_folder_and_the_file(self, tmp_path: Path) -> None:
        write_text(tmp_path / "new" / "a.txt", "text")
        assert (tmp_path / "new" / "a.txt").read_text() == "text"

    @pytest.mark.parametrize("failure", [KeyboardInterrupt, OSError("disk full"), ValueError])
    def test_a_failure_keeps_the_earlier_file_and_leaves_nothing(
        self, tmp_path: Path, failure: BaseException
    ) -> None:
        path = tmp_path / "a.txt"
        path.write_text("earlier")
        with (
            pytest.raises((KeyboardInterrupt, DeepRageError, ValueError)),
            written_aside(path) as aside,
        ):
            _write_half(aside, failure)
        assert path.read_text() == "earlier"
        assert [found.name for found in tmp_path.iterdir()] == ["a.txt"]

    def test_a_full_disk_is_a_user_error(self, tmp_path: Path) -> None:
        with (
            pytest.raises(DeepRageError, match=r"No space left.*is as it was"),
            written_aside(tmp_path / "a.txt"),
        ):
            raise OSError(28, "No space left on device")

    def test_a_folder_that_is_a_file_is_a_user_error(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(DeepRageError, match="cannot write"):
            write_text(tmp_path / "file" / "a.txt", "text")

    def test_a_file_that_is_a_folder_is_a_user_error(self, tmp_path: Path) -> None:
        with pytest.raises(DeepRageError, match="it is a folder"):
            write_text(tmp_path, "text")


class TestOutputs:
    """What is no ordinary file is neither replaced nor followed."""

    def test_a_device_a_pipe_and_a_socket_stay(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(tmp_path / "socket"))
            for path, kind in (
                (Path("/dev/null"), "a device"),
                (tmp_path / "pipe", "a named pipe"),
                (tmp_path / "socket", "a socket"),
            ):
                before = path.stat()
                with pytest.raises(DeepRageError, match=kind):
                    write_text(path, "text")
                assert path.stat().st_ino == before.st_ino
                assert path.stat().st_mode == before.st_mode

    @pytest.mark.parametrize("target", ["file", "folder", "nothing"])
    def test_a_link_is_neither_followed_nor_replaced(self, tmp_path: Path, target: str) -> None:
        (tmp_path / "file").write_text("earlier")
        (tmp_path / "folder").mkdir()
        (tmp_path / "link").symlink_to(tmp_path / target)
        with pytest.raises(DeepRageError, match=f"link to .*{target}"):
            write_text(tmp_path / "link", "text")
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "file").read_text() == "earlier"
        assert list((tmp_path / "folder").iterdir()) == []


class TestPermissions:
    @pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
    def test_a_new_file_has_those_of_the_umask(self, tmp_path: Path, umask: int, mode: int) -> None:
        earlier = os.umask(umask)
        try:
            write_text(tmp_path / "a.txt", "text")
        finally:
            os.umask(earlier)
        assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == mode

    @pytest.mark.parametrize("mode", [0o600, 0o640, 0o444, 0o666])
    def test_a_file_that_is_replaced_passes_on_its_own(self, tmp_path: Path, mode: int) -> None:
        path = tmp_path / "a.txt"
        path.write_text("earlier")
        path.chmod(mode)
        write_text(path, "later")
        assert path.read_text() == "later"
        assert stat.S_IMODE(path.stat().st_mode) == mode


class TestLeftovers:
    _WRITER = (
        "import sys\n"
        "from pathlib import Path\n"
        "from deeprage.files import written_aside\n"
        "with written_aside(Path(sys.argv[1])) as aside:\n"
        "    aside.write_text('half')\n"
        "    print('ready', flush=True)\n"
        "    sys.stdin.readline()\n"
    )

    def test_those_of_a_dead_process_go_and_those_of_a_live_one_stay(self, tmp_path: Path) -> None:
        command = [sys.executable, "-c", self._WRITER, str(tmp_path / "slow.txt")]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None
            assert writer.stdin is not None
            assert writer.stdout.readline() == "ready\n"
            write_text(tmp_path / "a.txt", "text")
            assert len(list(tmp_path.glob(".deeprage-*"))) == 1
            writer.send_signal(signal.SIGKILL)
            writer.wait()
            assert len(list(tmp_path.glob(".deeprage-*"))) == 1
            write_text(tmp_path / "a.txt", "text again")
        assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]

    def test_a_name_of_any_length_can_be_written(self, tmp_path: Path) -> None:
        path = tmp_path / ("n" * 250 + ".tsv")
        write_text(path, "text")
        assert path.read_text() == "text"


class TestJson:
    def test_is_read_back(self, tmp_path: Path) -> None:
        write_json(tmp_path / "a.json", {"a": [1, None, "ä"]})
        assert read_json(tmp_path / "a.json") == {"a": [1, None, "ä"]}

    def test_never_holds_a_nan(self, tmp_path: Path) -> None:
        with pytest.raises(DeepRageError, match=r"not finite \(a\[1\]\.b\)"):
            write_json(tmp_path / "a.json", {"a": [1, {"b": float("nan")}]})
        assert not list(tmp_path.iterdir())

    def test_missing_and_broken_files_are_user_errors(self, tmp_path: Path) -> None:
        with pytest.raises(DeepRageError, match="cannot read"):
            read_json(tmp_path / "none.json")
        (tmp_path / "broken.json").write_text(json.dumps({"a": 1})[:-1])
        with pytest.raises(DeepRageError, match="not valid JSON"):
            read_json(tmp_path / "broken.json")


class TestErrors:
    def test_unknown_names_offer_the_nearest(self) -> None:
        message = str(unknown("regime", "gene", ["pairs", "genes", "both"]))
        assert "Did you mean 'genes'?" in message
        assert "both, genes, pairs" in message

    def test_nothing_near_gives_the_list_only(self) -> None:
        assert "Did you mean" not in str(unknown("regime", "xyz", ["pairs", "genes"]))

    def test_examples_stop_at_three(self) -> None:
        assert examples("abcd") == "'a', 'b', 'c', ..."
        assert examples("ab") == "'a', 'b'"
        assert examples("") == "none"

    def test_a_long_list_of_valid_names_is_cut(self) -> None:
        message = str(unknown("condition", "c5O", [f"c{number}" for number in range(100)]))
        assert "Did you mean 'c5" in message
        assert message.endswith("Valid: 'c0', 'c1', 'c10', ... and so on.")
