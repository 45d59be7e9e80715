"""How a run folder begins, whatever kind of model is trained into it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deeprage import __version__
from deeprage.data.compendium import Compendium
from deeprage.data.fingerprint import content_by_part
from deeprage.data.split import Role, ScoringProtocol, Split
from deeprage.errors import DeepRageError
from deeprage.files import json_text, written_aside
from deeprage.training.run import (
    CHECKPOINT,
    CONFIG,
    FORMAT_VERSION,
    MADE,
    MADE_FOLDERS,
    MODEL,
    SPLIT,
)


def check_place(out: Path, *, resume: bool, overwrite: bool) -> None:
    """Raise a `DeepRageError` unless a run may be written to, or gone on with in, `out`."""
    if out.exists() and not out.is_dir():
        raise DeepRageError(f"{out} is a file: give a folder for the run with --out.")
    if resume and not (out / CHECKPOINT).exists():
        raise DeepRageError(f"there is nothing to resume in {out}: train without --resume.")
    if (out / MODEL).exists() and not (resume or overwrite):
        raise DeepRageError(
            f"{out} already holds a run: choose another --out, or say --resume or --overwrite."
        )


def start_folder(out: Path, split: Split, config: dict[str, Any], *, resume: bool = False) -> None:
    """Write settings and split, and remove what an earlier run left, unless to go on with it."""
    with written_aside(out / CONFIG) as settings, written_aside(out / SPLIT) as roles:
        settings.write_text(json_text(config), encoding="utf-8")
        split.write(roles)
        if not resume:
            # What an earlier run left would stand beside the new settings if this one is stopped;
            # it is removed once these are written, so that a full disk costs nothing.
            for stale in MADE:
                (out / stale).unlink(missing_ok=True)
            for folder in MADE_FOLDERS:
                shutil.rmtree(out / folder, ignore_errors=True)


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
        },
        "split": {
            "regime": str(split.regime),
            "label": split.label,
            "cells": {role.name.lower(): int(split.cells(role).sum()) for role in Role},
        },
        "protocol": str(protocol),
        "edges": list(edges),
    }
