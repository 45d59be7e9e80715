"""deeprage-f in a run folder: arrays as safetensors, trees as text, the rest as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deeprage import __version__
from deeprage.errors import DeepRageError
from deeprage.factorised.certainty import CellKind, Certainty
from deeprage.factorised.condition_map import ConditionMap, FactorMap
from deeprage.factorised.error_sample import ErrorSample
from deeprage.factorised.promoter_scorer import PromoterScorer
from deeprage.factorised.schemas import FactorisedModel, check_arrays
from deeprage.factorised.trained import Learnt, TrainedFactorised
from deeprage.factorised.tree_text import checked_text
from deeprage.factorised.unseen_conditions import Mixture, OverConditions, OverGenes, World
from deeprage.files import write_json, write_text
from deeprage.manifest import own_bytes
from deeprage.schema import check_type
from deeprage.training.run import FORMAT_VERSION, MODEL, MODEL_JSON, TREES, Run

#: What `config.json` calls a run of this kind.
KIND = "factorised"
NAME = "deeprage-f"
Arrays = Mapping[str, NDArray[Any]]
_AGAIN = "train again"


def save_trained(path: Path, trained: TrainedFactorised) -> None:
    """Write `trees/`, `model.safetensors` and, last, `model.json` into a run folder."""
    import torch

    from deeprage.training.tensor_files import write_tensors

    learnt = trained.learnt
    for number, text in enumerate(learnt.scorer.trees):
        write_text(_tree_file(path, number), text)
    arrays = _arrays(learnt)
    tensors = {name: torch.from_numpy(np.ascontiguousarray(x)) for name, x in arrays.items()}
    write_tensors(path / MODEL, tensors)
    write_json(path / MODEL_JSON, _about(learnt))


def load_trained(run: Run, *, num_threads: int = 1) -> TrainedFactorised:
    """Read what `save_trained` wrote; it predicts the same to the bit.

    Args:
        num_threads: processor cores for the trees of new promoters.

    Raises:
        DeepRageError: the folder holds no such model, or a damaged one.
    """
    from deeprage.training.tensor_files import tensors_of

    if run.kind != KIND:
        raise DeepRageError(f"{run.path} holds {run.model_name}, not {NAME}.")
    about = run.model
    check_type(about, FactorisedModel, path=run.path / MODEL_JSON, advice=_AGAIN)
    content = own_bytes(run.path, MODEL, advice=_AGAIN)
    tensors, _ = tensors_of(content, path=run.path / MODEL, advice=_AGAIN)
    arrays = {name: tensor.numpy() for name, tensor in tensors.items()}
    try:
        check_arrays(about, arrays)
    except ValueError as error:
        raise DeepRageError(f"{run.path / MODEL} is damaged ({error}): {_AGAIN}.") from error
    trees = tuple(_trees(run.path, number) for number in range(about["trees"]))
    return TrainedFactorised(_learnt(about, arrays, trees, num_threads))


def _trees(path: Path, number: int) -> str:
    """The trees of a factor, once it is known that LightGBM can read them."""
    name = _tree_file(path, number).relative_to(path).as_posix()
    content = own_bytes(path, name, advice=_AGAIN)
    try:
        return checked_text(content.decode("ascii"))
    except ValueError as error:
        raise DeepRageError(f"{path / name} is damaged ({error}): {_AGAIN}.") from error


def _tree_file(path: Path, number: int) -> Path:
    return path / TREES / f"factor_{number:02d}.txt"


def _about(learnt: Learnt) -> dict[str, Any]:
    scorer, mixture = learnt.scorer, learnt.condition_map.mixture
    return {
        "format_version": FORMAT_VERSION,
        "deeprage_version": __version__,
        "model": NAME,
        "promoter_length": int(learnt.promoters.shape[1]),
        "regulators": list(learnt.regulators),
        "genes": list(learnt.genes),
        "conditions": list(learnt.conditions),
        "edges": list(learnt.edges),
        "relative": learnt.relative,
        "trees": len(scorer.trees),
        "promoter": {
            "bins": scorer.bins,
            "composition": scorer.composition,
            "window": scorer.window,
            "word_window": scorer.word_window,
        },
        "mixture": {
            "over_conditions": [mixture.over_conditions.penalty, mixture.over_conditions.width],
            "over_genes": [mixture.over_genes.penalty, mixture.over_genes.width],
            "weights": list(mixture.weights),
        },
        "kinds_of_cell": {kind.name: kind.words for kind in learnt.certainty.samples},
    }


def _arrays(learnt: Learnt) -> dict[str, NDArray[Any]]:
    scorer, conditions = learnt.scorer, learnt.condition_map
    found: dict[str, NDArray[Any]] = {
        "promoters": learnt.promoters,
        "seen_genes": learnt.seen_genes,
        "seen_conditions": learnt.seen_conditions,
        "taught": learnt.taught,
        "predicted": learnt.predicted,
        "kinds": learnt.kinds,
        "noise": learnt.noise,
        "series": learnt.series,
        "class_origin": learnt.class_origin,
        "promoter_scores": learnt.promoter_scores,
        "conditions.values": conditions.world.values.astype(np.float32),
        "conditions.levels": conditions.levels,
        "conditions.regulator_rows": conditions.world.regulator_rows,
        "conditions.regulator_slots": conditions.world.regulator_slots,
        "conditions.extra": np.array([conditions.world.extra]),
        "factors.mean": learnt.factor_map.mean,
        "factors.loadings": learnt.factor_map.loadings,
        "motifs.log_odds": np.concatenate([*scorer.odds, np.zeros((4, 0), np.float32)], axis=1),
        "motifs.widths": np.array([odds.shape[1] for odds in scorer.odds], dtype=np.int64),
        "scorer.rounds": scorer.rounds,
        "scorer.share": scorer.share,
        "scorer.dual": scorer.dual,
        "scorer.offset": scorer.offset,
    }
    if learnt.coding is not None:
        found["coding"] = learnt.coding
    for kind, sample in learnt.certainty.samples.items():
        found[f"errors.{kind.name}.predicted"] = sample.predicted
        found[f"errors.{kind.name}.truth"] = sample.truth
        if sample.noise is not None:
            found[f"errors.{kind.name}.noise"] = sample.noise
    return found


def _learnt(
    about: Mapping[str, Any], arrays: Arrays, trees: tuple[str, ...], num_threads: int
) -> Learnt:
    promoters, coding = arrays["promoters"], arrays.get("coding")
    seen, taught = arrays["seen_genes"], arrays["taught"]
    teachers = seen[taught]
    widths, read = arrays["motifs.widths"], about["promoter"]
    scorer = PromoterScorer(
        odds=tuple(np.split(arrays["motifs.log_odds"], np.cumsum(widths), axis=1)[:-1]),
        bins=int(read["bins"]),
        composition=int(read["composition"]),
        window=int(read["window"]),
        word_window=int(read["word_window"]),
        trees=trees,
        rounds=arrays["scorer.rounds"],
        share=arrays["scorer.share"],
        dual=arrays["scorer.dual"],
        offset=arrays["scorer.offset"],
        taught=promoters[teachers],
        taught_coding=None if coding is None else coding[teachers],
        num_threads=num_threads,
    )
    mixture = about["mixture"]
    first, second = mixture["weights"]
    conditions = ConditionMap(
        World(
            arrays["conditions.values"].astype(np.float64),
            arrays["conditions.levels"].T.astype(np.float64),
            arrays["conditions.regulator_rows"],
            arrays["conditions.regulator_slots"],
            int(arrays["conditions.extra"].item()),
        ),
        Mixture(
            OverConditions(*mixture["over_conditions"]),
            OverGenes(*mixture["over_genes"]),
            (float(first), float(second)),
        ),
    )
    samples = {
        CellKind[name]: ErrorSample(
            arrays[f"errors.{name}.predicted"],
            arrays[f"errors.{name}.truth"],
            arrays.get(f"errors.{name}.noise"),
        )
        for name in about["kinds_of_cell"]
    }
    return Learnt(
        genes=tuple(about["genes"]),
        conditions=tuple(about["conditions"]),
        regulators=tuple(about["regulators"]),
        promoters=promoters,
        coding=coding,
        seen_genes=seen,
        seen_conditions=arrays["seen_conditions"],
        taught=taught,
        predicted=arrays["predicted"],
        kinds=arrays["kinds"],
        noise=arrays["noise"],
        series=arrays["series"],
        class_origin=arrays["class_origin"],
        promoter_scores=arrays["promoter_scores"],
        condition_map=conditions,
        factor_map=FactorMap(arrays["factors.mean"], arrays["factors.loadings"]),
        scorer=scorer,
        certainty=Certainty(samples),
        edges=tuple(about["edges"]),
        relative=bool(about["relative"]),
    )
