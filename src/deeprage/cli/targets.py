"""`deeprage targets`: which regulator acts on which gene, checked against a known network."""

from pathlib import Path
from typing import Annotated, Any

from typer import Argument, Option

from deeprage.cli.console import note, show, table
from deeprage.cli.known_network import ABOVE_HELP, BELOW_HELP, NETWORK_HELP, network_in_use
from deeprage.cli.motifs_in_use import MOTIFS_HELP, motifs_in_use
from deeprage.cli.parsing import refuse_unused
from deeprage.cli.step_progress import steps_shown
from deeprage.listing import listed_paths


def targets(
    run: Annotated[Path, Argument(help="Run folder of `deeprage train`.")],
    *,
    motifs: Annotated[
        list[Path] | None,
        Option(help=MOTIFS_HELP),
    ] = None,
    network: Annotated[
        Path | None, Option(help=f"{NETWORK_HELP} Scores are checked against it.")
    ] = None,
    network_below: Annotated[float | None, Option(help=BELOW_HELP)] = None,
    network_above: Annotated[float | None, Option(help=ABOVE_HELP)] = None,
    score: Annotated[
        str | None,
        Option(
            help="mixed (regulator and motif together; default), motif, specific (the gene's own "
            "response to the regulator; needs no motif) or level."
        ),
    ] = None,
    method: Annotated[
        str | None,
        Option(
            help="For responses to levels: gradient (default), integrated, deeplift or mutagenesis."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        Option(help="Folder to write to; default: the run folder, where the report looks."),
    ] = None,
    data: Annotated[
        Path | None, Option(help="Compendium; default: the one that the run was trained on.")
    ] = None,
    most_conditions: Annotated[
        int, Option(help="Training conditions to average over, evenly spaced.")
    ] = 24,
    rounds: Annotated[
        int, Option(help="Rounds of shuffled promoters for p and q; 0 leaves them out.")
    ] = 1,
    most: Annotated[int, Option(help="Links in the table, the surest first.")] = 100_000,
    seed: Annotated[int, Option(min=0, help="Seed of the shuffling.")] = 0,
    threads: Annotated[int | None, Option(help="CPU threads; default: all cores.")] = None,
) -> Path:
    """Score every regulator-gene pair, and compare the scores with a known network.

    Writes targets.tsv, targets.npz and targets.json; `deeprage report` shows them.
    """
    import numpy as np

    from deeprage.cli.scoring import compendium_of
    from deeprage.cli.threads import use_threads
    from deeprage.data.motif_names import motif_owners
    from deeprage.errors import DeepRageError, examples, unknown
    from deeprage.interpretation.attribution import METHODS
    from deeprage.interpretation.known_links import check_links
    from deeprage.interpretation.model import model_of
    from deeprage.interpretation.target_files import TARGET_ARRAYS, TARGET_TABLE, write_targets
    from deeprage.interpretation.targets import NEED_MOTIF, TargetOptions, find_links
    from deeprage.training.run import TARGETS, Run

    chosen = next((name for name in METHODS if name == method), None)
    if method is not None and chosen is None:
        raise unknown("attribution method", method, METHODS)
    if network is None:
        refuse_unused(
            "there is no --network", network_below=network_below, network_above=network_above
        )
    if most < 1:
        raise DeepRageError(f"--most must be 1 or more, got {most}.")
    options = TargetOptions(
        score=score, method=chosen, most_conditions=most_conditions, rounds=rounds, seed=seed
    )
    use_threads(threads)
    found = Run.load(run)
    compendium = compendium_of(found, data)
    model = model_of(found, compendium)
    known = None
    if network is not None:
        # Read before the work begins: a wrong file should not cost an hour.
        known = network_in_use(network, compendium, below=network_below, above=network_above)
    sources = listed_paths("--motifs", motifs)
    needed = f"--score {score}" if score in NEED_MOTIF else ""
    used = motifs_in_use(sources, compendium, needed=needed)
    owners = motif_owners(used.motifs, compendium.regulator_names)
    if used.motifs:
        note(owners.summary)
        if sources and not owners.by_regulator and score not in ("specific", "level"):
            raise DeepRageError(
                f"none of the {len(used.motifs)} motifs is named after a regulator: the motifs are "
                f"{examples(owners.unmatched)}, the regulators "
                f"{examples(compendium.regulator_symbols)}. Give motifs with the regulators' "
                "names, or --score specific, which needs none."
            )
    names = (TARGETS, TARGET_TABLE, TARGET_ARRAYS)
    with found.results(names, out=out) as aside, steps_shown() as on_step:
        links = find_links(
            model, compendium, found.split, used.motifs, options, on_step=on_step, tell=note
        )
        checked = None
        if known is not None:
            checked = check_links(links, known, rng=np.random.default_rng(seed))
        about = {
            "method": chosen,
            "rounds": rounds,
            "conditions": most_conditions,
            "motif_files": list(used.parts),
            "motifs_matched": len(used.motifs) - len(owners.unmatched),
            "regulators_with_motif": len(owners.by_regulator),
        }
        content = write_targets(
            links,
            checked,
            compendium,
            aside,
            network=None if network is None else Path(network).name,
            about=about,
            most=most,
        )
    folder = found.path if out is None else Path(out)
    if checked is not None:
        show(*_tables(content))
    if content["links_at_5_percent"] is not None:
        note(
            f"{content['links_at_5_percent']:,} links at q < 0.05 of "
            f"{content['scored_regulators']:,} regulators"
        )
    if folder != found.path:
        note(f"the report shows targets only from the run folder; these are in {folder}")
    return folder / TARGET_TABLE


def _tables(content: dict[str, Any]) -> list[Any]:
    """One table of scores for the regulators with a motif, one for all."""
    columns = ("score", "AUPR", "random network", "AUROC", "early precision", "mean AUROC")
    found = []
    for with_motif in (True, False):
        part = [row for row in content["checked"] if row["with_motif"] is with_motif]
        if not part:
            continue
        rows = [
            (
                row["score"],
                f"{row['aupr']:.4f}",
                "-" if row["rewired"] is None else f"{row['rewired']['mean']:.4f}",
                row["auroc"],
                row["early_precision"],
                row["mean_auroc"],
            )
            for row in part
            if row["aupr"] is not None
        ]
        which = "with a known motif" if with_motif else "of the network"
        title = (
            f"{content['network']}, {part[0]['regulators']} regulators {which}, "
            f"base rate {part[0]['base']:.4f}"
        )
        found.append(table(title, columns, rows))
    return found
