"""Train a network on a compendium under a split, leaving a run folder."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from deeprage.data.compendium import Compendium
from deeprage.data.labels import DEFAULT_EDGES, check_edges
from deeprage.data.split import Role, ScoringProtocol, Split, under_protocol, visible
from deeprage.errors import DeepRageError
from deeprage.files import write_json
from deeprage.memory import peak_gb
from deeprage.networks.config import NetworkConfig
from deeprage.networks.network import Network
from deeprage.training.allocator import keep_large_buffers
from deeprage.training.checkpoint import load_checkpoint, restore_network
from deeprage.training.config import TrainingConfig
from deeprage.training.first_motifs import known_motifs, start_from_motifs
from deeprage.training.first_words import start_from_words
from deeprage.training.loop import Loop
from deeprage.training.progress import progress_listener
from deeprage.training.run import CHECKPOINT, CONFIG, Run, save_model
from deeprage.training.run_start import about_run, check_place, start_folder
from deeprage.training.scaling import Scaling
from deeprage.training.tensors import BlockTensors

if TYPE_CHECKING:
    from lightning_fabric import Fabric

#: Promoters from which the statistics of a `Standardise` layer are taken.
_CALIBRATION_PROMOTERS = 512


def train(
    compendium: Compendium,
    split: Split,
    *,
    out: Path,
    network: NetworkConfig,
    training: TrainingConfig,
    motifs: Sequence[Path] | None = None,
    protocol: ScoringProtocol = ScoringProtocol.DEFAULT,
    edges: Sequence[float] = DEFAULT_EDGES,
    compendium_path: Path | None = None,
    command: str | None = None,
    resume: bool = False,
    overwrite: bool = False,
    progress: bool = False,
) -> Run:
    """Train and write `out`: config, split, model, history, checkpoint.

    The network sees `visible(compendium, split)`: training cells for its gradient, validation
    cells to keep its best epoch, and never a test cell.

    Args:
        split: the role of each cell; of this compendium.
        motifs: MEME files where `network.first_filters` is "motifs"; None for JASPAR's fungi. Not
            read to resume, where filters are as far as they were.
        protocol: `PAPER` counts missing values as 0.
        edges: class thresholds, log2; `network.classes` must be one more.
        compendium_path: where the compendium is stored, remembered for `evaluate`.
        command: the command line to remember; None for a call from Python.
        resume: go on from the last checkpoint in `out`.
        overwrite: replace a run that is already in `out`.
        progress: show a bar on a terminal.

    Raises:
        DeepRageError: `out` holds a run, or to resume one of another split or other first filters,
            nothing to train on or to validate with, parts of the network that do not fit each
            other, motif files that cannot be read, a training that diverges.
    """
    out = Path(out)
    checked = check_edges(edges)
    _check(out, network, checked, resume=resume, overwrite=overwrite)
    from_motifs = network.first_filters == "motifs"
    known, about_motifs = known_motifs(motifs) if from_motifs and not resume else ([], [])
    if training.threads is not None:
        torch.set_num_threads(training.threads)
    keep_large_buffers()
    if resume:
        _check_same(out, split, network, training)
    seen = visible(under_protocol(compendium, protocol), split)
    fabric = _fabric(training)
    scaling = Scaling.fit(seen, split)
    train_part, held_out = (
        BlockTensors(seen, split, role=role, scaling=scaling, edges=checked, device=fabric.device)
        for role in (Role.TRAIN, Role.VALIDATION)
    )
    for part, name in ((train_part, "training"), (held_out, "validation")):
        if not len(part.rows):
            raise DeepRageError(f"the split has no known {name} cell: make another split.")
    held_out.keep_rows(training.validation_genes, np.random.default_rng([training.seed, 3]))
    with torch.random.fork_rng():
        torch.manual_seed(training.seed)
        model = Network(
            network,
            promoter_length=seen.promoters.shape[1],
            regulators=len(seen.regulators),
        )
    saved = load_checkpoint(out / CHECKPOINT) if resume else None
    if saved is None:
        if network.first_filters == "words":
            start_from_words(model, seen, split)
        elif from_motifs:
            start_from_motifs(model, seen, split, known)
        model.calibrate(_calibration(train_part, training.seed).cpu())
    else:
        restore_network(saved, model)  # before anything is written, lest it does not fit
    config = about_run(compendium, split, protocol, checked)
    config |= {"network": network.model_dump(), "training": training.model_dump()}
    config |= {"command": command, "compendium_path": str(compendium_path or "")}
    config |= {"device": str(fabric.device), "threads": torch.get_num_threads()}
    if from_motifs:
        # Going on needs no motif file: the weights are in the checkpoint.
        config["first_motifs"] = (
            Run.load(out).config.get("first_motifs") if resume else about_motifs
        )
    config["parameters"] = sum(part.numel() for part in model.parameters())
    if fabric.is_global_zero:
        start_folder(out, split, config, resume=resume)
    fabric.barrier()
    shape = shape_of_blocks(training, network, len(train_part.columns))
    started = time.perf_counter()
    with progress_listener(training, out, show=progress and fabric.is_global_zero) as listener:
        best = Loop(
            network=model,
            train=train_part,
            held_out=held_out,
            fabric=fabric,
            config=training,
            shape=shape,
            folder=out,
            on_best=lambda net: save_model(
                out,
                net,
                scaling=scaling,
                regulators=seen.regulators,
                length=seen.promoters.shape[1],
            ),
            listener=listener,
        ).run(saved=saved)
    if fabric.is_global_zero:
        config |= {
            "seconds": time.perf_counter() - started,
            "peak_gb": peak_gb(),
            "block": list(shape),
            "best_epoch": best.best_epoch,
            "validation_loss": best.best,
        }
        write_json(out / CONFIG, config)
    fabric.barrier()
    return Run(out)


def shape_of_blocks(
    training: TrainingConfig, network: NetworkConfig, conditions: int
) -> tuple[int, int]:
    """Genes and conditions of a block, where the options leave it open.

    All conditions, up to 256, since a promoter's encoding is the dear part and is then shared by
    most cells; few genes, since the cells of a block are correlated and steps are what teaches.
    The full tensor product moves 60 million weights a step and is given more genes for each; a
    recurrence keeps every step of every pair and is given fewer.
    """
    full = network.interaction == "tensor-product" and network.rank is None
    usual = 48 if full else 8 if "recurrent" in network.interaction else 16
    genes = usual if training.block_genes == "auto" else training.block_genes
    wanted = 256 if training.block_conditions == "auto" else training.block_conditions
    return genes, min(wanted, conditions)


def _check(
    out: Path, network: NetworkConfig, edges: tuple[float, ...], *, resume: bool, overwrite: bool
) -> None:
    if network.head != "regression" and network.classes != len(edges) + 1:
        raise DeepRageError(
            f"{len(edges)} class edges make {len(edges) + 1} classes, but the network has "
            f"{network.classes}: set network.classes={len(edges) + 1}."
        )
    check_place(out, resume=resume, overwrite=overwrite)


def _fabric(training: TrainingConfig) -> Fabric:
    from lightning_fabric import Fabric

    try:
        fabric = Fabric(
            accelerator=training.device,
            devices=training.devices,
            precision=training.precision,
            strategy="auto" if training.devices == 1 else "ddp",
        )
    except (RuntimeError, ValueError) as error:
        what = f"{training.devices} devices of the kind {training.device!r}"
        if training.devices == 1:
            what = f"the device {training.device!r}"
        raise DeepRageError(
            f"{what} with the precision {training.precision!r} cannot be used on this machine: "
            "leave --device and --precision out, or give --device cpu, which always works."
        ) from error
    fabric.launch()
    return fabric


def _calibration(part: BlockTensors, seed: int) -> torch.Tensor:
    rows = np.random.default_rng([seed, 2]).permutation(part.rows)[:_CALIBRATION_PROMOTERS]
    return part.promoters(np.sort(rows))


def _check_same(out: Path, split: Split, network: NetworkConfig, training: TrainingConfig) -> None:
    """Raise a `DeepRageError` unless the run in `out` has this split, start and optimiser.

    A network that goes on under another split may have learnt from what is now a test cell. One
    that starts elsewhere would be said to have started where it did not.
    """
    earlier = Run.load(out)
    if not np.array_equal(earlier.split.role, split.role):
        raise DeepRageError(
            f"the run in {out} has another split ({earlier.split.regime}, {earlier.split.label}) "
            f"than is asked for ({split.regime}, {split.label}): resume with the same regime, "
            "folds and seed."
        )
    started = earlier.config.get("network", {}).get("first_filters", network.first_filters)
    if started != network.first_filters:
        raise DeepRageError(
            f"the run in {out} was begun with first_filters={started}, not "
            f"{network.first_filters}: resume with the same."
        )
    optimiser = earlier.config.get("training", {}).get("optimiser", training.optimiser)
    if optimiser != training.optimiser:
        raise DeepRageError(
            f"the run in {out} was begun with the optimiser {optimiser!r}, not "
            f"{training.optimiser!r}: resume with the same one."
        )
