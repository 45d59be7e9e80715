"""Genomes that are larger than what is kept in memory."""

from pathlib import Path

import numpy as np
import pytest

from deeprage.data import genome as module
from deeprage.data import genome_store
from deeprage.data.genome import read_genome
from deeprage.data.genome_store import StoredTokens, TokenStore
from deeprage.data.promoters import cut_window
from deeprage.errors import DeepRageError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    parts = []
    for name, size in (("a", 700), ("b [topology=circular]", 300), ("c", 90)):
        letters = "".join(rng.choice(list("ACGTN"), size))
        parts.append(f">{name}\n" + "\n".join(letters[i : i + 60] for i in range(0, size, 60)))
    made = tmp_path / "g.fa"
    made.write_text("\n".join(parts) + "\n")
    return made


def test_windows_of_a_stored_genome_are_those_of_one_in_memory(path: Path, monkeypatch) -> None:
    whole = read_genome(path)
    monkeypatch.setattr(genome_store, "MOST_IN_MEMORY", 100)
    monkeypatch.setattr(module, "_PIECE", 64)
    stored = read_genome(path)
    assert isinstance(stored["a"].tokens, StoredTokens)
    assert isinstance(stored["c"].tokens, np.ndarray)
    for name, chromosome in whole.items():
        assert len(stored[name]) == len(chromosome)
        assert stored[name].tokens.tobytes() == chromosome.tokens.tobytes()
        assert stored[name].ambiguous == chromosome.ambiguous
        for start, end, strand in ((-20, 30, "+"), (50, 80, "-"), (280, 330, "+"), (690, 750, "-")):
            one, other = (cut_window(x[name], start, end, strand) for x in (whole, stored))
            np.testing.assert_array_equal(one[0], other[0])
            assert one[1] == other[1]


def test_a_wrong_letter_has_its_position_in_the_whole_sequence(path: Path, monkeypatch) -> None:
    monkeypatch.setattr(module, "_PIECE", 64)
    lines = path.read_text().split("\n")
    lines[4] = "J" + lines[4][1:]
    path.write_text("\n".join(lines))
    with pytest.raises(DeepRageError, match="letter 'J' at position 181"):
        read_genome(path)


def test_positions_beyond_the_end_are_an_error() -> None:
    stored = TokenStore(0).keep([np.array([1, 2, 3], dtype=np.int8)])
    assert stored[np.array([2, 0, 1])].tolist() == [3, 1, 2]
    assert len(stored[np.array([], dtype=int)]) == 0
    with pytest.raises(IndexError):
        stored[np.array([3])]


def test_without_room_for_a_file_memory_is_used(monkeypatch) -> None:
    def full(**options: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(genome_store, "TemporaryFile", full)
    tokens = TokenStore(0).keep([np.array([1], dtype=np.int8), np.array([2], dtype=np.int8)])
    assert isinstance(tokens, np.ndarray)
    assert tokens.tolist() == [1, 2]
