"""What a run left behind: its folder, read for the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deeprage.data.split import Role
from deeprage.errors import DeepRageError
from deeprage.manifest import own_bytes, own_json, read_manifest
from deeprage.npz import NAMES, Kind, names_of, read_arrays
from deeprage.report.schemas.scores import Epoch, Metrics, MetricsFile, ScoreRow
from deeprage.schema import check_type
from deeprage.strict_json import parse_json
from deeprage.training.run import HISTORY, METRICS, PREDICTIONS, Run

#: What to do where scores or predictions cannot be read.
EVALUATE = "run `deeprage evaluate` again"


@dataclass(frozen=True)
class Predictions:
    """`predictions.npz`: what was predicted and what was observed, genes x conditions.

    Attributes:
        genes, conditions: names of rows and columns.
        series: experiment series of each condition.
        groups: of each gene, what a split does not part; each gene its own in older files.
        symbols: common name of each gene.
        predicted: float32 (G, C), in the compendium's unit (log2), NaN in rows and columns
            without a scored cell.
        observed: float32 (G, C), every cell of the matrix whatever its role; NaN where missing
            (0 there under the paper's protocol).
        role: int8 (G, C) of `Role` values.
    """

    genes: tuple[str, ...]
    conditions: tuple[str, ...]
    series: tuple[str, ...]
    groups: tuple[str, ...]
    symbols: tuple[str, ...]
    predicted: NDArray[np.float32]
    observed: NDArray[np.float32]
    role: NDArray[np.int8]

    @cached_property
    def scored(self) -> NDArray[np.bool_]:
        """Test cells (G, C) with a value: those that every figure of skill is drawn from."""
        scored: NDArray[np.bool_] = (
            (self.role == int(Role.TEST)) & np.isfinite(self.observed) & np.isfinite(self.predicted)
        )
        return scored

    @classmethod
    def load(cls, folder: Path) -> Predictions:
        """Read `predictions.npz` of a run folder; nothing in it is unpickled.

        Raises:
            DeepRageError: it has changed since it was written, an array is missing or of another
                type or shape, or a value is none that it can have.
        """
        content = own_bytes(folder, PREDICTIONS, advice=EVALUATE)
        try:
            arrays = read_arrays(content, _EXPECTED, optional=_OPTIONAL)
            names = {
                key: names_of(
                    arrays[key] if key in arrays else arrays["genes"], blank=key in _MAY_BE_BLANK
                )
                for key in ("genes", "conditions", "series", "groups", "symbols")
            }
            _check_arrays(arrays, names)
        except ValueError as error:
            raise DeepRageError(
                f"{folder / PREDICTIONS} cannot be read as predictions ({error}): {EVALUATE}."
            ) from error
        return cls(
            **names,
            predicted=arrays["predicted"].astype(np.float32),
            observed=arrays["observed"].astype(np.float32),
            role=arrays["role"].astype(np.int8),
        )


_VALUES = Kind("f", 2)
_EXPECTED = {
    **dict.fromkeys(("genes", "conditions", "series"), NAMES),
    "predicted": _VALUES,
    "observed": _VALUES,
    "role": Kind("iu", 2),
}
_MAY_BE_BLANK = ("series", "groups", "symbols")
_OPTIONAL = {"groups": NAMES, "symbols": NAMES}
#: Predictions beyond any log2 value; sums of squares stay finite.
_LARGEST = 1e15


def _check_arrays(arrays: Mapping[str, NDArray[Any]], names: Mapping[str, tuple[str, ...]]) -> None:
    """Raise a ValueError unless the arrays fit each other and hold values that they can have."""
    genes, conditions = len(names["genes"]), len(names["conditions"])
    lengths = {"groups": genes, "symbols": genes, "series": conditions}
    for key, length in lengths.items():
        if len(names[key]) != length:
            raise ValueError(f"`{key}` has {len(names[key])} names and not {length}")
    for key in ("genes", "conditions"):
        if len(set(names[key])) < len(names[key]):
            raise ValueError(f"`{key}` names one twice")
    for key in ("predicted", "observed", "role"):
        if arrays[key].shape != (genes, conditions):
            raise ValueError(
                f"`{key}` is {arrays[key].shape} but there are {genes} genes x {conditions} "
                "conditions"
            )
    for key in ("predicted", "observed"):
        if (np.abs(arrays[key]) > _LARGEST).any():
            raise ValueError(f"`{key}` has values that no log2 value can be")
    if not np.isin(arrays["role"], [int(role) for role in Role]).all():
        raise ValueError("`role` has a number that is no role")


@dataclass(frozen=True)
class Score:
    """One row of `metrics.json`: how well one predictor did on one part of the split."""

    predictor: str
    kind: str
    role: str
    values: Mapping[str, float | None]
    confusion: tuple[tuple[float, ...], ...] | None

    def __getitem__(self, metric: str) -> float | None:
        return self.values.get(metric)

    @property
    def cells(self) -> int:
        """Number of scored cells, 0 where it was not written down."""
        return int(self["cells"] or self["n_cells"] or 0)

    @property
    def is_reference(self) -> bool:
        """Whether it is one of the simple references, not the model of this run."""
        return self.kind == "reference"

    @classmethod
    def from_json(cls, row: ScoreRow) -> Score:
        """One entry of `metrics.json`'s `rows`."""
        scores = row["scores"]
        confusion = scores.get("confusion_percent") or scores.get("confusion")
        values: dict[str, float | None] = {
            key: value for key, value in scores.items() if not isinstance(value, list)
        }
        values["fit_seconds"] = row.get("fit_seconds")
        values["predict_seconds"] = row.get("predict_seconds")
        return cls(
            predictor=row["predictor"],
            kind=row["kind"],
            role=row["role"],
            values=values,
            confusion=tuple(map(tuple, confusion)) if isinstance(confusion, list) else None,
        )


@dataclass(frozen=True)
class RunFolder:
    """A run folder, each file read when it is first asked for.

    Only `config.json` must be there; whatever else is absent leaves its part of the report out.
    """

    folder: Path
    config: Mapping[str, Any]

    @classmethod
    def open(cls, folder: Path) -> RunFolder:
        """Read the configuration of a run.

        Raises:
            DeepRageError: not a run folder, or one of another version.
        """
        return cls(folder, Run.load(folder).config)

    def part(self, name: str) -> Mapping[str, Any]:
        """A nested part of the configuration, empty where it is absent."""
        found = self.config.get(name)
        return found if isinstance(found, dict) else {}

    def json(self, name: str, kind: Any, *, advice: str) -> Any | None:
        """Another JSON file of the folder, checked against a type; None where it is absent.

        Args:
            advice: what to do if it is damaged.
        """
        if not (self.folder / name).is_file():
            return None
        return own_json(self.folder, name, kind, advice=advice)

    @cached_property
    def history(self) -> list[dict[str, Any]]:
        """One dict an epoch, in order; a resumed epoch counts once, a torn line not at all."""
        if not (self.folder / HISTORY).is_file():
            return []
        epochs: dict[int, dict[str, Any]] = {}
        for line in own_bytes(self.folder, HISTORY).splitlines():
            try:
                record = parse_json(line)
            except ValueError:
                continue
            check_type(record, Epoch, path=self.folder / HISTORY, advice="train again")
            epochs[record["epoch"]] = record
        return [epochs[epoch] for epoch in sorted(epochs)]

    @cached_property
    def stopped(self) -> str | None:
        """Why there are fewer epochs than were asked for; None if there are not."""
        asked = self.part("training").get("epochs")
        manifest = read_manifest(self.folder)
        unfinished = manifest is not None and not manifest.complete
        if not isinstance(asked, int) or (len(self.history) >= asked and not unfinished):
            return None
        epochs = f"after {len(self.history)} of the {asked} epochs that were asked for"
        if unfinished:
            return (
                f"The training was stopped {epochs}: this network is unfinished. The command that "
                "began it goes on with it."
            )
        return f"The training ended {epochs}, since the validation loss no longer improved."

    @cached_property
    def metrics(self) -> Metrics:
        """`metrics.json`, without rows before `deeprage evaluate` has run."""
        content: Metrics | None = self.json(METRICS, MetricsFile, advice=EVALUATE)
        return content if content is not None else {"rows": []}

    @cached_property
    def scores(self) -> list[Score]:
        """Scores of the model and of the references, on validation and test cells."""
        return [Score.from_json(row) for row in self.metrics["rows"]]

    @cached_property
    def predictions(self) -> Predictions | None:
        """The predictions, or None before `deeprage evaluate` has run."""
        present = (self.folder / PREDICTIONS).is_file()
        return Predictions.load(self.folder) if present else None

    @property
    def model(self) -> str:
        """Name of the run's predictor."""
        found = next((row.predictor for row in self.scores if not row.is_reference), None)
        named = [self.part(part).get("name") for part in ("network", "model")]
        return str(found or next((name for name in named if name), "the model"))

    @property
    def data_name(self) -> str:
        """Name of the compendium."""
        return str(self.part("compendium").get("name") or "the compendium")

    @property
    def regime(self) -> str:
        """What was held out: pairs, conditions, genes or both."""
        return str(self.part("split").get("regime") or "")

    def model_score(self, role: str = "test") -> Score | None:
        """The scores of the run's own model on a part of the split."""
        rows = [row for row in self.scores if row.role == role]
        return next((row for row in rows if not row.is_reference), None)

    def best_reference(
        self, metric: str = "pearson", *, role: str = "test", higher: bool = True
    ) -> Score | None:
        """The simple reference with the best value of a metric on a part of the split."""
        rows = [row for row in self.scores if row.role == role and row.is_reference]
        known = [(value, row) for row in rows if (value := row[metric]) is not None]
        if not known:
            return None
        choose = max if higher else min
        return choose(known, key=lambda pair: pair[0])[1]
