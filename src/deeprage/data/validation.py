"""Checks that the parts of a compendium fit together."""

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deeprage.data.dna import N_TOKEN
from deeprage.data.near_names import near_names_hint
from deeprage.data.problems import Problems
from deeprage.errors import DeepRageError, counted, examples

if TYPE_CHECKING:
    from anndata import AnnData

#: Control characters, breaks of lines, and marks that turn the direction of text.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")
#: No log2 value is larger, whatever its unit; sums of squares of larger ones lose all others.
LARGEST_VALUE = 1000.0
#: What a compendium's file must hold: keys of `uns["deeprage"]`, and of parts of the AnnData.
ABOUT: Mapping[str, type] = {
    "name": str,
    "unit": str,
    "anchor": str,
    "promoter_length": int,
    "downstream": int,
    "provenance": dict,
}
STORED = {
    "obs": ("series",),
    "var": ("symbol", "regulator", "has_promoter", "group"),
    "varm": ("promoter",),
}


def check_compendium(
    expression: pd.DataFrame,
    promoters: Mapping[str, NDArray[np.int8]],
    regulators: Sequence[str],
    series: Sequence[str] | None,
) -> None:
    """Raise a `DeepRageError` for all that does not fit; see `Compendium`."""
    problems = Problems()
    checks: list[Callable[[], None]] = [
        lambda: check_unique(
            expression.index, "genes in the expression matrix", "average or drop the repeats"
        ),
        lambda: check_unique(
            expression.columns, "conditions in the expression matrix", "rename the columns"
        ),
        lambda: check_unique(regulators, "names in the regulator list", "list each regulator once"),
        lambda: check_plain_names(expression.index, "genes"),
        lambda: check_plain_names(expression.columns, "conditions"),
        lambda: check_plain_names(series or (), "series"),
        lambda: check_values(expression),
        lambda: check_promoters(expression.index, promoters),
        lambda: _check_regulators(expression, regulators),
        lambda: _check_series(expression, series),
    ]
    for check in checks:
        with problems.collected():
            check()
    problems.raise_all()


def _check_series(expression: pd.DataFrame, series: Sequence[str] | None) -> None:
    if series is not None and len(series) != expression.shape[1]:
        raise DeepRageError(
            f"{len(series)} series labels were given for {expression.shape[1]} conditions; "
            "give one a condition, in the matrix's order."
        )


def check_plain_names(names: Iterable[Hashable], what: str) -> None:
    """Raise a `DeepRageError` if names, called `what` in the plural, have control characters."""
    odd = [name for name in dict.fromkeys(map(str, names)) if _CONTROL.search(name)]
    if odd:
        raise DeepRageError(
            f"names of {what} have control characters ({len(odd):,} of them, such as "
            f"{', '.join(map(ascii, odd[:3]))}): take these characters out."
        )


def check_unique(names: Iterable[Hashable], what: str, advice: str) -> None:
    """Raise a `DeepRageError` with a count and examples if a name is repeated or blank."""
    names = list(names)
    blank = sum(not str(name).strip() for name in names)
    if blank:
        raise DeepRageError(f"{blank} of the {what} have no name: name them or leave them out.")
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise DeepRageError(
            f"{len(repeated)} duplicate {_one(what) if len(repeated) == 1 else what}, such as "
            f"{examples(repeated)}: {advice}."
        )


def _one(what: str) -> str:
    """Genes in a file, as one of them: `gene in a file`."""
    return re.sub(r"s\b", "", what, count=1)


def stored_problem(adata: "AnnData", about: Mapping[str, Any]) -> str | None:
    """What keeps the content of a file from being a compendium; None if nothing does.

    Coarser than `check_compendium`: a part of a compendium may have constant rows.
    """
    lost = [name for name in ABOUT if name not in about]
    for part, names in STORED.items():
        lost += [f"{part}[{name!r}]" for name in names if name not in getattr(adata, part)]
    if lost:
        return f"it has no {lost[0]}"
    for name, kind in ABOUT.items():
        if not isinstance(about[name], kind):
            return f"its {name} is {about[name]!r}, which is no {kind.__name__}"
    if 0 in adata.shape:
        return f"it has {adata.n_vars} genes and {adata.n_obs} conditions"
    if not (adata.obs_names.is_unique and adata.var_names.is_unique):
        return "names of genes or conditions are repeated"
    return _table_problem(adata) or _array_problem(adata)


def too_large(
    values: NDArray[np.floating], genes: Sequence[str], conditions: Sequence[str]
) -> str | None:
    """Which of the values (G, C) no log2 value can be, for people; None if there is none."""
    with np.errstate(invalid="ignore"):
        far = np.abs(values) > LARGEST_VALUE
    if not far.any():
        return None
    row, column = np.argwhere(far)[0]
    return (
        f"{counted(int(far.sum()), 'value')} beyond {LARGEST_VALUE:,.0f}, such as "
        f"{values[row, column]:.3g} of {str(genes[row])!r} in {str(conditions[column])!r}"
    )


def _table_problem(adata: "AnnData") -> str | None:
    """What is wrong with the columns that describe genes and conditions."""
    texts = {"series": adata.obs["series"]}
    texts |= {name: adata.var[name] for name in ("symbol", "group")}
    for name, column in texts.items():
        if column.isna().any():
            return f"its column {name} has missing values"
    for name in ("regulator", "has_promoter"):
        if not pd.api.types.is_bool_dtype(adata.var[name]):
            return f"its column {name} is not one of true and false"
    if not adata.var["regulator"].any():
        return "no gene is a regulator"
    return None


def _array_problem(adata: "AnnData") -> str | None:
    """What is wrong with values, sequences and levels."""
    if not isinstance(adata.X, np.ndarray) or not np.issubdtype(adata.X.dtype, np.floating):
        return "its matrix X is not a dense one of float32"
    if np.isinf(adata.X).any():
        return "its matrix X has infinite values"
    if far := too_large(adata.X.T, list(adata.var_names), list(adata.obs_names)):
        return f"its matrix X has {far}, so that they cannot be logarithms: take log2 of them"
    if np.isnan(adata.X).all():
        return "its matrix X has no value"
    for part in ("promoter", "coding"):
        tokens = np.asarray(adata.varm[part] if part in adata.varm else np.zeros((1, 1), np.int8))
        integer = np.issubdtype(tokens.dtype, np.integer)
        if tokens.ndim != 2 or not tokens.shape[1] or not integer:
            return f"its {part} sequences are not rows of whole numbers"
        if tokens.min(initial=0) < 0 or tokens.max(initial=0) > N_TOKEN:
            return f"its {part} sequences have letters other than A, C, G, T, N"
    levels = adata.obsm.get("regulator_levels")
    if levels is not None and np.shape(levels) != (adata.n_obs, int(adata.var["regulator"].sum())):
        return "its levels of regulators have another shape than its conditions and regulators"
    return None


def check_values(expression: pd.DataFrame) -> None:
    """Raise a `DeepRageError` for all that is wrong with the values of a matrix."""
    if expression.empty:
        raise DeepRageError("the expression matrix is empty; genes are rows, conditions columns.")
    values = expression.to_numpy(dtype=np.float64)
    problems = Problems()
    # Values are kept as float32, in which a larger number would become infinite.
    endless = np.abs(values) > np.finfo(np.float32).max
    if endless.any():
        row, column = np.argwhere(endless)[0]
        problems.add(
            DeepRageError(
                f"the expression matrix has {counted(int(endless.sum()), 'cell')} infinite or "
                f"larger than any log2 value, such as {values[row, column]:g} of "
                f"{str(expression.index[row])!r} in {str(expression.columns[column])!r}: take the "
                "log2 of counts plus one, or leave such cells blank."
            )
        )
    missing = np.isnan(values)
    if missing.all(axis=0).any():
        names = expression.columns[missing.all(axis=0)]
        problems.add(
            DeepRageError(
                f"the expression matrix has {counted(len(names), 'condition')} without any value, "
                f"such as {examples(names)}: drop them."
            )
        )
    known = np.where(missing, 0.0, values)
    high = np.where(missing, -np.inf, known).max(axis=1)
    low = np.where(missing, np.inf, known).min(axis=1)
    constant = (high <= low) if values.shape[1] > 1 else missing.all(axis=1)
    if constant.any():
        names = expression.index[constant]
        problems.add(
            DeepRageError(
                f"the expression matrix has {counted(len(names), 'gene')} constant or wholly "
                f"missing over the conditions, such as {examples(names)}: drop them (`deeprage "
                "data import --drop-constant`)."
            )
        )
    problems.raise_all()


def check_promoters(genes: Iterable[str], promoters: Mapping[str, NDArray[np.int8]]) -> None:
    """Raise a `DeepRageError` if promoters cannot be those of the genes of a matrix."""
    if not promoters:
        raise DeepRageError("there are no promoters; give a genome with annotation, or a FASTA.")
    check_one_length(promoters)
    for gene, tokens in promoters.items():
        if tokens.min(initial=0) < 0 or tokens.max(initial=0) > 4:
            raise DeepRageError(f"the promoter of {gene!r} has letters other than A, C, G, T, N.")
    if all((tokens == N_TOKEN).all() for tokens in promoters.values()):
        raise DeepRageError(
            "no promoter has a known base, all are N: give other promoters, or another genome."
        )
    if not set(promoters) & set(genes):
        raise DeepRageError(
            "no gene of the expression matrix has a promoter: the matrix has "
            f"{examples(genes)}, the promoters {examples(promoters)}; use the same "
            "kind of names in both."
        )


def check_one_length(promoters: Mapping[str, NDArray[np.int8]]) -> None:
    """Raise a `DeepRageError` unless all promoters have one length."""
    lengths = Counter(len(tokens) for tokens in promoters.values())
    if len(lengths) > 1:
        usual = lengths.most_common(1)[0][0]
        odd = [gene for gene, tokens in promoters.items() if len(tokens) != usual]
        raise DeepRageError(
            f"promoters must be of one length: most have {usual} bp, but {len(odd)} do not, such "
            f"as {examples(odd)}: cut or pad them with N."
        )


def _check_regulators(expression: pd.DataFrame, regulators: Sequence[str]) -> None:
    if not regulators:
        raise DeepRageError("the regulator list is empty; give at least one gene name.")
    known = set(expression.index)
    lost = [name for name in regulators if name not in known]
    if lost:
        raise DeepRageError(
            f"{len(lost)} of {len(regulators)} regulators have no row in the expression matrix: "
            f"{examples(lost)}; the matrix has {examples(expression.index)}. Correct the names or "
            "drop them (`deeprage data import --drop-unknown-regulators`)."
            f"{near_names_hint(lost, known)}"
        )
