"""Networks in the layouts of databases and tools, with 20 links: 10 activate, 10 repress."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from deeprage.data.names import NameResolver
from deeprage.data.network_signs import sign_of
from deeprage.data.regulatory_network import align, check_comparable, read_network
from deeprage.errors import DeepRageError

SYMBOLS = [f"Fab{n}" for n in range(1, 41)]
GENES = [f"QX_{n:04d}" for n in range(1, 41)]
REGULATOR_ROWS = np.array([2, 5, 8])
NAMES = NameResolver.from_symbols(GENES, SYMBOLS)
#: (regulator, target, sign): Fab3 activates 10 genes, Fab6 represses 10.
LINKS = [("Fab3", f"Fab{n}", 1) for n in range(1, 31, 3)] + [
    ("Fab6", f"Fab{n}", -1) for n in range(2, 32, 3)
]


def lines(form: str, header: str = "", words: tuple[str, str] = ("-", "+")) -> str:
    """One line a link; `form` has {r}, {t}, {s}, {R}, {T} (upper case) and {n}."""
    text = header + "\n" if header else ""
    for n, (regulator, target, sign) in enumerate(LINKS):
        word = words[(sign + 1) // 2]
        text += form.format(
            r=regulator, t=target, s=word, R=regulator.upper(), T=target.upper(), n=n
        )
        text += "\n"
    return text


def matrix(separator: str = "\t", *, turned: bool = False, corner: str = "", top: str = "") -> str:
    signs = {(r, t): s for r, t, s in LINKS}
    rows, columns = SYMBOLS, ["Fab3", "Fab6", "Fab9"]
    if turned:
        rows, columns = columns, rows
    text = separator.join([corner, *columns] if corner is not None else columns) + "\n"
    for row in rows:
        pairs = [(row, c) if turned else (c, row) for c in columns]
        text += separator.join([row, *(str(signs.get(pair, 0)) for pair in pairs)]) + "\n"
    return top + text


def gmt(description: str = "na") -> str:
    return "".join(
        "\t".join([r, description, *(t for name, t, _ in LINKS if name == r)]) + "\n"
        for r in ("Fab3", "Fab6")
    )


SIGNED = {
    "TRRUST": lines("{R}\t{T}\t{s}\t12345678;234", words=("Repression", "Activation")),
    "CollecTRI": lines("{r},{t},{s}", "source,target,weight", ("-1", "1")),
    "CollecTRI with PMIDs": lines(
        "{n},{r},{t},{s},PMID:1;PMID:2", ",source,target,weight,references", ("-1.0", "1.0")
    ),
    "DoRothEA": lines("{r},A,{t},{s}", "tf,confidence,target,mor", ("-1.0", "1.0")),
    "DoRothEA with likelihood": lines(
        "{r},A,{t},{s},1", "tf,confidence,target,mor,likelihood", ("-1", "1")
    ),
    "TRRUST with header": lines(
        "{R}\t{T}\t{s}\t123", "TF\tTarget\tMode of Regulation\tReferences (PMID)",
        ("Repression", "Activation"),
    ),
    "DoRothEA quoted": lines(
        '"{r}","B","{t}",{s}', '"tf","confidence","target","mor"', ("-1", "1")
    ),
    "DoRothEA of R": lines(
        '"{n}" "{r}" "C" "{t}" {s}', '"tf" "confidence" "target" "mor"', ("-1", "1")
    ),
    "OmniPath": lines(
        "P{n}\tQ{n}\t{r}\t{t}\t1\t{s}\tx", "source\ttarget\tsource_genesymbol\t"
        "target_genesymbol\tis_directed\tis_stimulation\tis_inhibition",
    ).replace("\t+\tx", "\tTrue\tFalse").replace("\t-\tx", "\tFalse\tTrue"),
    "RegulonDB 12": "#own header\n" + lines("R{n:04d}\t{r}\t{r}\tG{n:04d}\t{t}\t{s}\tC"),
    "RegulonDB with numbers": lines(
        "R{n}\t{r}\t{r}\tG{n}\t{t}\t{s}\tS", "1)regulatorId\t2)regulatorName\t3)RegulatorGeneName\t"
        "4)regulatedId\t5)regulatedName\t6)function\t7)confidenceLevel",
    ),
    "RegulonDB 10": "# comment\n# comment\n" + lines("{r}\t{t}\t{s}\t[AIBSCS]\tWeak"),
    "commented header": lines("{r}\t{t}\t{s}", "#TF\tTarget\tMode", ("inhibits", "activates")),
    "YEASTRACT with signs": lines("{r}p;{t};{s}", words=("Negative", "Positive")),
    "SIF": lines("{r}\t{s}\t{t}", words=("represses", "activates")),
    "SIF with blanks": lines("{r} {s} {t}", words=("inhibits", "induces")),
    "words": lines("{r}\t{t}\t{s}", "Regulator\tTarget\tEffect", ("repressor", "ACTIVATOR")),
    "words of another header": lines("{r},{t},{s}", "Faktor,Ziel,Art", ("down", "up")),
    "target first": lines("{s}\t{t}\t{r}", "sign\tTarget Gene\tTF Name"),
    "upper case": lines("{R},{T},{s}", "TF,TARGET,MOR", ("-1", "1")),
    "arrows": lines("{r}\t{s}\t{t}", words=("-|", "->")),
    "phrases": lines(
        "{r}\t{t}\t{s}", "regulator\ttarget\teffect",
        ("negative regulation of expression", "transcriptional activation"),
    ),
    "matrix": matrix(),
    "matrix of R": matrix(corner=None),
    "matrix with regulators as rows": matrix(";", turned=True),
    "matrix with commas": matrix(",", corner="gene"),
}  # fmt: skip
UNSIGNED = {
    "YEASTRACT": lines("{r}p;{t}"),
    "two columns": lines("{r}\t{t}"),
    "two columns with blanks": lines("{r} {t}"),
    "protein names": lines("{r}p\t{t}", "regulator\ttarget"),
    "systematic names and versions": lines("{r}\t{t}", "tf\tgene")
    .replace("Fab3\t", "QX_0003.1\t")
    .replace("Fab6\t", "gene:QX_0006\t"),
    "GMT": gmt(),
    "GMT with an address": gmt("https://example.org/set"),
    "GMT with suffixes": gmt().replace("Fab3\tna", "FAB3_TARGET_GENES\tna"),
    "regulator and targets": gmt().replace("\tna", ""),
    "all pairs with 0 and 1": "TF\ttarget\tedge\n"
    + "".join(
        f"{r}\t{t}\t{int((r, t) in {link[:2] for link in LINKS})}\n"
        for r in ("Fab3", "Fab6")
        for t in SYMBOLS
    ),
    "matrix of evidence": matrix().replace("-1", "3"),
}


def aligned(path: Path, **options: float):
    return align(
        read_network(path, **options), genes=GENES, symbols=SYMBOLS, regulator_rows=REGULATOR_ROWS
    )


def links_of(found) -> set[tuple[str, str, int]]:
    """Links by symbol, self-links left out as they are from candidates."""
    rows, columns = np.nonzero(found.edge)
    return {
        (SYMBOLS[REGULATOR_ROWS[found.regulators[c]]], SYMBOLS[r], int(found.sign[r, c]))
        for r, c in zip(rows, columns, strict=True)
    }


@pytest.mark.parametrize("layout", SIGNED)
def test_layouts_with_signs(tmp_path: Path, layout: str) -> None:
    path = tmp_path / "network.txt"
    path.write_text(SIGNED[layout])
    network = read_network(path)
    assert len(network.edges) == 20
    assert sorted(set(network.edges["sign"])) == [-1, 1]
    assert links_of(aligned(path)) == set(LINKS)


@pytest.mark.parametrize("layout", UNSIGNED)
def test_layouts_without_signs(tmp_path: Path, layout: str) -> None:
    path = tmp_path / "network.txt.gz"
    path.write_bytes(gzip.compress(UNSIGNED[layout].replace("\n", "\r\n").encode()))
    assert links_of(aligned(path)) == {(r, t, 0) for r, t, _ in LINKS}


WEIGHTED = {
    "GRNBoost2": lines("{r}\t{t}\t{n}.5", "TF\ttarget\timportance"),
    "GENIE3": lines('"{r}" "{t}" {n}.5', "regulatoryGene targetGene weight"),
    "without header": lines("{r}\t{t}\t{n}.5"),
    "pandas": lines("{n},{r},{t},{n}.5", ",TF,target,importance"),
    "STRING": lines("{r} {t} {n}50", "protein1 protein2 combined_score"),
    "ARACNe": lines("{r}\t{t}\t{n}.5\t0.001", "Regulator\tTarget\tMI\tpvalue"),
    "another name": lines("{r},{t},{n}.5", "tf,target,foo"),
    "WGCNA": lines("{r}\t{t}\t{n}.5\tundirected", "fromNode\ttoNode\tweight\tdirection"),
    "decimal commas": lines("{r};{t};{n},5"),
}


@pytest.mark.parametrize("layout", WEIGHTED)
def test_weights_need_a_threshold(tmp_path: Path, layout: str) -> None:
    path = tmp_path / "network.txt"
    path.write_text(WEIGHTED[layout])
    with pytest.raises(DeepRageError, match=r"--network-above VALUE .*--network-below VALUE"):
        read_network(path)
    least = 1050 if layout == "STRING" else 10.5
    kept = {(r, t) for r, t, _ in LINKS[10:]}
    if layout == "STRING":  # without direction
        kept |= {(t, r) for r, t in kept}
    edges = read_network(path, above=least).edges
    assert set(zip(edges["regulator"], edges["target"], strict=True)) == kept
    assert len(read_network(path, above=0).edges) == (40 if layout == "STRING" else 20)
    with pytest.raises(DeepRageError, match=r"no link of .* passes the threshold"):
        read_network(path, above=1e9)


def test_signs_of_weights_and_weights_beside_signs(tmp_path: Path) -> None:
    path = tmp_path / "network.csv"
    path.write_text(lines("{r},{t},{s}0.5", "source,target,weight", ("-", "")))
    assert links_of(aligned(path, above=0.1)) == set(LINKS)
    path.write_text(lines("{r},{t},{s},0.{n:02d}", "tf,target,mor,likelihood", ("-1", "1")))
    assert links_of(aligned(path, above=0.1)) == set(LINKS[10:])


def test_p_values_as_a_column_and_as_a_table(tmp_path: Path) -> None:
    path = tmp_path / "network.tsv"
    path.write_text(lines("{r}\t{t}\t0.{n:02d}\t{n}", "TF\tgene\tpvalue\tscore"))
    assert len(read_network(path, below=0.05).edges) == 5
    assert len(read_network(path, below=0.15, above=10).edges) == 5
    path.write_text("ID\tFab3\tFab6\nFab1\t0.001\t0.9\nFab2\t0.5\t0.04\n")
    with pytest.raises(DeepRageError, match=r"from 0\.001 to 0\.9"):
        read_network(path)
    assert len(read_network(path, below=0.05).edges) == 2
    path.write_text(lines("{r}\t{t}"))
    with pytest.raises(DeepRageError, match="no column of numbers that --network-below could cut"):
        read_network(path, below=0.05)


class TestOrientation:
    def test_a_header_that_is_wrong_is_refused_with_both_counts(self, tmp_path: Path) -> None:
        path = tmp_path / "n.tsv"
        path.write_text(lines("{r}\t{t}\t{s}", "target\tregulator\tsign"))
        with pytest.raises(DeepRageError, match=r"look exchanged in n\.tsv") as error:
            aligned(path)
        assert "2 of 2 names in target and 0 of 20 in regulator" in str(error.value)

    def test_without_a_header_the_other_way_is_taken_and_named(self, tmp_path: Path) -> None:
        path = tmp_path / "n.tsv"
        path.write_text(lines("{t}\t{r}\t{s}"))
        found = aligned(path)
        assert links_of(found) == set(LINKS)
        assert any("regulators are in column 2, since" in note for note in found.notes)

    def test_a_turned_table_is_named(self, tmp_path: Path) -> None:
        path = tmp_path / "n.csv"
        path.write_text(SIGNED["matrix with regulators as rows"])
        found = aligned(path)
        assert any("regulators are in the rows" in note for note in found.notes)
        assert found.candidate.sum() == 3 * 40 - 3

    def test_regulators_that_regulate_each_other_stay_as_they_are(self, tmp_path: Path) -> None:
        path = tmp_path / "n.tsv"
        path.write_text("Fab3\tFab6\t+\nFab6\tFab9\t-\nFab9\tFab3\t+\n")
        found = aligned(path)
        assert links_of(found) == {("Fab3", "Fab6", 1), ("Fab6", "Fab9", -1), ("Fab9", "Fab3", 1)}


class TestCounted:
    def test_links_with_both_signs(self, tmp_path: Path) -> None:
        path = tmp_path / "n.tsv"
        path.write_text("Fab3\tFab1\t+\nFab3\tFab1\t-\nFab3\tFab2\t+\nFab3\tFab2\t?\n")
        found = aligned(path)
        assert links_of(found) == {("Fab3", "Fab1", 0), ("Fab3", "Fab2", 1)}
        assert "n.tsv: 1 link with both signs, used without a sign: 'Fab3 > Fab1'" in found.notes
        path.write_text("Fab3\tFab1\t+\nQX_0003\tQX_0001\t-\n")  # under two names
        found = aligned(path)
        assert links_of(found) == {("Fab3", "Fab1", 0)}
        assert any("under several names of a gene" in note for note in found.notes)

    def test_names_that_are_not_in_the_compendium(self, tmp_path: Path) -> None:
        path = tmp_path / "n.tsv"
        path.write_text("Fab3\tFab1\nAlien\tFab2\nFab3\tOther\nFab1\tFab2\n")
        text = " ".join(aligned(path).notes)
        assert "1 of 4 links between 1 of 3 regulators" in text
        assert "2 of 3 regulators not among those of the compendium: 'Alien', 'Fab1'" in text
        assert "1 of 3 targets not among those of the compendium: 'Other'" in text

    def test_a_name_of_two_genes(self, tmp_path: Path) -> None:
        path = tmp_path / "n.tsv"
        path.write_text("ONE\tTWIN\nONE\tTWO\n")
        found = align(
            read_network(path),
            genes=["G1", "G2", "G3", "G4"],
            symbols=["ONE", "TWIN", "TWIN", "TWO"],
            regulator_rows=np.array([0]),
        )
        np.testing.assert_array_equal(np.flatnonzero(found.edge[:, 0]), [3])
        assert any("'TWIN' (G2, G3)" in note for note in found.notes)

    def test_rows_without_a_name(self, tmp_path: Path) -> None:
        path = tmp_path / "n.csv"
        path.write_text("tf,target\nFab3,Fab1\nFab3,\nNA,Fab2\n")
        found = aligned(path)
        assert found.edge.sum() == 1
        assert any("2 rows without a regulator or a target left out" in n for n in found.notes)


class TestComparable:
    ROWS = np.arange(40)

    def found(self, tmp_path: Path, text: str):
        path = tmp_path / "n.tsv"
        path.write_text(text)
        return aligned(path)

    def test_every_pair_is_a_link(self, tmp_path: Path) -> None:
        table = "ID\tFab3\tFab6\n" + "".join(f"Fab{n}\t1\t1\n" for n in (1, 4, 7))
        with pytest.raises(DeepRageError, match="a link in each of its 6 pairs"):
            check_comparable(self.found(tmp_path, table), "n.tsv", self.ROWS)

    def test_no_link_among_the_genes_that_are_scored(self, tmp_path: Path) -> None:
        found = self.found(tmp_path, "Fab3\tFab1\nFab3\tFab2\n")
        assert check_comparable(found, "n.tsv", self.ROWS) is None
        with pytest.raises(DeepRageError, match="has no link between 1 regulator and 38 genes"):
            check_comparable(found, "n.tsv", self.ROWS[2:])

    def test_mostly_links_are_named(self, tmp_path: Path) -> None:
        table = "ID\tFab3\n" + "".join(f"Fab{n}\t{int(n < 8)}\n" for n in (1, 4, 7, 10))
        said = check_comparable(self.found(tmp_path, table), "n.tsv", self.ROWS)
        assert said is not None
        assert "3 of 4 pairs are links (75%)" in said

    @pytest.mark.parametrize("text", ["Alien\tFab1\nOther\tFab2\n", "Alien\tFab2\nAlien\tFab4\n"])
    def test_no_known_regulator(self, tmp_path: Path, text: str) -> None:
        with pytest.raises(DeepRageError, match="names no regulator of the compendium"):
            self.found(tmp_path, text)

    def test_no_known_target(self, tmp_path: Path) -> None:
        with pytest.raises(DeepRageError, match="has no link from a regulator to a gene"):
            self.found(tmp_path, "Fab3\tAlien\nFab3\tOther\n")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "has no rows"),
        ("# nothing\n", "has no rows"),
        ("tf\ttarget\n", "a header and no rows"),
        ("Fab3\nFab6\n", "expected 2 or more"),
        ("tf\ttarget\tsign\nFab3\tFab1\t+\nFab3\tFab2\n", "2 cells in line 3, its header 3"),
        ("Fab3\tFab1\t+\nFab3\tFab2\t+\nFab3\tFab4\n", "2 cells in line 3, most others have 3"),
        ("tf\ttarget\tsign\nFab3\tFab1\tpurple\nFab3\tFab2\t+\n", "'purple', expected a sign"),
        ("ID\tFab3\tFab6\nFab1\t0\t0\nFab2\t0\t0\n", "has no link"),
        ("ID\tFab3\tFab6\nFab1\t0\tnan\nFab2\t1\t0\n", "missing or not finite"),
        ("1\t2\t3\n4\t5\t6\n", "0 columns of names"),
        ("tf\ttarget\nNA\tNA\n", "has no link"),
        ('tf,target\n"Fab3,Fab1\n' + "x" * 140_000, "is not a table|cells in line"),
    ],
)
def test_what_cannot_be_read_is_refused(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "n.txt"
    path.write_text(text)
    with pytest.raises(DeepRageError, match=says):
        aligned(path)


@pytest.mark.parametrize(
    ("word", "sign"),
    [
        ("Activation", 1),
        ("positively regulates", 1),
        ("INDUCES", 1),
        ("up-regulates", 1),
        ("upregulation", 1),
        ("+", 1),
        ("derepression", 1),
        ("repression", -1),
        ("inhibits", -1),
        ("down_regulates", -1),
        ("inactivation", -1),
        ("deactivates", -1),
        ("\u2212", -1),
        ("activator/repressor", 0),
        ("+-", 0),
        ("?", 0),
        ("dual", 0),
        ("Unknown", 0),
        ("regulates", 0),
        ("controls-expression-of", 0),
        ("purple", None),
        ("0.5", None),
        ("Fab3", None),
    ],
)
def test_words_of_signs(word: str, sign: int | None) -> None:
    assert sign_of(word) == sign
