"""Regulator-target links as files: a table, all scores, and JSON for the report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from deeprage.data.compendium import Compendium
from deeprage.files import write_arrays, write_json, write_text
from deeprage.interpretation.known_links import Checked, as_json
from deeprage.interpretation.targets import BASELINES, SCORES, Links
from deeprage.own_tables import table_text
from deeprage.training.run import TARGETS

TARGET_TABLE = "targets.tsv"
TARGET_ARRAYS = "targets.npz"
FORMAT_VERSION = 1
#: Links in the table, and of these in the report.
MOST_LINKS = 100_000
MOST_SHOWN = 3_000


def write_targets(
    links: Links,
    checked: Checked | None,
    compendium: Compendium,
    out: Path,
    *,
    network: str | None,
    about: dict[str, Any],
    most: int = MOST_LINKS,
) -> dict[str, Any]:
    """Write `targets.tsv`, `targets.npz` and `targets.json` into a folder.

    Args:
        network: name of the known network.
        about: options, for the JSON.
        most: links in the table, the surest first.

    Returns:
        the content of `targets.json`.
    """
    table = link_table(links, checked, compendium, most=most)
    write_text(out / TARGET_TABLE, table_text(table, blanks=True))
    _write_arrays(out / TARGET_ARRAYS, links, compendium)
    shown = table.head(MOST_SHOWN)
    content = {
        "format_version": FORMAT_VERSION,
        "score": links.score,
        "meaning": SCORES | BASELINES,
        "network": network,
        **about,
        "genes": len(links.genes),
        "regulators": len(compendium.regulators),
        "scored_regulators": int((~np.isnan(links.scores[links.score]).any(axis=0)).sum()),
        "links_at_5_percent": int((links.q < 0.05).sum()) if np.isfinite(links.q).any() else None,
        "checked": [] if checked is None else [as_json(one) for one in checked.table],
        "by_regulator": [] if checked is None else _by_regulator(links, checked, compendium),
        "columns": list(shown.columns),
        "links": [[_plain(value) for value in row] for row in shown.itertuples(index=False)],
    }
    write_json(out / TARGETS, content)
    return content


def link_table(
    links: Links, checked: Checked | None, compendium: Compendium, *, most: int
) -> pd.DataFrame:
    """Pairs in order of q, then of score: names, score, sign, p, q, sites, and the other scores.

    `known` is 1 for an edge of the known network, 0 for another candidate, blank where the network
    does not speak of the pair.
    """
    scores = links.scores[links.score]
    usable = ~np.isnan(scores) & ~links.own & (scores > 0)
    gene, regulator = np.nonzero(usable)
    q = links.q[gene, regulator]
    order = np.lexsort((-scores[gene, regulator], np.where(np.isnan(q), 1.0, q)))[:most]
    gene, regulator = gene[order], regulator[order]
    of_target = links.genes[gene]
    of_regulator = compendium.regulator_rows[regulator]
    names, symbols = np.array(compendium.genes), np.array(compendium.symbols)
    table = pd.DataFrame(
        {
            "regulator": names[of_regulator],
            "regulator_symbol": symbols[of_regulator],
            "target": names[of_target],
            "target_symbol": symbols[of_target],
            "score": scores[gene, regulator],
            "sign": np.array(["-", "", "+"])[links.sign[gene, regulator] + 1],
            "p": links.p[gene, regulator],
            "q": links.q[gene, regulator],
            "sites": pd.array(links.sites[gene, regulator], dtype="Int64"),
        }
    )
    table["sites"] = table["sites"].mask(table["sites"] < 0)
    if checked is not None:
        table["known"] = _known(checked, gene, regulator, len(compendium.regulators))
    for name, values in links.scores.items():
        if name != links.score:
            table[name.replace(" ", "_")] = values[gene, regulator]
    return table


def _known(
    checked: Checked, gene: np.ndarray, regulator: np.ndarray, regulators: int
) -> pd.api.extensions.ExtensionArray:
    column = np.full(regulators, -1)
    column[checked.regulators] = np.arange(len(checked.regulators))
    at = column[regulator]
    known = np.where(at < 0, -1, checked.edge[gene, at].astype(int))
    known[(at >= 0) & ~checked.candidate[gene, at]] = -1
    found = pd.array(known, dtype="Int64")
    found[known < 0] = pd.NA
    return found


def _by_regulator(links: Links, checked: Checked, compendium: Compendium) -> list[dict[str, Any]]:
    """One entry a regulator with enough known targets, best AUROC of the chosen score first."""
    rows = []
    for at, slot in enumerate(checked.regulators):
        one = checked.by_regulator[links.score][at]
        if one is None or one.edges == one.pairs:
            continue  # nothing to compare with
        if np.isnan(links.scores[links.score][:, slot]).any():
            continue
        row = compendium.regulator_rows[slot]
        others = {
            f"auroc_{name.replace(' ', '_')}": _auroc(
                checked.by_regulator[name][at], links, name, slot
            )
            for name in BASELINES
            if name in links.scores
        }
        rows.append(
            {
                "regulator": compendium.genes[row],
                "symbol": compendium.symbols[row],
                "targets": one.edges,
                "base": one.base,
                "aupr": one.aupr,
                "auroc": one.auroc,
                **others,
            }
        )
    return sorted(rows, key=lambda entry: -float(entry["auroc"]))


def _auroc(one: Any, links: Links, name: str, slot: int) -> float | None:
    if one is None or np.isnan(links.scores[name][:, slot]).any():
        return None
    return float(one.auroc)


def _write_arrays(path: Path, links: Links, compendium: Compendium) -> None:
    """Every score of every pair, float32 (G, R), with the names of rows and columns."""
    arrays: dict[str, Any] = {
        "genes": np.array([compendium.genes[row] for row in links.genes]),
        "regulators": np.array(compendium.regulators),
        "sign": links.sign,
        "p": links.p.astype(np.float32),
        "q": links.q.astype(np.float32),
    }
    arrays |= {name.replace(" ", "_"): values for name, values in links.scores.items()}
    write_arrays(path, arrays)


def _plain(value: Any) -> Any:
    """A cell as JSON; what is missing is None."""
    if value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, float | np.floating):
        return float(f"{value:.4g}") if np.isfinite(value) else None
    return int(value) if isinstance(value, int | np.integer) else str(value)
