"""Asking the model of a run, of whatever kind, for new promoters and regulator levels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from deeprage.errors import DeepRageError
from deeprage.training.run import NETWORK

if TYPE_CHECKING:
    from deeprage.cli.own_genes import OwnGenes
    from deeprage.data.level_check import LevelFindings
    from deeprage.data.level_reference import LevelReference
    from deeprage.factorised.trained import TrainedFactorised
    from deeprage.training.predictor import NetworkPredictor
    from deeprage.training.run import Run

Matrix = NDArray[np.float32]
Tokens = NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class Answer:
    """What a model says.

    Attributes:
        value: log2 float32 (G, C).
        probabilities: float32 (G, C, classes), or None.
        limits: ends of intervals (G, C), if asked for.
        known: what was known of gene and condition (G, C), text; empty for a network.
        notes: what a user should know.
    """

    value: Matrix
    probabilities: Matrix | None
    limits: tuple[Matrix, Matrix] | None = None
    known: NDArray[np.str_] = field(default_factory=lambda: np.zeros((0, 0), dtype=str))
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class NewGenes:
    """Promoters that are asked for.

    Attributes:
        names: of the genes (G,).
        promoters: int8 tokens (G, L), of the length of the training.
        coding: FASTA of coding starts.
    """

    names: list[str]
    promoters: Tokens
    coding: Path | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Asked:
    """A run's model and what it was trained on.

    Attributes:
        model: a `NetworkPredictor` or a `TrainedFactorised`.
        reference: regulator levels of training.
        usual: float32 (R,), level where nothing happens, log2.
    """

    run: Run
    model: NetworkPredictor | TrainedFactorised
    reference: LevelReference
    usual: Matrix

    @classmethod
    def of(cls, run: Run) -> Asked:
        """Open the run.

        Raises:
            DeepRageError: it holds no model, or one that takes no new promoters.
        """
        from deeprage.evaluation.opening import open_model
        from deeprage.factorised.trained import TrainedFactorised

        if run.kind == NETWORK:
            usual = run.scaling().regulator_mean
            return cls(run, run.predictor(), run.level_reference(), usual)
        model = open_model(run)
        if not isinstance(model, TrainedFactorised):
            raise DeepRageError(f"{run.path} holds {run.model_name}: it takes no new promoters.")
        return cls(run, model, model.level_reference, model.usual_levels)


def ask(
    asked: Asked,
    genes: OwnGenes | NewGenes,
    levels: Matrix,
    *,
    findings: LevelFindings,
    classes: bool,
    level: float | None,
) -> Answer:
    """Predictions of genes under new levels (C, R).

    Args:
        genes: of the compendium, or new promoters.
        findings: what is odd about the levels.
        classes: whether class probabilities are wanted.
        level: of the intervals, if any are wanted.

    Raises:
        DeepRageError: something is asked for that this kind of model does not know.
    """
    if level is not None and not 0 < level < 1:
        raise DeepRageError(f"--level lies between 0 and 1, such as 0.9; got {level:g}.")
    from deeprage.factorised.trained import TrainedFactorised

    if isinstance(asked.model, TrainedFactorised):
        return _ask_factorised(asked.model, genes, levels, beyond=findings.beyond, level=level)
    coding = genes.coding if isinstance(genes, NewGenes) else None
    if coding is not None or level is not None:
        raise DeepRageError(
            f"{asked.run.path} holds the network {asked.run.model_name}: --coding and "
            "--intervals-out are for runs of deeprage-f."
        )
    if classes and asked.run.model["network"]["head"] == "regression":
        raise DeepRageError(
            f"{asked.run.path} has no class head, so there are no probabilities for "
            "--classes-out: train with --head both or --head classes."
        )
    if isinstance(genes, NewGenes):
        predicted = asked.model.predict_new(genes.promoters, levels)
    else:
        asked.model.fit(genes.compendium, asked.run.split)
        predicted = asked.model.predict_genes(genes.rows, levels)
    return Answer(predicted.value, predicted.probabilities)


def _ask_factorised(
    model: TrainedFactorised,
    genes: OwnGenes | NewGenes,
    levels: Matrix,
    *,
    beyond: Matrix,
    level: float | None,
) -> Answer:
    from deeprage.factorised.certainty import CellKind

    notes = []
    if isinstance(genes, NewGenes):
        names, coding = genes.names, genes.coding
        starts = None if coding is None else _coding_starts(model, coding, names)
        found = model.predict_new(
            genes.promoters, levels, names=names, coding=starts, beyond=beyond
        )
    else:
        model.fit(genes.compendium, genes.split)
        found = model.predict_genes(genes.rows, levels, beyond=beyond)
    words = np.array([kind.words for kind in CellKind])
    new = sum(int((found.kinds == kind).any(axis=1).sum()) for kind in CellKind if kind >= 4)
    if new:
        notes.append(
            f"{new} new genes are known by their promoter alone; --coding adds what the start of "
            "the coding sequence tells"
        )
    known = sum((found.kinds == kind).any(axis=1).sum() for kind in (CellKind.SEEN,))
    if known:
        notes.append(f"{known} genes are predicted with what training saw of them as well")
    limits = None
    if level is not None:
        limits = model.interval(found.value, found.kinds, found.noise, level=level)
    return Answer(
        found.value,
        found.probabilities,
        limits,
        words[found.kinds],
        tuple(notes),
    )


def _coding_starts(model: TrainedFactorised, path: Path, genes: Sequence[str]) -> Tokens:
    """Tokens (G, L') of each gene's coding start, cropped or filled with N at the 3' end.

    Raises:
        DeepRageError: the model reads no coding sequences, or a gene has none in the file.
    """
    from deeprage.data.dna import N_TOKEN
    from deeprage.data.promoters import read_promoters
    from deeprage.errors import examples

    kept = model.learnt.coding
    if kept is None or not model.reads_coding:
        raise DeepRageError(
            "--coding means nothing for this run, whose compendium had no coding sequences: "
            "leave it out."
        )
    given = read_promoters(path)
    missing = [gene for gene in genes if gene not in given]
    if missing:
        raise DeepRageError(
            f"{path} has no coding start for {len(missing)} of {len(genes)} genes, such as "
            f"{examples(missing)}: add them, under the names of the promoters."
        )
    found = np.full((len(genes), kept.shape[1]), N_TOKEN, dtype=np.int8)
    for row, gene in zip(found, genes, strict=True):
        tokens = given[gene][: kept.shape[1]]
        row[: len(tokens)] = tokens
    return found
