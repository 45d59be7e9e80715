"""Where the bases of a genome are kept: in memory, or in a temporary file for large genomes.

Windows of some thousand bases are cut out of a genome, so that memory follows these and not the
genome.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from typing import IO

import numpy as np
from numpy.typing import NDArray

#: Bases of a genome that are kept in memory.
MOST_IN_MEMORY = 256 << 20


@dataclass(frozen=True)
class StoredTokens:
    """Tokens of a chromosome in a file, which are read by their positions.

    Attributes:
        file: a file that goes when nothing refers to it any more.
        offset: where the tokens begin, one byte each.
        length: number of tokens.
    """

    file: IO[bytes] = field(repr=False)
    offset: int
    length: int

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, positions: NDArray[np.intp]) -> NDArray[np.int8]:
        """The tokens at these positions, one read for each run of neighbours."""
        ends = np.flatnonzero(np.diff(positions) != 1) + 1
        runs = np.split(positions, ends) if len(positions) else []
        read = [self._read(int(run[0]), len(run)) for run in runs]
        return np.frombuffer(b"".join(read), dtype=np.int8)

    def tobytes(self) -> bytes:
        """All tokens, as that of an array."""
        return self._read(0, self.length)

    def _read(self, first: int, number: int) -> bytes:
        if not 0 <= first <= first + number <= self.length:
            raise IndexError(f"{first} to {first + number} of {self.length} bases")
        return os.pread(self.file.fileno(), number, self.offset + first)


class TokenStore:
    """Keeps the tokens of the chromosomes of one genome.

    Args:
        most: tokens that are kept in memory.
    """

    def __init__(self, most: int | None = None) -> None:
        self._free = MOST_IN_MEMORY if most is None else most
        self._file: IO[bytes] | None = None
        self._size = 0

    def keep(self, pieces: Sequence[NDArray[np.int8]]) -> NDArray[np.int8] | StoredTokens:
        """The tokens of a chromosome, given in pieces."""
        length = sum(map(len, pieces))
        if length > self._free:
            stored = self._stored(pieces, length)
            if stored is not None:
                return stored
        self._free -= length
        return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)

    def _stored(self, pieces: Sequence[NDArray[np.int8]], length: int) -> StoredTokens | None:
        """The tokens in the file, None where it has no room."""
        try:
            if self._file is None:
                self._file = TemporaryFile(buffering=0)  # noqa: SIM115 (goes with the genome)
            offset = self._size
            for piece in pieces:
                offset += _write(self._file, piece.tobytes(), offset)
        except OSError:
            return None
        self._size += length
        return StoredTokens(self._file, self._size - length, length)


def _write(file: IO[bytes], content: bytes, offset: int) -> int:
    """Write all of `content` at a place of a file; its length."""
    written = 0
    while written < len(content):
        written += os.pwrite(file.fileno(), memoryview(content)[written:], offset + written)
    return written
