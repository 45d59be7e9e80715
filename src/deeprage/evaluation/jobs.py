"""Jobs of a benchmark: one predictor on one fold under one control, each kept by its content.

Jobs run in worker processes (`deeprage.evaluation.worker`) that are told what to do in lines of
JSON and write their results to the cache themselves. Killing the benchmark loses the jobs in
flight and nothing else; a job that fails, or whose process dies, is reported and the rest go on.
"""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

import deeprage
from deeprage.data.compendium import Compendium
from deeprage.data.fingerprint import content_of_coding, content_of_compendium
from deeprage.data.split import Split
from deeprage.errors import DeepRageError
from deeprage.evaluation.contestants import Contestant
from deeprage.evaluation.controls import Control
from deeprage.evaluation.evaluate import SCORED_ROLES, Prediction
from deeprage.evaluation.job_key import content_of_split, key_of
from deeprage.evaluation.sealed_files import hash_of_file, is_intact, seal
from deeprage.files import read_json, write_json

#: Libraries that start threads of their own read these.
_THREAD_LIMITS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


@dataclass(frozen=True)
class Job:
    """One predictor, fitted and scored on one fold under one control.

    Attributes:
        fold: number of the fold in its regime, from 1.
        seed: of the control.
    """

    contestant: Contestant
    split: Split
    fold: int = 1
    control: Control = Control.NONE
    seed: int = 0

    @property
    def label(self) -> str:
        """A name for people: `regime, fold 2: predictor (control)`."""
        control = "" if self.control is Control.NONE else f" ({self.control})"
        return f"{self.split.regime}, fold {self.fold}: {self.contestant.name}{control}"


@dataclass(frozen=True)
class Outcome:
    """How a job ended.

    Attributes:
        path: the cached result without its suffix.
        about: seconds to fit and to predict, peak memory (GB); empty if it failed.
        error: why it failed, in one line; None if it did not.
        cached: it was done before.
    """

    job: Job
    path: Path
    about: dict[str, Any]
    error: str | None = None
    cached: bool = False

    def prediction(self) -> Prediction:
        """The predicted matrix, NaN outside validation and test cells."""
        split = self.job.split
        cells = split.cells(*SCORED_ROLES)
        values = np.full(cells.shape, np.nan, dtype=np.float32)
        classes = None
        with np.load(_values_of(self.path), allow_pickle=False) as found:
            values[cells] = found["values"]
            if "classes" in found:
                classes = np.full(cells.shape, -1, dtype=np.int8)
                classes[cells] = found["classes"]
        return Prediction(values, classes, self.about["fit_seconds"], self.about["predict_seconds"])


OnOutcome = Callable[[Outcome], None]


def run_jobs(
    compendium: Compendium,
    jobs: Sequence[Job],
    *,
    cache: Path,
    workers: int = 1,
    threads: int = 1,
    on_start: Callable[[Job], None] = lambda job: None,
    on_outcome: OnOutcome = lambda outcome: None,
) -> list[Outcome]:
    """Run jobs, or take their results from the cache; outcomes in the order of the jobs.

    Args:
        cache: folder of results; may be shared by benchmarks of any data.
        workers: processes at a time, each with `threads` threads.
        on_start, on_outcome: called in this process, for a progress display.
    """
    cache = cache.resolve()
    source, coding = content_of_compendium(compendium), content_of_coding(compendium)
    paths = [cache / "jobs" / _key(job, source, coding) for job in jobs]
    outcomes: dict[int, Outcome] = {}
    waiting: deque[int] = deque()
    for number, (job, path) in enumerate(zip(jobs, paths, strict=True)):
        about = about_of(path)
        if about is not None:
            outcomes[number] = Outcome(job, path, about, None, True)
            on_outcome(outcomes[number])
        else:
            waiting.append(number)
    if waiting:
        data = cache / "data" / f"{source}{f'-{coding[:8]}' if coding else ''}.h5ad"
        if not is_intact(data):
            compendium.save(data)
            seal(data)
        messages = {
            number: _message(jobs[number], paths[number], data=data, cache=cache, threads=threads)
            for number in waiting
        }
        with _Pool(min(workers, len(waiting)), threads) as pool:
            # A training keeps its memory until its process ends, and would be counted again.
            spent = {n for n in waiting if jobs[n].contestant.kind == "network"}
            for number, error in pool.run(
                waiting, messages, spent=spent, on_start=lambda number: on_start(jobs[number])
            ):
                about = about_of(paths[number]) if error is None else None
                if error is None and about is None:
                    error = "its result could not be read back: is the disk full or damaged?"
                outcomes[number] = Outcome(jobs[number], paths[number], about or {}, error)
                on_outcome(outcomes[number])
    return [outcomes[number] for number in range(len(jobs))]


def about_of(path: Path) -> dict[str, Any] | None:
    """What is known about a finished job; None if it is not finished or its files are damaged."""
    try:
        about = read_json(path.with_suffix(".json"))
        complete = isinstance(about, dict) and about["sha256"] == hash_of_file(_values_of(path))
        return about if complete else None
    except (DeepRageError, OSError, KeyError):
        return None


def _key(job: Job, source: str, coding: str | None) -> str:
    parts = {
        "compendium": source,
        "split": content_of_split(job.split),
        "contestant": job.contestant.fingerprint(),
        "control": str(job.control),
        "seed": job.seed if job.control is not Control.NONE else None,
    }
    if job.contestant.reads_coding:
        parts["coding"] = coding
    return key_of(parts)


def _values_of(path: Path) -> Path:
    """The predicted values of a job; `about_of` reads what stands beside them."""
    return path.with_suffix(".npz")


def _message(job: Job, path: Path, *, data: Path, cache: Path, threads: int) -> str:
    """What a worker is told; the split goes by file."""
    split = cache / "splits" / f"{content_of_split(job.split)}.npz"
    if not is_intact(split):
        job.split.save(split)
        seal(split)
    return json.dumps(
        {
            "compendium": str(data),
            "split": str(split),
            "name": job.contestant.name,
            "settings": dict(job.contestant.settings),
            "control": str(job.control),
            "seed": job.seed,
            "threads": threads,
            "features": str(cache / "features"),
            "out": str(path),
            "label": job.label,
        }
    )


class _Worker:
    """A process that does one job at a time."""

    def __init__(self, threads: int) -> None:
        root = str(Path(deeprage.__file__).parent.parent)
        path = os.pathsep.join(x for x in (root, os.environ.get("PYTHONPATH", "")) if x)
        limits = dict.fromkeys(_THREAD_LIMITS, str(threads))
        self.log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (closed by `stop`)
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "deeprage.evaluation.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            env={**os.environ, **limits, "PYTHONPATH": path},
        )

    def give(self, message: str) -> None:
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):  # it has died; that is seen when its answer is read
            self.process.stdin.write(message.encode() + b"\n")
            self.process.stdin.flush()

    def error(self) -> str | None:
        """Wait for the end of the job: None, or why it failed."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if line:
            found: str | None = json.loads(line)["error"]
            return found
        code = self.process.wait()
        how = f"signal {-code}; perhaps memory ran out" if code < 0 else f"exit code {code}"
        return f"its process ended ({how}). {self._last_words()}".strip()

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def _last_words(self) -> str:
        self.log.seek(0)
        lines = self.log.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""

    def stop(self) -> None:
        if self.alive:
            self.process.terminate()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()
        self.process.wait()
        self.log.close()


class _Pool:
    """Workers that share a queue; one that dies is replaced."""

    def __init__(self, size: int, threads: int) -> None:
        self.threads = threads
        self.size = size
        self.workers: list[_Worker] = []

    def __enter__(self) -> _Pool:
        self.workers = [_Worker(self.threads) for _ in range(self.size)]
        return self

    def __exit__(self, *reason: object) -> None:
        for worker in self.workers:
            worker.stop()

    def run(
        self,
        waiting: deque[int],
        messages: dict[int, str],
        *,
        spent: set[int],
        on_start: Callable[[int], None],
    ) -> Iterator[tuple[int, str | None]]:
        """Do all jobs, giving (number, error or None) as each ends.

        Args:
            spent: jobs after which the process is replaced.
        """
        with selectors.DefaultSelector() as watch:

            def hand_out(worker: _Worker) -> None:
                if waiting:
                    number = waiting.popleft()
                    on_start(number)
                    worker.give(messages[number])
                    assert worker.process.stdout is not None
                    watch.register(worker.process.stdout, selectors.EVENT_READ, (worker, number))

            for worker in self.workers:
                hand_out(worker)
            while watch.get_map():
                for event, _ in watch.select():
                    worker, number = event.data
                    watch.unregister(event.fileobj)
                    error = worker.error()
                    if waiting and (number in spent or not worker.alive):
                        worker = self._replace(worker)
                    hand_out(worker)
                    yield number, error

    def _replace(self, worker: _Worker) -> _Worker:
        worker.stop()
        new = _Worker(self.threads)
        self.workers[self.workers.index(worker)] = new
        return new


def save_about(path: Path, about: dict[str, Any]) -> None:
    """Mark a job's result as complete, with what is known about it."""
    write_json(path.with_suffix(".json"), {**about, "sha256": hash_of_file(_values_of(path))})
