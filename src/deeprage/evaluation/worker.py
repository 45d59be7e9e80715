"""A process that fits and predicts what it is told, one line of JSON a job.

Reads jobs on stdin until it closes, answers each with a line `{"error": null}` or the reason.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from deeprage import __version__
from deeprage.data.compendium import Compendium
from deeprage.data.split import Split
from deeprage.errors import DeepRageError
from deeprage.evaluation.contestants import Contestant
from deeprage.evaluation.controls import under_control
from deeprage.evaluation.evaluate import SCORED_ROLES, fit_and_predict
from deeprage.evaluation.jobs import save_about
from deeprage.files import written_aside
from deeprage.memory import forget_peak, peak_gb


def main() -> None:
    """Do jobs until stdin closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that gives the jobs
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a library prints must not look like an answer
    for line in sys.stdin:
        error = None
        try:
            do(json.loads(line))
        except DeepRageError as problem:
            error = " ".join(str(problem).split())
        except Exception as problem:
            traceback.print_exc()
            error = f"{type(problem).__name__}: {problem} ({_where(problem)})"
        try:
            print(json.dumps({"error": error}), file=answers, flush=True)
        except BrokenPipeError:  # nobody waits any more; the result is in the cache
            os._exit(0)


def do(job: dict[str, Any]) -> None:
    """One job: fit, predict and keep the prediction of validation and test cells."""
    split = _split(job["split"])
    compendium = under_control(
        _compendium(job["compendium"]), split, job["control"], seed=job["seed"]
    )
    predictor = Contestant(job["name"], job["settings"]).make(
        threads=job["threads"], cache=Path(job["features"])
    )
    forget_peak()
    found = fit_and_predict(compendium, split, predictor)
    peak = peak_gb()
    cells = split.cells(*SCORED_ROLES)
    arrays: dict[str, Any] = {"values": found.values[cells]}
    if found.classes is not None:
        arrays["classes"] = found.classes[cells]
    out = Path(job["out"])
    with written_aside(out.with_suffix(".npz")) as aside, aside.open("wb") as handle:
        np.savez_compressed(handle, **arrays)
    save_about(
        out,
        {
            "label": job["label"],
            "deeprage_version": __version__,
            "fit_seconds": found.fit_seconds,
            "predict_seconds": found.predict_seconds,
            "peak_gb": peak,
            "threads": job["threads"],
        },
    )


@lru_cache(maxsize=1)
def _compendium(path: str) -> Compendium:
    return Compendium.load(path)


@lru_cache(maxsize=1)
def _split(path: str) -> Split:
    return Split.load(path)


def _where(problem: Exception) -> str:
    frames = traceback.extract_tb(problem.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "unknown place"


if __name__ == "__main__":
    main()
