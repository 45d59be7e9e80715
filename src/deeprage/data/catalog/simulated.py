"""`simulated`: promoters with planted motifs and known regulator-motif-gene logic."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from deeprage.data.catalog.simulation import Simulation, SimulationOptions, simulate
from deeprage.data.compendium import Compendium
from deeprage.data.motifs import meme_text
from deeprage.errors import DeepRageError, unknown
from deeprage.files import write_json, write_text


def read_options(**options: Any) -> SimulationOptions:
    """Simulation options from keyword arguments.

    Raises:
        DeepRageError: an option is unknown, not a number, or out of range.
    """
    defaults = asdict(SimulationOptions())
    whole = {name for name, default in defaults.items() if isinstance(default, int)}
    for name, value in options.items():
        if name not in defaults:
            raise unknown("option of the simulated data set", name, defaults)
        fits = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not fits or (name in whole and not float(value).is_integer()):
            kind = "a whole number" if name in whole else "a number"
            raise DeepRageError(f"the option {name} is {value!r}; give {kind}.")
    return SimulationOptions(
        **{name: int(value) if name in whole else value for name, value in options.items()}
    )


def to_compendium(simulation: Simulation, *, name: str = "simulated") -> Compendium:
    """The compendium of a simulation: regulators first, then targets."""
    options = simulation.options
    genes = gene_names(options)
    conditions = [
        f"series{series + 1:02d} step{column + 1:03d}"
        for column, series in enumerate(simulation.series)
    ]
    return Compendium.from_parts(
        expression=pd.DataFrame(simulation.expression, index=genes, columns=conditions),
        promoters=dict(zip(genes, simulation.promoters, strict=True)),
        regulators=genes[: options.regulators],
        series=[f"series{series + 1:02d}" for series in simulation.series],
        name=name,
        provenance={"source": "deeprage simulation", "options": asdict(options)},
    )


def gene_names(options: SimulationOptions) -> list[str]:
    """REG001 ... then GENE00001 ..."""
    regulators = [f"REG{number + 1:03d}" for number in range(options.regulators)]
    return regulators + [f"GENE{number + 1:05d}" for number in range(options.genes)]


def edges(simulation: Simulation) -> pd.DataFrame:
    """Planted sites: regulator, motif, gene, position, strand, sign.

    `position` is the first base pair of the site, counted from 0 at the promoter's 5' end; `sign`
    is + for activation and - for repression.
    """
    genes = gene_names(simulation.options)
    rows = [
        (
            genes[site.regulator],
            simulation.motifs[site.regulator].name,
            genes[simulation.options.regulators + site.gene],
            site.position,
            "+" if site.forward else "-",
            "+" if simulation.strength[site.regulator] > 0 else "-",
        )
        for site in simulation.sites
    ]
    columns = ["regulator", "motif", "gene", "position", "strand", "sign"]
    return pd.DataFrame(rows, columns=columns)


def make_simulated(path: Path, **options: Any) -> Compendium:
    """Simulate, and write the truth beside `path`, where the caller saves the compendium.

    Beside `name.h5ad` come `name.truth.json` (options, strengths, AND pairs), `name.motifs.meme`
    (planted motifs), `name.edges.tsv` (planted sites, see `edges`) and `name.levels.tsv` (true
    regulator levels, nothing missing).

    Raises:
        DeepRageError: an option is unknown or out of range, or the folder cannot be written.
    """
    simulation = simulate(read_options(**options))
    compendium = to_compendium(simulation, name=path.stem)
    regulators = compendium.regulators
    truth = {
        "options": asdict(simulation.options),
        "formula": "expression = sum strength * level + sum pair strength * "
        "max(0, min(level of first, level of second)) + noise",
        "strength": dict(zip(regulators, simulation.strength.tolist(), strict=True)),
        "motif": {m.symbol: m.name for m in simulation.motifs},
        "and_pairs": [
            {"regulators": [regulators[a], regulators[b]], "strength": float(strength)}
            for (a, b), strength in zip(simulation.pairs, simulation.pair_strength, strict=True)
        ],
    }
    levels = pd.DataFrame(simulation.levels, index=regulators, columns=compendium.conditions)
    write_json(path.with_suffix(".truth.json"), truth)
    at, gc = (1 - simulation.options.gc) / 2, simulation.options.gc / 2
    planted = meme_text(simulation.motifs, np.array([at, gc, gc, at]))
    write_text(path.with_suffix(".motifs.meme"), planted)
    write_text(path.with_suffix(".edges.tsv"), edges(simulation).to_csv(sep="\t", index=False))
    write_text(path.with_suffix(".levels.tsv"), levels.to_csv(sep="\t", float_format="%.6f"))
    return compendium
