"""Where the genes of a matrix are, by what both orientations explain."""

import pytest

from deeprage.data.names import NameResolver
from deeprage.data.orientation import OrientationChooser, check_orientation
from deeprage.errors import DeepRageError

GENES = [f"g{n}" for n in range(40)]
SAMPLES = [f"s{n}" for n in range(40)]
NAMES = NameResolver.from_symbols(GENES, [f"Sym{n}" for n in range(40)])


def chooser(
    regulators: list[str] | None = None, conditions: list[str] | None = None
) -> OrientationChooser:
    return OrientationChooser(
        genes=NAMES,
        source="the annotation",
        regulators=[[name] for name in regulators or ["Sym1", "Sym2"]],
        conditions=conditions or [],
    )


@pytest.mark.parametrize("usual", ["rows", "columns"])
@pytest.mark.parametrize(
    ("rows", "columns", "expected"),
    [
        (GENES, SAMPLES[:6], "rows"),
        (SAMPLES[:6], GENES, "columns"),
        (GENES[:20] + SAMPLES[:20], ["x", "y"], "rows"),
        (GENES[:3] + SAMPLES[:37], ["x", "y"], "rows"),  # three are not there by chance
        (GENES, ["Sym1", "Sym2", "wild type"], "rows"),  # strains
        (["Sym1", "Sym2", "wild type"], GENES, "columns"),
        (GENES[:20], [f"Sym{n}" for n in range(10)], "rows"),  # twice as many
    ],
)
def test_genes_decide(rows: list[str], columns: list[str], expected: str, usual: str) -> None:
    choose = chooser()
    assert choose(rows, columns, usual) == expected
    assert (choose.remark is None) == (expected == usual)


@pytest.mark.parametrize("usual", ["rows", "columns"])
def test_without_evidence_it_is_the_usual_one(usual: str) -> None:
    for rows, columns in (
        (SAMPLES, ["x", "y"]),
        (SAMPLES[:38] + GENES[10:12], ["x"]),  # two by chance
        (SAMPLES[:10] + GENES[10:12], ["x"]),
    ):
        assert chooser(["none"])(rows, columns, usual) == usual


def test_one_of_few_is_evidence() -> None:
    assert chooser(["none"])(["x", "y", "z"], [*SAMPLES[:3], "g1"], "rows") == "columns"


def test_nineteen_and_ten_are_a_tie() -> None:
    columns = [f"Sym{n}" for n in range(10)]
    with pytest.raises(DeepRageError, match=r"19 of 19 rows .* 10 of 10 columns"):
        chooser()(GENES[:19], columns, "rows")
    assert chooser(conditions=columns)(GENES[:19], columns, "columns") == "rows"


def test_regulators_and_conditions_decide_where_genes_say_nothing() -> None:
    assert chooser(["s1", "s2"])(SAMPLES, ["x", "y"], "columns") == "rows"
    assert chooser(["s1", "s2", "zz"])(["x", "y"], SAMPLES, "rows") == "columns"
    assert chooser(["s1", "z1", "z2"])(["x", "y"], SAMPLES, "rows") == "rows"  # a third of them
    assert chooser(["none"], ["x", "y"])(SAMPLES[:6], ["x", "y"], "columns") == "rows"
    assert chooser(["none"], ["1 a", "2-b"])(["X1.a", "X2.b"], SAMPLES[:6], "rows") == "columns"


def test_a_conflict_shows_what_each_explains() -> None:
    with pytest.raises(
        DeepRageError,
        match=r"\(40 rows, 2 columns\)\. As rows: 40 of 40 rows are genes of the annotation, "
        r"0 of 2 regulators have a row, 0 of 2 conditions of the condition table have a column\. "
        r"As columns: 0 of 2 columns are genes .*, 2 of 2 regulators have a column, "
        r"2 of 2 conditions of the condition table have a row",
    ):
        chooser(["x", "y"], ["g1", "g2"])(GENES, ["x", "y"], "rows")


def test_a_flat_matrix_is_not_turned_without_conditions() -> None:
    rows, columns = [f"probe{n}" for n in range(13)], ["Sym1", "Sym2", "Sym3"]
    with pytest.raises(DeepRageError, match=r"0 of 13 rows .* 3 of 3 columns"):
        chooser(["Sym1", "Sym2"])(rows, columns, "rows")
    assert chooser()(rows[:12], columns, "rows") == "columns"
    assert chooser(conditions=rows)(rows, columns, "rows") == "columns"


def test_without_a_source_other_tables_name_genes() -> None:
    choose = OrientationChooser(genes=None, source="no source", named=["s1", "s2", "s3"])
    assert choose(["x", "y"], SAMPLES[:5], "rows") == "columns"


def test_an_unknown_orientation() -> None:
    check_orientation("auto")
    with pytest.raises(DeepRageError, match=r"Did you mean 'rows'"):
        check_orientation("row")
