"""One resolver of gene names: every spelling finds its gene, and a doubtful one finds none."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deeprage.data.identifiers import Identifier
from deeprage.data.name_index import OWN_NAME
from deeprage.data.names import NameResolver
from deeprage.errors import DeepRageError


def _genes(count: int = 40) -> NameResolver:
    """Genes with one identifier of each kind, as a RefSeq GFF3 has them."""
    numbers = range(1, count + 1)
    return NameResolver(
        [f"QX_{n:04d}" for n in numbers],
        [
            (
                ("ID", f"gene-QX_{n:04d}"),
                ("locus_tag", f"QX_{n:04d}"),
                ("Name", f"Fab{n}"),
                ("old_locus_tag", f"OLD{n:03d}"),
                ("alias", f"syn{n}|other{n};third{n}"),
                ("Dbxref:GeneID", f"{9400100 + 31 * n}"),
                ("Dbxref:HGNC", f"HGNC:{500 + n}"),
                ("transcript_id", f"NM_{n:06d}.3"),
                ("Dbxref:Ensembl", f"ENSG{n:011d}.7"),
            )
            for n in numbers
        ],
    )


RESOLVER = _genes()
SPELLINGS = {
    "raw ID": ("gene-QX_{n:04d}", "ID"),
    "locus tag": ("QX_{n:04d}", "locus_tag"),
    "another prefix": ("gene:QX_{n:04d}", "locus_tag without prefix or suffix"),
    "window of bedtools": ("QX_{n:04d}::chrI:12-99(+)", "locus_tag without prefix or suffix"),
    "strand of bedtools": ("QX_{n:04d}(-)", "locus_tag without prefix or suffix"),
    "symbol": ("Fab{n}", "Name"),
    "upper case": ("FAB{n}", "Name in another case"),
    "protein": ("Fab{n}p", "Name with the p of proteins"),
    "alias": ("other{n}", "alias"),
    "old locus tag": ("OLD{n:03d}", "old_locus_tag"),
    "Entrez": ("{entrez}", "GeneID (Dbxref)"),
    "Entrez with database": ("GeneID:{entrez}", "GeneID (Dbxref)"),
    "Entrez of another spelling": ("NCBIGene:{entrez}", "GeneID (Dbxref) without prefix or suffix"),
    "Entrez as LOC": ("LOC{entrez}", "GeneID (Dbxref) without prefix or suffix"),
    "Entrez as a decimal number": ("{entrez}.0", "GeneID (Dbxref) without prefix or suffix"),
    "HGNC": ("HGNC:{hgnc}", "HGNC (Dbxref)"),
    "version": ("ENSG{n:011d}.7", "Ensembl (Dbxref)"),
    "no version": ("ENSG{n:011d}", "Ensembl (Dbxref) without version"),
    "other version": ("ENSG{n:011d}.12", "Ensembl (Dbxref) without version"),
    "transcript": ("NM_{n:06d}.3", "transcript_id"),
    "id|symbol": ("QX_{n:04d}|Fab{n}", "identifiers joined in one name"),
    "symbol|Entrez": ("Fab{n}|{entrez}", "identifiers joined in one name"),
    "id;symbol": ("ENSG{n:011d}.9;Fab{n}", "identifiers joined in one name"),
    "id_symbol": ("QX_{n:04d}_Fab{n}", "identifiers joined in one name"),
    "symbol (id)": ("Fab{n} (QX_{n:04d})", "identifiers joined in one name"),
    "R's check.names": ("gene.QX_{n:04d}", "ID as R's check.names writes it"),
}


def _spell(form: str, n: int) -> str:
    return form.format(n=n, entrez=9400100 + 31 * n, hgnc=500 + n)


@pytest.mark.parametrize(("form", "label"), SPELLINGS.values(), ids=SPELLINGS)
def test_every_spelling_finds_its_gene_and_says_by_what(form: str, label: str) -> None:
    meant = RESOLVER.resolve([_spell(form, n) for n in range(1, 41)])
    assert meant.gene_index == tuple(range(40))
    assert meant.counts == {label: 40}
    assert not meant.ambiguous
    assert not meant.unmatched


def test_a_mixed_list_is_counted_by_rule() -> None:
    names = [f"QX_{n:04d}" for n in range(1, 31)] + [f"Fab{n}" for n in range(31, 40)] + ["none"]
    meant = RESOLVER.resolve(names)
    assert meant.summary == "30 by locus_tag, 9 by Name"
    assert meant.unmatched == ("none",)


def test_a_symbol_of_two_genes_is_named_with_both() -> None:
    genes = NameResolver.from_symbols(["a1", "a2", "a3"], ["TWIN", "Twin", "ONE"])
    meant = genes.resolve(["twin", "ONE"])
    assert meant.gene_index == (None, 2)
    assert meant.ambiguity() == "'twin' (a1, a2)"
    with pytest.raises(DeepRageError, match=r"'twin' \(a1, a2\)"):
        genes.one("twin", "regulator")


def test_among_some_genes_a_name_is_compared_with_all() -> None:
    genes = NameResolver.from_symbols(["a1", "a2", "a3"], ["TWIN", "Twin", "ONE"])
    some = genes.among([2, 0])
    assert some.shown == ["a3", "a1"]
    assert some.resolve(["ONE", "a1", "a2", "zz"]).gene_index == (0, 1, None, None)
    assert some.resolve(["twin"]).ambiguous == {"twin": ("a1", "a2")}
    assert genes.among([2]).resolve(["twin"]).unmatched == ("twin",)
    assert some.identifiers_of(0) == (("name", "a3"), ("symbol", "ONE"))
    with pytest.raises(DeepRageError, match=r"is the gene 'a2', but no regulator\. Valid: 'a3'"):
        some.one("a2", "regulator")
    with pytest.raises(DeepRageError, match=r"unknown regulator 'OME'\. Did you mean 'ONE'"):
        some.one("OME", "regulator")


def _two(first: list[Identifier], second: list[Identifier], others: int = 0) -> NameResolver:
    more = [
        [("locus_tag", f"t{n}"), ("symbol", f"s{n}"), ("alias", f"o{n}")] for n in range(others)
    ]
    return NameResolver(
        ["first", "second", *(f"g{n}" for n in range(others))], [first, second, *more]
    )


class TestOneNameOfTwoGenes:
    """A name that is an identifier of one gene and a symbol of another."""

    clash = _two([("locus_tag", "X")], [("symbol", "X")], others=20)

    def test_alone_it_is_ambiguous(self) -> None:
        assert self.clash.resolve(["X"]).ambiguous == {"X": ("first", "second")}

    def test_a_list_of_identifiers_decides(self) -> None:
        assert self.clash.resolve(["X", *(f"t{n}" for n in range(20))]).gene_index[0] == 0

    def test_a_list_of_symbols_decides(self) -> None:
        assert self.clash.resolve([*(f"s{n}" for n in range(20)), "X"]).gene_index[-1] == 1

    def test_a_list_of_both_does_not(self) -> None:
        mixed = [f"s{n}" for n in range(10)] + [f"t{n}" for n in range(10, 20)]
        assert "X" in self.clash.resolve([*mixed, "X"]).ambiguous

    def test_an_official_symbol_goes_before_an_alias(self) -> None:
        genes = _two([("symbol", "X")], [("alias", "X")])
        assert genes.resolve(["X"]).gene_index == (0,)

    def test_unless_all_others_are_aliases(self) -> None:
        genes = _two([("symbol", "X")], [("alias", "X")], others=20)
        assert genes.resolve(["X", *(f"o{n}" for n in range(20))]).gene_index[0] == 1

    def test_names_of_the_own_table_go_before_everything(self) -> None:
        genes = NameResolver.from_symbols(["X", "b", "c", "d", "e"], ["s0", "X", "s2", "s3", "s4"])
        assert genes.resolve(["X", "s2", "s3", "s4"]).gene_index == (0, 2, 3, 4)

    def test_parts_of_a_joined_name_that_disagree(self) -> None:
        assert RESOLVER.resolve(["QX_0001|Fab2"]).ambiguous == {
            "QX_0001|Fab2": ("QX_0001", "QX_0002")
        }


class TestNumbers:
    """Numbers of several databases, as NCBI gives human genes."""

    genes = NameResolver(
        [f"g{n}" for n in range(100)],
        [
            [("Dbxref:GeneID", str(7 * n)), ("Dbxref:HGNC", f"HGNC:{5 * n}"), ("gene", f"S{n}")]
            for n in range(100)
        ],
    )

    def test_are_of_the_database_that_explains_the_list(self) -> None:
        names = [str(7 * n) for n in range(100)]
        assert self.genes.resolve(names).gene_index == tuple(range(100))

    def test_a_retired_one_is_not_taken_for_that_of_another_database(self) -> None:
        names = [str(7 * n) for n in range(100)]
        meant = self.genes.resolve([*names, "495"])  # HGNC:495 is g99
        assert meant.gene_index[-1] is None
        assert self.genes.resolve([*names[:5], "HGNC:495"]).gene_index[-1] == 99

    def test_alone_one_of_two_databases_is_ambiguous(self) -> None:
        assert self.genes.resolve(["35"]).ambiguous == {"35": ("g5", "g7")}

    def test_accessions_of_genbank_are_no_numbers_after_r(self) -> None:
        names = [f"M{n}" for n in range(700, 720)]
        assert not self.genes.resolve([*names, "X693"]).resolved
        after_r = [f"X{7 * n}" for n in range(80, 100)]
        assert len(self.genes.resolve([*after_r, *names]).resolved) == 20
        assert len(self.genes.resolve([*after_r[1:], *names]).resolved) == 0


class TestVersions:
    def test_numbers_that_tell_genes_apart_are_no_versions(self) -> None:
        worm = NameResolver([f"F10E9.{n}" for n in range(1, 12)])
        assert worm.resolve(["F10E9.12", "F10E9", "F10E9.3"]).gene_index == (None, None, 2)

    def test_clones_of_the_matrix_are_no_versions_either(self) -> None:
        genes = NameResolver(["AC01.1", "AC02.1", "AC03.1"])
        names = ["AC01.4", "AC01.5", "AC02.6", "AC02.7"]
        assert genes.resolve(names).resolved == {}

    def test_symbols_have_none(self) -> None:
        genes = NameResolver.from_symbols(["a", "b"], ["AC01.1", "AC02.1"])
        assert genes.resolve(["AC01", "AC02.2", "AC02.1"]).gene_index == (None, None, 1)

    def test_a_row_with_and_without_a_number(self) -> None:
        genes = NameResolver(["TBCE", "MSN2"])
        assert genes.resolve(["TBCE", "TBCE.1"]).gene_index == (0, None)

    def test_copies_of_the_pseudoautosomal_region(self) -> None:
        genes = NameResolver(["x", "y"], [[("gene_id", "ENSG01.14")],
                                          [("gene_id", "ENSG01.14_PAR_Y")]])  # fmt: skip
        assert genes.resolve(["ENSG01", "ENSG01.15_PAR_Y"]).gene_index == (0, 1)

    def test_versions_with_case(self) -> None:
        genes = NameResolver(["Abc1.2", "Abd1.2"])
        assert genes.resolve(["ABC1.5"]).gene_index == (0,)


class TestNoFalseFriends:
    @pytest.mark.parametrize("name", ["HGNC:9400131", "MGI:501", "chr1:9400131", "5", "Fabp", "arm",
                                      "fab3p", "id-QX_0001",
                                      "QX_0001_QX_0002", "the Fab1 domain", "", " "])  # fmt: skip
    def test_names_that_only_look_alike(self, name: str) -> None:
        assert RESOLVER.resolve([name]).resolved == {}

    def test_joined_names_with_a_short_half(self) -> None:
        genes = NameResolver.from_symbols(["a", "b"], ["Fab1", "Fab2"])
        assert genes.resolve(["a_Fab1", "Fab2_b"]).gene_index == (0, 1)

    @pytest.mark.parametrize("name", ["a_Twin", "a|Twin", "Twin (a)"])
    def test_the_identifier_tells_which_gene_of_a_shared_symbol_is_meant(self, name: str) -> None:
        genes = NameResolver.from_symbols(["a", "b"], ["Twin", "Twin"])
        assert genes.resolve([name]).gene_index == (0,)

    def test_half_of_a_joined_name_suffices_in_a_list_of_joined_names(self) -> None:
        names = [f"QX_{n:04d}_Fab{n}" for n in range(1, 30)]
        assert RESOLVER.resolve([*names, "QX_0030_OLDNAME"]).gene_index[-1] == 29
        assert RESOLVER.resolve(["QX_0030_OLDNAME"]).gene_index == (None,)

    def test_one_kind_can_be_asked_for(self) -> None:
        assert RESOLVER.resolve(["QX_0001", "Fab1"], kind="Name").gene_index == (None, 0)
        assert RESOLVER.resolve(["9400131"], kind="GeneID").gene_index == (0,)
        assert RESOLVER.resolve(["9400131"], kind="Dbxref").gene_index == (0,)


_WORDS = st.sampled_from(
    ["a", "A", "b", "B1", "b1", "a.1", "a.2", "gene:a", "gene-b1", "a|b", "B1p"]
)
_KINDS = st.sampled_from([OWN_NAME, "ID", "locus_tag", "symbol", "Name", "alias", "Dbxref:GeneID"])
_TABLE = st.lists(st.lists(st.tuples(_KINDS, _WORDS), max_size=4), min_size=1, max_size=6)
_NAMES = st.lists(_WORDS, max_size=12)


@settings(max_examples=150, deadline=None)
@given(table=_TABLE, names=_NAMES, seed=st.integers(0, 99))
def test_the_order_of_names_and_genes_does_not_matter(
    table: list[list[Identifier]], names: list[str], seed: int
) -> None:
    genes = [f"gene {at}" for at in range(len(table))]
    first = NameResolver(genes, table).resolve(names)
    order = list(range(len(table)))
    shuffled = list(names)
    random.Random(seed).shuffle(order)
    random.Random(seed).shuffle(shuffled)
    second = NameResolver([genes[at] for at in order], [table[at] for at in order])
    other = second.resolve(shuffled)
    assert {name: genes[at] for name, at in first.resolved.items()} == {
        name: other.genes[at] for name, at in other.resolved.items()
    }
    assert {k: sorted(v) for k, v in first.ambiguous.items()} == {
        k: sorted(v) for k, v in other.ambiguous.items()
    }


@settings(max_examples=150, deadline=None)
@given(table=_TABLE, names=_NAMES)
def test_a_name_that_two_genes_share_in_one_kind_is_never_resolved_by_it(
    table: list[list[Identifier]], names: list[str]
) -> None:
    meant = NameResolver([f"gene {at}" for at in range(len(table))], table).resolve(names)
    for name, index, rule in zip(meant.names, meant.gene_index, meant.rules, strict=True):
        assert (index is None) == (rule is None)
        if rule is None or rule.form.label:
            continue
        owners = [at for at, pairs in enumerate(table) if (rule.kind, name) in pairs]
        assert owners in ([index], [])  # none: the name is a part of a list of aliases


@settings(max_examples=100, deadline=None)
@given(table=_TABLE, names=_NAMES)
def test_each_name_is_resolved_ambiguous_or_unmatched(
    table: list[list[Identifier]], names: list[str]
) -> None:
    meant = NameResolver([f"gene {at}" for at in range(len(table))], table).resolve(names)
    parts = [set(meant.resolved), set(meant.ambiguous), set(meant.unmatched)]
    assert set().union(*parts) == set(names)
    assert sum(map(len, parts)) == len(set(names))
    assert sum(meant.counts.values()) == sum(index is not None for index in meant.gene_index)
