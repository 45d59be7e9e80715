"""The BDTree paper's own protocol: 1,411 variable genes, 10 x 10 folds, three test blocks.

    python benchmarks/bdtree_protocol.py --data data/yeast-stress-full.h5ad --motifs A.meme B.meme

Rows in results/bdtree_protocol.json: `<block>.<predictor>.pearson` for the blocks `genes` (unseen
genes in seen conditions), `conditions`, `both` and `overall`, `overall.<predictor>.accuracy` over
three classes, and `overall.majority.accuracy`, which a predictor that learnt nothing scores.

Genes and conditions are dealt into 10 folds at random, as published, so neighbouring time points
and genes that share a promoter may be parted: these rows compare predictors with one another and
with the published figures, and are no estimate for a new condition or a new gene. Of the 100 pairs
of a gene fold with a condition fold the ten of equal number come first: they test every gene and
every condition once. A tenth of the training genes and of the training conditions validate: they
choose settings, epochs, and the cuts from values to classes, for every predictor alike; those that
can be refitted (BDTree, boosted trees, deeprage-f) then learn from them too.

Two things differ from the paper and cannot be settled: its list of 1,411 genes is not at hand, so
that the genes of largest variance are taken, regulators among them (no predictor is given a gene's
own level for its prediction); and its motif collection. `--choice coexpressed` takes those that go
most with their 20 nearest genes instead, as a choice by clusters would (at our cuts their majority
class is nearer the published one, though other cuts could do the same for the most variable genes);
rows `<block>.<predictor>@coexpressed.*`.

Finished folds are kept in --out: the same command goes on where it was stopped. Rows are recorded
once ten folds or more are done.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
from numpy.typing import NDArray

from benchmarks.paper_parity import RECIPES
from benchmarks.record import Row, record, show
from deeprage.data.compendium import Compendium
from deeprage.data.labels import classify
from deeprage.data.split import Regime, Role, Split
from deeprage.evaluation import metrics
from deeprage.evaluation.contestants import NETWORKS, Contestant, contestant
from deeprage.evaluation.jobs import Job, Outcome, run_jobs
from deeprage.evaluation.scores import apply_cuts, fit_cuts

PUBLISHED = {"genes": 0.56, "conditions": 0.52, "both": 0.51, "overall": 0.54}
#: Accuracy as published, and what always naming the majority class had there.
PUBLISHED_ACCURACY = {"bdtree": (0.629, 0.508), "geneclass": (0.609, 0.480)}
BLOCKS = ("genes", "conditions", "both")
FOLDS = 10
PREDICTORS = ("additive", "geneclass", "bdtree", "deeprage-c", "deeprage-tp")
CHOICES = ("variance", "coexpressed")
_NEAREST = 20
#: GeneClass is best on validation cells after some tens of rounds; hundreds more cost time only.
_SETTINGS: dict[str, dict[str, Any]] = {"geneclass": {"patience": 50}}


class Fold(NamedTuple):
    """A split and the block of each test cell: int8 (G, C), index into `BLOCKS`, -1 elsewhere."""

    split: Split
    blocks: NDArray[np.int8]


class Cells(NamedTuple):
    """Observed test cells of one or more folds, each array (N,)."""

    block: NDArray[np.int8]
    observed: NDArray[np.float32]
    predicted: NDArray[np.float32]
    called: NDArray[np.int8]


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
    compendium, rows = with_genes(Compendium.load(options.data), options.genes, options.choice)
    folds = list(deal(compendium, rows, seed=options.seed, number=options.folds))
    for name in options.predictors:
        entrant = entry(name, epochs=options.epochs, motifs=options.motifs, seed=options.seed)
        jobs = [Job(entrant, fold.split, number) for number, fold in enumerate(folds, start=1)]
        outcomes = run_jobs(
            compendium,
            jobs,
            cache=options.out,
            workers=options.jobs,
            threads=options.threads,
            on_outcome=_tell,
        )
        if any(outcome.error is not None for outcome in outcomes):
            continue
        label = name if options.choice == CHOICES[0] else f"{name}@{options.choice}"
        found = score(label, compendium, folds, outcomes)
        show(found)
        if len(folds) >= FOLDS:
            record("bdtree_protocol.json", found)
        else:
            print(f"not recorded: {len(folds)} of at least {FOLDS} folds", flush=True)


def entry(
    name: str, *, epochs: int | None = None, motifs: Sequence[Path] | None = None, seed: int = 0
) -> Contestant:
    """A contestant; a network of the paper with the settings that `paper_parity` found for it."""
    recipe = RECIPES.get(name, {})
    settings = {part: dict(recipe[part]) for part in recipe} | _SETTINGS.get(name, {})
    if epochs is not None and name in NETWORKS:
        settings.setdefault("training", {})["epochs"] = epochs
    return contestant(name, motifs=motifs, seed=seed, settings=settings)


def with_genes(
    compendium: Compendium, number: int, choice: str = CHOICES[0]
) -> tuple[Compendium, NDArray[np.intp]]:
    """The compendium with its chosen genes and its regulators alone; rows of the chosen there."""
    chosen = chosen_genes(compendium, number, choice)
    keep = np.union1d(chosen, compendium.regulator_rows)
    return Compendium(compendium.adata[:, keep].copy()), np.searchsorted(keep, chosen)


def chosen_genes(compendium: Compendium, number: int, choice: str) -> NDArray[np.intp]:
    """Rows of the genes with a promoter, at most 10 % of their values missing, that vary most or
    are most coexpressed: highest mean correlation with their 20 nearest genes."""
    values = compendium.expression
    usable = compendium.has_promoter & (np.isnan(values).mean(axis=1) <= 0.1)
    rank = _variance if choice == "variance" else _coexpression
    merit = np.full(len(values), -np.inf)
    merit[usable] = rank(values[usable])
    return np.sort(np.argsort(-merit, kind="stable")[:number])


def _variance(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Variance (G,) of the known values of genes (G, C)."""
    spread: NDArray[np.float32] = np.nanvar(values, axis=1)
    return spread


def _coexpression(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean correlation (G,) of genes (G, C) with the 20 nearest others; missing values as 0."""
    profiles = np.nan_to_num(values)
    profiles -= profiles.mean(axis=1, keepdims=True)
    profiles /= np.linalg.norm(profiles, axis=1, keepdims=True) + np.float32(1e-9)
    likeness = profiles @ profiles.T
    np.fill_diagonal(likeness, -1)
    nearest = np.partition(likeness, -_NEAREST, axis=1)[:, -_NEAREST:]
    return nearest.mean(axis=1)


def deal(
    compendium: Compendium, rows: NDArray[np.intp], *, seed: int, number: int = FOLDS
) -> Iterator[Fold]:
    """The first `number` of the 100 pairs of folds over the genes at `rows` and all conditions.

    Within the training block a tenth of the genes and a tenth of the conditions validate.
    """
    rng = np.random.default_rng(seed)
    shape = compendium.expression.shape
    gene_fold = np.full(shape[0], -1)
    gene_fold[rows] = rng.permutation(np.arange(len(rows)) % FOLDS)
    condition_fold = rng.permutation(np.arange(shape[1]) % FOLDS)
    names = tuple(compendium.genes), tuple(compendium.conditions)
    pairs = [(i, (i + shift) % FOLDS) for shift in range(FOLDS) for i in range(FOLDS)]
    for i, j in pairs[:number]:
        test_gene, test_condition = gene_fold == i, condition_fold == j
        known_gene = (gene_fold >= 0) & ~test_gene
        blocks = np.full(shape, -1, dtype=np.int8)
        blocks[np.ix_(test_gene, ~test_condition)] = BLOCKS.index("genes")
        blocks[np.ix_(known_gene, test_condition)] = BLOCKS.index("conditions")
        blocks[np.ix_(test_gene, test_condition)] = BLOCKS.index("both")
        role = np.full(shape, Role.UNUSED, dtype=np.int8)
        role[np.ix_(known_gene, ~test_condition)] = Role.TRAIN
        own = np.random.default_rng([seed, i, j])
        role[np.ix_(_tenth(known_gene, own), ~test_condition)] = Role.VALIDATION
        role[np.ix_(known_gene, _tenth(~test_condition, own))] = Role.VALIDATION
        role[blocks >= 0] = Role.TEST
        yield Fold(Split(Regime.BOTH, *names, role, f"folds {i + 1}, {j + 1}, seed {seed}"), blocks)


def _tenth(among: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.bool_]:
    members = np.flatnonzero(among)
    chosen = np.zeros(len(among), dtype=bool)
    chosen[rng.permutation(members)[: max(1, len(members) // 10)]] = True
    return chosen


def tested_cells(compendium: Compendium, fold: Fold, outcome: Outcome) -> Cells:
    """The observed test cells of a fold; values become classes by cuts of its validation cells."""
    found = outcome.prediction()
    observed = compendium.expression
    called = found.classes
    if called is None:
        checked = fold.split.cells(Role.VALIDATION)
        called = apply_cuts(found.values, fit_cuts(observed, found.values, checked))
    cells = (fold.blocks >= 0) & ~np.isnan(observed)
    return Cells(fold.blocks[cells], observed[cells], found.values[cells], called[cells])


def score(
    name: str, compendium: Compendium, folds: Sequence[Fold], outcomes: Sequence[Outcome]
) -> list[Row]:
    """Correlation of each block and accuracy, all folds' cells pooled."""
    pairs = zip(folds, outcomes, strict=True)
    parts = [tested_cells(compendium, fold, outcome) for fold, outcome in pairs]
    cells = Cells(*(np.concatenate(part) for part in zip(*parts, strict=True)))
    rows = []
    for number, part in enumerate((*BLOCKS, "overall")):
        inside = np.ones(len(cells.block), bool) if part == "overall" else cells.block == number
        r = metrics.pearson(cells.observed[None], cells.predicted[None], inside[None])
        goal = f">= {PUBLISHED[part] - 0.03:.2f}" if name.startswith("bdtree") else None
        beside = f"BDTree as published: {PUBLISHED[part]:.2f}"
        rows.append(Row(f"{part}.{name}.pearson", r if np.isfinite(r) else 0.0, "r", goal, beside))
    truth = classify(cells.observed)
    majority = float(np.bincount(truth).max() / len(truth))
    predictor, _, choice = name.partition("@")
    published = PUBLISHED_ACCURACY.get(predictor)
    beside = f"majority class {majority:.3f}"
    beside += "" if published is None else f"; as published {published[0]}, majority {published[1]}"
    seconds = [outcome.about["fit_seconds"] for outcome in outcomes]
    return [
        *rows,
        Row(
            f"overall.{name}.accuracy", float((truth == cells.called).mean()), "share", None, beside
        ),
        Row(
            f"overall.majority{'@' if choice else ''}{choice}.accuracy",
            majority,
            "share",
            None,
            f"as published {PUBLISHED_ACCURACY['bdtree'][1]}",
        ),
        Row(f"overall.{name}.seconds_a_fold", float(np.mean(seconds)), "s"),
        Row(f"overall.{name}.folds", len(folds), "folds"),
    ]


def _tell(outcome: Outcome) -> None:
    seconds = outcome.about.get("fit_seconds", 0.0)
    state = outcome.error or ("done before" if outcome.cached else f"{seconds:.0f} s")
    print(f"{outcome.job.contestant.name}, fold {outcome.job.fold}: {state}", flush=True)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add: Any = parser.add_argument
    add("--data", type=Path, required=True, help="the compendium (.h5ad)")
    add("--predictors", nargs="+", default=list(PREDICTORS))
    add("--folds", type=int, default=FOLDS, help="of the 100; the first ten test each gene once")
    add("--epochs", type=int, default=None, help="of a network's training")
    add("--motifs", type=Path, nargs="+", default=None, help="files, or jaspar:GROUP")
    add("--genes", type=int, default=1411)
    add("--choice", choices=CHOICES, default=CHOICES[0], help="of those genes")
    add("--seed", type=int, default=0)
    add("--jobs", type=int, default=1, help="folds at a time")
    add("--threads", type=int, default=1, help="of each")
    add("--out", type=Path, default=Path("runs/bdtree_protocol"), help="where folds are kept")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
