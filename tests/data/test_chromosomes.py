"""Matching chromosome names between files."""

import numpy as np
import pytest

from deeprage.data.chromosomes import reconcile
from deeprage.data.genome import Chromosome
from deeprage.errors import DeepRageError

ROMAN = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X"]
ARABIC = [str(number) for number in range(1, 11)]


def genome_of(*headers: str) -> dict[str, Chromosome]:
    names = [header.split()[0] for header in headers]
    empty = np.zeros(0, dtype=np.int8)
    return {n: Chromosome(n, header, empty) for n, header in zip(names, headers, strict=True)}


SGD = genome_of(
    *(
        f"ref|NC_{1133 + i:06d}| [org=Saccharomyces cerevisiae] [chromosome={name}]"
        for i, name in enumerate(ROMAN)
    ),
    "ref|NC_001224| [org=Saccharomyces cerevisiae] [location=mitochondrion] [top=circular]",
)


class TestYeast:
    @pytest.mark.parametrize(
        "spelling",
        [
            ROMAN,
            ARABIC,
            [f"chr{name}" for name in ROMAN],
            [f"chr{int(name):02d}" for name in ARABIC],
            [f"chromosome {name}" for name in ARABIC],
            [f"NC_{1133 + i:06d}" for i in range(10)],
            [f"NC_{1133 + i:06d}.9" for i in range(10)],
            [f"ref|NC_{1133 + i:06d}|" for i in range(10)],
            ["BK006935.2", "BK006936.2", "BK006937.2", "BK006938.2", "BK006939.2", "BK006940.2",
             "BK006941.2", "BK006934.2", "BK006942.2", "BK006943.2"],
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("mitochondrion", ["chrM", "Mito", "MT", "chrmt", "mitochondrion"])
    def test_every_usual_spelling_is_understood(
        self, spelling: list[str], mitochondrion: str
    ) -> None:
        names = [*spelling, mitochondrion]
        assert reconcile(SGD, names) == dict(zip(names, SGD, strict=True))

    def test_an_accession_alone_is_understood(self) -> None:
        bare = genome_of(*(f"NC_{1133 + i:06d}.9" for i in range(10)))
        found = reconcile(bare, [f"chr{name}" for name in ROMAN])
        assert found == {f"chr{name}": f"NC_{1133 + i:06d}.9" for i, name in enumerate(ROMAN)}

    def test_ncbi_headers_name_the_chromosome(self) -> None:
        genome = genome_of(
            "NC_1.1 Saccharomyces cerevisiae S288C chromosome I, complete sequence",
            "NC_2.1 Saccharomyces cerevisiae S288C chromosome II, complete sequence",
            "NC_3.1 Saccharomyces cerevisiae S288c mitochondrion, complete genome",
        )
        assert reconcile(genome, ["chrI", "2", "chrM"]) == {
            "chrI": "NC_1.1", "2": "NC_2.1", "chrM": "NC_3.1"
        }  # fmt: skip


class TestHeadersOfOtherSequences:
    """Headers that name a chromosome although the sequence is not that chromosome."""

    @pytest.mark.parametrize(
        "other",
        [
            "NT_9.1 E. minimum chromosome 1 unlocalized genomic scaffold, E1 Primary Assembly",
            "NT_9.1 E. minimum chromosome 1 genomic scaffold, alternate locus group ALT_REF_LOCI_1",
            "NW_9.1 E. minimum chromosome 1 genomic patch of type FIX, E1 PATCHES",
            "NW_9.1 E. minimum chromosome 1 unlocalised scaffold",
            "NW_9.1 E. minimum unplaced genomic scaffold, chromosome 1 candidate",
            "NC_9.1 E. minimum strain chromosome 1 substitution, mitochondrion, complete",
            "NC_9.1 E. minimum chromosome 1 isolate chloroplast, complete genome",
            "NW_9.1 E. minimum chromosome 1 contig 12, whole genome shotgun sequence",
        ],
    )
    def test_do_not_stand_for_the_chromosome(self, other: str) -> None:
        genome = genome_of(
            "NC_1.1 E. minimum chromosome 1, E1 Primary Assembly",
            "NC_2.1 E. minimum chromosome 2, E1 Primary Assembly",
            other,
        )
        assert reconcile(genome, ["chr1", "chr2"]) == {"chr1": "NC_1.1", "chr2": "NC_2.1"}

    def test_nor_where_the_genome_lacks_it(self) -> None:
        genome = genome_of(
            "NC_2.1 E. minimum chromosome 2", "NT_9.1 E. minimum chromosome 1 unlocalized scaffold"
        )
        assert reconcile(genome, ["chr1", "chr2"]) == {"chr2": "NC_2.1"}

    def test_a_scaffold_may_be_the_only_sequence_of_a_chromosome(self) -> None:
        genome = genome_of("CM_1.1 E. minimum chromosome 1 scaffold", "X_2.1 chromosome 2 scaffold")
        assert reconcile(genome, ["1", "2"]) == {"1": "CM_1.1", "2": "X_2.1"}

    def test_names_of_ucsc_hold_accessions(self) -> None:
        genome = genome_of("chr1", "chr1_KI270706v1_random", "chrUn_GL000195v1")
        found = reconcile(genome, ["1", "KI270706.1", "GL000195.1"])
        assert found == dict(zip(["1", "KI270706.1", "GL000195.1"], genome, strict=True))

    def test_a_mitochondrion_keeps_its_name(self) -> None:
        genome = genome_of(
            "NC_1.1 E. minimum chromosome 1", "NC_9.1 E. minimum chromosome 1 mitochondrion"
        )
        assert reconcile(genome, ["1", "MT"]) == {"1": "NC_1.1", "MT": "NC_9.1"}


def test_lengths_match_where_no_name_does() -> None:
    genome = {
        name: Chromosome(name, name, np.zeros(size, dtype=np.int8))
        for name, size in {"CP1.1": 4000, "CP2.1": 90, "CP3.1": 90}.items()
    }
    sizes = {"Chromosome": 4000, "pA": 90, "pB": 90}
    assert reconcile(genome, list(sizes), sizes=sizes) == {"Chromosome": "CP1.1"}
    with pytest.raises(DeepRageError):
        reconcile(genome, list(sizes))


class TestAmbiguity:
    def test_x_is_a_sex_chromosome_where_others_have_numbers(self) -> None:
        genome = genome_of(*(f"chr{number}" for number in range(1, 12)), "chrX")
        found = reconcile(genome, [*ARABIC, "X"])
        assert found["X"] == "chrX"
        assert found["10"] == "chr10"

    def test_x_is_not_ten_where_the_genome_has_no_x(self) -> None:
        found = reconcile(
            genome_of(*(f"chr{number}" for number in range(1, 12))), [*ARABIC[:9], "X"]
        )
        assert "X" not in found

    def test_a_sequence_serves_one_name_only(self) -> None:
        found = reconcile(genome_of("chr1", "chr2"), ["chr1", "1", "2"])
        assert found == {"chr1": "chr1", "2": "chr2"}

    def test_aliases_of_the_annotation_are_used(self) -> None:
        found = reconcile(genome_of("chrA"), ["NC_9.1"], {"NC_9.1": {"A"}})
        assert found == {"NC_9.1": "chrA"}


def test_nothing_in_common_names_three_of_either_side() -> None:
    with pytest.raises(DeepRageError) as caught:
        reconcile(genome_of("a", "b", "c", "d"), ["w", "x_", "y", "z"])
    assert "'w', 'x_', 'y', ..." in str(caught.value)
    assert "'a', 'b', 'c', ..." in str(caught.value)
