"""Where a training writes: how a run folder begins, goes on, and is replaced.

A training writes into the run folder itself where there is nothing to lose. Where there is a run,
complete or with finished epochs, the new one is built in a hidden folder inside it (`STAGED`) and
takes its place once it is complete.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from deeprage import __version__
from deeprage.data.compendium import Compendium
from deeprage.data.fingerprint import content_by_part
from deeprage.data.split import Role, ScoringProtocol, Split
from deeprage.errors import DeepRageError, counted, examples
from deeprage.files import flush, write_json
from deeprage.folders import NEW, commit, folder_change, recovered, visible_names
from deeprage.manifest import MANIFEST, Manifest, content_of, read_manifest, verified_bytes
from deeprage.training.checkpoint_header import CHECKPOINT, STAGED, about_checkpoint
from deeprage.training.run import (
    CONFIG,
    FORMAT_VERSION,
    HISTORY,
    MODEL,
    MODEL_JSON,
    SPLIT,
    TENSORBOARD,
    Run,
    is_run,
)
from deeprage.training.same_run import first_difference

#: What a training itself writes; anything else that the manifest lists are results of other verbs.
_TRAINED = (CONFIG, SPLIT, MODEL, MODEL_JSON, HISTORY, CHECKPOINT)

Tell = Callable[[str], None]


class Start(NamedTuple):
    """Where to train.

    Attributes:
        folder: the run folder, or one inside it.
        resume: whether to go on from the checkpoint there.
    """

    folder: Path
    resume: bool


class Asked(NamedTuple):
    """What is asked for.

    Attributes:
        config: the resolved configuration.
        epochs: of a network; None for a model without epochs.
    """

    config: Mapping[str, Any]
    split: Split
    epochs: int | None
    resume: bool
    overwrite: bool


def plan_start(out: Path, asked: Asked, *, tell: Tell) -> Start | None:
    """Where to train, or None if the run is complete and nothing is left to do.

    The caller holds the lock of `out`. What a killed process left is put in order first.

    Args:
        tell: called with a sentence if an earlier training matters.

    Raises:
        DeepRageError: `out` holds other files, a complete run that is not to be replaced, or, to
            resume, a run of other settings.
    """
    manifest = recovered(out)
    if (out / STAGED).is_dir():
        recovered(out / STAGED)
    if not (is_run(out) or CONFIG in manifest.files):
        discard_staged(out)
        _refuse_other_files(out)
        if asked.resume:
            raise DeepRageError(f"there is nothing to resume in {out}: train without --resume.")
        return Start(out, resume=False)
    if asked.resume:
        return _resumed(out, asked, complete=manifest.complete, tell=tell)
    if asked.overwrite:
        discard_staged(out)
        kept = manifest.complete or (out / CHECKPOINT).is_file()
        return Start(out / STAGED if kept else out, resume=False)
    if manifest.complete:
        _refuse_another(out, asked)
        return None
    return _again(out, asked, tell=tell)


def _resumed(out: Path, asked: Asked, *, complete: bool, tell: Tell) -> Start | None:
    """Go on with the training that will replace the run, else with the run itself."""
    folder = out / STAGED if _epochs_done(out / STAGED) else out
    done = _epochs_done(folder)
    if not done and not complete:
        tell(f"no epoch of the training in {out} was finished: it begins again")
        return Start(out, resume=False)
    difference = _difference(folder, asked)
    if difference is not None:
        raise DeepRageError(
            f"the training in {out} is another one than is asked for: {difference}. Resume with "
            "the options that it was begun with, choose another --out, or say --overwrite."
        )
    if asked.epochs is None or not done:
        return None
    if asked.epochs < done:
        raise DeepRageError(
            f"the training in {out} has {counted(done, 'finished epoch')}, more than the "
            f"{asked.epochs} that are asked for: resume with --epochs {done} or more."
        )
    if folder == out and complete:
        if asked.epochs <= done or has_plateaued(out / CHECKPOINT, asked.config["training"]):
            return None
        return Start(_copied(out), resume=True)
    return Start(folder, resume=True)


def _refuse_another(out: Path, asked: Asked) -> None:
    """The complete run in `out` may stay if it is what is asked for, which would be made alike."""
    difference = _difference(out, asked, epochs=True)
    if difference is None:
        return
    raise DeepRageError(
        f"{out} already holds a run: {difference}. Choose another --out, or say --overwrite to "
        "replace it, or --resume with more --epochs to go on with it."
    )


def _again(out: Path, asked: Asked, *, tell: Tell) -> Start:
    """The same command after a kill goes on; another one leaves what is there until it is done."""
    for folder in (out / STAGED, out):
        done = _epochs_done(folder)
        if done and _difference(folder, asked, epochs=True) is None:
            tell(f"going on with the training in {out}: {counted(done, 'epoch')} finished")
            return Start(folder, resume=True)
    discard_staged(out)
    done = _epochs_done(out)
    if not done:
        return Start(out, resume=False)
    tell(
        f"{out} holds an unfinished training, {counted(done, 'epoch')}, of which "
        f"{_difference(out, asked, epochs=True)}: it is replaced once this one is complete"
    )
    return Start(out / STAGED, resume=False)


def _difference(folder: Path, asked: Asked, *, epochs: bool = False) -> str | None:
    """The first difference from the training in a folder.

    Args:
        epochs: whether another number of epochs is a difference.
    """
    run = Run.load(folder)
    difference = first_difference(run.config, run.split, asked.config, asked.split)
    if difference is None and epochs and asked.epochs is not None:
        there = run.config["training"]["epochs"]
        if there != asked.epochs:
            return f"the number of epochs is {there} there and {asked.epochs} here"
    return difference


def _epochs_done(folder: Path) -> int:
    """How many epochs a checkpoint in a folder stands for; 0 where there is none."""
    path = folder / CHECKPOINT
    return int(about_checkpoint(path)["epoch"]) if path.is_file() else 0


def has_plateaued(path: Path, training: Mapping[str, Any]) -> bool:
    """Whether a checkpoint is of a training that its schedule has ended, whatever the epochs."""
    waited = int(about_checkpoint(path)["progress"]["waited"])
    return training["schedule"] == "plateau" and waited >= int(training["stop_after"])


def _refuse_other_files(out: Path) -> None:
    """A run goes into a folder of its own, so that nothing in it can be mistaken for a part."""
    if names := visible_names(out):
        raise DeepRageError(
            f"{out} holds {examples(names)} and no run of deeprage: choose another --out, such as "
            f"{out / 'run'}, or an empty folder."
        )


def _copied(out: Path) -> Path:
    """A copy of a complete training, without the results of other verbs, to go on with."""
    discard_staged(out)
    aside = out / NEW
    aside.mkdir()
    manifest = read_manifest(out) or Manifest()
    listed = {name: manifest.files[name] for name in _TRAINED if name in manifest.files}
    for name in listed:
        (aside / name).write_bytes(verified_bytes(out, name, advice="train it with --overwrite"))
    write_json(aside / MANIFEST, Manifest(listed, complete=False).as_json())
    for path in (*aside.iterdir(), aside):
        flush(path)
    aside.rename(out / STAGED)
    flush(out)
    return out / STAGED


def discard_staged(out: Path) -> None:
    """Remove the training that would have replaced the run in `out`, if there is one."""
    if (out / STAGED).is_dir():
        (out / STAGED).rename(out / NEW)  # at once: half of it must not be taken for the whole
        shutil.rmtree(out / NEW, ignore_errors=True)


def begin(start: Start, config: Mapping[str, Any], split: Split) -> None:
    """Write settings and split, without what an earlier training and other verbs left.

    To resume, the training stays and the results of other verbs go.
    """
    manifest = read_manifest(start.folder) or Manifest()
    kept = _TRAINED if start.resume else ()
    stale = [name for name in manifest.files if name not in kept]
    with folder_change(start.folder, removed=stale, complete=False) as aside:
        write_begun(aside, config, None if start.resume else split)


def write_begun(aside: Path, config: Mapping[str, Any], split: Split | None) -> None:
    """Write the settings and, unless it is there already, the split."""
    write_json(aside / CONFIG, config)
    if split is not None:
        split.save(aside / SPLIT)


@contextmanager
def new_run(out: Path, *, tell: Tell) -> Iterator[Path]:
    """Give an empty folder for a whole run, which takes the place of what is in `out`."""
    aside = out / NEW
    shutil.rmtree(aside, ignore_errors=True)
    try:
        aside.mkdir()
        yield aside
        replace_run(out, aside, tell=tell)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    discard_staged(out)


def finish(out: Path, start: Start, config: Mapping[str, Any], *, tell: Tell) -> None:
    """Mark a training as complete; one beside an earlier run takes the place of that run."""
    logs = (start.folder / TENSORBOARD).rglob("*")
    adopted = [path.relative_to(start.folder).as_posix() for path in logs if path.is_file()]
    with folder_change(start.folder, adopted=adopted, complete=True) as aside:
        write_json(aside / CONFIG, config)
    if start.folder == out:
        discard_staged(out)
    else:
        replace_run(out, start.folder, tell=tell)


def abandon(out: Path, start: Start, *, worthless: bool) -> None:
    """Remove a training that failed beside an earlier run, unless it can be resumed.

    Args:
        worthless: whether it is not to be resumed in any case.
    """
    if start.folder != out and (worthless or not (start.folder / CHECKPOINT).is_file()):
        discard_staged(out)


def replace_run(out: Path, aside: Path, *, tell: Tell) -> None:
    """Put the run in `aside` in place of the one in `out`; the user's files stay."""
    manifest = read_manifest(out) or Manifest()
    for name, content in manifest.files.items():
        path = out / name
        if path.is_file() and content_of(path) != content:
            tell(f"{path} was changed by hand and is kept as {_spared(path)}")
    commit(out, aside, removed=list(manifest.files), complete=True)


def _spared(path: Path) -> Path:
    """Rename a file of the user to the next free name."""
    for number in range(1, 1000):
        other = path.with_name(f"{path.stem}.kept-{number}{path.suffix}")
        if not other.exists():
            return path.rename(other)
    raise DeepRageError(f"there are too many kept copies of {path}: move them elsewhere.")


def about_run(
    compendium: Compendium, split: Split, protocol: ScoringProtocol, edges: Sequence[float]
) -> dict[str, Any]:
    """The resolved configuration but for the model: enough about data and split to read a run
    alone."""
    about = compendium.about
    return {
        "format_version": FORMAT_VERSION,
        "deeprage_version": __version__,
        "compendium": {
            "name": about["name"],
            "unit": about["unit"],
            "anchor": about["anchor"],
            "promoter_length": about["promoter_length"],
            "provenance": about["provenance"],
            "genes": len(compendium.genes),
            "conditions": len(compendium.conditions),
            "regulators": len(compendium.regulators),
            "missing_share": float(np.isnan(compendium.expression).mean()),
            "series": len(set(compendium.series)),
            "groups": len(set(compendium.groups)),
            "content": content_by_part(compendium),
            # For levels that are given under other names, when the compendium is not at hand.
            "regulator_identifiers": [
                compendium.regulator_names.identifiers_of(slot)
                for slot in range(len(compendium.regulators))
            ],
        },
        "split": {
            "regime": str(split.regime),
            "label": split.label,
            "cells": {role.name.lower(): int(split.cells(role).sum()) for role in Role},
        },
        "protocol": str(protocol),
        "edges": list(edges),
    }
