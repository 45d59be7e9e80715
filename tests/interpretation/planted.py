"""A model that is the truth of a simulation: what knock-outs must find is known exactly."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from deeprage.data.catalog.simulated import read_options, to_compendium
from deeprage.data.catalog.simulation import Simulation, simulate
from deeprage.data.compendium import Compendium
from deeprage.data.dna import decode
from deeprage.data.sites import consensus_pattern, site_starts
from deeprage.interpretation.knockout import WildType


@dataclass
class PlantedModel:
    """expression = sum of strength x level over the motifs in the promoter, and AND pairs."""

    simulation: Simulation

    @property
    def regulators(self) -> tuple[str, ...]:
        return tuple(f"REG{n + 1:03d}" for n in range(self.simulation.options.regulators))

    @property
    def reference_levels(self) -> np.ndarray:
        return np.zeros(len(self.regulators), dtype=np.float32)

    def consensus(self, regulator: int) -> str:
        letters = self.simulation.motifs[regulator].probabilities.argmax(axis=0)
        return decode(letters.astype(np.int8))

    def presence(self, promoters: np.ndarray) -> np.ndarray:
        words = [self.consensus(r) for r in range(len(self.regulators))]
        found = [site_starts(promoters, consensus_pattern(word)).any(axis=1) for word in words]
        return np.stack(found, axis=1)

    def respond(self, genes: np.ndarray, promoters: np.ndarray, levels: np.ndarray) -> np.ndarray:
        present = self.presence(promoters)
        values = present @ (self.simulation.strength[:, None] * levels.T)
        pairs = zip(self.simulation.pairs, self.simulation.pair_strength, strict=True)
        for (first, second), weight in pairs:
            both = present[:, first] & present[:, second]
            joint = np.maximum(0, np.minimum(levels[:, first], levels[:, second]))
            values += both[:, None] * weight * joint
        return values.astype(np.float32)


@dataclass
class World:
    """A simulation, its compendium and its true model."""

    simulation: Simulation
    compendium: Compendium
    model: PlantedModel

    @cached_property
    def wild(self) -> WildType:
        columns = np.arange(len(self.compendium.conditions))
        return WildType.of(self.model, self.compendium, trained_on=columns)

    @cached_property
    def present(self) -> np.ndarray:
        """Which regulator's motif (G, R) is in each gene's promoter."""
        return self.model.presence(self.compendium.promoters)


def make_world(**options: object) -> World:
    """A small simulation whose motifs are words of 8 letters."""
    sizes = {"genes": 120, "conditions": 15, "series": 5, "regulators": 8, "and_pairs": 2}
    shape = {"promoter_length": 200, "motif_width": 8, "sharpness": 1.0, "missing": 0.0}
    simulation = simulate(read_options(**(sizes | shape | options)))
    return World(simulation, to_compendium(simulation), PlantedModel(simulation))
