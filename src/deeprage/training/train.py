"""Train a network on a compendium under a split, leaving a run folder."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch

from deeprage.data.compendium import Compendium
from deeprage.data.labels import DEFAULT_EDGES, check_edges
from deeprage.data.level_reference import LevelReference
from deeprage.data.split import Role, ScoringProtocol, Split, under_protocol, visible
from deeprage.errors import DeepRageError
from deeprage.locks import locked_folder
from deeprage.memory import peak_gb
from deeprage.networks.config import NetworkConfig
from deeprage.networks.network import Network
from deeprage.training.allocator import keep_large_buffers
from deeprage.training.checkpoint import Checkpoint, load_checkpoint, restore_network
from deeprage.training.checkpoint_header import CHECKPOINT
from deeprage.training.config import TrainingConfig
from deeprage.training.first_motifs import first_motifs, start_from_motifs
from deeprage.training.first_words import start_from_words
from deeprage.training.loop import Diverged, Loop
from deeprage.training.progress import progress_listener
from deeprage.training.run import Run, save_model
from deeprage.training.run_start import Asked, abandon, about_run, begin, finish, plan_start
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
    tell: Callable[[str], None] = lambda line: None,
) -> Run:
    """Train and write `out`: config, split, model, history, checkpoint.

    The network sees `visible(compendium, split)`: training cells for its gradient, validation
    cells to keep its best epoch, and never a test cell.

    A training that was stopped goes on from its last full epoch when the same is asked for again. A
    run that is replaced stays until the new one is complete. A complete run of the same settings
    and data is given back as it is.

    Args:
        split: the role of each cell; of this compendium.
        motifs: where `network.first_filters` is "motifs"; see `data.motif_sources`. Not
            needed to resume, where filters are as far as they were.
        protocol: `PAPER` counts missing values as 0.
        edges: class thresholds, log2; `network.classes` must be one more.
        compendium_path: where the compendium is stored, remembered for `evaluate`.
        command: the command line to remember; None for a call from Python.
        resume: go on with the training in `out`, also with a complete one for more epochs.
        overwrite: replace a run that is already in `out`.
        progress: show a bar on a terminal.
        tell: called with a sentence when an earlier training in `out` matters.

    Raises:
        DeepRageError: `out` holds another run or other files, or another process trains there; to
            resume, a run of other settings; nothing to train on or to validate with, parts of the
            network that do not fit each other, motif files that cannot be read, a training that
            diverges.
    """
    out = Path(out)
    checked = check_edges(edges)
    _check(network, checked)
    with locked_folder(out) if _is_first(training) else nullcontext():
        from_motifs = network.first_filters == "motifs"
        read_motifs = from_motifs and (motifs is not None or not resume)
        known, about_motifs = first_motifs(motifs, compendium) if read_motifs else ([], [])
        if training.threads is not None:
            torch.set_num_threads(training.threads)
        keep_large_buffers()
        seen = visible(under_protocol(compendium, protocol), split)
        fabric = _fabric(training)
        prepared = _prepared(seen, split, network, training, checked, fabric)
        config = about_run(compendium, split, protocol, checked)
        config |= {"network": network.model_dump(), "training": training.model_dump()}
        config |= {"command": command, "compendium_path": str(compendium_path or "")}
        config |= {"device": str(fabric.device), "threads": torch.get_num_threads()}
        config["parameters"] = sum(part.numel() for part in prepared.model.parameters())
        if about_motifs:
            config["first_motifs"] = about_motifs
        asked = Asked(config, split, training.epochs, resume, overwrite)
        start = plan_start(out, asked, tell=tell) if fabric.is_global_zero else None
        start = fabric.broadcast(start)
        if start is None:
            tell(f"the run in {out} is complete: nothing is left to train")
            return Run.load(out)
        saved = load_checkpoint(start.folder / CHECKPOINT) if start.resume else None
        if saved is not None:
            restore_network(saved, prepared.model)
            if from_motifs and not about_motifs:  # going on needs no file of motifs
                config["first_motifs"] = Run.load(start.folder).config.get("first_motifs")
        else:
            if network.first_filters == "words":
                start_from_words(prepared.model, seen, split)
            elif from_motifs:
                if not about_motifs:  # resumed without a finished epoch, it begins again
                    known, config["first_motifs"] = first_motifs(motifs, compendium)
                start_from_motifs(prepared.model, seen, split, known)
            sample = _calibration(prepared.train, training.seed)
            prepared.model.calibrate(sample.cpu())
        fabric.barrier()  # all have read what the first now writes
        if fabric.is_global_zero:
            begin(start, config, split)
        try:
            config |= _fitted(prepared, training, fabric, start.folder, saved, show=progress)
        except BaseException as error:
            if fabric.is_global_zero:
                abandon(out, start, worthless=isinstance(error, Diverged))
            raise
        if fabric.is_global_zero:
            finish(out, start, config, tell=tell)
        fabric.barrier()
    return Run(out)


class _Prepared(NamedTuple):
    """All that a training needs in memory."""

    model: Network
    train: BlockTensors
    held_out: BlockTensors
    scaling: Scaling
    levels: LevelReference
    regulators: list[str]
    length: int
    shape: tuple[int, int]


def _prepared(
    seen: Compendium,
    split: Split,
    network: NetworkConfig,
    training: TrainingConfig,
    edges: tuple[float, ...],
    fabric: Fabric,
) -> _Prepared:
    """The blocks, the scaling and the network as it is drawn from the seed."""
    scaling = Scaling.fit(seen, split)
    levels = LevelReference.of(seen, split.train_columns)
    train_part, held_out = (
        BlockTensors(seen, split, role=role, scaling=scaling, edges=edges, device=fabric.device)
        for role in (Role.TRAIN, Role.VALIDATION)
    )
    for part, name in ((train_part, "training"), (held_out, "validation")):
        if not len(part.rows):
            raise DeepRageError(f"the split has no known {name} cell: make another split.")
        if network.head == "classes" and not part.labelled:
            raise DeepRageError(
                f"no {name} cell has a class: those of log2 expression are counted from each "
                "gene's mean in training, which a held-out gene does not have; give --head "
                "regression or both, or the regime conditions or pairs."
            )
    held_out.keep_rows(training.validation_genes, np.random.default_rng([training.seed, 3]))
    length = seen.promoters.shape[1]
    with torch.random.fork_rng():
        torch.manual_seed(training.seed)
        model = Network(network, promoter_length=length, regulators=len(seen.regulators))
    shape = shape_of_blocks(training, network, len(train_part.columns))
    return _Prepared(model, train_part, held_out, scaling, levels, seen.regulators, length, shape)


def _fitted(
    prepared: _Prepared,
    training: TrainingConfig,
    fabric: Fabric,
    folder: Path,
    saved: Checkpoint | None,
    *,
    show: bool,
) -> dict[str, Any]:
    """Train into a folder; what there is to say of it afterwards."""
    started = time.perf_counter()
    with progress_listener(training, folder, show=show and fabric.is_global_zero) as listener:
        best = Loop(
            network=prepared.model,
            train=prepared.train,
            held_out=prepared.held_out,
            fabric=fabric,
            config=training,
            shape=prepared.shape,
            folder=folder,
            on_best=lambda net, aside: save_model(
                aside,
                net,
                scaling=prepared.scaling,
                levels=prepared.levels,
                regulators=prepared.regulators,
                length=prepared.length,
            ),
            listener=listener,
        ).run(saved=saved)
    return {
        "seconds": time.perf_counter() - started,
        "peak_gb": peak_gb(),
        "block": list(prepared.shape),
        "best_epoch": best.best_epoch,
        "validation_loss": best.best,
    }


def _is_first(training: TrainingConfig) -> bool:
    """Whether this is the process that writes, before the others are there to ask."""
    ranks = ("RANK", "LOCAL_RANK", "SLURM_PROCID")
    return training.devices == 1 or all(os.environ.get(rank, "0") == "0" for rank in ranks)


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


def _check(network: NetworkConfig, edges: tuple[float, ...]) -> None:
    if network.head != "regression" and network.classes != len(edges) + 1:
        raise DeepRageError(
            f"{len(edges)} class edges make {len(edges) + 1} classes, but the network has "
            f"{network.classes}: set network.classes={len(edges) + 1}."
        )


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
