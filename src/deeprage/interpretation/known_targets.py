"""Known targets of regulators and factors, from a network file, for genes that are predicted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from deeprage.data.compendium import Compendium
from deeprage.data.regulatory_network import AlignedNetwork
from deeprage.errors import DeepRageError, unknown

Mask = NDArray[np.bool_]


class KnownTargets:
    """A regulatory network on a compendium's rows, asked by regulator."""

    def __init__(self, network: AlignedNetwork, compendium: Compendium, *, source: str) -> None:
        """
        Args:
            network: on the compendium's rows and regulators.
            source: what messages call the network.
        """
        self.source = source
        self._network = network
        self._at = {int(slot): at for at, slot in enumerate(self._network.regulators)}
        self._regulators = compendium.regulator_names
        self._symbols = compendium.regulator_symbols

    def slot(self, name: str) -> int | None:
        """The place of a regulator by any of its names, if the network speaks of it."""
        slot = self._regulators.find(name)
        return slot if slot is not None and slot in self._at else None

    def knows(self, slot: int) -> bool:
        """Whether the network speaks of the regulator at a place."""
        return slot in self._at

    def named(self, names: Sequence[str]) -> list[int]:
        """Places of regulators that the network must know.

        Raises:
            DeepRageError: it does not.
        """
        found = [self.slot(name) for name in names]
        for name, slot in zip(names, found, strict=True):
            if slot is None:
                self._regulators.one(name, "regulator")
                known = [
                    x for at in self._at for x in (self._regulators.shown[at], self._symbols[at])
                ]
                raise unknown(f"regulator of {self.source}", name, known)
        return [slot for slot in found if slot is not None]

    def of(self, slots: Sequence[int], rows: NDArray[np.intp]) -> tuple[Mask, Mask]:
        """Targets of any of some regulators, and the genes that may be one, both (len(rows),).

        Raises:
            DeepRageError: the network knows none of the regulators.
        """
        columns = [self._at[slot] for slot in slots if slot in self._at]
        if not columns:
            raise DeepRageError(f"{self.source} knows no target of what was knocked out.")
        edge, candidate = self._network.edge[rows], self._network.candidate[rows]
        either: Mask = np.asarray(edge[:, columns].any(axis=1))
        both: Mask = np.asarray(candidate[:, columns].all(axis=1))
        return either, both

    def check_testable(self, slots: Sequence[int], rows: NDArray[np.intp]) -> None:
        """Raise a `DeepRageError` unless some genes are targets of the regulators and some not."""
        targets, candidates = self.of(slots, rows)
        number, total = int((targets & candidates).sum()), int(candidates.sum())
        if number in (0, total):
            raise DeepRageError(
                f"{number} of {total} genes that are predicted are known targets in {self.source}, "
                "so that targets cannot be compared with others: name other regulators with "
                "--targets-of, or give another --network."
            )

    def table(self, slots: Sequence[Sequence[int]], rows: NDArray[np.intp]) -> tuple[Mask, Mask]:
        """Targets and candidates (len(rows), K) of K sets of regulators; none if unknown."""
        targets = np.zeros((len(rows), len(slots)), dtype=bool)
        candidates = np.zeros_like(targets)
        for at, some in enumerate(slots):
            if any(slot in self._at for slot in some):
                targets[:, at], candidates[:, at] = self.of(some, rows)
        return targets, candidates
