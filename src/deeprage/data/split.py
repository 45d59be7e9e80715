"""A split: which cells of the matrix train, validate and test a predictor."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deeprage.data.compendium import Compendium
from deeprage.data.validation import too_large
from deeprage.errors import DeepRageError
from deeprage.files import write_arrays
from deeprage.npz import NAMES, TEXT, Kind, names_of, read_arrays


class Regime(StrEnum):
    """What is held out: cells, whole condition series, whole gene groups, or both at once."""

    PAIRS = "pairs"
    CONDITIONS = "conditions"
    GENES = "genes"
    BOTH = "both"


class ScoringProtocol(StrEnum):
    """How missing cells and regulators are handled.

    `DEFAULT` leaves missing cells out of losses and scores and does not score regulators, whose
    levels are inputs. `PAPER` reproduces the paper: missing values are 0 (hence Baseline) and
    regulators are scored although they are inputs. For comparison only.
    """

    DEFAULT = "default"
    PAPER = "paper"


class Role(IntEnum):
    """What a cell is for. An `UNUSED` cell is neither seen nor scored.

    `RESERVE` cells exist in `both`: of training genes in validation conditions and the reverse.
    While choices are made they must not be learnt from; a refit after it may.
    """

    TRAIN = 0
    VALIDATION = 1
    TEST = 2
    UNUSED = 3
    RESERVE = 4


_ARRAYS = {
    "regime": TEXT,
    "genes": NAMES,
    "conditions": NAMES,
    "role": Kind("iu", 2),
    "label": TEXT,
}


@dataclass(frozen=True)
class Split:
    """The role of every cell; data that can be saved, shown and handed in, never just a seed.

    Missing values do not enter: a missing cell has a role like any other, and whoever scores or
    trains leaves it out.

    Attributes:
        regime: what is held out.
        genes, conditions: names of rows and columns.
        role: int8 (G, C) of `Role` values.
        label: how it came about, such as `fold 2 of 5, seed 0`.
    """

    regime: Regime
    genes: tuple[str, ...]
    conditions: tuple[str, ...]
    role: NDArray[np.int8]
    label: str

    def cells(self, *roles: Role) -> NDArray[np.bool_]:
        """Which cells (G, C) have one of the roles."""
        return np.isin(self.role, [int(role) for role in roles])

    def validation_in_training(self) -> Split:
        """The same split, validation and reserve cells training cells: for a refit."""
        later = self.cells(Role.VALIDATION, Role.RESERVE)
        role = np.where(later, Role.TRAIN, self.role).astype(np.int8)
        return replace(self, role=role, label=f"{self.label}, validation in training")

    @cached_property
    def train_rows(self) -> NDArray[np.intp]:
        """Rows of the genes with at least one training cell."""
        return np.flatnonzero(self.cells(Role.TRAIN).any(axis=1))

    @cached_property
    def train_columns(self) -> NDArray[np.intp]:
        """Columns of the conditions with at least one training cell."""
        return np.flatnonzero(self.cells(Role.TRAIN).any(axis=0))

    def check_against(self, compendium: Compendium) -> None:
        """Raise a `DeepRageError` unless the split is of this compendium's genes and conditions."""
        if list(self.genes) != compendium.genes or list(self.conditions) != compendium.conditions:
            raise DeepRageError(
                f"the split is of {len(self.genes)} genes x {len(self.conditions)} conditions that "
                f"are not those of the compendium ({len(compendium.genes)} x "
                f"{len(compendium.conditions)}): make the split again for this compendium."
            )

    def save(self, path: Path | str) -> None:
        """Write `.npz` with arrays `regime`, `genes`, `conditions`, `role`, `label`."""
        arrays = {
            "regime": np.array(str(self.regime)),
            "genes": np.array(self.genes),
            "conditions": np.array(self.conditions),
            "role": self.role,
            "label": np.array(self.label),
        }
        write_arrays(Path(path), arrays)

    @classmethod
    def load(cls, path: Path | str) -> Split:
        """Read what `save` wrote.

        Raises:
            DeepRageError: missing file, or not a split.
        """
        try:
            content = Path(path).read_bytes()
        except FileNotFoundError as error:
            raise DeepRageError(f"there is no split at {path}: train again.") from error
        except OSError as error:
            raise DeepRageError(f"cannot read {path} ({error.strerror}): train again.") from error
        return cls.of_bytes(content, path=Path(path))

    @classmethod
    def of_bytes(cls, content: bytes, *, path: Path) -> Split:
        """The split that the content of a file holds; `path` names it in an error.

        Raises:
            DeepRageError: it is not a split.
        """
        try:
            arrays = read_arrays(content, _ARRAYS)
            genes, conditions = names_of(arrays["genes"]), names_of(arrays["conditions"])
            role = arrays["role"].astype(np.int8)
            if role.shape != (len(genes), len(conditions)):
                raise ValueError("its roles are not of genes x conditions")
            if not np.isin(arrays["role"], [int(role) for role in Role]).all():
                raise ValueError("a cell has a number that is no role")
            if len(set(genes)) < len(genes) or len(set(conditions)) < len(conditions):
                raise ValueError("a name is there twice")
            regime = Regime(str(arrays["regime"]))
        except ValueError as error:
            raise DeepRageError(
                f"{path} is damaged, or not a split that deeprage wrote ({error}): train again."
            ) from error
        return cls(regime, genes, conditions, role, label=str(arrays["label"]))


def visible(compendium: Compendium, split: Split) -> Compendium:
    """The compendium as a predictor may see it: test and unused cells are NaN.

    Promoters and regulator levels stay, since they are inputs. This is the information barrier:
    whatever `fit` does with the result, it cannot reach a test value.
    """
    split.check_against(compendium)
    if far := too_large(compendium.expression, compendium.genes, compendium.conditions):
        raise DeepRageError(
            f"the compendium has {far}, which no log2 value is: take log2 of the values."
        )
    seen = split.cells(Role.TRAIN, Role.VALIDATION, Role.RESERVE)
    return compendium.with_expression(np.where(seen, compendium.expression, np.nan))


def under_protocol(compendium: Compendium, protocol: ScoringProtocol) -> Compendium:
    """The compendium with missing values as 0 under `PAPER`, unchanged under `DEFAULT`."""
    if protocol is ScoringProtocol.DEFAULT:
        return compendium
    filled = np.nan_to_num(compendium.expression, nan=0.0)
    levels = np.nan_to_num(compendium.regulator_levels, nan=0.0)
    result = compendium.with_expression(filled)
    result.adata.obsm["regulator_levels"] = levels
    return result


def scored_rows(
    compendium: Compendium, protocol: ScoringProtocol, regime: Regime
) -> NDArray[np.bool_]:
    """Which genes (G,) are targets: by default those that are no regulators.

    Where genes are held out, only those with a promoter: nothing else is known of them. Elsewhere a
    gene without one is predicted by what needs none, from its own other cells. Under `PAPER`, as in
    the paper: those with a promoter, regulators too.
    """
    scored = np.ones(len(compendium.genes), dtype=bool)
    if protocol is ScoringProtocol.PAPER or regime in (Regime.GENES, Regime.BOTH):
        scored = compendium.has_promoter.copy()
    if protocol is ScoringProtocol.DEFAULT:
        scored[compendium.regulator_rows] = False
    return scored
