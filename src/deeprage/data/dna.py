"""DNA as int8 tokens (A 0, C 1, G 2, T 3, N 4) and as one-hot arrays `(batch, 4, length)`."""

import numpy as np
from numpy.typing import NDArray

from deeprage.errors import DeepRageError

LETTERS = "ACGTN"
N_TOKEN = 4
_UNKNOWN = 255
_TOKEN_OF_BYTE = np.full(256, _UNKNOWN, dtype=np.uint8)
for _token, _letter in enumerate(LETTERS):
    _TOKEN_OF_BYTE[ord(_letter)] = _TOKEN_OF_BYTE[ord(_letter.lower())] = _token
_COMPLEMENT = np.array([3, 2, 1, 0, 4], dtype=np.int8)
_LETTER_OF_TOKEN = np.frombuffer(LETTERS.encode(), dtype=np.uint8)


def encode(sequence: str, *, name: str = "sequence") -> NDArray[np.int8]:
    """Tokens (length,) of a DNA string, upper or lower case.

    Raises:
        DeepRageError: a letter is not one of ACGTN.
    """
    tokens = _TOKEN_OF_BYTE[np.frombuffer(sequence.encode("latin-1", "replace"), dtype=np.uint8)]
    if (tokens == _UNKNOWN).any():
        at = int(np.argmax(tokens == _UNKNOWN))
        raise DeepRageError(
            f"{name} has the letter {sequence[at]!r} at position {at + 1}; promoters are written "
            "with A, C, G, T and N only: replace other letters by N."
        )
    return tokens.astype(np.int8)


def decode(tokens: NDArray[np.int8]) -> str:
    """The DNA string of tokens int8 (length,)."""
    return _LETTER_OF_TOKEN[tokens].tobytes().decode()


def reverse_complement(tokens: NDArray[np.int8]) -> NDArray[np.int8]:
    """Tokens int8 (..., length) of the other strand, 5' to 3', of tokens of the same shape."""
    return _COMPLEMENT[tokens[..., ::-1]]


def one_hot(tokens: NDArray[np.int8]) -> NDArray[np.float32]:
    """One-hot float32 (batch, 4, length) of tokens (batch, length); N is all zeros."""
    letters = np.arange(4, dtype=np.int8)[None, :, None]
    encoded: NDArray[np.float32] = (tokens[:, None, :] == letters).astype(np.float32)
    return encoded
