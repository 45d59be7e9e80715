"""What a network file says, line by line, before any name is looked up."""

from pathlib import Path

import pytest

from deeprage.data.network_edges import Cut, EdgeReading, readings_of
from deeprage.data.network_rows import read_rows
from deeprage.errors import DeepRageError


def read(folder: Path, text: str, **cut: float) -> tuple[list[EdgeReading], list[str]]:
    path = folder / "network.txt"
    path.write_text(text)
    found, notes, _ = readings_of(read_rows(path), Cut(**cut), path)
    return found, notes


def links(reading: EdgeReading) -> set[tuple[str, str, int]]:
    return set(reading.edges.itertuples(index=False, name=None))


class TestListsWithoutHeader:
    def test_the_other_way_comes_second(self, tmp_path: Path) -> None:
        (first, second), notes = read(tmp_path, "A\tx\nA\ty\nB\tx\n")
        assert links(first) == {("A", "x", 0), ("A", "y", 0), ("B", "x", 0)}
        assert links(second) == {(b, a, 0) for a, b, _ in links(first)}
        assert (first.regulators, second.regulators) == (("A", "B"), ("x", "y"))
        assert (first.swapped, second.swapped) == (False, True)
        assert first.columns == second.columns[::-1] == ("column 1", "column 2")
        assert notes == []

    def test_weights_of_both_signs_sign_the_links(self, tmp_path: Path) -> None:
        text = "A\tx\t2.5\nA\ty\t-3.5\nB\tx\t-0.5\nB\tz\t0.25\nB\ty\tnan\n"
        first = read(tmp_path, text, above=0.5)[0][0]
        assert links(first) == {("A", "x", 1), ("A", "y", -1), ("B", "x", -1)}

    def test_weights_of_one_sign_do_not(self, tmp_path: Path) -> None:
        first = read(tmp_path, "A\tx\t2.5\nA\ty\t3.5\nB\tx\t0.5\n", above=0)[0][0]
        assert links(first) == {("A", "x", 0), ("A", "y", 0), ("B", "x", 0)}

    def test_words_of_signs_are_kept_beside_negative_weights(self, tmp_path: Path) -> None:
        text = "A\tx\t+\t-2.5\nA\ty\t+\t3.5\nB\tx\t-\t0.5\n"
        first = read(tmp_path, text, above=1)[0][0]
        assert links(first) == {("A", "x", 1), ("A", "y", 1)}

    def test_a_number_after_the_names_and_signs_is_cut(self, tmp_path: Path) -> None:
        text = "A\tx\t+\t0.5\nA\ty\t-\t0.001\nB\tx\t-\t0.002\n"
        first = read(tmp_path, text, below=0.01)[0][0]
        assert links(first) == {("A", "y", -1), ("B", "x", -1)}

    def test_a_missing_number_passes_no_threshold(self, tmp_path: Path) -> None:
        text = "A\tx\t0.5\nA\ty\t\nB\tx\t0.25\n"
        assert len(read(tmp_path, text, below=100)[0][0].edges) == 2
        assert len(read(tmp_path, text, above=0.1)[0][0].edges) == 2

    def test_above_takes_the_value_itself_and_below_does_not(self, tmp_path: Path) -> None:
        text = "A\tx\t0.5\nA\ty\t0.25\nB\tx\t0.125\n"
        assert links(read(tmp_path, text, above=0.25)[0][0]) == {("A", "x", 0), ("A", "y", 0)}
        assert links(read(tmp_path, text, below=0.25)[0][0]) == {("B", "x", 0)}
        with pytest.raises(DeepRageError, match=r"no link of .* passes the threshold"):
            read(tmp_path, text, below=0.125)

    def test_of_0_and_1_the_rows_with_0_are_no_links(self, tmp_path: Path) -> None:
        (first, second), notes = read(tmp_path, "A\tx\t1\nA\ty\t0\nB\tx\t0\nB\ty\t1\n")
        assert links(first) == {("A", "x", 0), ("B", "y", 0)}
        assert links(second) == {("x", "A", 0), ("y", "B", 0)}
        assert notes == ["2 rows with 0, taken as pairs without a link"]

    def test_0_among_signs_is_a_link_unless_nearly_all_pairs_are_named(
        self, tmp_path: Path
    ) -> None:
        few = "A\tx\t1\nA\ty\t0\nB\tz\t-1\n"
        assert links(read(tmp_path, few)[0][0]) == {("A", "x", 1), ("A", "y", 0), ("B", "z", -1)}
        every = "A\tx\t1\nA\ty\t0\nB\tx\t0\nB\ty\t-1\n"
        assert links(read(tmp_path, every)[0][0]) == {("A", "x", 1), ("B", "y", -1)}

    def test_a_first_line_that_does_not_fit_the_numbers_is_a_header(self, tmp_path: Path) -> None:
        found, _ = read(tmp_path, "who\twhom\tbits\nA\tx\t1.5\nA\ty\t0.5\nB\tx\t2.5\n", above=1)
        assert links(found[0]) == {("A", "x", 0), ("B", "x", 0)}
        assert found[0].columns == ("who", "whom")

    def test_of_three_columns_of_names_the_fewer_are_regulators(self, tmp_path: Path) -> None:
        found, _ = read(tmp_path, "A\tk1\tx\nA\tk2\ty\nB\tk1\tz\nB\tk2\tw\n")
        assert links(found[0]) == {("A", n, 0) for n in "xy"} | {("B", n, 0) for n in "zw"}
        assert len(found) == 6  # three pairs of columns, each both ways

    def test_a_column_of_one_name_says_nothing(self, tmp_path: Path) -> None:
        found, _ = read(tmp_path, "A\tdb\tx\nA\tdb\ty\nB\tdb\tz\n")
        assert [reading.columns for reading in found] == [
            ("column 1", "column 3"),
            ("column 3", "column 1"),
        ]


class TestListsWithHeader:
    def test_columns_that_are_not_read_are_named(self, tmp_path: Path) -> None:
        text = "tf\tpaper\ttarget\tsign\tlab\nA\tp1\tx\t+\tL\nB\tp2\ty\t-\tL\n"
        (first, _), notes = read(tmp_path, text)
        assert links(first) == {("A", "x", 1), ("B", "y", -1)}
        assert notes == ["columns that are not read: 'paper', 'lab'"]
        assert read(tmp_path, "tf\ttarget\nA\tx\n")[1] == []

    def test_a_p_value_is_cut_below_and_a_weight_above(self, tmp_path: Path) -> None:
        text = "tf\ttarget\tscore\tpvalue\nA\tx\t9.5\t0.5\nA\ty\t8.5\t0.001\nB\tx\t0.5\t0.001\n"
        assert links(read(tmp_path, text, below=0.01)[0][0]) == {("A", "y", 0), ("B", "x", 0)}
        assert links(read(tmp_path, text, above=5)[0][0]) == {("A", "x", 0), ("A", "y", 0)}
        assert links(read(tmp_path, text, below=0.01, above=5)[0][0]) == {("A", "y", 0)}
        with pytest.raises(DeepRageError, match=r"numbers in 'score', from 0.5 to 9.5, .* 3 rows"):
            read(tmp_path, text)

    def test_without_a_column_of_numbers_a_threshold_is_refused(self, tmp_path: Path) -> None:
        for option in ("below", "above"):
            with pytest.raises(DeepRageError, match=f"--network-{option} could cut"):
                read(tmp_path, "tf\ttarget\nA\tx\nB\ty\n", **{option: 0.5})

    def test_partners_count_in_both_directions(self, tmp_path: Path) -> None:
        (only,), notes = read(tmp_path, "node1\tnode2\tsign\nA\tx\t+\nB\ty\t-\n")
        assert links(only) == {("A", "x", 1), ("x", "A", 1), ("B", "y", -1), ("y", "B", -1)}
        assert only.columns == ("node1", "node2")
        assert notes == ["links have no direction: each counts in both"]

    def test_stimulation_and_inhibition(self, tmp_path: Path) -> None:
        text = "source\ttarget\tis_stimulation\tis_inhibition\n"
        text += "A\tx\t1\t0\nA\ty\tFalse\tTrue\nB\tx\t1\t1\nB\ty\t0\t0\n"
        (first, _), _ = read(tmp_path, text)
        assert links(first) == {("A", "x", 1), ("A", "y", -1), ("B", "x", 0), ("B", "y", 0)}

    def test_a_pair_of_both_signs_has_none_and_one_without_a_sign_keeps_the_other(
        self, tmp_path: Path
    ) -> None:
        text = "tf\ttarget\tsign\nA\tx\t+\nA\tx\t-\nA\ty\t+\nA\ty\t?\nB\ty\t-\nB\ty\t-\n"
        (first, _), notes = read(tmp_path, text)
        assert links(first) == {("A", "x", 0), ("A", "y", 1), ("B", "y", -1)}
        assert notes == ["1 link with both signs, used without a sign: 'A > x'"]

    def test_row_numbers_of_r_are_no_column_of_names(self, tmp_path: Path) -> None:
        (first, _), notes = read(tmp_path, "tf target sign\n1 A x +\n2 B y -\n")
        assert links(first) == {("A", "x", 1), ("B", "y", -1)}
        assert notes == []

    def test_a_comment_above_may_be_the_header(self, tmp_path: Path) -> None:
        (first, _), _ = read(tmp_path, "# of a database\n# target\ttf\nx\tA\ny\tB\n")
        assert links(first) == {("A", "x", 0), ("B", "y", 0)}


class TestSets:
    def test_targets_of_one_relation_a_line(self, tmp_path: Path) -> None:
        (only,), notes = read(tmp_path, "A\tactivates\tx\ty\tz\nB\tinhibits\tx\nC\t?\ty\tw\n")
        assert links(only) == {
            ("A", "x", 1), ("A", "y", 1), ("A", "z", 1), ("B", "x", -1), ("C", "y", 0),
            ("C", "w", 0),
        }  # fmt: skip
        assert only.regulators == ("A", "B", "C")
        assert notes == ["read as SIF: a regulator, a relation, its targets"]

    @pytest.mark.parametrize("described", ["na", "http://x.org/set"])
    def test_lines_of_one_length_with_a_description_are_sets(
        self, tmp_path: Path, described: str
    ) -> None:
        text = f"A\t{described}\tx\ty\nB\t{described}\tx\tz\n"
        (first, second), notes = read(tmp_path, text)
        assert links(first) == {("A", "x", 0), ("A", "y", 0), ("B", "x", 0), ("B", "z", 0)}
        assert links(second) - links(first) in (set(), {(r, described, 0) for r in "AB"})
        assert notes == ["read as sets of targets (GMT), a regulator first on each line"]

    def test_three_targets_after_a_description_of_words(self, tmp_path: Path) -> None:
        (first, _), _ = read(tmp_path, "A\tof A\tx\ty\tz\nB\tof B\tx\tw\tz\n")
        assert links(first) == {("A", n, 0) for n in "xyz"} | {("B", n, 0) for n in "xwz"}

    @pytest.mark.parametrize(
        "text",
        [
            "A\tna\tx\nB\tna\ty\nB\tna\tz\n",  # one target a line
            "A\tof A\tx\ty\nB\tof B\tx\tz\n",  # four names, no description
            "A\tna\tx\t5\nB\tna\ty\t7\n",  # a number
            "A\tna\tx\t+\tk\nB\tna\ty\t-\tl\n",  # a sign
        ],
    )
    def test_what_are_no_sets(self, tmp_path: Path, text: str) -> None:
        _, notes = read(tmp_path, text)
        assert not any("sets" in note for note in notes)


class TestTables:
    def test_genes_by_regulators_and_the_other_way(self, tmp_path: Path) -> None:
        (first, second), notes = read(tmp_path, "ID\tA\tB\nx\t1\t0\ny\t-1\t1\nz\t0\t0\n")
        assert links(first) == {("A", "x", 1), ("A", "y", -1), ("B", "y", 1)}
        assert links(second) == {(b, a, sign) for a, b, sign in links(first)}
        assert (first.regulators, first.genes) == (("A", "B"), ("x", "y", "z"))
        assert (second.regulators, second.genes) == (first.genes, first.regulators)
        assert first.columns == second.columns[::-1] == ("the columns", "the rows")
        assert notes == []

    def test_without_a_negative_cell_there_are_no_signs(self, tmp_path: Path) -> None:
        first = read(tmp_path, "ID\tA\tB\nx\t1\t0\ny\t2\t1\n")[0][0]
        assert links(first) == {("A", "x", 0), ("A", "y", 0), ("B", "y", 0)}

    def test_thresholds(self, tmp_path: Path) -> None:
        text = "ID\tA\tB\nx\t0.5\t0\ny\t-2.5\t1.5\n"
        with pytest.raises(DeepRageError, match=r"'the cells', from -2.5 to 1.5, .* its 4 rows"):
            read(tmp_path, text)
        assert links(read(tmp_path, text, above=1.5)[0][0]) == {("A", "y", -1), ("B", "y", 1)}
        # Zero is no link by weight, and the surest by p-value; p-values have no sign.
        assert len(read(tmp_path, text, above=0)[0][0].edges) == 3
        assert links(read(tmp_path, text, below=0.5)[0][0]) == {("A", "y", 0), ("B", "x", 0)}

    def test_a_name_twice_is_noted(self, tmp_path: Path) -> None:
        (first, _), notes = read(tmp_path, "ID\tA\tA\nx\t1\t0\ny\t0\t1\ny\t1\t0\n")
        assert links(first) == {("A", "x", 0), ("A", "y", 0)}
        assert notes == [
            "1 name more than once in the table: 'A'",
            "1 name more than once in the table: 'y'",
        ]

    def test_one_cell_of_ten_may_be_text(self, tmp_path: Path) -> None:
        table = "ID\tA\tB\tC\tD\tE\nx\t1\t1\t1\t1\t{}\ny\t0\t0\t0\t{}\tbad\n"
        with pytest.raises(DeepRageError, match="a cell that is not a number"):
            read(tmp_path, table.format("1", "0"))
        found, _ = read(tmp_path, table.format("bad", "bad"))
        assert all(reading.genes is None for reading in found)  # a list, not a table
