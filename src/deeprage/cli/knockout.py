"""`deeprage knockout`: take something away, or add it, and see which genes answer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Argument, Option

from deeprage.cli.console import note, show, table
from deeprage.cli.known_network import ABOVE_HELP, BELOW_HELP, NETWORK_HELP, network_in_use
from deeprage.cli.motifs_in_use import MOTIFS_HELP
from deeprage.cli.parsing import choice, refuse_unused
from deeprage.listing import listed_paths

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.table import Table

    from deeprage.interpretation.knockout_study import ScreenStudy, Study
    from deeprage.interpretation.promoter_edits import How

MASKS = ("n", "shuffle")
TABLES = ("parquet", "tsv")
#: Of a screen of regulators, log2.
DEFAULT_STEP = -5.0
#: Random knock-outs, and genes that Fisher's test looks at.
DEFAULT_NULLS, DEFAULT_TOP = 20, 5
#: Columns of the printed table.
RANKED = ("symbol", "change", "size", "largest", "condition", "sites", "p", "q", "target")


def knockout(
    run: Annotated[Path, Argument(help="Run folder of `deeprage train`.")],
    *,
    regulator: Annotated[
        list[str] | None,
        Option(
            help="MSN2=-3 sets a level, MSN2-=5 lowers and MSN2+=2 raises it (log2); several with "
            "commas or repeated."
        ),
    ] = None,
    motif: Annotated[
        list[str] | None,
        Option(
            help="Motifs to mask: IUPAC letters, or names of known motifs, with commas or repeated."
        ),
    ] = None,
    filter: Annotated[
        list[str] | None,
        Option(help="Numbers of filters to silence, with commas or repeated."),
    ] = None,
    pair: Annotated[
        list[str] | None,
        Option(
            help="Filter and regulator that no longer meet, 17:MSN2 (deeprage-tp); with commas or "
            "repeated."
        ),
    ] = None,
    screen: Annotated[
        str | None,
        Option(help="Instead, each one alone: regulators, filters, or (known) motifs."),
    ] = None,
    step: Annotated[
        float | None, Option(help="Log2 step of a screen of regulators; default: -5.")
    ] = None,
    mask: Annotated[
        str | None, Option(help="Masked sites become n (default), or shuffle: in place.")
    ] = None,
    motifs: Annotated[
        list[Path] | None,
        Option(help=MOTIFS_HELP),
    ] = None,
    site_p: Annotated[
        float | None,
        Option(
            help="P-value at which a word is a site of a PWM; default: 1e-4, in a screen of motifs "
            "3e-4 or 1e-3 for those too short for that."
        ),
    ] = None,
    conditions: Annotated[
        list[str] | None,
        Option(help="Conditions or series, with commas or repeated; default: all."),
    ] = None,
    singles: Annotated[
        bool, Option("--singles", help="Also each part alone, and their epistasis.")
    ] = False,
    rounds: Annotated[int, Option(help="Feed predicted changes of regulators back so often.")] = 0,
    nulls: Annotated[
        int | None,
        Option(help="Random knock-outs of the same kind for p-values; 0 for none; default: 20."),
    ] = None,
    network: Annotated[Path | None, Option(help=NETWORK_HELP)] = None,
    network_below: Annotated[float | None, Option(help=BELOW_HELP)] = None,
    network_above: Annotated[float | None, Option(help=ABOVE_HELP)] = None,
    targets_of: Annotated[
        list[str] | None,
        Option(
            help="Regulators whose targets to mark, with commas or repeated; default: those "
            "knocked out."
        ),
    ] = None,
    top: Annotated[
        int | None, Option(help="Most changed genes that Fisher's test looks at; default: 5.")
    ] = None,
    name: Annotated[
        str | None, Option(help="Of the result's folder; default: what was done.")
    ] = None,
    out: Annotated[
        Path | None,
        Option(help="Folder to write; default: in the run folder, where the report looks."),
    ] = None,
    tables: Annotated[str, Option(help="Genes x conditions as parquet or tsv.")] = "parquet",
    data: Annotated[
        Path | None, Option(help="Compendium; default: the one that the run was trained on.")
    ] = None,
    seed: Annotated[int, Option(min=0, help="Seed of shuffling and of random knock-outs.")] = 0,
    device: Annotated[str, Option(help="cpu, cuda or mps.")] = "cpu",
    threads: Annotated[int | None, Option(help="CPU threads; default: all cores.")] = None,
) -> Path:
    """Knock out levels, motifs, filters and pairs, all at once, and rank the genes that change.

    Writes the change of every gene in every condition, the ranked table and a summary, and puts
    them into the run's report.
    """
    from deeprage.cli.knockout_inputs import KnockoutInputs, known_targets
    from deeprage.cli.knockout_screens import SCREENS, ScreenOptions, screened
    from deeprage.cli.threads import use_threads
    from deeprage.data.sites import DEFAULT_P_VALUE
    from deeprage.errors import DeepRageError
    from deeprage.interpretation.knockout_files import folder_name, write_knockout, write_screen
    from deeprage.interpretation.knockout_study import study
    from deeprage.interpretation.known_targets import KnownTargets
    from deeprage.interpretation.perturbation import label_of

    suffix = choice("table format", tables, TABLES)
    if name is not None and (name in (".", "..") or Path(name).name != name):
        raise DeepRageError(f"--name {name!r} is not the name of one folder: leave out '/'.")
    how: How = "N" if choice("mask", (mask or "n").lower(), MASKS) == "n" else "shuffle"
    if out is not None:
        refuse_unused("--out names the folder", name=name)
    if network is None:
        refuse_unused(
            "there is no --network",
            top=top,
            network_below=network_below,
            network_above=network_above,
        )
    if screen is None:
        refuse_unused("there is no --screen", step=step)
        if not motif:
            refuse_unused("no --motif is masked", mask=mask, motifs=motifs, site_p=site_p)
    use_threads(threads)
    motifs = listed_paths("--motifs", motifs)
    inputs = KnockoutInputs.of(run, data=data, conditions=conditions, device=device)
    done = inputs.perturbations(
        regulators=regulator,
        motifs=motif,
        filters=filter,
        pairs=pair,
        mask=how,
        known_motifs=motifs,
        site_p=DEFAULT_P_VALUE if site_p is None else site_p,
    )
    if nulls is not None and nulls < 0:
        raise DeepRageError(f"--nulls must be 0 or more, got {nulls}.")
    known = None
    if network is not None:
        links = network_in_use(
            Path(network), inputs.compendium, below=network_below, above=network_above
        )
        known = KnownTargets(links, inputs.compendium, source=Path(network).name)
    if screen is not None:
        if done:
            raise DeepRageError("--screen is of each alone: leave out what to knock out.")
        kind = choice("screen", screen, SCREENS)
        _refuse_beside_screen(
            kind,
            {
                "--singles": singles,
                "--rounds": rounds > 0,
                "--targets-of": bool(targets_of),
                "--motifs": bool(motifs) and kind != "motifs",
                "--site-p": site_p is not None and kind != "motifs",
                "--mask": mask is not None and kind != "motifs",
                "--step": step is not None and kind != "regulators",
                "--nulls": bool(nulls),
            },
        )
        step = DEFAULT_STEP if step is None else step
        options = ScreenOptions(known, step, motifs, site_p, how, seed)
        folder = inputs.folder(out, name or f"screen-{kind}")
        with inputs.results(folder) as aside:
            scores, result, about = screened(
                inputs, kind, options=options, top=DEFAULT_TOP if top is None else top
            )
            write_screen(aside, scores, result, about, suffix=suffix, genes=inputs.genes)
        show(_screen_table(result), *_screen_lines(result), "")
    else:
        slots = known_targets(inputs, known, targets_of, done)
        if len(done) < 2:
            refuse_unused("one change alone is knocked out", singles=singles)
        nulls = DEFAULT_NULLS if nulls is None else nulls
        folder = inputs.folder(out, name or folder_name(label_of(done)))
        with inputs.results(folder) as aside, inputs.progress("random knock-outs", nulls) as tick:
            result_of_one = study(
                inputs.wild,
                done,
                inputs.compendium,
                conditions=inputs.conditions,
                singles=singles,
                rounds=rounds,
                nulls=nulls,
                known=known,
                regulators=slots,
                top=DEFAULT_TOP if top is None else top,
                seed=seed,
                on_draw=tick,
            )
            summary = write_knockout(
                aside,
                result_of_one.found,
                result_of_one.table,
                genes=inputs.genes,
                conditions=inputs.conditions,
                suffix=suffix,
                dissection=result_of_one.dissection,
                about=result_of_one.about,
            )
        _tell(summary)
        show(_ranked_table(result_of_one, summary["label"]), *_lines(summary), "")
    inputs.tell_where(folder)
    return folder


def _refuse_beside_screen(kind: str, given: Mapping[str, bool]) -> None:
    """Raise a `DeepRageError` for options that the screen of a kind would not heed."""
    from deeprage.errors import DeepRageError

    unheeded = [option for option, is_given in given.items() if is_given]
    if unheeded:
        raise DeepRageError(f"--screen {kind} ignores {', '.join(unheeded)}: leave it out.")


def _tell(summary: dict[str, Any]) -> None:
    """What to be careful about."""
    for flag in summary["out_of_range"]:
        note(
            f"{flag['regulator']} at {flag['lowest']:.2f} to {flag['highest']:.2f} is outside what "
            f"training saw, {flag['low']:.2f} to {flag['high']:.2f}: the model extrapolates"
        )
    if summary["given_up"]:
        note(
            f"{summary['given_up']} stretches hold the motif in any order of their letters: they "
            "were masked with N"
        )


def _ranked_table(result: Study, label: str, *, most: int = 15) -> Table:
    columns = [name for name in RANKED if name in result.table]
    rows = [
        [_shown(column, value) for column, value in zip(columns, row, strict=True)]
        for row in result.table[columns].head(most).itertuples(index=False)
    ]
    return table(f"{label}: the genes that change most", columns, rows)


def _shown(column: str, value: object) -> object:
    if isinstance(value, float) and value != value:
        return None
    if column in ("targets", "hits") and isinstance(value, float):
        return int(value)
    if column in ("p", "q") and isinstance(value, float):
        return f"{value:.1e}"
    if column == "target":
        return "yes" if value else ""
    return value


def _lines(summary: dict[str, Any]) -> list[str]:
    """The result in sentences."""
    lines = [
        f"{summary['changed']:,} of {summary['genes']:,} genes change by "
        f"{summary['changed_from']:g} or more, mean over {summary['conditions']:,} conditions "
        "(log2)."
    ]
    if summary["sites"]:
        lines.append(
            f"{summary['sites']:,} sites in {summary['genes_with_sites']:,} promoters were masked."
        )
    lines += [
        f"{part['label']}: mean |change| {part['size']:.3f}"
        + ("" if part["epistasis"] is None else f", mean |epistasis| {part['epistasis']:.3f}")
        for part in summary["parts"]
    ]
    found = summary.get("targets")
    if found is not None and found["auroc"] is not None:
        chance = found["empirical_p"]
        lines.append(
            f"{found['targets']:,} known targets ({found['source']}): AUROC {found['auroc']:.3f}, "
            f"Wilcoxon p {found['p']:.1e}"
            + ("" if chance is None else f", p among random knock-outs {chance:.3f}")
            + f"; {found['hits']} in the top {found['top']}, Fisher p {found['top_p']:.1e}."
        )
    return lines


def _screen_table(result: ScreenStudy, *, most: int = 15) -> Table:
    columns = [
        name
        for name in ("name", "factor", "size", "change", "targets", "auroc", "p", "q", "hits")
        if name in result.table
    ]
    shown = result.table.sort_values("q") if "q" in columns else result.table
    rows = [
        [_shown(column, value) for column, value in zip(columns, row, strict=True)]
        for row in shown[columns].head(most).itertuples(index=False)
    ]
    return table("Single knock-outs", columns, rows)


def _screen_lines(result: ScreenStudy) -> list[str]:
    found = result.about["targets"]
    if found is None:
        return [f"{result.about['knock_outs']:,} knock-outs; --network FILE tests known targets."]
    return [
        f"{found['significant']:,} of {found['tested']:,} with known targets ({found['source']}) "
        f"change them more than other genes at q < {found['level']:g}; pooled p "
        f"{found['pooled_p']:.1e}; {found['top_significant']:,} by Fisher's test on the top "
        f"{found['top']} at p < {found['level']:g}."
    ]
