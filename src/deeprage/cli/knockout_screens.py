"""Screens of `deeprage knockout`: each regulator, filter or known motif alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from deeprage.cli.console import note
from deeprage.cli.knockout_inputs import KnockoutInputs
from deeprage.errors import DeepRageError

if TYPE_CHECKING:
    from deeprage.interpretation.knockout_study import ScreenStudy
    from deeprage.interpretation.known_targets import KnownTargets
    from deeprage.interpretation.screen import Scores


class ScreenOptions(NamedTuple):
    """What a screen needs beside the model.

    Attributes:
        step: by which levels move, log2.
        motifs: MEME files; None for JASPAR's fungi.
        site_p: p-value at which a word is a site; motifs too short for it are tried at 3e-4, 1e-3.
        known: known targets, if there are any.
    """

    step: float
    motifs: Sequence[Path] | None
    site_p: float
    known: KnownTargets | None


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

    symbols = _symbols(inputs)
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
    from deeprage.interpretation.screen import screen_filters

    if not isinstance(inputs.wild.model, Filtered):
        raise DeepRageError(
            f"the model of {inputs.run.path} has no filters to silence: use --screen regulators."
        )
    count = len(inputs.wild.model.activity(inputs.wild.promoters[:1]))
    names = [f"filter_{number:03d}" for number in range(count)]
    matched = _matched_factors(inputs.run.path)
    meant = [_factor_meant(matched.get(name, ()), options.known) for name in names]
    if options.known is not None and not matched:
        note("the filters' factors are not known: run `deeprage motifs` first to test targets")
    with inputs.progress("filters", count) as tick:
        scores = screen_filters(inputs.wild, range(count), on_part=tick)
    return _named(names, scores, meant, options.known)


def _motifs(inputs: KnockoutInputs, options: ScreenOptions) -> _Screened:
    """Motifs without a regulator of their name are left out: there is nothing to test them by."""
    from deeprage.data.motifs import letter_frequencies, load_motifs
    from deeprage.interpretation.regulator_motifs import motifs_of_regulators, site_patterns
    from deeprage.interpretation.screen import screen_motifs
    from deeprage.interpretation.tomtom import factors

    symbols = _symbols(inputs)
    files = [Path(path) for path in options.motifs] if options.motifs else None
    owned = motifs_of_regulators(load_motifs(files), inputs.compendium.regulators, symbols)
    motifs = list({motif.name: motif for some in owned.values() for motif in some}.values())
    patterns = site_patterns(
        {number: [motif] for number, motif in enumerate(motifs)},
        letter_frequencies(inputs.wild.promoters),
        longest=inputs.wild.promoters.shape[1],
        p_value=options.site_p,
    )
    if not patterns:
        raise DeepRageError(
            "no known motif is named after a regulator of the compendium: give --motifs FILE with "
            f"names such as {', '.join(symbols[:3])}."
        )
    kept = [motifs[number] for number in patterns]
    with inputs.progress("motifs", len(kept)) as tick:
        scores = screen_motifs(inputs.wild, [some[0] for some in patterns.values()], on_part=tick)
    return _named(
        [motif.name for motif in kept],
        scores,
        [factors(motif.symbol) for motif in kept],
        options.known,
    )


#: What can be screened, and what is done to each.
SCREENS: dict[str, tuple[Callable[[KnockoutInputs, ScreenOptions], _Screened], str]] = {
    "regulators": (_regulators, "each regulator {step:+g}"),
    "filters": (_filters, "each filter silent"),
    "motifs": (_motifs, "each known motif masked"),
}


def _symbols(inputs: KnockoutInputs) -> list[str]:
    return [inputs.compendium.symbols[row] for row in inputs.compendium.regulator_rows]


def _named(
    names: list[str],
    scores: Scores,
    meant: Sequence[tuple[str, ...]],
    known: KnownTargets | None,
) -> _Screened:
    return _Screened(
        names, scores, [", ".join(some) for some in meant], [_slots(some, known) for some in meant]
    )


def _matched_factors(run: Path, *, q: float = 0.1) -> dict[str, list[tuple[str, ...]]]:
    """Factors of each matched filter's known motifs, the best match first; none without motifs.

    From the run's `motifs.json`, which holds a few best matches of each filter.
    """
    from deeprage.files import read_json
    from deeprage.interpretation.tomtom import factors

    path = run / "motifs.json"
    if not path.is_file():
        return {}
    found = {
        str(entry["filter"]): [
            factors(match["symbol"]) for match in entry["matches"] if match["q"] < q
        ]
        for entry in read_json(path).get("filters") or ()
    }
    return {name: matches for name, matches in found.items() if matches}


def _factor_meant(
    matches: Sequence[tuple[str, ...]], known: KnownTargets | None
) -> tuple[str, ...]:
    """The factors of the best match; with known targets, of the best match that has any.

    Several factors share a motif (AGGGG), and a network may know one of them alone.
    """
    for names in matches:
        if _slots(names, known):
            return names
    return matches[0] if matches else ()


def _slots(factors: Sequence[str], known: KnownTargets | None) -> list[int]:
    if known is None:
        return []
    return [slot for factor in factors if (slot := known.slot(factor)) is not None]
