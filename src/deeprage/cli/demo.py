"""`deeprage demo`: the main job on real yeast data, from nothing to a report."""

import os
from pathlib import Path
from typing import Annotated

from typer import Option

from deeprage.cli.command_line import CommandLine
from deeprage.cli.console import note

#: The network that the demo trains.
MODEL = "deeprage-c"


def demo(
    *,
    out: Annotated[Path, Option(help="Run folder to write.")] = Path("runs/demo"),
    data: Annotated[
        Path, Option(help="Where to keep the compendium; it is fetched if it is not there.")
    ] = Path("data/yeast-stress.h5ad"),
    source: Annotated[
        Path | None,
        Option("--from", help="Folder that holds the downloads already."),
    ] = None,
    epochs: Annotated[int, Option(help="Passes over the training cells.")] = 10,
    again: Annotated[
        bool, Option("--again", help="Train again although the run is there.")
    ] = False,
    threads: Annotated[int | None, Option(help="CPU threads; default: all cores.")] = None,
    command: CommandLine = None,
) -> Path:
    """Train on real yeast data and show how good it is; writes runs/demo/report.html.

    Whole series of conditions are held out. A quick benchmark shows what simple methods reach in
    every regime. What is there already is kept: the data, a finished run, the epochs of one that
    was stopped, and finished jobs of the benchmark.
    """
    from deeprage.cli.benchmark import benchmark
    from deeprage.cli.data import fetch
    from deeprage.cli.evaluate import evaluate
    from deeprage.cli.report import report
    from deeprage.cli.train import train
    from deeprage.evaluation.benchmark import QUICK_BASELINES
    from deeprage.report.benchmark_file import BENCHMARK

    out, data = Path(out), Path(data)
    fetch("yeast-stress", out=data, source=source)
    finished, begun = (False, False) if again else _state(out)
    if not finished:
        note(f"training {MODEL} with whole series held out, a few minutes on two cores")
        train(
            data,
            out=out,
            model=MODEL,
            regime="conditions",
            test_fraction=0.2,
            epochs=epochs,
            threads=threads,
            resume=begun,
            overwrite=True,
            command=command,
        )
    evaluate(out)
    note("simple methods in all four regimes, one fold each, about a minute")
    benchmark(
        data,
        predictors=list(QUICK_BASELINES),
        quick=True,
        jobs=min(2, threads or os.cpu_count() or 1),
        out=out / BENCHMARK,
    )
    return report(out)


def _state(out: Path) -> tuple[bool, bool]:
    """Whether a training in `out` is finished, and whether one can be gone on with."""
    from deeprage.training.run import CHECKPOINT, CONFIG, Run

    if not (out / CONFIG).exists():
        return False, False
    return "seconds" in Run.load(out).config, (out / CHECKPOINT).exists()
