"""`deeprage benchmark`: every predictor on the same splits, in every regime."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from typer import Argument, Option

from deeprage.cli.console import note, show, table, watched
from deeprage.cli.motifs_in_use import MOTIFS_HELP, tell
from deeprage.cli.parsing import refuse_unused
from deeprage.errors import DeepRageError
from deeprage.listing import listed, listed_paths

if TYPE_CHECKING:
    from rich.table import Table

    from deeprage.evaluation.jobs import Job, Outcome


def benchmark(
    file: Annotated[Path, Argument(help="Compendium, the .h5ad of `deeprage data`.")],
    *,
    predictors: Annotated[
        list[str] | None,
        Option(help="Names with commas; default: all simple baselines and the three networks."),
    ] = None,
    regimes: Annotated[
        list[str] | None,
        Option(help="Of pairs, conditions, genes, both, with commas; default: all."),
    ] = None,
    folds: Annotated[
        str, Option(help="Number of folds, or 'series' for one a condition series.")
    ] = "5",
    most_folds: Annotated[int | None, Option(help="Run only so many of the folds.")] = None,
    controls: Annotated[
        list[str] | None,
        Option(
            help="Also with inputs destroyed: promoters-permuted, promoters-shuffled, "
            "regulators-permuted, labels-permuted, coding-permuted, or all."
        ),
    ] = None,
    controlled: Annotated[
        list[str] | None, Option(help="Who is run with inputs destroyed; default: all.")
    ] = None,
    control_folds: Annotated[
        int | None, Option(help="Destroy inputs on so many of the folds only.")
    ] = None,
    quick: Annotated[
        bool, Option("--quick", help="A few predictors, one fold, few epochs: minutes.")
    ] = False,
    motifs: Annotated[
        list[Path] | None,
        Option(help=MOTIFS_HELP),
    ] = None,
    epochs: Annotated[
        int | None, Option(help="Epochs of a network's training; default: 1 to 3.")
    ] = None,
    jobs: Annotated[int, Option(help="Processes at a time.")] = 1,
    threads: Annotated[int, Option(help="CPU threads of each.")] = 1,
    seed: Annotated[int, Option(help="Seed of splits, controls and trainings.")] = 0,
    out: Annotated[Path, Option(help="Folder to write.")] = Path("runs/benchmark"),
) -> Path:
    """Compare predictors in every regime; writes benchmark.json and benchmark.html into --out.

    Finished jobs are kept in --out: the same command goes on where it was stopped.
    """
    from deeprage.data.compendium import Compendium
    from deeprage.data.motif_sources import known_motifs
    from deeprage.data.split import Regime
    from deeprage.evaluation.benchmark import PAGE
    from deeprage.evaluation.benchmark import benchmark as run_benchmark
    from deeprage.report.benchmark_page import write_benchmark_page

    out = Path(out)
    if not controls:
        refuse_unused("there are no --controls", controlled=controlled, control_folds=control_folds)
    compendium = Compendium.load(Path(file))
    sources = listed_paths("--motifs", motifs)
    known = known_motifs(sources, compendium)
    with _progress() as told:
        show_plan = told.pop("on_plan", lambda number: None)

        def on_plan(number: int) -> None:
            tell(known)
            show_plan(number)

        found = run_benchmark(
            compendium,
            predictors=listed("--predictors", predictors),
            regimes=listed("--regimes", regimes) or tuple(Regime),
            folds=_folds(folds),
            most_folds=most_folds,
            controls=_controls(controls),
            controlled=listed("--controlled", controlled),
            control_folds=control_folds,
            out=out,
            quick=quick,
            jobs=jobs,
            threads=threads,
            epochs=epochs,
            motifs=sources,
            on_plan=on_plan,
            seed=seed,
            before_keeping=lambda aside: write_benchmark_page(aside, out=aside / PAGE),
            **told,
        )
    for panel in found["panels"]:
        show(regime_table(panel), _legend(panel), "")
        if panel["controls"]:
            show(controls_table(panel), "")
        for row in panel["audit"]:
            if row["severity"] == "leak":
                note(f"leak ({panel['regime']}): {row['name']}: {row['value']}. {row['verdict']}")
    for failure in found["failures"]:
        note(f"failed: {failure['job']}: {failure['error']}")
    page = out / PAGE
    note(f"open {page.resolve()}")
    return page


def regime_table(panel: dict[str, Any]) -> Table:
    """The rows of one regime, best first, the best simple baseline marked with a star."""
    rows = sorted(panel["rows"], key=lambda row: -(row["scores"]["pearson"] or -2.0))
    cells = []
    for row in rows:
        star = " *" if row["predictor"] == panel["best_simple"] else ""
        cells.append(
            (
                row["predictor"] + star,
                row["scores"]["pearson"],
                span(row["intervals"]["pearson"]),
                _difference(row),
                row["scores"]["within_gene_pearson"],
                row["scores"]["within_condition_pearson"],
                row["scores"]["accuracy"],
                None if row["fit_seconds"] is None else f"{row['fit_seconds']:.0f}",
                None if row["peak_gb"] is None else f"{row['peak_gb']:.1f}",
            )
        )
    folds = f"{panel['folds']} fold{'s' if panel['folds'] != 1 else ''}"
    return table(
        f"{panel['regime']} ({folds})",
        (
            "predictor",
            "r",
            "95 % interval",
            "r less best simple",
            "in gene",
            "in cond.",
            "accuracy",
            "fit (s)",
            "GB",
        ),
        cells,
    )


def controls_table(panel: dict[str, Any]) -> Table:
    """What each predictor loses under each control."""
    cells = [
        (
            row["predictor"],
            row["control"],
            row["pearson"],
            _change(row["loss"]),
            {True: "used", False: "not used", None: "unclear"}[row["used"]],
        )
        for row in panel["controls"]
    ]
    return table(
        f"{panel['regime']}: controls", ("predictor", "control", "r", "r lost", "input"), cells
    )


def span(interval: list[float] | None) -> str:
    """An interval as text."""
    return "-" if interval is None else f"{interval[0]:.3f}..{interval[1]:.3f}"


def _difference(row: dict[str, Any]) -> str:
    return "" if row["difference"] is None else _change(row["difference"])


def _change(difference: dict[str, Any] | None) -> str:
    found = (difference or {}).get("pearson")
    if found is None:
        return "-"
    return f"{found['value']:+.3f} ({span(found['interval'])})"


def _legend(panel: dict[str, Any]) -> str:
    star = f"* best simple baseline: {panel['best_simple']}. " if panel["best_simple"] else ""
    drawn = " and ".join(panel["resampled"])
    return star + (f"Intervals: bootstrap over {drawn}." if drawn else "Too few units to resample.")


def _controls(given: list[str] | None) -> list[str]:
    names = listed("--controls", given) or []
    if names == ["all"]:
        from deeprage.evaluation.controls import TESTS

        return [str(control) for control in TESTS]
    return names


def _folds(text: str | int) -> int | Literal["series"]:
    if text == "series":
        return "series"
    try:
        return int(text)
    except ValueError:
        raise DeepRageError(f"--folds must be a whole number or 'series', got {text!r}.") from None


@contextmanager
def _progress() -> Iterator[dict[str, Any]]:
    """Callbacks that show a bar to a person; failures are told at the end in any case."""
    if not watched():
        yield {}
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("benchmark", total=None)

        def started(job: Job) -> None:
            bar.update(task, description=job.label)

        def ended(outcome: Outcome) -> None:
            bar.advance(task)

        yield {
            "on_plan": lambda number: bar.update(task, total=number),
            "on_start": started,
            "on_outcome": ended,
        }
