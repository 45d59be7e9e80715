"""The 173 arrays of Gasch et al. 2000 (Mol. Biol. Cell 11, 4241), in the order of their file."""

import hashlib
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from deeprage.data.reading import open_text

MINUTES = {"min": 1, "h": 60, "d": 1440}

#: Series and its time points: groups of times, each followed by its unit.
_COURSES = {
    "heat_shock_1": "5 10 15 20 30 40 60 80 min",
    "heat_shock_2": "0 0 0 5 15 30 60 min",
    "cool_down_37_25": "15 30 45 60 90 min",
    "hydrogen_peroxide": "10 20 30 40 50 60 80 100 120 160 min",
    "menadione": "10 20 30 40 50 80 105 120 160 min",
    "dtt_1": "5 15 30 45 60 90 120 180 min",
    "dtt_2": "0 15 30 60 120 240 480 min",
    "diamide": "5 10 20 30 40 50 60 90 min",
    "sorbitol": "5 15 30 45 60 90 120 min",
    "hypo_osmotic": "5 15 30 45 60 min",
    "aa_starvation": "0.5 1 2 4 6 h",
    "nitrogen_depletion": "0.5 1 2 4 8 12 h 1 2 3 5 d",
    "diauxic_shift": "0 9.5 11.5 13.5 15.5 18.5 20.5 h",
    "ypd_2": "2 4 6 8 10 12 h 1 2 3 5 d",
    "ypd_1_stationary": "2 4 8 12 h 1 2 3 5 7 13 22 28 d",
}
#: Series that are not one time course: what each array is, and minutes where there is a time.
_LABELLED: dict[str, list[tuple[str, float | None]]] = {
    "heat_shock_range_to_37": [(f"from {t} C", 20) for t in (17, 21, 25, 29, 33)],
    "mild_heat_29_33": [
        ("29 to 33 C 5 min", 5),
        ("29 to 33 C 15 min", 15),
        ("29 to 33 C 30 min", 30),
        ("33 against 30 C 90 min", 90),
    ],
    "mild_heat_sorbitol": [
        *((f"with sorbitol {t} min", t) for t in (5, 15, 30)),
        *((f"without sorbitol {t} min", t) for t in (5, 15, 30)),
    ],
    "sorbitol_steady": [("steady state", None)],
    "mutants_heat_peroxide": [
        *((strain, 20) for strain in ("wild type 37 C", "msn2/4 37 C", "msn2/4 37 C")),
        *((strain, 20) for strain in ("yap1 37 C", "yap1 37 C", "wild type H2O2")),
        *((strain, 20) for strain in ("msn2/4 H2O2", "msn2/4 H2O2", "yap1 H2O2", "yap1 H2O2")),
    ],
    "tf_overexpression": [("MSN2", None), ("MSN4", None), ("YAP1", None)],
    "carbon_1": [
        (sugar, None)
        for sugar in ("ethanol", "galactose", "glucose", "mannose", "raffinose", "sucrose")
    ],
    "carbon_2": [
        (sugar, None)
        for sugar in (
            "ethanol", "fructose", "galactose", "glucose", "mannose", "raffinose", "sucrose",
        )
    ],
    "growth_temperature_1": [(f"{t} C", None) for t in (17, 21, 25, 29, 37)],
    "growth_temperature_2": [(f"{t} C", None) for t in (15, 17, 21, 25, 29, 33, 36, 36)],
}  # fmt: skip
_ORDER = (
    "heat_shock_1", "heat_shock_2", "cool_down_37_25", "heat_shock_range_to_37",
    "mild_heat_29_33", "mild_heat_sorbitol", "hydrogen_peroxide", "menadione", "dtt_1", "dtt_2",
    "diamide", "sorbitol", "hypo_osmotic", "sorbitol_steady", "aa_starvation",
    "nitrogen_depletion", "diauxic_shift", "ypd_2", "ypd_1_stationary", "mutants_heat_peroxide",
    "tf_overexpression", "carbon_1", "carbon_2", "growth_temperature_1", "growth_temperature_2",
)  # fmt: skip


_RENAMED = """
    YAL035C-A=YAL034C-B YAL043C-A=YAL042C-A YAL058C-A=YAL056C-A YAR044W=YAR042W
    YBL101W-A=YBL100W-A YBL101W-B=YBL100W-B YBR075W=YBR074W YBR100W=YBR098W YCL012W=YCL014W
    YCR062W=YCR061W YDL038C=YDL039C YDR474C=YDR475C YEL076W-C=YEL075W-A YFL006W=YFL007W
    YFL043C=YFL042C YFR024C=YFR024C-A YGL046W=YGL045W YGR272C=YGR271C-A YIL015C-A=YIL014C-A
    YJL017W=YJL016W YJL018W=YJL019W YJL021C=YJL020C YKL158W=YKL157W YKL199C=YKL198C
    YML010C-B=YML009C-A YML013C-A=YML012C-A YML032C-A=YML031C-A YML033W=YML034W
    YML035C-A=YML034C-A YML048W-A=YML047W-A YML058C-A=YML057C-A YML095C-A=YML094C-A
    YML102C-A=YML101C-A YML117W-A=YML116W-A YMR158W-A=YMR158W-B YOR088W=YOR087W YOR240W=YOR239W
    YPR090W=YPR089W
"""
#: Names of 2000 that SGD has since given to another feature's entry: old name -> current name.
RENAMED_ORFS = dict(pair.split("=") for pair in _RENAMED.split())


def condition_table() -> pd.DataFrame:
    """The arrays in order: index `<series> <time or treatment>`; `series`, `label`, `minutes`.

    `minutes` is NaN where there is no time. A label that occurs again in its series gets (2), (3).
    """
    rows = [
        (series, label, minutes)
        for series in _ORDER
        for label, minutes in (_LABELLED.get(series) or _course(_COURSES[series]))
    ]
    table = pd.DataFrame(rows, columns=["series", "label", "minutes"])
    table["minutes"] = table["minutes"].astype(float)
    table.index = pd.Index(numbered(list(table["series"] + " " + table["label"])))
    return table


def _course(text: str) -> list[tuple[str, float | None]]:
    points: list[tuple[str, float | None]] = []
    waiting: list[str] = []
    for word in text.split():
        if word in MINUTES:
            points += [(f"{time} {word}", float(time) * MINUTES[word]) for time in waiting]
            waiting = []
        else:
            waiting.append(word)
    return points


def read_gasch(path: Path) -> pd.DataFrame:
    """The complete data set, genes x conditions, log2 ratios, NaN where blank.

    Reads the authors' own file (with columns NAME and GWEIGHT) and plain matrices alike. Column
    names that occur again get (2), (3).
    """
    with open_text(path, "the expression matrix") as handle:
        rows = [line.rstrip("\r\n").split("\t") for line in handle if line.strip()]
    names = [name.strip() for name in rows[0][1:]]
    values = [row[1:] + [""] * (len(names) + 1 - len(row)) for row in rows[1:]]
    table = pd.DataFrame(values, index=[row[0].strip() for row in rows[1:]], columns=names)
    table = table.drop(columns=["NAME", "GWEIGHT"], errors="ignore")
    table.columns = pd.Index(numbered(list(table.columns)))
    matrix: pd.DataFrame = table.drop(index="EWEIGHT", errors="ignore").apply(pd.to_numeric)
    return matrix


def numbered(names: list[str]) -> list[str]:
    """The names, with (2), (3) after those that have occurred before."""
    seen: Counter[str] = Counter()
    result = []
    for name in names:
        seen[name] += 1
        result.append(f"{name} ({seen[name]})" if seen[name] > 1 else name)
    return result


def matrix_digest(matrix: pd.DataFrame) -> str:
    """SHA-256 of the values to three decimals, genes in alphabetical order, columns as they are.

    Tells whether two files hold the same measurements, whatever their layout.
    """
    values = matrix.sort_index().to_numpy(dtype=np.float64)
    thousandths = np.where(np.isnan(values), -(10**6), np.round(1000 * values)).astype("<i4")
    names = "\n".join(sorted(str(gene) for gene in matrix.index))
    return hashlib.sha256(names.encode() + thousandths.tobytes()).hexdigest()
