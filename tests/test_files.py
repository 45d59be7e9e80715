"""Nothing is lost when writing fails, and errors say what to do."""

import json
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


class TestJson:
    def test_is_read_back(self, tmp_path: Path) -> None:
        write_json(tmp_path / "a.json", {"a": [1, None, "ä"]})
        assert read_json(tmp_path / "a.json") == {"a": [1, None, "ä"]}

    def test_never_holds_a_nan(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="JSON compliant"):
            write_json(tmp_path / "a.json", {"a": float("nan")})
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
