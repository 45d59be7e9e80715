"""A whole knock-out experiment: prediction, parts, nulls, known targets, ranked table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deeprage.data.compendium import Compendium
from deeprage.interpretation.enrichment import (
    enrichment,
    enrichment_summary,
    enrichment_table,
    pooled_wilcoxon,
)
from deeprage.interpretation.epistasis import Dissection, dissect, mean_size
from deeprage.interpretation.knockout import KnockOut, WildType, knock_out
from deeprage.interpretation.known_targets import KnownTargets
from deeprage.interpretation.nulls import null_scores
from deeprage.interpretation.perturbation import Perturbation
from deeprage.interpretation.ranking import ranking
from deeprage.interpretation.screen import Scores


@dataclass(frozen=True, eq=False)
class Study:
    """A knock-out with all that is asked about it.

    Attributes:
        found: the knock-out.
        dissection: its parts, if asked for.
        table: as `ranking` gives it.
        about: nulls, feedback and known targets, for `knockout.json`.
    """

    found: KnockOut
    dissection: Dissection | None
    table: pd.DataFrame
    about: dict[str, Any]


def study(
    wild: WildType,
    perturbations: Sequence[Perturbation],
    compendium: Compendium,
    *,
    conditions: Sequence[str],
    singles: bool = False,
    rounds: int = 0,
    nulls: int = 0,
    known: KnownTargets | None = None,
    regulators: Sequence[int] = (),
    top: int = 5,
    seed: int = 0,
    on_draw: Callable[[], None] = lambda: None,
) -> Study:
    """Knock out, compare with random knock-outs, and with known targets.

    Args:
        conditions: names of the wild type's conditions.
        singles: also each part alone, and their epistasis.
        rounds: of feedback.
        nulls: random knock-outs of the same kind to compare with.
        known: known targets, of the regulators at places `regulators`.
        top: size of the top for Fisher's test.
    """
    rng = np.random.default_rng([seed, 0])
    before = wild.predict()
    dissection = None
    if singles:
        dissection = dissect(wild, perturbations, rng=rng, rounds=rounds, before=before)
        found = dissection.whole
    else:
        found = knock_out(wild, perturbations, rng=rng, rounds=rounds, before=before)
    null = null_scores(
        wild,
        perturbations,
        draws=nulls,
        rng=np.random.default_rng([seed, 1]),
        before=before,
        rounds=rounds,
        on_draw=on_draw,
    )
    about: dict[str, Any] = {"feedback_rounds": rounds, "nulls": nulls, "seed": seed}
    targets = None
    if known is not None and len(regulators):
        targets, candidates = known.of(regulators, wild.genes)
        about["targets"] = _compare(
            found, null, targets, candidates, compendium, known, regulators, top=top
        )
    table = ranking(
        found,
        genes=[compendium.genes[row] for row in wild.genes],
        symbols=[compendium.symbols[row] for row in wild.genes],
        conditions=conditions,
        null=null,
        targets=targets,
        dissection=dissection,
    )
    return Study(found, dissection, table, about)


def _compare(
    found: KnockOut,
    null: NDArray[np.float32],
    targets: NDArray[np.bool_],
    candidates: NDArray[np.bool_],
    compendium: Compendium,
    known: KnownTargets,
    regulators: Sequence[int],
    *,
    top: int,
) -> dict[str, Any]:
    own = enrichment(mean_size(found.change), targets, candidates=candidates, top=top)
    others = [enrichment(scores, targets, candidates=candidates, top=top).auroc for scores in null]
    rows = compendium.regulator_rows
    return enrichment_summary(
        own,
        source=known.source,
        regulators=[compendium.symbols[rows[slot]] for slot in regulators],
        null=np.array(others, dtype=np.float64),
    )


@dataclass(frozen=True, eq=False)
class ScreenStudy:
    """A screen with what it says of known targets.

    Attributes:
        names: of the knock-outs, in the order of the scores.
        table: one row a knock-out, the largest mean |change| first: `name`, `factor` (whose known
            targets are meant), `size`, `change`, and the columns of `enrichment_table` where there
            are enough known targets.
        about: counts for `knockout.json`.
    """

    names: tuple[str, ...]
    table: pd.DataFrame
    about: dict[str, Any]


def study_screen(
    names: Sequence[str],
    scores: Scores,
    wild: WildType,
    *,
    factors: Sequence[str],
    slots: Sequence[Sequence[int]],
    known: KnownTargets | None,
    top: int = 5,
    level: float = 0.05,
) -> ScreenStudy:
    """One row a knock-out of a screen; with known targets, tests of each and over all.

    Args:
        names: of K knock-outs.
        factors: the regulators that each stands for, as text.
        slots: their places among the regulators; empty where it stands for none.
        level: false discovery rate and level of the counts.
    """
    table = pd.DataFrame(
        {
            "name": list(names),
            "factor": list(factors),
            "size": scores.size.mean(axis=1),
            "change": scores.mean.mean(axis=1),
        }
    )
    about: dict[str, Any] = {"knock_outs": len(table), "targets": None}
    if known is not None:
        targets, candidates = known.table(slots, wild.genes)
        tested = enrichment_table(names, scores.size, targets, candidates=candidates, top=top)
        table = table.merge(tested, on="name", how="left")
        at = [number for number, name in enumerate(names) if name in set(tested["name"])]
        about["targets"] = {
            "source": known.source,
            "tested": len(tested),
            "significant": int((tested["q"] < level).sum()),
            "top_significant": int((tested["top_p"] < level).sum()),
            "median_auroc": float(tested["auroc"].median()) if len(tested) else None,
            "pooled_p": pooled_wilcoxon(
                scores.size[at], targets[:, at], candidates=candidates[:, at]
            ),
            "level": level,
            "top": top,
        }
    ordered = table.sort_values("size", ascending=False).reset_index(drop=True)
    return ScreenStudy(tuple(names), ordered, about)
