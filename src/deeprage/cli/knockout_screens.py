"""Screens of `deeprage knockout`: each regulator, filter or known motif alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from deeprage.cli.console import note
from deeprage.cli.knockout_inputs import KnockoutInputs
from deeprage.cli.motifs_in_use import motifs_in_use
from deeprage.errors import DeepRageError

if TYPE_CHECKING:
    from deeprage.interpretation.knockout_study import ScreenStudy
    from deeprage.interpretation.known_targets import KnownTargets
    from deeprage.interpretation.promoter_edits import How
    from deeprage.interpretation.screen import Scores


class ScreenOptions(NamedTuple):
    """What a screen needs beside the model.

    Attributes:
        known: known targets, if there are any.
        step: by which levels move, log2; of `regulators`.
        motifs: files and collections, see `data.motif_sources`; of `motifs`, like what follows.
        site_p: p-value at which a word is a site; see `site_patterns`.
        mask: what masked sites become.
        seed: of shuffling them.
    """

    known: KnownTargets | None
    step: float
    motifs: Sequence[Path] | None
    site_p: float | None
    mask: How
    seed: int


class _Screened(NamedTuple):
    """Knock-outs with the factors that each stands for: in words, and as regulators' places."""

    names: list[str]
    scores: Scores
    factors: list[str]
    slots: list[list[int]]


def screened(
    inputs: KnockoutInputs, kind: str, *, options: ScreenOptions, top: int
) -> tuple[Scores, ScreenStudy, dict[str, Any]]:
    """One of `SCREENS`: the scores, what known targets say of them, and what was done."""
    from deeprage.interpretation.knockout_study import study_screen
    from deeprage.interpretation.perturbation import check_level

    check_level(options.step, "--step")
    run, label = SCREENS[kind]
    found = run(inputs, options)
    result = study_screen(
        found.names, found.scores, inputs.wild,
        factors=found.factors, slots=found.slots, known=options.known, top=top,
    )  # fmt: skip
    about = {
        "label": label.format(step=options.step),
        "screened": kind,
        "conditions": len(inputs.conditions),
    }
    return found.scores, result, about


def _regulators(inputs: KnockoutInputs, options: ScreenOptions) -> _Screened:
    from deeprage.interpretation.screen import screen_regulators

    symbols = inputs.compendium.regulator_symbols
    names = [
        symbol if symbols.count(symbol) == 1 else gene
        for gene, symbol in zip(inputs.compendium.regulators, symbols, strict=True)
    ]
    with inputs.progress("regulators", len(names)) as tick:
        scores = screen_regulators(inputs.wild, step=options.step, on_part=tick)
    return _Screened(names, scores, symbols, [[slot] for slot in range(len(names))])


def _filters(inputs: KnockoutInputs, options: ScreenOptions) -> _Screened:
    """A filter stands for the factor that its motif matches."""
    from deeprage.interpretation.block_model import Filtered
    from deeprage.interpretation.filter_factors import (
        MatchedFilters,
        factor_meant,
        known_slots,
        matched_factors,
    )
    from deeprage.interpretation.screen import screen_filters
    from deeprage.manifest import own_json
    from deeprage.training.run import MOTIFS

    if not isinstance(inputs.wild.model, Filtered):
        raise DeepRageError(
            f"the model of {inputs.run.path} has no filters to silence: use --screen regulators."
        )
    count = len(inputs.wild.model.activity(inputs.wild.promoters[:1]))
    names = [f"filter_{number:03d}" for number in range(count)]
    matched = {}
    if (inputs.run.path / MOTIFS).is_file():
        again = "run `deeprage motifs` again"
        matched = matched_factors(own_json(inputs.run.path, MOTIFS, MatchedFilters, advice=again))
    meant = [factor_meant(matched.get(name, ()), options.known) for name in names]
    if options.known is not None and not matched:
        note("the filters' factors are not known: run `deeprage motifs` first to test targets")
    with inputs.progress("filters", count) as tick:
        scores = screen_filters(inputs.wild, range(count), on_part=tick)
    return _Screened(
        names,
        scores,
        [", ".join(some) for some in meant],
        [known_slots(some, options.known) for some in meant],
    )


def _motifs(inputs: KnockoutInputs, options: ScreenOptions) -> _Screened:
    """Motifs of no regulator are left out: there is nothing to test them by."""
    import numpy as np

    from deeprage.data.motif_names import motif_owners
    from deeprage.data.motifs import letter_frequencies
    from deeprage.interpretation.regulator_motifs import owned_patterns
    from deeprage.interpretation.screen import screen_motifs

    symbols = inputs.compendium.regulator_symbols
    known = motifs_in_use(options.motifs, inputs.compendium, needed="--screen motifs")
    note(motif_owners(known.motifs, inputs.compendium.regulator_names).summary)
    found = owned_patterns(
        known.motifs, inputs.compendium.regulator_names,
        letter_frequencies(inputs.wild.promoters),
        longest=inputs.wild.promoters.shape[1], p_value=options.site_p,
    )  # fmt: skip
    with inputs.progress("motifs", len(found)) as tick:
        scores = screen_motifs(
            inputs.wild,
            [one.pattern for one in found],
            how=options.mask,
            rng=np.random.default_rng([options.seed, 0]),
            on_part=tick,
        )
    return _Screened(
        [one.name for one in found],
        scores,
        [", ".join(symbols[slot] for slot in one.slots) for one in found],
        [one.slots for one in found],
    )


#: What can be screened, and what is done to each.
SCREENS: dict[str, tuple[Callable[[KnockoutInputs, ScreenOptions], _Screened], str]] = {
    "regulators": (_regulators, "each regulator {step:+g}"),
    "filters": (_filters, "each filter silent"),
    "motifs": (_motifs, "each known motif masked"),
}
