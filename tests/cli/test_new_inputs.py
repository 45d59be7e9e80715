"""New promoters and regulator levels reach the network in its own order and length."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deeprage.cli.new_inputs import fit_promoters, read_regulator_levels
from deeprage.data.dna import N_TOKEN, encode
from deeprage.data.names import NameResolver
from deeprage.errors import DeepRageError

REGULATORS = NameResolver(["R1", "R2", "R3"])
LEVELS = pd.DataFrame(
    [[1.0, 2.0, 3.0], [-1.0, -2.0, -3.0]], index=["heat", "cold"], columns=["R1", "R2", "R3"]
)


def write(folder: Path, table: pd.DataFrame) -> Path:
    path = folder / "levels.tsv"
    table.to_csv(path, sep="\t")
    return path


class TestRegulatorLevels:
    @pytest.mark.parametrize("turned", [False, True])
    def test_either_orientation_gives_the_same_levels(self, tmp_path: Path, turned: bool) -> None:
        found = read_regulator_levels(write(tmp_path, LEVELS.T if turned else LEVELS), REGULATORS)
        assert found.conditions == ["heat", "cold"]
        np.testing.assert_array_equal(found.levels, LEVELS.to_numpy(np.float32))

    def test_columns_in_another_order_are_put_in_the_networks_order(self, tmp_path: Path) -> None:
        path = write(tmp_path, LEVELS[["R3", "R1", "R2"]])
        np.testing.assert_array_equal(
            read_regulator_levels(path, REGULATORS).levels, LEVELS.to_numpy(np.float32)
        )

    def test_other_names_of_the_regulators_are_understood(self, tmp_path: Path) -> None:
        pairs = [
            [("name", f"R{n}"), ("symbol", f"Abc{n}"), ("Dbxref:GeneID", f"100{n}")]
            for n in (1, 2, 3)
        ]
        names = NameResolver(["R1", "R2", "R3"], pairs)
        for columns in (["ABC1", "ABC2", "ABC3"], ["1001", "GeneID:1002", "R3"]):
            path = write(tmp_path, LEVELS.set_axis(columns, axis=1).assign(abd1=7.0))
            found = read_regulator_levels(path, names)
            np.testing.assert_array_equal(found.levels, LEVELS.to_numpy(np.float32))
            assert found.ignored == 1
        assert found.matched == "2 by GeneID (Dbxref), 1 by name"

    def test_one_regulator_under_two_names_is_refused(self, tmp_path: Path) -> None:
        names = NameResolver.from_symbols(["R1", "R2", "R3"], ["A", "B", "C"])
        path = write(tmp_path, LEVELS.assign(B=1.0))
        with pytest.raises(DeepRageError, match=r"1 regulator under several names.*'R2', 'B'"):
            read_regulator_levels(path, names)

    def test_conditions_named_after_regulators_do_not_turn_the_table(self, tmp_path: Path) -> None:
        deletions = LEVELS.set_axis(["R1", "wild type"], axis=0)
        for table in (deletions, deletions.T):
            found = read_regulator_levels(write(tmp_path, table), REGULATORS)
            assert found.conditions == ["R1", "wild type"]
        square = LEVELS[["R1", "R2"]].set_axis(["R1", "R2"], axis=0)
        with pytest.raises(DeepRageError, match=r"not clear whether the regulators"):
            read_regulator_levels(write(tmp_path, square), REGULATORS, fill_missing=0)

    def test_extra_names_are_ignored_and_counted(self, tmp_path: Path) -> None:
        found = read_regulator_levels(
            write(tmp_path, LEVELS.assign(OTHER=9.0, ANOTHER=8.0)), REGULATORS
        )
        assert found.ignored == 2
        np.testing.assert_array_equal(found.levels, LEVELS.to_numpy(np.float32))

    def test_missing_regulators_are_all_listed(self, tmp_path: Path) -> None:
        with pytest.raises(DeepRageError, match=r"lacks 2 .* R1, R3\..*--fill-missing 0"):
            read_regulator_levels(write(tmp_path, LEVELS[["R2"]]), REGULATORS)

    def test_missing_regulators_are_filled_when_told_so(self, tmp_path: Path) -> None:
        found = read_regulator_levels(
            write(tmp_path, LEVELS[["R2"]].assign(X=1.0)), REGULATORS, fill_missing=0.5
        )
        np.testing.assert_array_equal(found.levels, [[0.5, 2.0, 0.5], [0.5, -2.0, 0.5]])
        assert (found.filled, found.ignored) == (4, 1)

    def test_what_is_filled_in_is_counted_from_the_level_of_no_change(self, tmp_path: Path) -> None:
        found = read_regulator_levels(
            write(tmp_path, LEVELS[["R2"]]),
            REGULATORS,
            fill_missing=-1,
            unchanged=np.array([8.0, 9.0, 10.0], dtype=np.float32),
        )
        np.testing.assert_array_equal(found.levels, [[7.0, 2.0, 9.0], [7.0, -2.0, 9.0]])

    def test_blank_cells_are_named_and_can_be_filled(self, tmp_path: Path) -> None:
        path = write(tmp_path, LEVELS.mask(LEVELS == -2.0))
        with pytest.raises(DeepRageError, match=r"1 blank level, .*'R2' in 'cold'"):
            read_regulator_levels(path, REGULATORS)
        assert read_regulator_levels(path, REGULATORS, fill_missing=0).levels[1, 1] == 0

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ("\tR1\tR2\tR3\nheat\t1\thigh\t3\n", "'high'"),
            ("\tR1\tR2\tR3\nheat\t1\tinf\t3\n", "infinite"),
            ("\tA\tB\nheat\t1\t2\n", "none of the network's 3 regulators"),
            ("\tR1\tR2\tR3\nheat\t1\t2\t3\nheat\t1\t2\t3\n", "1 duplicate condition in"),
            ("R1\n", "values"),
            ("", "empty"),
        ],
    )
    def test_a_bad_table_is_refused(self, tmp_path: Path, content: str, message: str) -> None:
        path = tmp_path / "levels.tsv"
        path.write_text(content)
        with pytest.raises(DeepRageError, match=message):
            read_regulator_levels(path, REGULATORS)

    def test_a_missing_file_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(DeepRageError, match=r"gone\.tsv"):
            read_regulator_levels(tmp_path / "gone.tsv", REGULATORS)


class TestPromoters:
    def test_padding_and_cropping_keep_the_end_at_the_gene(self) -> None:
        sequences = {"long": encode("AAACGT"), "short": encode("GT"), "exact": encode("ACGT")}
        fitted = fit_promoters(sequences, 4, pad=True)
        np.testing.assert_array_equal(fitted[0], encode("ACGT"))
        np.testing.assert_array_equal(fitted[1], [N_TOKEN, N_TOKEN, *encode("GT")])
        np.testing.assert_array_equal(fitted[2], encode("ACGT"))

    def test_another_length_is_refused_with_the_needed_one(self) -> None:
        with pytest.raises(DeepRageError, match=r"promoters of 4 bp, but 1 of 2 .*'b' \(2 bp\)"):
            fit_promoters({"a": encode("ACGT"), "b": encode("AC")}, 4)

    @settings(deadline=None, max_examples=25)
    @given(st.lists(st.text("ACGTN", min_size=1, max_size=12), min_size=1, max_size=4))
    def test_padding_only_adds_n_and_cropping_only_drops_the_far_end(
        self, sequences: list[str]
    ) -> None:
        promoters = {str(n): encode(sequence) for n, sequence in enumerate(sequences)}
        for row, tokens in zip(
            fit_promoters(promoters, 6, pad=True), promoters.values(), strict=True
        ):
            kept = min(6, len(tokens))
            np.testing.assert_array_equal(row[6 - kept :], tokens[len(tokens) - kept :])
            assert (row[: 6 - kept] == N_TOKEN).all()
