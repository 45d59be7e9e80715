"""Train deeprage-f on a compendium under a split, leaving a run folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from deeprage.data.compendium import Compendium
from deeprage.data.fingerprint import content_by_part, content_of_motifs
from deeprage.data.labels import DEFAULT_EDGES, check_edges
from deeprage.data.motif_sources import Source, known_motifs
from deeprage.data.split import Role, ScoringProtocol, Split, under_protocol, visible
from deeprage.errors import DeepRageError
from deeprage.factorised.learning import learn
from deeprage.factorised.run_folder import KIND, NAME, save_trained
from deeprage.locks import locked_folder
from deeprage.training.run import Run
from deeprage.training.run_start import Asked, about_run, new_run, plan_start, write_begun


def train(
    compendium: Compendium,
    split: Split,
    *,
    out: Path,
    motifs: Sequence[Source] | None = None,
    seed: int = 0,
    threads: int = 1,
    protocol: ScoringProtocol = ScoringProtocol.DEFAULT,
    edges: Sequence[float] = DEFAULT_EDGES,
    compendium_path: Path | None = None,
    command: str | None = None,
    overwrite: bool = False,
    on_step: Callable[[str], None] = lambda step: None,
    tell: Callable[[str], None] = lambda line: None,
) -> Run:
    """Train and write `out`: config, split, model, all at once when the model is trained.

    A run that is replaced stays until then. A complete run of the same settings and data is given
    back as it is.

    The model sees `visible(compendium, split)` and never a test cell; see `learning.learn`.

    Args:
        motifs: files and collections (`data.motif_sources`), kept in the run by content.
        others: as `training.train.train`.

    Raises:
        DeepRageError: `out` holds another run or other files, or there is too little to train on
            or to validate with.
    """
    from deeprage.memory import peak_gb

    out = Path(out)
    checked = check_edges(edges)
    with locked_folder(out):
        seen = visible(under_protocol(compendium, protocol), split)
        if not split.cells(Role.VALIDATION).any():
            raise DeepRageError("the split has no validation cell: make another split.")
        config = about_run(compendium, split, protocol, checked)
        config["compendium"]["content"] = content_by_part(compendium, coding=True)
        config |= {
            "kind": KIND,
            "model": {"name": NAME, **_about_motifs(motifs, compendium), "seed": seed},
            "command": command,
            "compendium_path": str(compendium_path or ""),
            "device": "cpu",
            "threads": threads,
        }
        asked = Asked(config, split, epochs=None, resume=False, overwrite=overwrite)
        if plan_start(out, asked, tell=tell) is None:
            tell(f"the run in {out} is complete: nothing is left to train")
            return Run.load(out)
        started = time.perf_counter()
        trained = learn(
            seen,
            split,
            motifs=motifs,
            edges=checked,
            num_threads=threads,
            seed=seed,
            on_step=on_step,
        )
        with new_run(out, tell=tell) as aside:
            save_trained(aside, trained)
            config |= {"seconds": time.perf_counter() - started, "peak_gb": peak_gb()}
            write_begun(aside, config, split)
    return Run(out)


def _about_motifs(sources: Sequence[Source] | None, compendium: Compendium) -> dict[str, list[str]]:
    """Where the motifs are from: names of files and collections, and hashes of what they hold."""
    known = known_motifs(sources, compendium)
    return {
        "motifs": list(known.parts),
        "motif_contents": [content_of_motifs(part) for part in known.parts.values()],
    }
