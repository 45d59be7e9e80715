"""Networks in each form that files have, matched to a compendium's genes."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from deeprage.data.names import NameResolver
from deeprage.data.regulatory_network import align, read_network
from deeprage.errors import DeepRageError

GENES = ["YA", "YB", "YC", "YD"]
SYMBOLS = ["ABC1", "BCD2", "TWIN", "TWIN"]
NAMES = NameResolver.from_symbols(GENES, SYMBOLS)
REGULATORS = np.array([0, 1])


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def edges(path: Path, **options: float) -> set[tuple[str, str, int]]:
    found = read_network(path, **options).edges
    return {(r, t, int(s)) for r, t, s in found.itertuples(index=False)}


class TestForms:
    def test_a_table_of_zeros_and_ones(self, tmp_path: Path) -> None:
        path = written(tmp_path / "n.tsv", "ID\tYA\tYB\nYC\t1\t0\nYD\t0\t1\nYA\t0\t0\n")
        assert edges(path) == {("YA", "YC", 0), ("YB", "YD", 0)}
        assert read_network(path).genes == ("YC", "YD", "YA")

    def test_signs_quotes_and_the_short_header_of_r(self, tmp_path: Path) -> None:
        path = written(tmp_path / "n.tsv", '"YA"\t"YB"\n"YC"\t-1\t1\n')
        assert edges(path) == {("YA", "YC", -1), ("YB", "YC", 1)}

    def test_an_edge_list_with_and_without_header(self, tmp_path: Path) -> None:
        with_header = "target\tregulator\tsign\nYC\tYA\t+\nYD\tYA\t-\nYD\tYB\t?\n"
        expected = {("YA", "YC", 1), ("YA", "YD", -1), ("YB", "YD", 0)}
        assert edges(written(tmp_path / "a.tsv", with_header)) == expected
        without = "YA\tYC\t+\nYA\tYD\t-1\nYB\tYD\t0\n"
        assert edges(written(tmp_path / "b.tsv", without)) == expected

    def test_an_edge_list_with_p_values(self, tmp_path: Path) -> None:
        path = tmp_path / "n.tsv.gz"
        path.write_bytes(gzip.compress(b"YA\tYC\t0.01\nYA\tYD\t0.9\n"))
        assert edges(path, below=0.05) == {("YA", "YC", 0)}
        with pytest.raises(DeepRageError, match=r"p-value"):
            read_network(path)


class TestAlign:
    def network(self, tmp_path: Path, text: str) -> Path:
        return written(tmp_path / "n.tsv", text)

    def test_symbols_match_but_a_shared_symbol_does_not(self, tmp_path: Path) -> None:
        path = self.network(tmp_path, "abc1\tYC\nabc1\tTWIN\nYB\tYA\nZZZ\tYA\n")
        found = align(read_network(path), names=NAMES, regulator_rows=REGULATORS)
        np.testing.assert_array_equal(found.regulators, [0, 1])
        assert sorted(zip(*np.nonzero(found.edge), strict=True)) == [(0, 1), (2, 0)]

    def test_self_edges_and_genes_that_a_table_lacks_are_no_candidates(
        self, tmp_path: Path
    ) -> None:
        path = self.network(tmp_path, "ID\tYA\tYB\nYA\t1\t1\nYC\t1\t0\n")
        found = align(read_network(path), names=NAMES, regulator_rows=REGULATORS)
        np.testing.assert_array_equal(
            found.candidate, [[False, True], [False, False], [True, True], [False, False]]
        )
        assert not found.edge[0, 0]
        assert found.edge.sum() == 2

    def test_a_network_of_other_genes_is_refused(self, tmp_path: Path) -> None:
        path = self.network(tmp_path, "QQQ\tYC\nQQQ\tYD\n")
        with pytest.raises(DeepRageError, match="names no regulator"):
            align(read_network(path), names=NAMES, regulator_rows=REGULATORS)
