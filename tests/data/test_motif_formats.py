"""Motif files in every format, written here from known probabilities and read back."""

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from deeprage.data.motifs import read_meme, read_motifs
from deeprage.errors import DeepRageError

#: Two motifs (positions x A, C, G, T), in hundredths, without and with zeros.
MOTIFS = {
    "Fab3": np.array(
        [[3, 2, 2, 93], [2, 3, 93, 2], [93, 2, 3, 2], [2, 93, 2, 3], [10, 20, 30, 40]]
    ),
    "Fab6": np.array([[0, 100, 0, 0], [50, 0, 50, 0], [25, 25, 25, 25], [0, 1, 0, 99]]),
}
NAMES = {"Fab3": "MA9003.1", "Fab6": "MA9006.2"}
Matrices = dict[str, np.ndarray]
HEAD = "MEME version 4\n\nALPHABET= ACGT\n\nstrands: + -\n\n"


def by_position(matrix: np.ndarray, *, scale: float = 0.01, between: str = " ") -> str:
    return "".join(between.join(f"{x * scale:.6g}" for x in row) + "\n" for row in matrix)


def meme(matrices: Matrices, *, scale: float = 0.01, between: str = " ", blank: str = "\n") -> str:
    text = HEAD
    for symbol, matrix in matrices.items():
        text += f"MOTIF {NAMES[symbol]} {symbol}{blank}"
        text += f"letter-probability matrix: alength= 4 w= {len(matrix)} nsites= 20 E= 0\n"
        text += by_position(matrix, scale=scale, between=between) + "\n"
    return text


def full_meme(matrices: Matrices) -> str:
    """The text output of MEME: settings after the name, log-odds before the probabilities."""
    text = HEAD + "Background letter frequencies (from dataset):\nA 0.31 C 0.19 G 0.19 T 0.31\n"
    for symbol, matrix in matrices.items():
        width = len(matrix)
        text += f"MOTIF  {NAMES[symbol]} {symbol}\twidth = {width}  sites = 9  E-value = 1e-3\n"
        text += f"log-odds matrix: alength= 4 w= {width}\n" + "-90 100 -90 2\n" * width
        text += f"letter-probability matrix: alength= 4 w= {width} nsites= 9 E= 1e-3\n"
        text += by_position(matrix) + "-----\n"
    return text


def bare_meme(matrices: Matrices) -> str:
    """No version, no width, no blank line, numbers without a leading zero."""
    text = ""
    for symbol, matrix in matrices.items():
        text += f"MOTIF {NAMES[symbol]} {symbol}\nletter-probability matrix:\n"
        text += by_position(matrix).replace("0.", ".")
    return text


def alphabet_block(matrices: Matrices) -> str:
    block = (
        'ALPHABET "DNA" DNA-LIKE\nA "Adenine" CC0000 ~ T "Thymine" 008000\n'
        'C "Cytosine" 0000CC ~ G "Guanine" FFB300\nN = ACGT\nEND ALPHABET\n'
    )
    return meme(matrices).replace("ALPHABET= ACGT\n", block)


def jaspar(matrices: Matrices, *, labels: bool = True, brackets: bool = True) -> str:
    text = ""
    for symbol, matrix in matrices.items():
        text += f">{NAMES[symbol]}\t{symbol}\n"
        for letter, row in zip("ACGT", matrix.T, strict=True):
            numbers = "  ".join(str(x) for x in row)
            numbers = f"[ {numbers} ]" if brackets else numbers
            text += (f"{letter}  " if labels else "") + numbers + "\n"
    return text


def homer(matrices: Matrices) -> str:
    return "".join(
        f">{'TGACN'[: len(matrix)]}\t{symbol}\t6.1\t-120.5\t0\tT:20.0(40.00%)\n"
        + by_position(matrix, between="\t")
        for symbol, matrix in matrices.items()
    )


def hocomoco(matrices: Matrices) -> str:
    """Counts with decimals, a row a position, as in a .pcm file."""
    return "".join(
        f">{symbol.upper()}_HUMAN.H11MO.0.B\n" + by_position(matrix, scale=4.997, between="\t")
        for symbol, matrix in matrices.items()
    )


def transfac(matrices: Matrices) -> str:
    text = "VV  own\nXX\n//\n"
    for symbol, matrix in matrices.items():
        text += f"AC  {NAMES[symbol]}\nXX\nID  {symbol}\nXX\nP0      A      C      G      T\n"
        for number, row in enumerate(matrix, start=1):
            text += f"{number:02d}  " + "  ".join(f"{x:6d}" for x in row) + "      N\n"
        text += "XX\nCC  a comment\nXX\n//\n"
    return text


def stamp(matrices: Matrices) -> str:
    text = ""
    for symbol, matrix in matrices.items():
        text += f"DE\t{symbol}\n"
        for number, row in enumerate(matrix):
            text += f"{number}\t" + "\t".join(f"{x / 100:g}" for x in row) + "\tN\n"
        text += "XX\n"
    return text


def cisbp(matrices: Matrices) -> str:
    """The bulk file: a few lines on the factor, then the table."""
    text = ""
    for symbol, matrix in matrices.items():
        text += f"TF\tT{symbol}_1.02\nTF Name\t{symbol}\nMotif\t{NAMES[symbol]}\nFamily\tbZIP\n"
        text += "Pos\tA\tC\tG\tT\n"
        for number, row in enumerate(matrix, start=1):
            text += f"{number}\t" + "\t".join(f"{x / 100:g}" for x in row) + "\n"
        text += "\n"
    return text


def uniprobe(matrices: Matrices) -> str:
    text = ""
    for symbol, matrix in matrices.items():
        text += f"Protein: {symbol}\tSeed k-mer: TGACTCA\tEnrichment Score: 0.5\n"
        for letter, row in zip("ACGT", matrix.T, strict=True):
            text += f"{letter}:\t" + "\t".join(f"{x / 100:g}" for x in row) + "\n"
        text += "\n"
    return text


WRITERS: dict[str, Callable[[Matrices], str]] = {
    "meme": meme,
    "meme with tabs and blanks at the ends": lambda m: meme(m, between="\t").replace("\n", "\t\n"),
    "meme with CRLF": lambda m: meme(m).replace("\n", "\r\n"),
    "meme with commas": lambda m: meme(m, between=", "),
    "meme in per cent": lambda m: meme(m, scale=1),
    "meme with counts": lambda m: meme(m, scale=2),
    "meme, full text": full_meme,
    "meme without version or width": bare_meme,
    "meme with an alphabet block": alphabet_block,
    "jaspar": jaspar,
    "jaspar without brackets": lambda m: jaspar(m, brackets=False),
    "jaspar raw": lambda m: jaspar(m, labels=False, brackets=False),
    "homer": homer,
    "hocomoco counts": hocomoco,
    "transfac": transfac,
    "stamp": stamp,
    "cis-bp": cisbp,
    "uniprobe": uniprobe,
}


@pytest.mark.parametrize("layout", WRITERS)
def test_known_probabilities_come_back(tmp_path: Path, layout: str) -> None:
    path = tmp_path / "motifs.txt"
    # JASPAR's raw file of four positions has no letters, and columns and rows that both sum to 100.
    matrices = {"Fab3": MOTIFS["Fab3"]} if layout == "jaspar raw" else MOTIFS
    path.write_bytes(WRITERS[layout](matrices).encode())
    found = read_meme(path)
    assert len(found) == len(matrices)
    for motif, (symbol, matrix) in zip(found, matrices.items(), strict=True):
        np.testing.assert_allclose(motif.probabilities.T, matrix / 100, atol=1e-6)
        assert motif.symbol.upper().startswith(symbol.upper())


def test_a_gzipped_file_without_an_end_of_line(tmp_path: Path) -> None:
    path = tmp_path / "motifs.meme.gz"
    path.write_bytes(gzip.compress(meme(MOTIFS).rstrip().encode()))
    np.testing.assert_allclose(read_meme(path)[1].probabilities.T, MOTIFS["Fab6"] / 100)


def test_a_single_table_of_cis_bp_is_named_after_its_file(tmp_path: Path) -> None:
    path = tmp_path / "Fab3_M09003_2.00.txt.gz"
    rows = "".join(f"{n}\t0.1\t0.2\t0.3\t0.4\n" for n in range(1, 6))
    path.write_bytes(gzip.compress(f"Pos\tA\tC\tG\tT\n{rows}".encode()))
    (motif,) = read_meme(path)
    assert (motif.name, motif.width) == ("Fab3_M09003_2.00", 5)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (
            "10 0 0 10\n0 10 0 0\n0 0 20 0\n10 10 0 10\n",
            [[1, 0, 0, 1]],
        ),  # columns sum to 20, 20, ..
        ("20 0 0 0\n0 10 10 0\n5 5 5 5\n0 0 0 20\n", None),
    ],
)
def test_four_by_four_numbers_run_in_the_direction_that_their_sums_say(
    tmp_path: Path, rows: str, expected: object
) -> None:
    path = tmp_path / "square.pfm"
    path.write_text(rows)
    matrix = np.array([[float(x) for x in line.split()] for line in rows.splitlines()])
    (motif,) = read_meme(path)
    across = matrix.sum(axis=1)
    by_rows = matrix.T if np.ptp(across) == 0 else matrix
    np.testing.assert_allclose(motif.probabilities, by_rows / by_rows.sum(axis=0))


def good_and(bad: str) -> str:
    return meme({"Fab3": MOTIFS["Fab3"]}) + bad


def block(rows: str, width: int | str = 2, name: str = "BAD") -> str:
    return f"MOTIF {name} {name}\nletter-probability matrix: alength= 4 w= {width}\n{rows}\n"


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ("MOTIF BAD BAD\n", "has no letter-probability matrix"),
        (block("", width=0), "empty matrix"),
        (block("0 1 0 0\n0 0 1 0\n0 0 0 1\n"), "has 3 rows, although its header says w= 2"),
        (block("0 1 0 0\n"), "has 1 rows, although its header says w= 2"),
        (block("0 1 0\n0 1 0\n"), "a row of 3 values, expected 4"),
        (block("0 1 0 0\n0 x 0 1\n"), "'x' in place of a number"),
        (block("0 1 0 0\n0 nan 0 1\n"), "not finite"),
        (block("0 1 0 0\n0 1e400 0 1\n"), "not finite"),
        (block("1e308 1e308 1e308 1\n" * 2), "too large"),
        (block("-2 1.5 -2 -2\n" * 2), "negative values, as log-odds have"),
        (block("0 1 0 0\n0 0 0 0\n"), "a row of zeros"),
        (block("0.2 0.1 0.1 0.1\n" * 2), "a row that sums to 0.5, expected 1"),
        (block("0 1 0 0\n0.3 0.3 0.3 0.5\n"), "a row that sums to 1.4, expected 1"),
    ],
)
def test_a_motif_that_cannot_be_used_is_left_out_and_named(
    tmp_path: Path, bad: str, says: str
) -> None:
    path = tmp_path / "motifs.meme"
    path.write_text(good_and(bad))
    found = read_motifs(path)
    assert [motif.symbol for motif in found.motifs] == ["Fab3"]
    (note,) = found.notes
    assert "1 motif left out" in note
    assert says in note
    assert "'BAD'" in note
    path.write_text(HEAD + bad)
    with pytest.raises(DeepRageError, match="'BAD'") as error:
        read_motifs(path)
    assert says in str(error.value)


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (block("0.02 0.90 0.02 0.03\n" * 2), "rows that sum to 0.97"),
        (block("1 0 0 19\n0 20 0 0\n"), "counts"),
        (block("3 2 2 93\n2 3 93 2\n"), "per cent"),
    ],
)
def test_what_is_normalised_is_named(tmp_path: Path, bad: str, says: str) -> None:
    path = tmp_path / "motifs.meme"
    path.write_text(good_and(bad) + block("0 1 0 0\n0 1 0 0\n", name="LAST"))
    found = read_motifs(path)
    assert [motif.name for motif in found.motifs] == ["MA9003.1", "BAD", "LAST"]
    np.testing.assert_allclose(found.motifs[1].probabilities.sum(axis=0), 1)
    assert found.notes == (f"motifs.meme: 1 motif with {says} turned into probabilities: 'BAD'",)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "holds no motif"),
        ("nothing here\nat all\n", "holds no motif"),
        (meme(MOTIFS).replace("ACGT", "ACGU"), "alphabet 'ACGU'"),
        (meme(MOTIFS).replace("ACGT", "ACDEFGHIKLMNPQRSTVWY"), "give motifs of DNA"),
        (meme(MOTIFS).replace("alength= 4", "alength= 20"), "give motifs of DNA"),
        (alphabet_block(MOTIFS).replace('T "Thymine"', 'U "Uracil"'), "give motifs of DNA"),
        ("Pos\tA\tC\tG\tU\n1\t0\t0\t0\t1\n", "alphabet 'ACGU'"),
        (jaspar(MOTIFS).replace("\nT ", "\nU "), "alphabet 'ACGU'"),
        (">s1\nACGTACGT\n>s2\nACGTNN\n", "is FASTA"),
        ("<?xml version='1.0'?>\n<meme></meme>\n", "is XML or HTML"),
        ('{"pfm": {"A": [1]}}\n', "is JSON"),
        ("Pos\tA\tC\tG\tT\n", "empty matrix"),
        (">MA1\tFab3\n", "empty matrix"),
        (">MA1\tFab3\nA [1 2]\nC [1 2]\nG [1 2]\n", "one row for each of A, C, G and T"),
        (">MA1\tFab3\nA [1 2]\nC [1 2]\nG [1 2]\nT [1]\n", "rows of unequal length"),
        ("1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0 1\n", "direction is unclear"),
        ("P0 A C G T\n01 1 0 0\n//\n", "expected 4"),
    ],
)
def test_other_files_are_refused_in_a_sentence(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "motifs.txt"
    path.write_text(text)
    with pytest.raises(DeepRageError) as error:
        read_motifs(path)
    assert says in str(error.value)
