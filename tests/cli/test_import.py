"""`deeprage data import` with a small genome: what it keeps, what it notes, what it refuses."""

from pathlib import Path

import numpy as np
import pytest

from deeprage.data.compendium import Compendium
from deeprage.data.dna import decode

from .conftest import Deeprage, Result, checksums, refused

LETTERS = "".join(np.random.default_rng(7).choice(list("ACGT"), 300))
#: Gene, strand, first coding base (1-based); `end` starts 10 bp before the chromosome ends.
GENES = (("up", "+", 101), ("down", "-", 200), ("end", "+", 291))


def turned(letters: str) -> str:
    return letters[::-1].translate(str.maketrans("ACGT", "TGCA"))


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    lines = ["##gff-version 3"]
    for gene, strand, first in GENES:
        start, end = (first - 8, first) if strand == "-" else (first, first + 8)
        lines.append(f"chr1\tx\tCDS\t{start}\t{end}\t.\t{strand}\t.\tID={gene}")
    (tmp_path / "genes.gff3").write_text("\n".join(lines))
    (tmp_path / "genome.fa").write_text(f">chr1\n{LETTERS}\n")
    (tmp_path / "matrix.tsv").write_text("g\tx\ty\nup\t-1\t2\ndown\t3\t1\nend\t0\t1\n")
    (tmp_path / "regulators.txt").write_text("up\n")
    (tmp_path / "ready.fa").write_text(">up\nACGT\n>down\nCCGT\n>end\nGGGT\n")
    return tmp_path


def give(deeprage: Deeprage, parts: Path, *more: object, ready: bool = False) -> Result:
    genome = ("--genome", parts / "genome.fa", "--annotation", parts / "genes.gff3")
    before = checksums(parts)
    found = deeprage(
        "data", "import", "--expression", parts / "matrix.tsv", "--regulators",
        parts / "regulators.txt", "--out", parts / "mine.h5ad",
        *(("--promoters", parts / "ready.fa") if ready else genome), *more,
    )  # fmt: skip
    if found.code:
        assert checksums(parts) == before
    return found


def made(deeprage: Deeprage, parts: Path, *more: object, ready: bool = False) -> Compendium:
    found = give(deeprage, parts, *more, ready=ready)
    assert found.code == 0, found.err
    return Compendium.load(parts / "mine.h5ad")


class TestCoding:
    def test_the_start_of_each_gene_is_kept(self, deeprage: Deeprage, parts: Path) -> None:
        coding = made(deeprage, parts, "--length", 20, "--coding", 30).coding
        assert coding is not None
        found = dict(zip(("up", "down", "end"), map(decode, coding), strict=True))
        assert found["up"] == LETTERS[100:130]
        assert found["down"] == turned(LETTERS[170:200])
        assert found["end"] == LETTERS[290:] + "N" * 20

    def test_by_default_1000_bases_are(self, deeprage: Deeprage, parts: Path) -> None:
        compendium = made(deeprage, parts)
        assert compendium.promoters.shape == (3, 1000)
        assert compendium.coding is not None
        assert compendium.coding.shape == (3, 1000)
        assert decode(compendium.coding[0]) == LETTERS[100:] + "N" * 800

    def test_none_is_kept_where_none_is_asked_for(self, deeprage: Deeprage, parts: Path) -> None:
        assert made(deeprage, parts, "--coding", 0).coding is None

    def test_ready_promoters_bring_none(self, deeprage: Deeprage, parts: Path) -> None:
        assert made(deeprage, parts, ready=True).coding is None

    def test_a_negative_length_is_refused(self, deeprage: Deeprage, parts: Path) -> None:
        refused(give(deeprage, parts, "--coding", -5), "-5", "0 bp or more")


class TestReplacing:
    def test_a_file_that_is_there_stays_unless_told_otherwise(
        self, deeprage: Deeprage, parts: Path
    ) -> None:
        made(deeprage, parts)
        before = checksums(parts)
        again = give(deeprage, parts)
        assert (again.code, "is there already" in again.err) == (0, True)
        refused(give(deeprage, parts, "--coding", 0), "mine.h5ad", "--force")
        regulators = (parts / "regulators.txt").read_text()
        (parts / "regulators.txt").write_text(regulators + "# changed\n")
        refused(give(deeprage, parts), "mine.h5ad", "--force")
        (parts / "regulators.txt").write_text(regulators)
        assert checksums(parts) == before
        assert made(deeprage, parts, "--coding", 0, "--force").coding is None

    def test_a_data_set_does_not_replace_another_compendium(
        self, deeprage: Deeprage, parts: Path
    ) -> None:
        made(deeprage, parts)
        before = checksums(parts)
        sizes = ("genes=20", "conditions=6", "series=3", "regulators=3", "and_pairs=1")
        options = [part for size in sizes for part in ("--set", size)]
        words = ("data", "fetch", "simulated", "--out", parts / "mine.h5ad", *options)
        refused(deeprage(*words), "mine.h5ad", "not 'simulated'", "--force")
        assert checksums(parts) == before
        assert deeprage(*words, "--force").code == 0
        assert deeprage(*words).code == 0  # its own file, up to date

    def test_a_folder_of_downloads_must_be_there(self, deeprage: Deeprage, parts: Path) -> None:
        gone = parts / "gone"
        refused(deeprage("data", "fetch", "yeast-stress", "--from", gone), "gone", "--from")


class TestUnits:
    def test_counts_are_not_logarithms(self, deeprage: Deeprage, parts: Path) -> None:
        text = "g\tx\ty\nup\t10\t2000\ndown\t3\t1\nend\t0\t1\n"
        (parts / "matrix.tsv").write_text(text)
        refused(give(deeprage, parts), "1 cell beyond 30", "2000", "--log2")
        compendium = made(deeprage, parts, "--log2")
        assert compendium.about["unit"] == "log2 expression"
        assert compendium.expression[0, 1] == pytest.approx(np.log2(2001), rel=1e-6)

    def test_levels_that_pass_for_changes_are_noted(self, deeprage: Deeprage, parts: Path) -> None:
        assert "--unit" not in give(deeprage, parts).err
        text = (parts / "matrix.tsv").read_text()
        (parts / "matrix.tsv").write_text(text.replace("-1", "1"))
        assert "--unit 'log2 expression'" in give(deeprage, parts, "--force").err
        for more in (("--unit", "log2 fold change"), ("--unit", "log2 expression"), ("--log2",)):
            assert "--unit" not in give(deeprage, parts, "--force", *more).err


class TestReadyPromoters:
    @pytest.mark.parametrize(
        ("option", "value"),
        [
            ("--length", 500),
            ("--anchor", "TSS"),
            ("--downstream", 0),
            ("--circular", "chr1"),
            ("--gene-id", "ID"),
            ("--annotation-format", "gff3"),
            ("--coding", 100),
        ],
    )
    def test_options_that_cut_a_genome_do_not_apply(
        self, deeprage: Deeprage, parts: Path, option: str, value: object
    ) -> None:
        refused(give(deeprage, parts, option, value, ready=True), option, "--promoters")


def test_names_that_were_not_found_are_noted(deeprage: Deeprage, parts: Path) -> None:
    with (parts / "matrix.tsv").open("a") as matrix:
        matrix.write("1-Mar\t1\t-1\nUP\t1\t2\n")
    noted = give(deeprage, parts).err
    assert "2 genes of the matrix, not found by name, such as '1-Mar', 'UP'" in noted
    (parts / "genome.fa").write_text(f">chr1\n{LETTERS[:99]}RY{LETTERS[101:]}\n")
    assert "genome letters read as n: 2" in give(deeprage, parts, "--force").out


def test_several_problems_are_one_on_a_line(deeprage: Deeprage, parts: Path) -> None:
    (parts / "matrix.tsv").write_text("g\tx\ty\nup\t-1\tinf\ndown\t3\t3\nend\t0\t1\n")
    (parts / "regulators.txt").write_text("up\nnobody\n")
    result = give(deeprage, parts)
    head, *problems = result.err.splitlines()
    assert (result.code, head) == (2, "error: there are 3 problems:")
    words = ("1. the expression matrix has 1 cell infinite", "2. the expression matrix has 1 gene",
             "3. 1 of 2 regulators have no row")  # fmt: skip
    assert len(problems) == len(words)
    assert all(word in line for word, line in zip(words, problems, strict=True))


def test_how_names_were_matched_is_printed(deeprage: Deeprage, parts: Path) -> None:
    (parts / "matrix.tsv").write_text("g\tx\ty\nUP\t-1\t2\ndown\t3\t1\nend\t0\t1\n")
    printed = give(deeprage, parts).out
    assert "genes matched: 2 by ID, 1 by ID in another case" in printed
    assert "regulators matched: 1 by ID" in printed
