"""New promoters and new regulator levels, brought into the form that a trained network takes."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deeprage.data.dna import N_TOKEN
from deeprage.data.names import NameResolver, ResolvedNames, ambiguous_names
from deeprage.data.near_names import likely_causes
from deeprage.data.readers.small_table import numbers_of, read_table
from deeprage.data.validation import check_unique
from deeprage.errors import DeepRageError, counted, examples

#: Levels are float32, in which a larger number would become infinite.
LARGEST = float(np.finfo(np.float32).max)


class RegulatorTable(NamedTuple):
    """Regulator levels as a network takes them.

    Attributes:
        conditions: names (C,).
        levels: float32 (C, R) log2 values, columns in the order of the network's regulators.
        given: bool (C, R), which of them the file has; the others were filled in.
        ignored: number of rows or columns of the file that are no regulators of the network.
        matched: how many names of regulators were matched by which rule.
    """

    conditions: list[str]
    levels: NDArray[np.float32]
    given: NDArray[np.bool_]
    ignored: int
    matched: str = ""

    @property
    def filled(self) -> int:
        """Number of values that were filled in."""
        return int((~self.given).sum())


def read_regulator_levels(
    path: Path,
    names: NameResolver,
    *,
    fill_missing: float | None = None,
    unchanged: NDArray[np.float32] | None = None,
) -> RegulatorTable:
    """Read a tab-separated table of regulators x conditions or conditions x regulators.

    Which of the two it is shows in where the regulators' names stand.

    Args:
        path: table with names in the first row and the first column, log2 values.
        names: finds the network's regulators, in its order, by any of their names.
        fill_missing: for regulators and cells that the table lacks, the log2 difference from
            `unchanged`; without it they are an error.
        unchanged: log2 level (R,) of each regulator where nothing happens, default 0: the level
            of a fold change. For log2 expression 0 would be a gene that is off, which training
            may never have seen: its mean over the training conditions is meant.

    Raises:
        DeepRageError: unreadable table, repeated names, text in place of a number, or missing
            regulators without `fill_missing`; it lists the missing ones.
    """
    if fill_missing is not None and not abs(fill_missing) <= LARGEST:
        raise DeepRageError(
            f"--fill-missing must be a finite log2 value, got {fill_missing:g}; 0 takes the "
            "missing regulators as unchanged."
        )
    table = _read_table(path)
    regulators = names.shown
    by_condition, matched = _by_condition(table, names, path)
    check_unique(by_condition.index, f"conditions in {path}", "rename them")
    missing = [name for name in regulators if name not in set(by_condition.columns)]
    if missing and fill_missing is None:
        raise DeepRageError(
            f"{path} lacks {len(missing)} of the network's {len(regulators)} regulators: "
            f"{', '.join(missing)}. Add them, or give --fill-missing 0 to take them as unchanged."
        )
    levels = by_condition.reindex(columns=list(regulators)).to_numpy(dtype=np.float32)
    blank = np.isnan(levels)
    if blank.any():
        if fill_missing is None:
            row, column = np.argwhere(blank)[0]
            raise DeepRageError(
                f"{path} has {counted(int(blank.sum()), 'blank level')}, such as that of "
                f"{regulators[column]!r} in {str(by_condition.index[row])!r}: fill them in, or "
                "give --fill-missing 0 to take them as unchanged."
            )
        usual = np.float32(0) if unchanged is None else unchanged
        levels = np.where(blank, usual + np.float32(fill_missing), levels)
    return RegulatorTable(
        conditions=[str(name) for name in by_condition.index],
        levels=levels,
        given=~blank,
        ignored=len(matched.names) - by_condition.shape[1],
        matched=matched.summary,
    )


def _by_condition(
    table: pd.DataFrame, names: NameResolver, path: Path
) -> tuple[pd.DataFrame, ResolvedNames]:
    """The table as conditions x names, those of regulators as the network calls them.

    Raises:
        DeepRageError: rows and columns both name regulators, or neither does; a name means
            several genes, or several names one regulator.
    """
    sides = (table, table.T)  # regulators in columns, and in rows
    meant = [names.resolve([str(x) for x in side.columns], distinct=True) for side in sides]
    regulators = names.shown
    numbers = [len(set(side.resolved.values())) for side in meant]
    if max(numbers) == 0:
        raise DeepRageError(
            f"{path} names none of the network's {len(regulators)} regulators: it needs rows or "
            f"columns such as {examples(regulators)}; it has rows {examples(table.index)} and "
            f"columns {examples(table.columns)}."
            f"{likely_causes([*meant[0].unmatched, *meant[1].unmatched], names, 'the run')}"
        )
    if numbers[0] == numbers[1]:
        raise DeepRageError(
            f"it is not clear whether the regulators of {path} are its rows or its columns: "
            f"{numbers[0]} of {len(regulators)} are named by both: rename the conditions."
        )
    chosen = int(numbers[1] > numbers[0])
    side, found = sides[chosen], meant[chosen]
    if found.ambiguous:
        raise ambiguous_names(found, "regulator")
    if repeated := [*found.repeated.values()]:
        raise DeepRageError(
            f"{path} gives {counted(len(repeated), 'regulator')} under several names, such as "
            f"{examples(repeated[0])}: keep one of each."
        )
    check_unique([name for name in found.names if name in found.resolved],
                 f"regulators in {path}", "keep one of each")  # fmt: skip
    own = {name: regulators[index] for name, index in found.resolved.items()}
    # A name that is no regulator's may be called like one, in another case for example.
    columns = [own.get(name) for name in found.names]
    kept = side.loc[:, [column is not None for column in columns]]
    return kept.set_axis([column for column in columns if column is not None], axis=1), found


def fit_promoters(
    promoters: Mapping[str, NDArray[np.int8]], length: int, *, pad: bool = False
) -> NDArray[np.int8]:
    """Tokens (G, length) of promoters that all end at the gene.

    Args:
        promoters: tokens by gene, 5' to 3' towards the gene.
        length: what the network takes, in bp.
        pad: fill short ones with N and crop long ones, both at the far (5') end.

    Raises:
        DeepRageError: no promoter, or one of another length and `pad` is not set.
    """
    if not promoters:
        raise DeepRageError("the promoter file has no sequence; it must be a FASTA file.")
    odd = [name for name, tokens in promoters.items() if len(tokens) != length]
    if odd and not pad:
        raise DeepRageError(
            f"the network takes promoters of {length} bp, but {len(odd)} of {len(promoters)} "
            f"differ: {examples(odd)} ({len(promoters[odd[0]])} bp); cut them to {length} bp, or "
            "give --pad to crop long ones and fill short ones with N at the far end."
        )
    fitted = np.full((len(promoters), length), N_TOKEN, dtype=np.int8)
    for row, tokens in zip(fitted, promoters.values(), strict=True):
        kept = tokens[max(0, len(tokens) - length) :]
        row[length - len(kept) :] = kept
    return fitted


def _read_table(path: Path) -> pd.DataFrame:
    """The table as numbers, NaN where blank."""
    words = read_table(path, "the table of regulator levels")
    if words.shape[1] < 2 or words.shape[0] == 0:
        raise DeepRageError(
            f"{path} has no values; it must be a tab-separated table with names in the first row "
            "and the first column."
        )
    words = words.set_index(words.columns[0])
    numbers = numbers_of(words, path, "a log2 level")
    if (np.abs(numbers.to_numpy(dtype=np.float64)) > LARGEST).any():
        raise DeepRageError(
            f"{path} has infinite levels, or larger ones than any log2 value can be; give finite "
            "log2 values."
        )
    return numbers
