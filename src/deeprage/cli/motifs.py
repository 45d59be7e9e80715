"""`deeprage motifs`: what the filters of a trained network look for."""

from pathlib import Path
from typing import Annotated, Any

from typer import Argument, Option

from deeprage.cli.console import note, show, table
from deeprage.cli.motifs_in_use import MOTIFS_HELP, motifs_in_use
from deeprage.cli.parsing import refuse_unused
from deeprage.listing import listed_paths


def motifs(
    run: Annotated[Path, Argument(help="Run folder of `deeprage train`.")],
    *,
    motifs: Annotated[
        list[Path] | None,
        Option(help=MOTIFS_HELP),
    ] = None,
    out: Annotated[
        Path | None,
        Option(help="Folder to write to; default: the run folder, where the report looks."),
    ] = None,
    patterns: Annotated[
        Path | None,
        Option(help="Result of `modisco motifs` on the files of `deeprage attribute`, to add."),
    ] = None,
    data: Annotated[
        Path | None, Option(help="Compendium; default: the one that the run was trained on.")
    ] = None,
    best: Annotated[
        int | None, Option(help="Windows that make a filter's PWM; default: 100.")
    ] = None,
    threshold: Annotated[
        float | None,
        Option(help="Instead, all windows above this share of the filter's largest activation."),
    ] = None,
    q: Annotated[float, Option(help="False discovery rate below which a filter is matched.")] = 0.1,
    rounds: Annotated[int, Option(help="Rounds of the shuffled null.")] = 10,
    seed: Annotated[int, Option(min=0, help="Seed of the shuffling.")] = 0,
    threads: Annotated[int | None, Option(help="CPU threads; default: all cores.")] = None,
) -> Path:
    """Turn the first layer's filters into motifs and compare them with known ones.

    Writes motifs.tsv, motifs.meme and motifs.json; `deeprage report` shows them.
    """
    from deeprage.cli.scoring import compendium_of
    from deeprage.cli.threads import use_threads
    from deeprage.data.motifs import letter_frequencies
    from deeprage.interpretation.model import HasFilters, filters_of, model_of
    from deeprage.interpretation.motif_files import MOTIF_MEME, MOTIF_TABLE, write_motifs
    from deeprage.interpretation.motifs import MotifOptions, find_motifs
    from deeprage.interpretation.patterns import match_patterns, read_patterns
    from deeprage.interpretation.tomtom import FEW_TARGETS
    from deeprage.training.run import MOTIFS, Run

    if threshold is not None:
        refuse_unused("--threshold chooses the windows", best=best)
    options = MotifOptions(
        best=100 if best is None else best, threshold=threshold, q=q, rounds=rounds, seed=seed
    )
    use_threads(threads)
    found = Run.load(run)
    compendium = compendium_of(found, data)
    rows = found.split.train_rows
    promoters = compendium.promoters[rows[compendium.has_promoter[rows]]]
    model = model_of(found, compendium)
    if patterns is None:
        filters_of(model)  # a model without filters is refused before its motifs are looked for
    files = listed_paths("--motifs", motifs)
    known = motifs_in_use(files, compendium, needed="a comparison of filters")
    targets = known.motifs
    discovered = None
    if patterns is not None:
        background = letter_frequencies(promoters)
        discovered = match_patterns(read_patterns(patterns), targets, background, options)
    result = None
    has_filters = isinstance(model, HasFilters)
    if discovered is not None and not has_filters:
        refuse_unused("the model has no filters", best=best, threshold=threshold)
    with found.results((MOTIFS, MOTIF_TABLE, MOTIF_MEME), out=out) as aside:
        if discovered is None or has_filters:
            result = find_motifs(filters_of(model), promoters, targets, options)
        content = write_motifs(
            result,
            aside,
            sources={name: len(part) for name, part in known.parts.items()},
            options=options,
            patterns=discovered,
        )
    folder = found.path if out is None else Path(out)
    if len(targets) < FEW_TARGETS:
        note(
            f"only {len(targets)} known motifs: Tomtom's p-values are rough below {FEW_TARGETS}; "
            "give more files with --motifs"
        )
    if result is not None:
        show(_matches_table(content["filters"], "distinct filters"), "")
        show(_counts(content["summary"], q, "filters"))
    if discovered is not None:
        show(_matches_table(content["patterns"]["entries"], "distinct patterns"), "")
        show(_counts(content["patterns"]["summary"], q, "patterns"))
    if folder != found.path:
        note(f"the report shows motifs only from the run folder; these are in {folder}")
    return folder / MOTIF_TABLE


def _matches_table(entries: list[dict[str, Any]], what: str, *, most: int = 15) -> Any:
    """The motifs that match best, one a group."""
    shown = [entry for entry in entries if entry.get("representative")]
    shown.sort(key=lambda entry: entry["matches"][0]["p"])
    rows = [
        (
            entry["filter"],
            entry["consensus"],
            entry["matches"][0]["symbol"],
            f"{entry['matches'][0]['q']:.1e}",
            "-" if entry["q_chance"] is None else f"{entry['q_chance']:.3f}",
            f"{entry['fires']:.0%}" if "fires" in entry else f"{entry['windows']:,} seqlets",
        )
        for entry in shown[:most]
    ]
    columns = (what.split()[1][:-1], "consensus", "best match", "q", "q by chance", "found in")
    return table(f"Best matches ({len(shown)} {what})", columns, rows)


def _counts(summary: dict[str, Any], q: float, what: str) -> str:
    nulls = {"column_null": "shuffled motifs", "filter_null": "shuffled filters"}
    chance = [
        f"{name}: {summary[key]['distinct_matched']:.0f}"
        for key, name in nulls.items()
        if summary.get(key) is not None
    ]
    return (
        f"{summary['distinct_matched']} of {summary['distinct']} distinct {what} match a known "
        f"motif at q < {q:g} ({len(summary['factors'])} factors; {', '.join(chance) or 'no null'});"
        f" {summary['distinct_beyond_chance']} match better than chance would at that rate."
    )
