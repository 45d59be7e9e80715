"""Small tables and text files, as they are really found, and damaged ones."""

import gzip
from pathlib import Path

import pytest

from deeprage.data.readers.small_table import read_table
from deeprage.data.reading import open_text
from deeprage.errors import DeepRageError

TABLE = "gene\tvalue\tnote\na\t1\tx\nb\t2\ty\n"


def table(folder: Path, content: str | bytes) -> list[list[str]]:
    path = folder / "table.tsv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    found = read_table(path, "the table")
    return [list(found.columns), *found.to_numpy().tolist()]


EXPECTED = [["gene", "value", "note"], ["a", "1", "x"], ["b", "2", "y"]]


@pytest.mark.parametrize(
    "content",
    [
        TABLE,
        TABLE.replace("\n", "\r\n"),
        TABLE.replace("\n", "\r"),
        TABLE.replace("\t", ","),
        TABLE.replace("\n", "\t\t\n"),
        TABLE.replace("\t", " \t "),
        "# comment\n\n" + TABLE,
        TABLE.encode("utf-8-sig"),
        gzip.compress(TABLE.encode()),
    ],
)
def test_one_table_in_many_dresses(tmp_path: Path, content: str | bytes) -> None:
    assert table(tmp_path, content) == EXPECTED


def test_r_leaves_the_first_column_without_a_name(tmp_path: Path) -> None:
    assert table(tmp_path, TABLE.removeprefix("gene\t"))[0] == ["", "value", "note"]


def test_a_short_row_has_blanks(tmp_path: Path) -> None:
    assert table(tmp_path, TABLE + "c\n")[-1] == ["c", "", ""]


def test_a_mapping_without_a_header_may_begin_with_a_name_twice(tmp_path: Path) -> None:
    assert table(tmp_path, "a\ta\nb\tc\n") == [["a", "a"], ["b", "c"]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("\n# only\n", "is empty"),
        (TABLE + "c\t1\t2\t3\n", r"the row of 'c' \(line 4\) has 4 columns, the header 3"),
        (TABLE.replace("note", "value"), "1 duplicate column in .* 'value'"),
        (TABLE.replace("value", ""), "1 of the columns in .* have no name"),
        (TABLE.replace("x", '"x'), "not a table"),
        (TABLE.encode("utf-16"), "is text in UTF-16: save it as UTF-8"),
        (TABLE.encode("utf-16-be"), "is text in UTF-16: save it as UTF-8"),
        (TABLE.encode() + bytes(500), "NUL bytes"),
        (TABLE.encode() + b"\xe9\t1\t2\n", "not UTF-8 text .*0xe9.*iconv"),
        (gzip.compress(TABLE.encode())[:-6], "damaged gzip"),
    ],
)
def test_a_damaged_table_is_refused(tmp_path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(DeepRageError, match=message):
        table(tmp_path, content)


def test_a_long_text_is_read_whole(tmp_path: Path) -> None:
    text = "".join(f"line {number}\n" for number in range(40_000))
    (tmp_path / "long.txt").write_text(text)
    with open_text(tmp_path / "long.txt") as handle:
        assert handle.read() == text
