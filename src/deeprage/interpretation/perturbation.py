"""What can be knocked out: a level, a motif, a filter, a motif-regulator pair."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from deeprage.data.names import NameResolver
from deeprage.data.sites import SitePattern
from deeprage.errors import DeepRageError
from deeprage.interpretation.promoter_edits import How

#: Log2; beyond it nothing is a ratio that could be measured.
LARGEST_LEVEL = 1000.0
_LEVEL = re.compile(
    r"(?P<name>.+?)\s*(?P<how>\+=|-=|=)\s*(?P<value>[-+]?[0-9.]+(e[-+]?\d+)?)", re.I
)
_PAIR = re.compile(r"(?P<filter>\d+):(?P<name>.+)$")


@dataclass(frozen=True)
class LevelChange:
    """A regulator's level, in every condition, set to a value or moved by it (log2).

    Attributes:
        slot: the regulator's place among the model's.
        name: as it is shown.
    """

    slot: int
    name: str
    value: float
    moved: bool

    @property
    def label(self) -> str:
        """`MSN2 -= 5`, `MSN2 += 2` or `MSN2 = -3`."""
        if not self.moved:
            return f"{self.name} = {self.value:g}"
        return f"{self.name} {'-' if self.value < 0 else '+'}= {abs(self.value):g}"


@dataclass(frozen=True, eq=False)
class MotifMask:
    """The sites of a motif in every promoter, replaced by N or shuffled in place."""

    pattern: SitePattern
    how: How = "N"

    @property
    def label(self) -> str:
        """`without AGGGG`."""
        return f"without {self.pattern.name}"


@dataclass(frozen=True)
class FilterOff:
    """A filter that never fires."""

    number: int

    @property
    def label(self) -> str:
        """`without filter 17`."""
        return f"without filter {self.number}"


@dataclass(frozen=True)
class PairOff:
    """A filter and a regulator that never meet: their entry of Z in the tensor product."""

    number: int
    slot: int
    name: str

    @property
    def label(self) -> str:
        """`filter 17 without MSN2`."""
        return f"filter {self.number} without {self.name}"


Perturbation = LevelChange | MotifMask | FilterOff | PairOff


def label_of(perturbations: Sequence[Perturbation]) -> str:
    """All of them in one line."""
    return ", ".join(perturbation.label for perturbation in perturbations)


class RegulatorFinder:
    """The place of a regulator by any of its names."""

    def __init__(self, regulators: NameResolver, symbols: Sequence[str]) -> None:
        """
        Args:
            regulators: finds places of the R regulators (`Compendium.regulator_names`).
            symbols: of the R regulators, to be shown; the name where two have one symbol.
        """
        self._regulators = regulators
        common = Counter(symbols)
        self._shown = [
            symbol if symbol and common[symbol] == 1 else name
            for name, symbol in zip(regulators.shown, symbols, strict=True)
        ]

    def __call__(self, name: str) -> tuple[int, str]:
        """Its place and the symbol by which it is shown.

        Raises:
            DeepRageError: no regulator has the name, or several genes have it.
        """
        slot = self._regulators.one(name, "regulator")
        return slot, self._shown[slot]


def read_level(text: str, regulators: RegulatorFinder) -> LevelChange:
    """A level out of `MSN2=-3` (set), `MSN2-=5` (lowered) or `MSN2+=2` (raised), in log2.

    Raises:
        DeepRageError: another form, no log2 level, or an unknown regulator.
    """
    found = _LEVEL.fullmatch(text.strip())
    try:
        value = float(found["value"]) if found else None
    except ValueError:
        value = None
    if found is None or value is None:
        raise DeepRageError(
            f"cannot read --regulator {text!r}: write MSN2=-3 to set a level, MSN2-=5 to lower it "
            "by 5 and MSN2+=2 to raise it by 2 (log2)."
        )
    check_level(value, f"--regulator {text!r}")
    slot, name = regulators(found["name"])
    signed = -value if found["how"] == "-=" else value
    return LevelChange(slot, name, signed, moved=found["how"] != "=")


def check_level(value: float, what: str) -> None:
    """Raise a `DeepRageError` if a number can be no log2 level, nor a change of one."""
    if not abs(value) <= LARGEST_LEVEL:
        raise DeepRageError(
            f"{what} is {value:g}, which no log2 level can be: give a number between "
            f"-{LARGEST_LEVEL:g} and {LARGEST_LEVEL:g}."
        )


def read_pair(text: str, regulators: RegulatorFinder) -> PairOff:
    """A filter and a regulator out of `17:MSN2`.

    Raises:
        DeepRageError: another form, or an unknown regulator.
    """
    found = _PAIR.fullmatch(text.strip())
    if found is None:
        raise DeepRageError(
            f"cannot read --pair {text!r}: write the filter's number and a regulator, such as "
            "17:MSN2."
        )
    slot, name = regulators(found["name"])
    return PairOff(int(found["filter"]), slot, name)
