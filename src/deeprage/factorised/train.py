"""Train deeprage-f on a compendium under a split, leaving a run folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from deeprage.data.compendium import Compendium
from deeprage.data.fingerprint import content_by_part
from deeprage.data.labels import DEFAULT_EDGES, check_edges
from deeprage.data.split import Role, ScoringProtocol, Split, under_protocol, visible
from deeprage.errors import DeepRageError
from deeprage.factorised.learning import learn
from deeprage.factorised.run_folder import KIND, NAME, save_trained
from deeprage.files import write_json
from deeprage.training.run import CONFIG, Run
from deeprage.training.run_start import about_run, check_place, start_folder


def train(
    compendium: Compendium,
    split: Split,
    *,
    out: Path,
    motifs: Sequence[Path] | None = None,
    seed: int = 0,
    threads: int = 1,
    protocol: ScoringProtocol = ScoringProtocol.DEFAULT,
    edges: Sequence[float] = DEFAULT_EDGES,
    compendium_path: Path | None = None,
    command: str | None = None,
    overwrite: bool = False,
    on_step: Callable[[str], None] = lambda step: None,
) -> Run:
    """Train and write `out`: config, split, model.

    The model sees `visible(compendium, split)` and never a test cell; see `learning.learn`.

    Args:
        motifs: MEME files, kept in the run by content; None for JASPAR's fungi of `pyjaspar`.
        others: as `training.train.train`.

    Raises:
        DeepRageError: `out` holds a run, or there is too little to train on or to validate with.
    """
    from deeprage.memory import peak_gb

    out = Path(out)
    checked = check_edges(edges)
    check_place(out, resume=False, overwrite=overwrite)
    seen = visible(under_protocol(compendium, protocol), split)
    if not split.cells(Role.VALIDATION).any():
        raise DeepRageError("the split has no validation cell: make another split.")
    config = about_run(compendium, split, protocol, checked)
    config["compendium"]["content"] = content_by_part(compendium, coding=True)
    config |= {
        "kind": KIND,
        "model": {
            "name": NAME,
            "motifs": [Path(path).name for path in motifs] if motifs else "JASPAR fungi",
            "seed": seed,
        },
        "command": command,
        "compendium_path": str(compendium_path or ""),
        "device": "cpu",
        "threads": threads,
    }
    started = time.perf_counter()
    trained = learn(
        seen, split, motifs=motifs, edges=checked, num_threads=threads, seed=seed, on_step=on_step
    )
    start_folder(out, split, config)
    save_trained(out, trained)
    config |= {"seconds": time.perf_counter() - started, "peak_gb": peak_gb()}
    write_json(out / CONFIG, config)
    return Run(out)
