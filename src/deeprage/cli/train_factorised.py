"""`deeprage train --model deeprage-f`: which options it takes, and the training."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deeprage.cli.console import note, watched
from deeprage.cli.motifs_in_use import tell
from deeprage.errors import DeepRageError

if TYPE_CHECKING:
    from deeprage.data.compendium import Compendium
    from deeprage.data.split import ScoringProtocol, Split
    from deeprage.training.run import Run

NAME = "deeprage-f"


def refuse_options(options: Mapping[str, Any]) -> None:
    """Raise a `DeepRageError` if an option was given that means nothing for deeprage-f.

    Args:
        options: by name without dashes, None or empty where not given.
    """
    meant = [name for name, value in options.items() if value not in (None, [], False)]
    if meant == ["resume"]:
        raise DeepRageError(
            f"--resume means nothing for {NAME}, which has no epochs: leave it out. A training "
            "that was stopped begins again with the same command."
        )
    if meant:
        flags = ", ".join(f"--{name}" for name in meant)
        raise DeepRageError(
            f"{flags} mean{'s' if len(meant) == 1 else ''} nothing for {NAME}, which is solved in "
            "closed form and by trees, without epochs or a network: leave them out, or choose a "
            "network with --model."
        )


def train_factorised(
    compendium: Compendium,
    split: Split,
    *,
    out: Path,
    motifs: Sequence[Path] | None,
    seed: int,
    threads: int | None,
    protocol: ScoringProtocol,
    edges: tuple[float, ...],
    compendium_path: Path,
    command: str | None,
    overwrite: bool,
) -> Run:
    """Train it, telling a person what is being done."""
    from deeprage.cli.threads import use_threads
    from deeprage.factorised.promoter_stack import PromoterStack
    from deeprage.factorised.train import train

    use_threads(threads)
    tell(PromoterStack(motifs=motifs).motif_features.known(compendium))
    return train(
        compendium,
        split,
        out=out,
        motifs=motifs,
        seed=seed,
        threads=threads or os.cpu_count() or 1,
        protocol=protocol,
        edges=edges,
        compendium_path=compendium_path,
        command=command,
        overwrite=overwrite,
        tell=note,
        on_step=(lambda step: note(f"{NAME}: {step}")) if watched() else (lambda step: None),
    )
