"""Matrices as counting programs, spreadsheets and archives write them."""

from pathlib import Path

import numpy as np
import pytest

from deeprage.data.readers.raw_matrix import RawMatrix
from deeprage.data.readers.text_matrix import read_text_matrix
from deeprage.errors import DeepRageError

FEATURECOUNTS = (
    '# Program:featureCounts v2.0.6; Command:"featureCounts" "-a" "x.gtf"\n'
    "Geneid\tChr\tStart\tEnd\tStrand\tLength\tout/s1.bam\tout/s2_Aligned.sortedByCoord.out.bam\n"
    "g1\tI;I\t1;90\t50;120\t+;+\t81\t5\t7\ng2\t2\t200\t300\t-\t101\t0\t9\n"
)


def read(folder: Path, content: str) -> RawMatrix:
    path = folder / "m.txt"
    path.write_text(content)
    return read_text_matrix(path)


def assert_values(matrix: RawMatrix, rows: list[str], columns: list[str], values: object) -> None:
    assert list(matrix.values.index) == rows
    assert list(matrix.values.columns) == columns
    np.testing.assert_array_equal(matrix.values.to_numpy(), values)


class TestFeatureCounts:
    def test_values_without_descriptions(self, tmp_path: Path) -> None:
        matrix = read(tmp_path, FEATURECOUNTS)
        assert_values(matrix, ["g1", "g2"], ["s1", "s2"], [[5, 7], [0, 9]])
        assert matrix.left_out == ("Chr", "Start", "End", "Strand", "Length")
        assert "'out/s1.bam'" in matrix.remarks[0]

    def test_names_of_samples_that_would_be_the_same_stay(self, tmp_path: Path) -> None:
        content = FEATURECOUNTS.replace("out/s2_Aligned", "in/s1.Aligned")
        assert "out/s1.bam" in read(tmp_path, content).values.columns

    def test_one_exon_each(self, tmp_path: Path) -> None:
        content = "Geneid\tChr\tStart\tEnd\tStrand\tLength\ta\nx\t1\t5\t9\t+\t5\t3\n"
        assert_values(read(tmp_path, content), ["x"], ["a"], [[3]])


class TestDescriptions:
    @pytest.mark.parametrize(
        ("header", "row"),
        [
            ("symbol\tgene_length\ta\tb", "ABC1\t900\t1\t2"),
            ("a\tb\tdescription\tEntrezID", "1\t2\tputative\t77"),
            ("chr\tstart\tend\tstrand\ta\tb", "2\t5\t9\t+\t1\t2"),
            ("NAME\tGWEIGHT\ta\tb", "HSP12 heat shock\t1\t1\t2"),
            ("a\tgene_name\tb", "1\tABC1\t2"),
        ],
    )
    def test_beside_columns_of_text(self, tmp_path: Path, header: str, row: str) -> None:
        matrix = read(tmp_path, f"gene\t{header}\nx\t{row}\n")
        assert_values(matrix, ["x"], ["a", "b"], [[1, 2]])

    def test_alone_they_are_left_to_the_reader_of_conditions(self, tmp_path: Path) -> None:
        matrix = read(tmp_path, "gene\tLength\ta\nx\t5\t1\n")
        assert list(matrix.values.columns) == ["Length", "a"]

    def test_times_called_start_and_end_stay(self, tmp_path: Path) -> None:
        matrix = read(tmp_path, "gene\tsymbol\tstart\tmid\tend\nx\tA\t5\t1\t2\n")
        assert list(matrix.values.columns) == ["start", "mid", "end"]

    def test_text_is_kept_as_labels(self, tmp_path: Path) -> None:
        matrix = read(tmp_path, "n\tgene\ta\n0\tYA1\t5\n1\t\t6\n")
        assert matrix.row_labels == {"gene": ["YA1", ""]}

    def test_a_column_mostly_of_text_far_down(self, tmp_path: Path) -> None:
        rows = "".join(f"g{i}\t{i if i < 250 else 'late'}\t2\n" for i in range(900))
        assert list(read(tmp_path, f"g\todd\ta\n{rows}").values.columns) == ["a"]


class TestGct:
    def test_version_2(self, tmp_path: Path) -> None:
        content = "#1.2\n2\t2\nName\tDescription\ta\tb\nx\tna\t1\t2\ny\t7\t3\t4\n"
        assert_values(read(tmp_path, content), ["x", "y"], ["a", "b"], [[1, 2], [3, 4]])

    def test_version_3(self, tmp_path: Path) -> None:
        content = (
            "#1.3\n2\t2\t2\t1\nid\tdesc\tchr\ta\tb\nbatch\tna\tna\t1\t2\n"
            "x\tq\t1\t1\t2\ny\tr\t2\t3\t4\n"
        )
        matrix = read(tmp_path, content)
        assert_values(matrix, ["x", "y"], ["a", "b"], [[1, 2], [3, 4]])
        assert matrix.row_labels == {"desc": ["q", "r"], "chr": ["1", "2"]}

    def test_a_cut_file(self, tmp_path: Path) -> None:
        with pytest.raises(DeepRageError, match=r"declares 3 rows in its second line and has 1"):
            read(tmp_path, "#1.2\n3\t1\nName\tDescription\ta\nx\tna\t1\n")


class TestHeaders:
    @pytest.mark.parametrize("header", ["g\t0\t15\t30", "\t5\t3\t1", "\t0\t1.5\t9", "g\tt0\t0\t1"])
    def test_numbers_may_be_names(self, tmp_path: Path, header: str) -> None:
        read(tmp_path, f"{header}\nx\t1\t2\t3\n")

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ("g1\t12\ng2\t7\n__no_feature\t5\n", "two columns and no header, like .*HTSeq"),
            ("N_unmapped\t5\t5\t5\nN_ambiguous\t1\t2\t3\ng1\t4\t2\t2\n", "STAR for one sample"),
            ("g1\t1.5\t2.5\t0.1\ng2\t1\t2\t3\n", r"first line .* holds values, such as '1.5'"),
            ("g1\t438\t353\t568\ng2\t1\t2\t3\n", r"first line .* holds values"),
            ("g1\t5\t5\ng2\t1\t2\n", r"first line .* holds values"),
        ],
    )
    def test_a_first_line_of_values_is_no_header(
        self, tmp_path: Path, content: str, message: str
    ) -> None:
        with pytest.raises(DeepRageError, match=message):
            read(tmp_path, content)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("Name\tLength\tEffectiveLength\tTPM\tNumReads\nx\t9\t8\t1\t2\n", "result of Salmon.*NumR"),
        ("target_id\tlength\teff_length\test_counts\ttpm\nx\t9\t8\t1\t2\n", "result of kallisto"),
        (
            "gene_id\ttranscript_id(s)\tlength\teffective_length\texpected_count\tTPM\tFPKM\n"
            "x\tt\t9\t8\t1\t2\t3\n",
            "result of RSEM .*TPM or expected_count",
        ),
        (
            "Gene ID\tGene Name\tReference\tStrand\tStart\tEnd\tCoverage\tFPKM\tTPM\n"
            "x\tn\tI\t+\t1\t2\t3\t4\t5\n",
            "StringTie for one sample",
        ),
        ("Status\ta.bam\nAssigned\t9\nUnassigned_NoFeatures\t2\n", "summary of featureCounts"),
        ('"baseMean","log2FoldChange","pvalue"\n"x",1,2,3\n', "result of DESeq2"),
        ("%%MatrixMarket matrix coordinate\n2 2 1\n1 1 5\n", "a Matrix Market file"),
        ("##gff-version 3\nI\tx\tgene\t1\t9\t.\t+\t.\tID=a\n", "is a GFF file"),
        (">chr1\nACGT\n", "is a FASTA file"),
        ("<!DOCTYPE html>\n<html>\n", "a web page"),
        ('{"genes": ["x"]}\n', "is a JSON file"),
        (
            "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 3\n",
            "pointer of Git LFS",
        ),
    ],
)
def test_what_is_no_matrix_is_named(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(DeepRageError, match=message):
        read(tmp_path, content)


def test_thousands_separators_are_told(tmp_path: Path) -> None:
    matrix = read(tmp_path, 'g,a,b\nx,"1,046",846\ny,12,"2,000"\n')
    assert_values(matrix, ["x", "y"], ["a", "b"], [[1046, 846], [12, 2000]])
    assert "'1,046'" in matrix.remarks[-1]


def test_points_between_thousands_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DeepRageError, match=r"points of '1\.314'.* seem to separate thousands"):
        read(tmp_path, "g;a;b;c\nx;1.314;846;378\ny;2.163;522;1.059\n")


def test_comments_are_told(tmp_path: Path) -> None:
    (remark,) = read(tmp_path, "g\ta\tb\nx\t1\t2\n#y\t3\t4\n").remarks
    assert "as comments: 1 line after the header" in remark


def test_the_end_of_a_series_matrix_is_no_comment(tmp_path: Path) -> None:
    content = '!Series_title\t"x"\n"ID_REF"\t"a"\n"x"\t1\n!series_matrix_table_end\n'
    matrix = read(tmp_path, content)
    assert matrix.remarks == ()
    assert_values(matrix, ["x"], ["a"], [[1]])


def test_a_row_of_text_is_named(tmp_path: Path) -> None:
    rows = "batch\tA\tB\tA\n" + "".join(f"g{i}\t1\t2\t3\n" for i in range(9))
    with pytest.raises(DeepRageError, match=r"3 cells of text in the row 'batch', such as 'A"):
        read(tmp_path, f"g\tx\ty\tz\n{rows}")


def test_a_table_of_numbers_alone_has_blank_cells(tmp_path: Path) -> None:
    matrix = read(tmp_path, "g\ta\tb\nx\t1\t\n\ny\t-\t2\n")
    np.testing.assert_array_equal(matrix.values.to_numpy(), [[1, np.nan], [np.nan, 2]])
