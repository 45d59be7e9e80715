"""`deeprage demo`: the main job on real yeast data, from nothing to a report."""

import os
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from typer import Option

from deeprage.cli.command_line import CommandLine
from deeprage.cli.console import note
from deeprage.cli.train_factorised import NAME as MODEL

#: What is held out.
REGIME = "conditions"
#: Shown beside the model in addition to the references of every run: the strongest simple methods
#: where whole series are held out.
MORE_REFERENCES = ("neighbours",)


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
    epochs: Annotated[
        int, Option(help="Passes of the network over the training cells; 0 for no network.")
    ] = 10,
    again: Annotated[
        bool, Option("--again", help="Train again although the run is there.")
    ] = False,
    threads: Annotated[int | None, Option(help="CPU threads; default: all cores.")] = None,
    command: CommandLine = None,
) -> Path:
    """Train on real yeast data and show how good it is; writes runs/demo/report.html.

    Whole series of conditions are held out. deeprage-f is trained and shown beside simple methods,
    on this split and, in a quick benchmark, in every regime. The network deeprage-motif is trained
    without the deletion strains into a folder beside it: the page there has its motifs, what
    masking one does, and whether the real strain agrees. What is there already is kept: the data,
    finished runs, the epochs of one that was stopped, and finished jobs of the benchmark.
    """
    from deeprage.cli.benchmark import benchmark
    from deeprage.cli.data import fetch
    from deeprage.cli.demo_network import explain
    from deeprage.cli.evaluate import evaluate
    from deeprage.cli.report import report
    from deeprage.data.split import Regime
    from deeprage.evaluation.benchmark import QUICK_BASELINES
    from deeprage.evaluation.evaluate import reference_rows
    from deeprage.report.benchmark_file import BENCHMARK
    from deeprage.report.run_folder import RunFolder
    from deeprage.report.verdict import verdict
    from deeprage.training.run import REPORT

    out, data = Path(out), Path(data)
    fetch("yeast-stress", out=data, source=source)
    common: dict[str, Any] = {"again": again, "threads": threads, "command": command}
    note(f"training {MODEL} with whole series held out, about two minutes on two cores")
    _train(data, out, MODEL, {}, **common)
    evaluate(out, reference=[*reference_rows(Regime(REGIME), coding=True), *MORE_REFERENCES])
    network = out.with_name(f"{out.name}-network")
    if epochs:
        note("training a network whose filters are motifs, a minute or two")
        explain(data, network, epochs=epochs, train=partial(_train, **common), threads=threads)
    note(f"{MODEL} and simple methods in all four regimes, one fold each, some minutes")
    benchmark(
        data,
        predictors=[*QUICK_BASELINES, MODEL],
        quick=True,
        jobs=min(2, threads or os.cpu_count() or 1),
        out=out / BENCHMARK,
    )
    if epochs:
        note(f"motifs, a knock-out and the real deletion strain: {network / REPORT}")
    note(verdict(RunFolder.open(out)).sentence)
    return report(out)


def _train(
    data: Path,
    out: Path,
    model: str,
    options: dict[str, Any],
    *,
    again: bool,
    threads: int | None,
    command: str | None,
) -> None:
    """Train a model into a folder, unless it is there already; go on with one that was stopped."""
    from deeprage.cli.train import train

    if not again and _is_trained(out, model):
        return
    held_out: dict[str, Any] = {} if "conditions_fold" in options else {"test_fraction": 0.2}
    train(
        data,
        out=out,
        model=model,
        regime=REGIME,
        threads=threads,
        overwrite=again or _is_another(out, model),
        command=command,
        **held_out,
        **options,
    )


def _is_trained(out: Path, model: str) -> bool:
    """Whether this model is completely trained in `out`."""
    from deeprage.training.run import Run, is_run

    return is_run(out) and Run.load(out).is_complete and not _is_another(out, model)


def _is_another(out: Path, model: str) -> bool:
    """Whether an earlier version trained a model of another kind into this folder."""
    from deeprage.training.run import Run, is_run

    return is_run(out) and Run.load(out).kind != ("factorised" if model == MODEL else "network")
