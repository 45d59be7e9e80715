"""What a knock-out leaves on disk: changes, the ranked table, and a summary for the report."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from deeprage.files import write_json, write_text, written_aside
from deeprage.interpretation.epistasis import Dissection, mean_size
from deeprage.interpretation.knockout import KnockOut, Matrix
from deeprage.interpretation.knockout_study import ScreenStudy
from deeprage.interpretation.perturbation import label_of
from deeprage.interpretation.ranking import shown_condition
from deeprage.interpretation.screen import Scores
from deeprage.own_tables import check_finite, table_text

FORMAT_VERSION = 1
RANKING = "ranking.tsv"
SUMMARY = "knockout.json"
SCREEN = "screen.tsv"
#: Every name that a knock-out or a screen may write.
RESULTS = (
    *(
        f"{name}.{kind}"
        for kind in ("parquet", "tsv")
        for name in ("change", "before", "epistasis")
    ),
    *(f"size.{kind}" for kind in ("parquet", "tsv")),
    *(RANKING, SCREEN, SUMMARY),
)
#: A gene counts as changed from here on, log2.
CHANGED = 0.5


def folder_name(label: str, *, longest: int = 60) -> str:
    """A folder's name for a knock-out: its label in letters, digits and hyphens.

    Labels that would have the same name get different ones, by a part of their SHA-256: a
    knock-out of `a/b` does not replace that of `a|b`.
    """
    plain = label.replace("+=", "up").replace("-=", "down").replace("= -", "at minus ")
    plain = plain.replace("=", "at")
    name = re.sub(r"[^A-Za-z0-9.]+", "-", plain).strip("-.")
    usual = re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9 .,:-]*[A-Za-z0-9])?", plain)
    blanks = re.search(r"[^\s,=] [^\s+=-]", re.sub(r"without |filter ", "", label))
    if usual and not blanks and len(name) <= longest:
        return name
    if not label:
        return "knockout"
    mark = hashlib.sha256(label.encode()).hexdigest()[:6]
    return f"{name[: longest - 7].rstrip('-.') or 'knockout'}-{mark}"


def write_matrix(
    path: Path, values: Matrix, *, rows: Sequence[str], columns: Sequence[str], index: str = "gene"
) -> Path:
    """Write log2 values with names, as `.parquet` or `.tsv` by the path's suffix."""
    table = pd.DataFrame(values, index=pd.Index(rows, name=index), columns=list(columns))
    if path.suffix == ".tsv":
        write_text(path, table_text(table, index=True, digits="%.5f"))
    else:
        check_finite(table)
        content = table.to_parquet()  # Arrow takes no path that is not UTF-8
        with written_aside(path) as aside:
            aside.write_bytes(content)
    return path


def write_knockout(
    out: Path,
    found: KnockOut,
    table: pd.DataFrame,
    *,
    genes: Sequence[str],
    conditions: Sequence[str],
    suffix: str = "parquet",
    dissection: Dissection | None = None,
    about: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Write `change`, `before` and, of several parts, `epistasis` (genes x conditions, log2),
    `ranking.tsv` and `knockout.json` into a folder.

    Args:
        table: of `ranking`.
        suffix: `parquet` or `tsv`.
        about: further entries of the summary.

    Returns:
        the content of `knockout.json`.
    """
    matrices = {"change": found.change, "before": found.before}
    if dissection is not None:
        matrices["epistasis"] = dissection.epistasis()
    for name, values in matrices.items():
        write_matrix(out / f"{name}.{suffix}", values, rows=genes, columns=conditions)
    write_text(out / RANKING, table_text(table))
    summary = knockout_summary(found, conditions=conditions, dissection=dissection)
    summary |= dict(about or {})
    write_json(out / SUMMARY, summary)
    return summary


def write_screen(
    out: Path,
    scores: Scores,
    result: ScreenStudy,
    about: Mapping[str, Any],
    *,
    genes: Sequence[str],
    suffix: str = "parquet",
) -> dict[str, Any]:
    """Write `size` and `change` (knock-outs x genes, means over conditions), `screen.tsv` and
    `knockout.json` into a folder.

    Args:
        scores: as the screen gave them, in its order.
        result: the table and counts.
        about: further entries of the summary.

    Returns:
        the content of `knockout.json`.
    """
    for name, values in (("size", scores.size), ("change", scores.mean)):
        path = out / f"{name}.{suffix}"
        write_matrix(path, values, rows=result.names, columns=genes, index="knock_out")
    write_text(out / SCREEN, table_text(result.table, blanks=True))
    summary = {"format_version": FORMAT_VERSION, "kind": "screen", **about, **result.about}
    write_json(out / SUMMARY, summary)
    return summary


def knockout_summary(
    found: KnockOut, *, conditions: Sequence[str], dissection: Dissection | None = None
) -> dict[str, Any]:
    """What was done and how much it changed, as plain data."""
    size = mean_size(found.change)
    return {
        "format_version": FORMAT_VERSION,
        "kind": "knockout",
        "label": label_of(found.perturbations),
        "genes": len(size),
        "conditions": len(conditions),
        "shown_condition": conditions[shown_condition(found)],
        "mean_size": float(size.mean()),
        "changed": int((size >= CHANGED).sum()),
        "changed_from": CHANGED,
        "sites": int(found.sites.sum()),
        "genes_with_sites": int((found.sites > 0).sum()),
        "given_up": found.given_up,
        "out_of_range": [flag._asdict() for flag in found.out_of_range],
        "parts": [] if dissection is None else _parts(dissection),
    }


def _parts(dissection: Dissection) -> list[dict[str, Any]]:
    """Every single and double knock-out: its mean size, and the epistasis of the double ones."""
    named: list[tuple[str, KnockOut, tuple[int, ...]]] = [
        (label_of(one.perturbations), one, ()) for one in dissection.singles
    ]
    if len(dissection.singles) > 2:
        named += [(label_of(one.perturbations), one, two) for two, one in dissection.pairs.items()]
    every = tuple(range(len(dissection.singles)))
    named.append((label_of(dissection.whole.perturbations), dissection.whole, every))
    return [
        {
            "label": label,
            "size": float(mean_size(one.change).mean()),
            "change": float(one.change.mean()),
            "epistasis": float(mean_size(dissection.epistasis(*numbers)).mean())
            if numbers
            else None,
        }
        for label, one, numbers in named
    ]
