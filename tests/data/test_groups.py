"""Gene groups, against plain definitions of what joins two genes."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from deeprage.data.dna import decode, reverse_complement
from deeprage.data.groups import gene_groups, near_identical


def random_promoters(count: int, length: int, seed: int = 0) -> NDArray[np.int8]:
    return np.random.default_rng(seed).integers(0, 4, (count, length)).astype(np.int8)


def words(tokens: NDArray[np.int8]) -> set[str]:
    """Distinct 16-mers without N, the smaller of the two strands."""
    found = set()
    for at in range(len(tokens) - 15):
        word = tokens[at : at + 16]
        if (word != 4).all():
            found.add(min(decode(word), decode(reverse_complement(word))))
    return found


def joined(promoters: NDArray[np.int8]) -> set[tuple[int, int]]:
    one, other = near_identical(promoters)
    return {
        (min(a, b), max(a, b)) for a, b in zip(one.tolist(), other.tolist(), strict=True) if a != b
    }


def windows_at(starts: dict[str, int], length: int, size: int, *, circular: bool) -> pd.DataFrame:
    rows = {g: ("c", s, s + length, "+", size, circular) for g, s in starts.items()}
    columns = ["chromosome", "start", "end", "strand", "size", "circular"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def parts(groups: dict[str, str]) -> set[frozenset[str]]:
    return {
        frozenset(gene for gene, name in groups.items() if name == group)
        for group in groups.values()
    }


class TestNearIdentical:
    def test_agrees_with_sets_of_words(self) -> None:
        rng = np.random.default_rng(3)
        promoters = random_promoters(24, 300)
        for row in range(1, 24, 2):
            cut = int(rng.integers(20, 280))
            promoters[row, :cut] = promoters[row - 1, -cut:]
            if row % 4 == 1:
                promoters[row] = reverse_complement(promoters[row])
        promoters[5, 100:140] = 4
        least = round(200 / 985 * 285)
        sets = [words(tokens) for tokens in promoters]
        expected = {
            (a, b) for a, b in combinations(range(24), 2) if len(sets[a] & sets[b]) >= least
        }
        assert joined(promoters) == expected
        assert 3 < len(expected) < 12

    @pytest.mark.parametrize(("shared", "together"), [(215, True), (214, False)])
    def test_200_of_985_words_are_needed(self, shared: int, together: bool) -> None:
        promoters = random_promoters(2, 1000)
        promoters[1, :shared] = promoters[0, 500 : 500 + shared]
        # Differ right after the copy, so that it is not longer by chance.
        promoters[1, shared] = (promoters[0, 500 + shared] + 1) % 4
        assert bool(joined(promoters)) is together

    def test_a_repeat_in_hundreds_of_promoters_joins_none(self) -> None:
        promoters = random_promoters(400, 200)
        promoters[:, 50:75] = 0
        assert joined(promoters) == set()

    def test_a_family_of_hundreds_is_one_group(self) -> None:
        promoters = random_promoters(500, 200)
        promoters[100:400, 20:180] = promoters[100, 20:180]
        genes = [f"g{row}" for row in range(500)]
        groups = gene_groups(genes, dict(zip(genes, promoters, strict=True)))
        assert {groups[gene] for gene in genes[100:400]} == {"g100"}
        assert len(set(groups.values())) == 201

    def test_unknown_bases_are_not_alike(self) -> None:
        promoters = np.full((3, 100), 4, dtype=np.int8)
        assert joined(promoters) == set()

    def test_equal_short_promoters_are_joined(self) -> None:
        promoters = np.array([[0, 1, 2], [0, 1, 3], [0, 1, 2]], dtype=np.int8)
        assert joined(promoters) == {(0, 2)}


class TestOverlaps:
    @given(
        starts=st.lists(st.integers(-10, 110), min_size=1, max_size=12),
        circular=st.booleans(),
    )
    @settings(deadline=None, max_examples=60)
    def test_half_a_window_is_enough(self, starts: list[int], circular: bool) -> None:
        genes = [f"g{number}" for number in range(len(starts))]
        table = windows_at(dict(zip(genes, starts, strict=True)), 20, 120, circular=circular)
        groups = gene_groups(genes, {}, table)
        for a, b in combinations(range(len(genes)), 2):
            apart = abs(starts[a] - starts[b])
            apart = min(apart % 120, -apart % 120) if circular else apart
            if 20 - apart >= 10:
                assert groups[genes[a]] == groups[genes[b]]
        # Whoever is alone in reach is alone in its group.
        for a, gene in enumerate(genes):
            gaps = [abs(starts[a] - s) for b, s in enumerate(starts) if b != a]
            gaps = [min(g % 120, -g % 120) if circular else g for g in gaps]
            if all(gap > 10 for gap in gaps):
                assert list(groups.values()).count(groups[gene]) == 1

    def test_chromosomes_are_apart(self) -> None:
        table = windows_at({"a": 0, "b": 0}, 20, 100, circular=False)
        table.loc["b", "chromosome"] = "d"
        assert len(set(gene_groups(["a", "b"], {}, table).values())) == 2


class TestGroups:
    def test_operons_and_renamed_genes_are_joined_through_others(self) -> None:
        genes = ["a", "b", "c", "d", "e"]
        groups = gene_groups(
            genes, {}, same=[{"a": "op", "c": "op", "e": ""}, {"c": "x", "d": "x", "e": "y"}]
        )
        assert parts(groups) == {frozenset("acd"), frozenset("b"), frozenset("e")}
        assert groups["d"] == "a"

    @given(st.permutations(range(12)), st.integers(0, 1000))
    @settings(deadline=None, max_examples=20)
    def test_the_order_of_the_genes_does_not_matter(self, order: list[int], seed: int) -> None:
        promoters = random_promoters(12, 80, seed)
        promoters[3] = promoters[8]
        promoters[5, 10:] = reverse_complement(promoters[3])[10:]
        by_gene = {f"g{row}": tokens for row, tokens in enumerate(promoters)}
        table = windows_at({f"g{r}": 50 * r for r in range(6)}, 80, 1000, circular=False)
        same = [{"g1": "o", "g9": "o"}]
        straight = gene_groups(list(by_gene), by_gene, table, same=same)
        mixed = gene_groups([f"g{row}" for row in order], by_gene, table, same=same)
        assert parts(straight) == parts(mixed)
        assert straight["g3"] == straight["g5"] == straight["g8"]
