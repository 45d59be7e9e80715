"""Promoter windows, against windows worked out by hand."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deeprage.data.dna import decode, encode, reverse_complement
from deeprage.data.genome import Chromosome
from deeprage.data.promoters import PromoterWindow, extract_promoters, read_promoters
from deeprage.errors import DeepRageError

#        0         10        20        30
#        0123456789012345678901234567890123456789
TEXT = "AAAACCCCGGGGTTTTACGTACGTATGAAATTTCCCGGGA"
NAN = float("nan")


def genes_table(*rows: tuple[str, str, float, float]) -> pd.DataFrame:
    """Genes from (gene, strand, start codon, TSS) on chromosome c."""
    table = pd.DataFrame(rows, columns=["gene", "strand", "start_codon", "tss"])
    return table.assign(chromosome="c")


def genome(*, circular: bool = False, text: str = TEXT) -> dict[str, Chromosome]:
    return {"c": Chromosome("c", "c", encode(text), circular)}


def window_of(strand: str, start_codon: int, window: PromoterWindow, **options: bool) -> str:
    table = genes_table(("g", strand, start_codon, NAN))
    return decode(extract_promoters(table, genome(**options), window).tokens["g"])


class TestWindows:
    @pytest.mark.parametrize(
        ("strand", "start_codon", "downstream", "expected"),
        [
            ("+", 24, 0, "ACGTACGT"),
            ("+", 24, 3, "TACGTATG"),
            ("-", 11, 0, "ACGTAAAA"),
            ("-", 11, 4, "AAAACCCC"),
            ("+", 16, 8, "ACGTACGT"),
        ],
    )
    def test_inside_a_chromosome(
        self, strand: str, start_codon: int, downstream: int, expected: str
    ) -> None:
        window = PromoterWindow(length=8, downstream=downstream)
        assert window_of(strand, start_codon, window) == expected

    @pytest.mark.parametrize(
        ("strand", "start_codon", "linear", "wrapped"),
        [("+", 4, "NNNNAAAA", "GGGAAAAA"), ("-", 36, "NNNNNTCC", "GTTTTTCC")],
    )
    def test_over_the_end(self, strand: str, start_codon: int, linear: str, wrapped: str) -> None:
        window = PromoterWindow(length=8)
        assert window_of(strand, start_codon, window) == linear
        assert window_of(strand, start_codon, window, circular=True) == wrapped

    def test_a_circle_is_not_repeated(self) -> None:
        for strand in "+-":
            cut = window_of(strand, 20, PromoterWindow(length=50), circular=True)
            assert cut[:10] == "N" * 10
            assert "N" not in cut[10:]

    def test_padded_windows_are_counted(self) -> None:
        table = genes_table(("edge", "+", 4, NAN), ("inside", "+", 24, NAN))
        found = extract_promoters(table, genome(), PromoterWindow(length=8))
        assert found.padded == ("edge",)
        assert found.windows.loc["edge", ["start", "end"]].tolist() == [-4, 4]

    @given(
        text=st.text("ACGT", min_size=1, max_size=60),
        genes=st.lists(st.tuples(st.sampled_from("+-"), st.integers(0, 59)), max_size=6),
        length=st.integers(1, 80),
        downstream=st.integers(0, 80),
        circular=st.booleans(),
    )
    @settings(deadline=None, max_examples=60)
    def test_the_other_strand_gives_the_same_windows(
        self,
        text: str,
        genes: list[tuple[str, int]],
        length: int,
        downstream: int,
        circular: bool,
    ) -> None:
        window = PromoterWindow(length=length, downstream=min(downstream, length))
        size = len(text)
        rows = [(f"g{i}", s, p % size, NAN) for i, (s, p) in enumerate(genes)]
        turned = [(g, "-" if s == "+" else "+", size - 1 - p, t) for g, s, p, t in rows]
        there = genome(circular=circular, text=text)
        back = {"c": Chromosome("c", "c", reverse_complement(there["c"].tokens), circular)}
        one = extract_promoters(genes_table(*rows), there, window)
        other = extract_promoters(genes_table(*turned), back, window)
        assert one.padded == other.padded
        for gene, tokens in one.tokens.items():
            np.testing.assert_array_equal(tokens, other.tokens[gene])


class TestAnchors:
    TABLE = genes_table(("with", "+", 24, 20.0), ("without", "+", 24, NAN))

    def test_tss_of_the_annotation_else_the_start_codon(self) -> None:
        found = extract_promoters(self.TABLE, genome(), PromoterWindow(4, "TSS"))
        assert decode(found.tokens["with"]) == "ACGT"
        assert decode(found.tokens["without"]) == "ACGT"
        assert found.windows["end"].tolist() == [20, 24]
        assert found.tss_fallbacks == ("without",)

    def test_a_table_of_sites_goes_before_the_annotation(self) -> None:
        found = extract_promoters(
            self.TABLE, genome(), PromoterWindow(4, "TSS"), tss={"without": 12}
        )
        assert found.windows["end"].tolist() == [24, 12]
        assert found.tss_fallbacks == ("with",)

    def test_the_start_codon_ignores_sites(self) -> None:
        found = extract_promoters(self.TABLE, genome(), PromoterWindow(4))
        assert found.windows["end"].tolist() == [24, 24]
        assert found.tss_fallbacks == ()


class TestOperons:
    def test_genes_take_the_window_of_the_first_in_their_direction(self) -> None:
        table = genes_table(
            ("p1", "+", 12, NAN), ("p2", "+", 24, NAN), ("m2", "-", 12, NAN), ("m1", "-", 30, NAN)
        )
        operons = {"p1": "x", "p2": "x", "m1": "y", "m2": "y"}
        found = extract_promoters(table, genome(), PromoterWindow(4), operons=operons)
        assert [decode(found.tokens[g]) for g in ("p1", "p2")] == ["GGGG", "GGGG"]
        assert found.windows.loc[["m1", "m2"], "start"].tolist() == [31, 31]
        assert set(found.shared) == {"p2", "m2"}

    def test_strands_of_one_name_are_two_operons(self) -> None:
        table = genes_table(("a", "+", 12, NAN), ("b", "-", 24, NAN))
        found = extract_promoters(table, genome(), PromoterWindow(4), operons={"a": "x", "b": "x"})
        assert found.shared == ()

    def test_an_operon_may_cross_the_origin(self) -> None:
        table = genes_table(("late", "+", 2, NAN), ("first", "+", 36, NAN))
        found = extract_promoters(
            table,
            genome(circular=True),
            PromoterWindow(4),
            operons={"late": "x", "first": "x"},
        )
        assert found.shared == ("late",)


class TestReadyPromoters:
    def test_first_word_names_the_gene(self, tmp_path: Path) -> None:
        path = tmp_path / "p.fa"
        path.write_text(">g1 some text\nACgt\nNN\n>g2\nTTTTTT\n")
        assert {g: decode(t) for g, t in read_promoters(path).items()} == {
            "g1": "ACGTNN", "g2": "TTTTTT"
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (">g1\nACGR\n", "promoter 'g1' has the letter 'R' at position 4"),
            (">g1\nAC\n>g1\nAC\n", "1 duplicate promoter in"),
            ("ACGT\n", "expected FASTA, whose sequences have a header"),
            ("; ACGT\n", "no sequences"),
            (">g1\nAC\n>g2\n", r"1 of 2 promoters .* no bases, such as 'g2'"),
            (">g1\nAC\n>\nAC\n", r"1 of the promoters in .* have no name"),
        ],
    )
    def test_errors(self, tmp_path: Path, content: str, message: str) -> None:
        path = tmp_path / "p.fa"
        path.write_text(content)
        with pytest.raises(DeepRageError, match=message):
            read_promoters(path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"anchor": "TTS"}, "unknown promoter anchor 'TTS'. Did you mean 'TSS'"),
        ({"length": 0}, "at least 1, got 0"),
        ({"length": 10, "downstream": 11}, "between 0 and the promoter length 10, got 11"),
    ],
)
def test_impossible_windows(options: dict[str, object], message: str) -> None:
    with pytest.raises(DeepRageError, match=message):
        PromoterWindow(**options)  # type: ignore[arg-type]
