"""The start of coding sequences: which bases, and which codons."""

import numpy as np
import pandas as pd
import pytest

from deeprage.data.coding import codon_counts, extract_coding
from deeprage.data.compendium import Compendium
from deeprage.data.dna import N_TOKEN, decode, encode, reverse_complement
from deeprage.data.genome import Chromosome


def genes(*rows: tuple[str, str, str, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["gene", "chromosome", "strand", "start_codon"])


class TestExtraction:
    def test_both_strands_are_read_from_the_start_codon(self) -> None:
        text = "CCATGAAACCC"
        tokens = encode(text, name="x")
        table = genes(("forward", "one", "+", 2), ("backward", "other", "-", len(text) - 3))
        chromosomes = {
            "one": Chromosome("one", "one", tokens),
            "other": Chromosome("other", "other", reverse_complement(tokens)),
        }
        found = extract_coding(table, chromosomes, 6)
        assert decode(found["forward"]) == "ATGAAA"
        assert decode(found["backward"]) == "ATGAAA"

    def test_beyond_the_chromosome_there_are_n(self) -> None:
        chromosomes = {"one": Chromosome("one", "one", encode("CCATGA", name="x"))}
        found = extract_coding(genes(("gene", "one", "+", 2)), chromosomes, 6)
        assert decode(found["gene"]) == "ATGANN"


class TestCodons:
    def test_counts_end_at_the_first_stop_in_frame(self) -> None:
        # The stop at bases 5 to 7 (TAA) is out of frame; TGA is in frame.
        counts = codon_counts(encode("ATGCTAAAGATGTGAATG", name="x")[None])
        code = {"ATG": 14, "CTA": 28, "AAG": 2}
        assert counts[0, code["ATG"]] == 2
        assert counts[0, code["CTA"]] == 1
        assert counts[0, code["AAG"]] == 1
        assert counts[0, 64] == 4
        assert counts[0, :64].sum() == 4

    def test_an_unknown_base_ends_the_count(self) -> None:
        counts = codon_counts(encode("ATGANGATG", name="x")[None])
        assert counts[0, 64] == 1

    @pytest.mark.parametrize("seed", range(3))
    def test_agrees_with_a_plain_count(self, seed: int) -> None:
        tokens = np.random.default_rng(seed).integers(0, 5, (20, 90)).astype(np.int8)
        found = codon_counts(tokens)
        for row, sequence in enumerate(tokens):
            text, expected = decode(sequence), np.zeros(65)
            for at in range(0, 90, 3):
                codon = text[at : at + 3]
                if "N" in codon or codon in ("TAA", "TAG", "TGA"):
                    break
                expected[
                    "ACGT".index(codon[0]) * 16
                    + "ACGT".index(codon[1]) * 4
                    + "ACGT".index(codon[2])
                ] += 1
                expected[64] += 1
            np.testing.assert_array_equal(found[row], expected)


class TestInACompendium:
    @pytest.fixture
    def compendium(self) -> Compendium:
        rng = np.random.default_rng(0)
        names = ["a", "b", "c"]
        table = pd.DataFrame(rng.normal(size=(3, 4)), index=names, columns=list("wxyz"))
        promoters = {name: rng.integers(0, 4, 20).astype(np.int8) for name in names}
        coding = {name: rng.integers(0, 4, 9).astype(np.int8) for name in names[:2]}
        return Compendium.from_parts(
            expression=table, promoters=promoters, regulators=["a"], coding=coding
        )

    def test_genes_without_one_are_unknown(self, compendium: Compendium) -> None:
        assert compendium.coding is not None
        assert (compendium.coding[2] == N_TOKEN).all()
        assert (compendium.coding[:2] < N_TOKEN).all()

    def test_it_stays_with_other_values_and_on_disk(self, compendium: Compendium, tmp_path) -> None:
        compendium.save(tmp_path / "x.h5ad")
        for other in (
            compendium.with_expression(compendium.expression + 1),
            Compendium.load(tmp_path / "x.h5ad"),
        ):
            np.testing.assert_array_equal(other.coding, compendium.coding)
