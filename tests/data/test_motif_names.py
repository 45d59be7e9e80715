"""Names of motif databases, matched to regulators."""

import numpy as np
import pytest

from deeprage.data.motif_names import factors, motif_owners
from deeprage.data.motifs import Motif, jaspar_motifs
from deeprage.data.names import NameResolver
from deeprage.interpretation.regulator_motifs import motifs_of_regulators

GENES = ["QX_0003", "QX_0006", "QX_0009", "QX_0010", "QX_0011", "QX_0012"]
SYMBOLS = ["Fab3", "Fab6", "Fab9", "Fab9-2", "Nkx2-5", "Su(H)"]
#: Regulators: Fab3, Fab6, Fab9, Nkx2-5, Su(H), but not Fab9-2.
REGULATOR_ROWS = [0, 1, 2, 4, 5]
PROBABILITIES = np.full((4, 6), 0.25)


def names_of(symbol: str, name: str = "M1") -> list[str]:
    resolver = NameResolver.from_symbols(GENES, SYMBOLS).among(REGULATOR_ROWS)
    found = motif_owners([Motif(name, symbol, PROBABILITIES)], resolver)
    return [SYMBOLS[REGULATOR_ROWS[slot]] for slot in found.slots[0]]


@pytest.mark.parametrize(
    "symbol",
    [
        "Fab3",
        "FAB3",
        "fab3",
        "QX_0003",
        "QX_0003.1",
        "gene:QX_0003",
        "Fab3p",
        "FAB3_HUMAN.H11MO.0.B",
        "FAB3_HUMAN.H10MO.C",
        "FAB3.H12CORE.0.P.B",
        "FAB3.H13RSNP.1.PSM.A",
        "MA9003.1.Fab3",
        "MA9003.1_Fab3",
        "Fab3_MA9003.1",
        "Fab3-MA9003.1",
        "(Fab3)_(Exemplum_minimum)_(DBD_1.00)",
        "M00001_2.00_Fab3",
        "Fab3_M00001_2.00",
        "Fab3(var.2)",
        "Fab3 (var.3)",
        "Fab3_var2",
        "Fab3-2",
        "Fab3.2",
        "Fab3_2",
        "Fab3(bZIP)/own-ChIP-Seq/Homer",
        "Fab3(bZIP)",
        "V$FAB3",
        "V$FAB3_01",
        "F$FAB3_Q6",
        "FAB3_YEAST",
        "Fab3_DBD",
        "Fab3_full_2",
        "Fab3_primary",
        "FAB3.p2",
        "Fab3-RA",
        "Fab3.t1",
        "FAB3_TARGET_GENES",
    ],
)
def test_one_factor(symbol: str) -> None:
    assert names_of(symbol) == ["Fab3"]
    assert names_of("MP00119", name=symbol) == ["Fab3"]


@pytest.mark.parametrize(
    "symbol",
    [
        "Fab3::Fab6",
        "Fab6::Fab3",
        "FAB3+FAB6",
        "Fab3/Fab6",
        "Fab3-Fab6",
        "FAB3_FAB6",
        "Fab3::Fab6(var.2)",
        "MA9009.1.Fab3::Fab6",
        "Fab3p::Fab6p",
        "Fab3,Fab6",
        "Fab3(bZIP)::Fab6(bHLH)",
    ],
)
def test_a_complex_belongs_to_each_member(symbol: str) -> None:
    assert names_of(symbol) == ["Fab3", "Fab6"]


def test_a_complex_with_one_known_member() -> None:
    for symbol in ("Fab3::Other", "Other+FAB3", "Fab3-Other"):
        assert names_of(symbol) == ["Fab3"]


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        # The name as it is goes before a shorter reading.
        ("Nkx2-5", ["Nkx2-5"]),
        ("NKX2-5_HUMAN.H11MO.0.B", ["Nkx2-5"]),
        ("Su(H)", ["Su(H)"]),
        # A gene that is no regulator is not a second motif of another one.
        ("Fab9-2", []),
        ("Fab9-3", ["Fab9"]),
        ("Fab", []),
        ("Fab33", []),
        ("3", []),
        ("MA9003.1", []),
        ("M00001_2.00", []),
        ("1-TGACTCAT", []),
        ("unknown", []),
    ],
)
def test_no_name_is_read_as_another_factor(symbol: str, expected: list[str]) -> None:
    assert names_of(symbol) == expected


def test_a_symbol_of_two_genes_is_not_used_and_named() -> None:
    resolver = NameResolver.from_symbols(["G1", "G2", "G3"], ["TWIN", "TWIN", "ONE"])
    motifs = [Motif("M1", "Twin", PROBABILITIES), Motif("M2", "One", PROBABILITIES)]
    found = motif_owners(motifs, resolver)
    assert found.slots == [[], [2]]
    assert "1 of 2 motifs matched to 1 of 3 regulators" in found.summary
    assert "1 to none: 'M1 Twin'" in found.summary
    assert "'Twin' (the first: G1, G2)" in found.summary


def test_by_names_and_symbols() -> None:
    motifs = [Motif("M1", "Fab3::Fab6", PROBABILITIES), Motif("M2", "Fab6(var.2)", PROBABILITIES)]
    found = motifs_of_regulators(motifs, GENES[:2], SYMBOLS[:2])
    assert {slot: [m.name for m in some] for slot, some in found.items()} == {
        0: ["M1"],
        1: ["M1", "M2"],
    }


def test_factors_without_a_list_of_regulators() -> None:
    assert factors("MBP1::SWI6") == ("MBP1", "SWI6")
    assert factors("Abf1p") == ("ABF1",)
    assert factors("HAP1") == ("HAP1",)
    assert factors("FAB3_HUMAN.H11MO.0.B") == ("FAB3_HUMAN",)
    assert factors("MA9003.1.Fab3") == ("FAB3",)
    assert factors("Fab3(bZIP)/own") == ("FAB3",)


def test_every_motif_of_jaspar_belongs_to_the_factor_that_it_is_named_after() -> None:
    motifs = jaspar_motifs()
    symbols = sorted({part for motif in motifs for part in motif.symbol.split("::")})
    found = motif_owners(motifs, NameResolver.from_symbols(symbols, symbols))
    for motif, slots in zip(motifs, found.slots, strict=True):
        assert {symbols[slot] for slot in slots} == set(motif.symbol.split("::"))
