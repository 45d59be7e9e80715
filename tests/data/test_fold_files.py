"""Splits handed in as files."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from deeprage.data.split import Role
from deeprage.data.splitting import split_from_files
from deeprage.errors import DeepRageError


@pytest.fixture
def compendium(make_compendium):
    """Six targets in groups a a b b c c, two regulators; conditions in series x x y y z z."""
    return make_compendium(genes=8, conditions=6, regulators=2, groups="aabbccdd", series="xxyyzz")


def write(path: Path, **roles: str) -> Path:
    path.write_text("# a comment\n" + "".join(f"{k}\t{v}\n" for k, v in roles.items()))
    return path


GENES = {
    "G0": "train", "G1": "train", "G2": "validation",
    "G3": "validation", "G4": "test", "G5": "test",
}  # fmt: skip
CONDITIONS = {
    "C0": "test", "C1": "test", "C2": "train", "C3": "train", "C4": "validation", "C5": "validation"
}  # fmt: skip


def test_roles_are_those_of_the_files(compendium, tmp_path: Path) -> None:
    split = split_from_files(
        compendium,
        regime="both",
        genes_fold=write(tmp_path / "genes.tsv", **GENES),
        conditions_fold=write(tmp_path / "conditions.tsv", **CONDITIONS),
    )
    expected = np.full((8, 6), Role.UNUSED)
    expected[0:2, 2:4] = Role.TRAIN
    expected[2:4, 4:6] = Role.VALIDATION
    expected[4:6, 0:2] = Role.TEST
    expected[0:2, 4:6] = expected[2:4, 2:4] = Role.RESERVE
    np.testing.assert_array_equal(split.role, expected)


@pytest.mark.parametrize("header", ["gene\trole", "Name\tfold", "id\tset"])
def test_a_header_changes_nothing(compendium, tmp_path: Path, header: str) -> None:
    path = write(tmp_path / "genes.tsv", **GENES)
    plain = split_from_files(compendium, regime="genes", genes_fold=path)
    path.write_text(f"# about\n{header}\n{path.read_text()}")
    again = split_from_files(compendium, regime="genes", genes_fold=path)
    np.testing.assert_array_equal(again.role, plain.role)


@pytest.mark.parametrize("line", ["G0\ttrian", "G0\tTest"])
def test_a_first_line_with_a_gene_is_no_header(compendium, tmp_path: Path, line: str) -> None:
    path = tmp_path / "genes.tsv"
    path.write_text(f"{line}\nG1\ttrain\n")
    with pytest.raises(DeepRageError, match=r"unknown role .* line 1"):
        split_from_files(compendium, regime="genes", genes_fold=path)


def test_regulators_may_be_listed_and_stay_unused(compendium, tmp_path: Path) -> None:
    path = write(tmp_path / "genes.tsv", **GENES, G6="test", G7="train")
    split = split_from_files(compendium, regime="genes", genes_fold=path)
    assert (split.role[6:] == Role.UNUSED).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"G1": "test"}, r"parts 1 gene group, such as 'a'"),
        ({"G1": None}, r"1 of 6 scored genes are missing: 'G1'"),
        ({"Gx": "test"}, r"1 of 7 genes are not in the compendium: 'Gx'"),
        ({"g1": "test"}, r"'g1' and 'G1' differ in upper and lower case"),
        ({"G1": "tset"}, r"line 3: 'tset'. Did you mean 'test'"),
        ({"G4": "train", "G5": "train"}, r"no scored genes have the role 'test'"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(
    compendium, tmp_path: Path, change: dict[str, str | None], message: str
) -> None:
    roles = {k: v for k, v in {**GENES, **change}.items() if v is not None}
    with pytest.raises(DeepRageError, match=message):
        split_from_files(
            compendium, regime="genes", genes_fold=write(tmp_path / "genes.tsv", **roles)
        )


def test_a_parted_series_is_refused(compendium, tmp_path: Path) -> None:
    path = write(tmp_path / "conditions.tsv", **{**CONDITIONS, "C3": "test"})
    with pytest.raises(DeepRageError, match="parts 1 condition series, such as 'y'"):
        split_from_files(compendium, regime="conditions", conditions_fold=path)


def test_a_repeated_gene_is_refused(compendium, tmp_path: Path) -> None:
    path = write(tmp_path / "genes.tsv", **GENES)
    path.write_text(path.read_text() + "G0\ttest\n")
    with pytest.raises(DeepRageError, match="1 duplicate gene in"):
        split_from_files(compendium, regime="genes", genes_fold=path)


def test_a_line_without_a_tab_is_shown(compendium, tmp_path: Path) -> None:
    path = tmp_path / "genes.tsv"
    path.write_text("G0 train\n")
    with pytest.raises(DeepRageError, match="line 1: expected a name and a role"):
        split_from_files(compendium, regime="genes", genes_fold=path)


@pytest.mark.parametrize(
    ("regime", "message"),
    [("pairs", "takes no fold files"), ("both", "needs a file"), ("conditions", "takes no file")],
)
def test_files_must_suit_the_regime(compendium, tmp_path: Path, regime, message) -> None:
    with pytest.raises(DeepRageError, match=message):
        split_from_files(
            compendium, regime=regime, genes_fold=write(tmp_path / "genes.tsv", **GENES)
        )


@pytest.mark.parametrize("pack", [gzip.compress, lambda text: b"\xef\xbb\xbf" + text])
def test_gzip_and_a_byte_order_mark_change_nothing(compendium, tmp_path: Path, pack) -> None:
    path = write(tmp_path / "genes.tsv", **GENES)
    plain = split_from_files(compendium, regime="genes", genes_fold=path)
    path.write_bytes(pack(path.read_bytes()))
    again = split_from_files(compendium, regime="genes", genes_fold=path)
    np.testing.assert_array_equal(again.role, plain.role)


def test_a_missing_file_is_a_user_error(compendium, tmp_path: Path) -> None:
    with pytest.raises(DeepRageError, match=r"the fold file .* does not exist"):
        split_from_files(compendium, regime="genes", genes_fold=tmp_path / "none.tsv")


def test_names_may_be_other_identifiers_and_those_that_r_changed(
    make_compendium, tmp_path: Path
) -> None:
    compendium = make_compendium(
        genes=8, conditions=6, regulators=2, groups="aabbccdd", series="xxyyzz"
    )
    compendium.adata.obs_names = [f"{n}h-37C" for n in range(6)]
    given = {f"X{name[1:]}h.37C": role for name, role in CONDITIONS.items()}
    split = split_from_files(
        compendium,
        regime="both",
        genes_fold=write(tmp_path / "genes.tsv", **{k.lower(): v for k, v in GENES.items()}),
        conditions_fold=write(tmp_path / "conditions.tsv", **given),
    )
    assert split.role[5, 0] == Role.TEST
    assert split.role[0, 2] == Role.TRAIN
