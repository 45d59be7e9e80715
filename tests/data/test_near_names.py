"""Why names do not match: case, and spreadsheets."""

import pytest

from deeprage.data.names import NameResolver
from deeprage.data.near_names import likely_causes, near_names_hint, spreadsheet_hint
from deeprage.errors import DeepRageError, counted, unknown


@pytest.mark.parametrize(
    "name", ["1-Mar", "2-SEP", "Sep-02", "2024-03-01", "2024-03-01 00:00:00", "1.00E+05", "2E+19"]
)
def test_what_spreadsheets_make_of_gene_names(name: str) -> None:
    hint = spreadsheet_hint(["YAL001C", name])
    assert f"{name!r} look like gene names that a spreadsheet" in hint


@pytest.mark.parametrize(
    "name", ["MARCH1", "YBR-1", "b0001", "1-Foo", "E2F1", "AT1G01010", "12", "MT-ND1", "HLA-B27"]
)
def test_gene_names_are_left_in_peace(name: str) -> None:
    assert spreadsheet_hint([name]) == ""


def test_names_that_differ_in_case_alone() -> None:
    assert "'g01' and 'G01' differ" in near_names_hint(["x", "g01"], ["G02", "G01"])
    assert near_names_hint(["G03"], ["G01"]) == ""


def test_a_wrong_word_in_another_case_is_met_with_the_right_one() -> None:
    assert "Did you mean 'log2 expression'?" in str(
        unknown("unit", "LOG2 EXPRESSION", ["log2 fold change", "log2 expression"])
    )
    assert "Did you mean 'TSS'?" in str(unknown("anchor", "tss", ["ATG", "TSS"]))


def test_one_is_told_from_many() -> None:
    assert [counted(n, "cell") for n in (0, 1, 2000)] == ["0 cells", "1 cell", "2,000 cells"]
    assert counted(1, "series", "series") == "1 series"
    assert isinstance(unknown("x", "y", ["z"]), DeepRageError)


class TestLikelyCauses:
    def causes(self, lost: list[str], names: list[str], of: int | None = None) -> str:
        return likely_causes(lost, NameResolver(names), "the annotation", of=of)

    def test_a_prefix_or_suffix_of_the_names(self) -> None:
        known = ["QX_1", "QX_2", "QX_3"]
        assert "Without 'hg_', 2 of 2 names match" in self.causes(["hg_QX_1", "hg_QX_2"], known)
        assert "Without '_at', 2 of 2 names match" in self.causes(["QX_1_at", "QX_2_at"], known)
        assert "Without" not in self.causes(["hg_QX_1"], known)  # one name has no common prefix
        assert "Without" not in self.causes(["hg_a", "hg_QX_2", "hg_b"], known)  # most do not fit

    def test_a_prefix_of_the_identifiers(self) -> None:
        known = ["hg_QX_1", "hg_QX_2", "hg_QX_3"]
        assert "With 'hg_' before them, as in name ('hg_QX_1'), 2 of 2 names match" in self.causes(
            ["QX_1", "QX_2"], known
        )
        assert "With" not in self.causes(["QX_1", "QX_2"], known[:1])
        assert "With 'hg_'" in self.causes(["QX_1", "QX_2"], known[:2])  # two show what is common

    def test_numbers_that_are_no_versions(self) -> None:
        causes = self.causes(["AC01.1", "AC02.7"], ["AC01", "AC02"])
        assert "look like versions ('AC01.1', 'AC02.7'); without them 2 match" in causes
        assert "versions" not in self.causes(["AC01.1", "x", "y"], ["AC01"])

    def test_a_kind_that_most_names_are_of(self) -> None:
        names = ["P00001", "P00002", "P00003", "abc"]
        assert "look like UniProt accessions" in self.causes(names, ["g1"])
        assert "look like" not in self.causes(["P00001", "abc", "abd"], ["g1"])
        causes = self.causes(["ENSMUSG00000000001"], ["ENSG00000000001"])
        assert "which the annotation has as name ('ENSG00000000001')" in causes
        assert causes.endswith("they may be of another organism.")

    def test_a_few_lost_names_need_no_explanation(self) -> None:
        assert self.causes(["zz1", "zz2"], ["g1", "g2"], of=40) == ""
        assert "another kind, organism" in self.causes(["zz1", "zz2"], ["g1", "g2"], of=3)
        assert "spreadsheet" in self.causes(["1-Mar", "zz2"], ["g1", "g2"], of=40)
