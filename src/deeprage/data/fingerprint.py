"""Hashes of what compendia and motif files hold: whether two files are the same data."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deeprage.data.compendium import Compendium
from deeprage.data.motifs import Motif


def content_of_compendium(compendium: Compendium) -> str:
    """A hash of all that can change a result but coding sequences, which few predictors read."""
    found = hashlib.sha256()
    for array in (compendium.expression, compendium.promoters, compendium.regulator_levels):
        found.update(str((array.shape, array.dtype)).encode())
        found.update(np.ascontiguousarray(array).tobytes())
    names = (
        *(compendium.genes, compendium.symbols, compendium.conditions),
        *(compendium.series, compendium.groups),
    )
    about = {key: compendium.about[key] for key in ("unit", "anchor", "downstream")}
    found.update(json.dumps([*names, compendium.regulators, about], sort_keys=True).encode())
    # Motifs and networks find their regulators by these.
    found.update(json.dumps(compendium.names.identifiers).encode())
    return found.hexdigest()[:32]


def content_of_coding(compendium: Compendium) -> str | None:
    """A hash of the coding sequences, None where there are none."""
    coding = compendium.coding
    return None if coding is None else hashlib.sha256(coding.tobytes()).hexdigest()[:32]


def content_by_part(compendium: Compendium, *, coding: bool = False) -> dict[str, str | None]:
    """Hashes of what predictions are made from and scored against, by a name for people.

    Labels that only a split and its audit read (series, groups, symbols) are left out: who names
    the series better later may still use an earlier run.

    Args:
        coding: with the coding sequences, for a model that reads them.
    """
    found: dict[str, str | None] = {
        "unit": str(compendium.about["unit"]),
        "values": _hash(compendium.expression),
        "promoters": _hash(compendium.promoters),
        "regulators": hashlib.sha256(json.dumps(compendium.regulators).encode()).hexdigest()[:32],
    }
    return found | ({"coding sequences": content_of_coding(compendium)} if coding else {})


def other_parts(compendium: Compendium, content: Mapping[str, object]) -> list[str]:
    """The parts of `content`, from `content_by_part`, that are other ones in this compendium."""
    found = content_by_part(compendium, coding="coding sequences" in content)
    return [part for part, value in found.items() if content.get(part, value) != value]


def content_of_motifs(motifs: Sequence[Motif]) -> str:
    """A hash of names and probabilities, whatever else the file says and however it is laid out."""
    found = hashlib.sha256()
    for motif in motifs:
        found.update(json.dumps([motif.name, motif.symbol, motif.width]).encode())
        found.update(np.ascontiguousarray(motif.probabilities).tobytes())
    return found.hexdigest()[:32]


def _hash(array: NDArray[Any]) -> str:
    found = hashlib.sha256(str((array.shape, array.dtype)).encode())
    found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()[:32]
