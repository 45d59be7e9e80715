"""The page of a benchmark: one panel a regime, self-contained like a run's report."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

from deeprage.evaluation.benchmark import PAGE
from deeprage.files import write_text
from deeprage.folders import folder_change
from deeprage.report.benchmark_file import read_benchmark
from deeprage.report.blocks import Code, Meanings, Section
from deeprage.report.metrics import METRICS
from deeprage.report.rendering import render_page
from deeprage.report.sections.benchmark import regime_section
from deeprage.report.verdict import REGIMES


def write_benchmark_page(folder: Path, *, out: Path | None = None) -> Path:
    """Write a benchmark as one HTML file that needs no network and no other file.

    Args:
        folder: holds the `benchmark.json` of `deeprage benchmark`.
        out: the file to write; default: `benchmark.html` in the folder.

    Raises:
        DeepRageError: there is no benchmark, or one of another version.
    """
    folder = Path(folder)
    if out is not None:
        write_text(out, render_benchmark(read_benchmark(folder)))
        return out
    with folder_change(folder, names=[PAGE]) as aside:
        write_text(aside / PAGE, render_benchmark(read_benchmark(folder)))
    return folder / PAGE


def render_benchmark(found: dict[str, Any]) -> str:
    """The whole page as HTML, from the content of a `benchmark.json`."""
    sections = [regime_section(panel) for panel in found["panels"]]
    sections.append(_about(found))
    return render_page(
        "benchmark.html",
        name=found["compendium"]["name"],
        summaries=[_summary(panel) for panel in found["panels"]],
        notes=_notes(found),
        sections=sections,
        version=found["deeprage_version"],
    )


def _summary(panel: dict[str, Any]) -> dict[str, str]:
    """The answer of one regime in a tile: who leads, and whether that can be built on."""
    rows = [row for row in panel["rows"] if row["scores"]["pearson"] is not None]
    title = f"{panel['regime']}: {REGIMES[panel['regime']]}"
    if not rows:
        return {"regime": title, "value": "–", "note": "nothing was scored"}
    best = max(rows, key=lambda row: float(row["scores"]["pearson"]))
    value = f"{best['predictor']} {best['scores']['pearson']:.3f}"
    gain = (best["difference"] or {}).get("pearson")
    if best["predictor"] == panel["best_simple"]:
        note = "a simple baseline; nothing beats it"
    elif gain is None:
        note = "no simple baseline beside it"
    else:
        low, high = gain["interval"] or (float("nan"), float("nan"))
        sure = "" if low > 0 else "; that may be chance"
        note = (
            f"{gain['value']:+.3f} over {panel['best_simple']}, "
            f"95 % interval {low:.3f} to {high:.3f}{sure}"
        )
    return {"regime": title, "value": value, "note": note}


def _notes(found: dict[str, Any]) -> list[str]:
    notes = []
    if found["quick"]:
        notes.append("A quick benchmark: one fold, few epochs. Too noisy to conclude from.")
    if not found["controls"]:
        notes.append(
            "No controls were run, so that it is not known which inputs the predictors use: add "
            "--controls all."
        )
    if found["failures"]:
        jobs = "; ".join(f"{row['job']}: {row['error']}" for row in found["failures"][:5])
        notes.append(f"{len(found['failures'])} jobs failed: {jobs}")
    return notes


def _about(found: dict[str, Any]) -> Section:
    data = found["compendium"]
    terms = [(metric.label, metric.meaning, metric.good) for metric in METRICS]
    terms += [
        (
            "95 % interval",
            "Spread of the score when gene groups and condition series are drawn again, both with "
            "replacement. It holds for new groups and series of the same kind, not for refitting.",
            "",
        ),
        (
            "r less best simple",
            "Paired difference: both scores in the same draws. An interval above 0 means better "
            "than the best simple baseline of that regime.",
            "",
        ),
    ]
    return Section(
        "about",
        "How this was made",
        f"{data['name']}: {data['genes']:,} genes in {data['conditions']:,} conditions of "
        f"{data['series']:,} series, {data['regulators']:,} regulators. Test predictions of all "
        "folds are pooled and scored once; missing cells and regulators are not scored.",
        [
            Meanings("What the scores mean, and what is good", terms),
            Code("To make it again", _command(found)),
        ],
    )


def _command(found: dict[str, Any]) -> str:
    """The command that makes it again; the compendium's file is guessed from its name."""
    names = dict.fromkeys(row["predictor"] for panel in found["panels"] for row in panel["rows"])
    options = found["options"]
    parts = ["deeprage", "benchmark", f"data/{found['compendium']['name']}.h5ad"]
    parts += ["--predictors", ",".join(names)]
    parts += ["--regimes", ",".join(panel["regime"] for panel in found["panels"])]
    if not isinstance(options["folds"], dict):
        parts += ["--folds", str(options["folds"])]
    for name in ("most_folds", "epochs"):
        if options[name] is not None:
            parts += [f"--{name.replace('_', '-')}", str(options[name])]
    for path in options["motifs"]:
        parts += ["--motifs", path]
    if found["controls"]:
        parts += ["--controls", ",".join(found["controls"])]
        if options.get("controlled"):
            parts += ["--controlled", ",".join(options["controlled"])]
        if options.get("control_folds") is not None:
            parts += ["--control-folds", str(options["control_folds"])]
    return shlex.join([*parts, "--seed", str(found["seed"])])
