"""`deeprage train`: fit a model on a compendium and keep it in a run folder."""

from pathlib import Path
from typing import Annotated, Any

from typer import Argument, Option

from deeprage.cli.command_line import CommandLine
from deeprage.cli.console import note, watched
from deeprage.cli.motifs_in_use import MOTIFS_HELP, motifs_in_use
from deeprage.cli.network_settings import network_settings
from deeprage.cli.parsing import choice, class_edges, listed_settings
from deeprage.cli.splits import chosen_split
from deeprage.cli.train_factorised import NAME as FACTORISED
from deeprage.cli.train_factorised import refuse_options, train_factorised
from deeprage.errors import DeepRageError, unknown
from deeprage.listing import listed_paths

#: `default` is this project's; `paper` is the paper's optimiser and schedule.
RECIPES = ("default", "paper")


def train(
    file: Annotated[Path, Argument(help="Compendium, the .h5ad of `deeprage data`.")],
    *,
    out: Annotated[Path, Option(help="Run folder to write.")],
    model: Annotated[
        str,
        Option(
            help="deeprage-f (this project's own, without a network), or one of the networks "
            "deeprage-c, deeprage-tp, deeprage-tp-eq5, deeprage-rnn, deeprage-rnn-lstm, "
            "deeprage-tp-spatial, deeprage-tp-rnn, deeprage-a, deeprage-motif, fun-prose."
        ),
    ] = "deeprage-c",
    protocol: Annotated[
        str,
        Option(
            help="default: missing cells masked, regulators not scored. "
            "paper: missing is 0, regulators scored; for comparison only."
        ),
    ] = "default",
    regime: Annotated[
        str,
        Option(help="pairs, conditions, genes or both."),
    ] = "conditions",
    fold: Annotated[
        str | None,
        Option(help="Which fold of --folds, from 1; 2/5 says both."),
    ] = None,
    folds: Annotated[
        str | None,
        Option(help="Number of folds, or 'series' for one a condition series."),
    ] = None,
    test_fraction: Annotated[
        float | None, Option(help="Share that is tested, without folds; default: 0.1.")
    ] = None,
    validation_fraction: Annotated[
        float | None, Option(help="Share that is set aside for choices; default: 0.1.")
    ] = None,
    genes_fold: Annotated[
        Path | None,
        Option(help="Table of gene and role (train, validation, test)."),
    ] = None,
    conditions_fold: Annotated[
        Path | None,
        Option(help="Table of condition and role."),
    ] = None,
    head: Annotated[
        str | None,
        Option(help="regression, classes or both."),
    ] = None,
    edges: Annotated[
        str,
        Option(help="Class thresholds on the log2 values."),
    ] = "-0.5,0.5",
    settings: Annotated[
        list[str] | None,
        Option(
            "--set",
            metavar="NAME=VALUE",
            help="Any setting, such as network.filters=128 or training.weight_decay=0.01.",
        ),
    ] = None,
    recipe: Annotated[
        str, Option(help="default, or paper: its optimiser, schedule, dropout and batch size.")
    ] = "default",
    epochs: Annotated[int | None, Option(help="Passes over the training cells.")] = None,
    optimiser: Annotated[str | None, Option(help="sgd, adam or adamw.")] = None,
    learning_rate: Annotated[float | None, Option(help="First rate of the schedule.")] = None,
    block: Annotated[
        str | None,
        Option(help="Genes x conditions in a step, such as 16x173."),
    ] = None,
    motifs: Annotated[
        list[Path] | None,
        Option(help=f"{MOTIFS_HELP} For deeprage-f and network.first_filters=motifs."),
    ] = None,
    seed: Annotated[int, Option(help="Seed of the split and of the training.")] = 0,
    resume: Annotated[bool, Option("--resume", help="Go on with a run that was stopped.")] = False,
    overwrite: Annotated[bool, Option("--overwrite", help="Replace the run in --out.")] = False,
    device: Annotated[str | None, Option(help="cpu, cuda, mps or auto.")] = None,
    precision: Annotated[str | None, Option(help="32-true, bf16-mixed, 16-mixed.")] = None,
    devices: Annotated[int | None, Option(help="Number of devices or processes.")] = None,
    threads: Annotated[int | None, Option(help="CPU threads; default: all cores.")] = None,
    command: CommandLine = None,
) -> Path:
    """Train a model and keep it in a run folder.

    The run folder has the settings, the split and the model, and the history of a network; score
    it with `deeprage evaluate`.
    """
    from deeprage.data.compendium import Compendium
    from deeprage.data.split import ScoringProtocol
    from deeprage.data.units import unit_warning
    from deeprage.networks.presets import PRESETS
    from deeprage.training.train import train as train_network

    file, out = Path(file), Path(out)
    motifs = listed_paths("--motifs", motifs)
    if model not in (*PRESETS, FACTORISED):
        raise unknown("model", model, (*PRESETS, FACTORISED))
    scoring = ScoringProtocol(choice("protocol", protocol, ScoringProtocol))
    thresholds = class_edges(edges)
    paper = choice("recipe", recipe, RECIPES) == "paper"
    of_networks: dict[str, Any] = {
        "set": listed_settings(settings),
        "recipe": "paper" if paper else None,
        "head": head,
        "block": block,
        "epochs": epochs,
        "optimiser": optimiser,
        "learning-rate": learning_rate,
        "device": device,
        "precision": precision,
        "devices": devices,
        "resume": resume,
    }
    if model == FACTORISED:
        refuse_options(of_networks)
    else:
        network, training = network_settings(
            model, of_networks, classes=len(thresholds) + 1, seed=seed, threads=threads
        )
        if motifs and network.first_filters != "motifs":
            raise DeepRageError(
                f"--motifs means nothing for {model}, which reads no motif files: its filters "
                "start from them with --set network.first_filters=motifs."
            )
    compendium = Compendium.load(file)
    if warning := unit_warning(compendium):
        note(warning)
    split = chosen_split(
        compendium,
        regime=regime,
        protocol=scoring,
        seed=seed,
        test_fraction=test_fraction,
        validation_fraction=validation_fraction,
        fold=fold,
        folds=folds,
        genes_fold=genes_fold,
        conditions_fold=conditions_fold,
    )
    if model == FACTORISED:
        run = train_factorised(
            compendium,
            split,
            out=out,
            motifs=motifs,
            seed=seed,
            threads=threads,
            protocol=scoring,
            edges=thresholds,
            compendium_path=file.resolve(),
            command=command,
            overwrite=overwrite,
        )
        note(
            f"the run is in {out} (trained in {run.config['seconds']:.0f} s); score it with: "
            f"deeprage evaluate {out}"
        )
        return out
    if network.first_filters == "motifs" and not resume:
        motifs_in_use(motifs, compendium, needed="network.first_filters=motifs")
    run = train_network(
        compendium,
        split,
        out=out,
        network=network,
        training=training,
        motifs=motifs,
        compendium_path=file.resolve(),
        protocol=scoring,
        edges=thresholds,
        command=command,
        resume=resume,
        overwrite=overwrite,
        progress=watched(),
        tell=note,
    )
    note(
        f"the run is in {out} (trained on {run.config['device']}); score it with: "
        f"deeprage evaluate {out}"
    )
    return out
