"""What a run left behind: its folder, read for the report."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from deeprage.data.split import Role
from deeprage.errors import DeepRageError
from deeprage.files import read_json
from deeprage.manifest import read_manifest
from deeprage.training.run import HISTORY, METRICS, PREDICTIONS, Run


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
    def load(cls, path: Path) -> Predictions:
        """Read `predictions.npz`; nothing in it is unpickled.

        Raises:
            DeepRageError: an array is missing, is of another shape or holds Python objects.
        """
        try:
            with np.load(path, allow_pickle=False) as found:
                names = {
                    key: tuple(str(name) for name in found[key])
                    for key in ("genes", "conditions", "series")
                }
                for key in ("groups", "symbols"):
                    names[key] = tuple(map(str, found[key if key in found else "genes"]))
                predictions = cls(
                    **names,
                    predicted=found["predicted"],
                    observed=found["observed"],
                    role=found["role"],
                )
        except (OSError, KeyError, ValueError, EOFError, BadZipFile, zlib.error) as error:
            raise DeepRageError(
                f"{path} cannot be read as predictions ({error}): run `deeprage evaluate` again."
            ) from error
        predictions._check_shapes(path)
        return predictions

    def _check_shapes(self, path: Path) -> None:
        expected = (len(self.genes), len(self.conditions))
        for name in ("predicted", "observed", "role"):
            shape = getattr(self, name).shape
            if shape != expected:
                raise DeepRageError(
                    f"{path}: `{name}` is {shape} but there are {expected[0]} genes x "
                    f"{expected[1]} conditions: run `deeprage evaluate` again."
                )


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
    def from_json(cls, row: Mapping[str, Any]) -> Score:
        """One entry of `metrics.json`'s `rows`; values that are not numbers become None."""
        scores = dict(row.get("scores") or {})
        confusion = scores.get("confusion_percent") or scores.get("confusion")
        times = {key: row.get(key) for key in ("fit_seconds", "predict_seconds")}
        return cls(
            predictor=str(row.get("predictor", "unnamed")),
            kind=str(row.get("kind", "reference")),
            role=str(row.get("role", "test")),
            values={key: _number(value) for key, value in {**scores, **times}.items()},
            confusion=tuple(tuple(map(float, line)) for line in confusion) if confusion else None,
        )


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if np.isfinite(value) else None


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

    def json(self, name: str) -> Any | None:
        """Another JSON file of the folder, or None where it is absent."""
        path = self.folder / name
        return read_json(path) if path.is_file() else None

    @cached_property
    def history(self) -> list[dict[str, Any]]:
        """One dict an epoch, in order; a resumed epoch counts once, a torn last line not at all."""
        path = self.folder / HISTORY
        epochs: dict[int, dict[str, Any]] = {}
        text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
        for line in text.splitlines():
            try:
                found = json.loads(line)
            except ValueError:
                continue
            if isinstance(found, dict) and isinstance(found.get("epoch"), int):
                epochs[found["epoch"]] = found
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
    def metrics(self) -> Mapping[str, Any]:
        """`metrics.json`, empty before `deeprage evaluate` has run."""
        found = self.json(METRICS) or {}
        if not isinstance(found, dict) or not isinstance(found.get("rows", []), list):
            raise DeepRageError(
                f"{self.folder / METRICS} is damaged: run `deeprage evaluate` again."
            )
        return found

    @cached_property
    def scores(self) -> list[Score]:
        """Scores of the model and of the references, on validation and test cells."""
        return [Score.from_json(row) for row in self.metrics.get("rows", [])]

    @cached_property
    def predictions(self) -> Predictions | None:
        """The predictions, or None before `deeprage evaluate` has run."""
        path = self.folder / PREDICTIONS
        return Predictions.load(path) if path.is_file() else None

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
