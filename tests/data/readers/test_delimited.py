"""Tables of text in the forms that programs and people give them."""

from pathlib import Path

import pytest

from deeprage.data.readers.delimited import open_delimited
from deeprage.errors import DeepRageError

EXPECTED = [["gene", "a b", "c"], ["x", "1", "2.5"], ["y", "", "NA"]]
PLAIN = "gene\ta b\tc\nx\t1\t2.5\ny\t\tNA\n"


def table(folder: Path, content: str | bytes) -> list[list[str]]:
    path = folder / "t.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with open_delimited(path, "the table") as opened:
        return [opened.header, *(row.cells for row in opened.rows())]


@pytest.mark.parametrize(
    "content",
    [
        PLAIN,
        PLAIN.replace("\t", ","),
        PLAIN.replace("\t", ";"),
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace("\n", "\r"),
        PLAIN.removesuffix("\n"),
        PLAIN.replace("\n", "\n\n"),
        "# made by a program\n#\n" + PLAIN,
        '!Series_title\t"x"\n' + PLAIN + "!series_matrix_table_end\n",
        PLAIN.encode("utf-8-sig"),
        PLAIN.replace("\n", "\t\t\n"),
        PLAIN + "\t\t\n",
        PLAIN.replace("gene", '"gene"').replace("a b", '"a b"').replace("x", '"x"'),
        PLAIN.replace("\t", '","').replace("\n", '"\n"').join(['"', ""]).removesuffix('"'),
    ],
)
def test_one_table_in_many_forms(tmp_path: Path, content: str | bytes) -> None:
    assert table(tmp_path, content) == EXPECTED


@pytest.mark.parametrize("separator", ["\t", ",", ";", " ", "   "])
def test_r_leaves_the_first_column_without_a_name(tmp_path: Path, separator: str) -> None:
    content = "c1 c2\nx 1 2\ny 3 4\n".replace(" ", separator)
    assert table(tmp_path, content) == [["", "c1", "c2"], ["x", "1", "2"], ["y", "3", "4"]]


def test_one_condition_of_r(tmp_path: Path) -> None:
    assert table(tmp_path, "c1\nx\t1\n") == [["", "c1"], ["x", "1"]]


def test_separators_at_the_ends_of_rows_are_no_column(tmp_path: Path) -> None:
    assert table(tmp_path, "g\ta\nx\t1\t\ny\t2\t\n") == [["g", "a"], ["x", "1"], ["y", "2"]]


def test_names_with_blanks_are_not_separated_by_blanks(tmp_path: Path) -> None:
    assert table(tmp_path, "g\ta b\nx y\t1\n") == [["g", "a b"], ["x y", "1"]]
    assert table(tmp_path, "g ,a b\nx y ,1 \n")[1] == ["x y ", "1 "]


def test_decimal_commas_do_not_separate(tmp_path: Path) -> None:
    assert table(tmp_path, "g;a;b\nx;0,5;1,5\n") == [["g", "a", "b"], ["x", "0,5", "1,5"]]


def test_one_semicolon_in_each_row_of_a_table_with_commas(tmp_path: Path) -> None:
    rows = table(tmp_path, "g,chr,a\nx,I;I,5\ny,I;II,6\n")
    assert rows == [["g", "chr", "a"], ["x", "I;I", "5"], ["y", "I;II", "6"]]


@pytest.mark.parametrize("mark", ["#", "# ", "##"])
def test_a_header_that_looks_like_a_comment(tmp_path: Path, mark: str) -> None:
    content = f"# from a table\n{mark}OTU ID\tc1\tc2\nx\t1\t2\n"
    assert table(tmp_path, content)[0] == ["OTU ID", "c1", "c2"]


def test_comments_between_rows_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    path.write_text("g\ta\nx\t1\n#y\t2\n#N/A\t3\n# end\n")
    with open_delimited(path, "the table") as opened:
        assert [row.cells[0] for row in opened.rows()] == ["x", "#N/A"]
        assert opened.skipped == 2


def test_quotes(tmp_path: Path) -> None:
    content = 'g\ta\n"x ""1"""\t1\n5" end\t2\n"two\nlines"\t3\n"part" of it\t4\n'
    names = ['x "1"', '5" end', "two\nlines", '"part" of it']
    assert [row[0] for row in table(tmp_path, content)[1:]] == names


def test_long_cells_and_lines(tmp_path: Path) -> None:
    long = "n" * 300_000
    assert table(tmp_path, f"g\ta\n{long}\t1\n")[1] == [long, "1"]
    wide = "\t".join(["x", *["1"] * 100_000])
    header = "\t".join(["g", *(f"c{i}" for i in range(100_000))])
    assert len(table(tmp_path, f"{header}\n{wide}\n")[1]) == 100_001


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("#1.2\n2\t1\n", "is empty"),
        ('g\ta\n"x\t1\n', r"in line 2 a quote \(\"\) is not closed"),
        ('g\ta\n"' + "x\n" * 200, r"in line 2 a quote"),
        ('g,a\n"' + "x" * 200_000 + '",1\n', r"in line 2 a quote"),
        ("g\ta\nx\t1\t2\ny\t1\n", r"the row of 'x' \(line 2\) has 3 columns, the header 2"),
        ("g\ta\t\nx\t1\t2\n", "1 of the columns in .* have no name"),
    ],
)
def test_what_is_no_table(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(DeepRageError, match=message):
        table(tmp_path, content)
