"""The one sentence at the top: does the model beat the simple answers to the same question?"""

from dataclasses import dataclass

from deeprage.evaluation.comparison import HELD_OUT, Comparison
from deeprage.report.run_folder import RunFolder, Score
from deeprage.report.skill import Interval, pearson_interval

#: What each regime asks of a predictor.
REGIMES = {
    "pairs": "hidden cells of known genes in known conditions",
    "conditions": "whole series of conditions it has never seen",
    "genes": "whole groups of genes it has never seen",
    "both": "genes and conditions it has never seen",
}
#: What a reader should know before taking a score of that regime for more than it is.
CAVEATS = {
    "pairs": "Random cells are the easiest question: the other cells of the same gene and of the "
    "same condition are known, so that completing the matrix without any sequence or "
    "regulator does well. It says little about new genes or new conditions.",
    "conditions": "Every gene was seen in other conditions. It says nothing about new genes.",
    "genes": "Every condition was seen with other genes. It says nothing about new conditions.",
    "both": "Neither the genes nor the conditions were seen: the hardest question.",
}


@dataclass(frozen=True)
class Tile:
    """A number to see at once."""

    label: str
    value: str
    note: str


@dataclass(frozen=True)
class Verdict:
    """The verdict.

    Attributes:
        sentence: the whole answer.
        outcome: `beats`, `equals`, `loses` or `unknown`; picks the colour and the sign.
        notes: what else to know before believing it.
        tiles: numbers to see at once.
    """

    sentence: str
    outcome: str
    notes: tuple[str, ...]
    tiles: tuple[Tile, ...]


def verdict(run: RunFolder) -> Verdict:
    """Compare the test Pearson of the model with that of the strongest simple reference."""
    model = run.model_score()
    r = model["pearson"] if model else None
    if model is None or r is None:
        return Verdict(
            f"{run.model} has no test score yet: run `deeprage evaluate`.", "unknown", (), ()
        )
    question = REGIMES.get(run.regime, "held-out cells")
    opening = f"Asked for {question}, {run.model} reaches a test Pearson of {r:.3f}"
    reference = run.best_reference()
    best = reference["pearson"] if reference else None
    interval = _interval(run)
    notes = [CAVEATS[run.regime]] if run.regime in CAVEATS else []
    if run.config.get("protocol") == "paper":
        notes.append(
            "Scored as in the paper: missing values count as 0 and the regulators, whose levels "
            "are inputs, are scored as well. For comparison with the paper only."
        )
    if reference is None or best is None:
        sentence = f"{opening}; no simple reference was scored, so that it proves nothing yet."
        return Verdict(sentence, "unknown", tuple(notes), _tiles(run, model, None, interval))
    beside = run.metrics.get("comparison")
    if beside is None or abs(beside["pearson"] - r) > 1e-6:
        sentence = (
            f"{opening}; the best simple reference, {reference.predictor}, has {best:.3f}, and it "
            "is not known whether the difference is chance: run `deeprage evaluate` again."
        )
        return Verdict(sentence, "unknown", tuple(notes), _tiles(run, model, reference, interval))
    comparison = Comparison.from_dict(beside)
    sentence = f"{opening} {comparison.words}."
    return Verdict(
        sentence, comparison.outcome, tuple(notes), _tiles(run, model, reference, interval)
    )


def _interval(run: RunFolder) -> Interval | None:
    """95 % interval of the model's test Pearson, over gene groups and condition series."""
    found = run.predictions
    if found is None or not found.scored.any():
        return None
    return pearson_interval(
        found.observed,
        found.predicted,
        found.scored,
        groups=found.groups,
        series=found.series,
        held_out=HELD_OUT.get(run.regime, ()),
    )


def _tiles(
    run: RunFolder, model: Score, reference: Score | None, interval: Interval | None
) -> tuple[Tile, ...]:
    spread = f"95 % interval {interval.low:.3f} to {interval.high:.3f}" if interval else run.model
    tiles = [Tile("test Pearson", f"{model['pearson']:.3f}", spread)]
    if reference is not None:
        tiles.append(Tile("best reference", f"{reference['pearson']:.3f}", reference.predictor))
    for key, label, higher in (("accuracy", "test accuracy", True), ("mse", "test MSE", False)):
        value = model[key]
        if value is None:
            continue
        other = run.best_reference(key, higher=higher)
        note = f"best reference {_percent_or_plain(key, other[key])}" if other else ""
        tiles.append(Tile(label, _percent_or_plain(key, value), note))
    if model.cells:
        tiles.append(Tile("test cells", f"{model.cells:,}", "all of them scored"))
    return tuple(tiles)


def _percent_or_plain(key: str, value: float | None) -> str:
    if value is None:
        return "–"
    return f"{100 * value:.1f} %" if key == "accuracy" else f"{value:.3f}"
