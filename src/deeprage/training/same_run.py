"""Whether a training that is asked for is the one that a run folder holds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from deeprage.data.split import Split

#: Settings that may change while a training is resumed: where it runs, and for how long.
_FREE = ("epochs", "threads", "device", "devices", "tensorboard")


def first_difference(
    earlier: Mapping[str, Any], earlier_split: Split, config: Mapping[str, Any], split: Split
) -> str | None:
    """What differs first between the run that is there and what is asked for, with both values.

    Model, data, split, protocol, class edges, network, training and motifs are compared; the
    number of epochs and where it runs are not.

    Args:
        earlier, earlier_split: of the run.
        config, split: of the training that is asked for.

    Returns:
        Such as `training.learning_rate is 0.001 there and 0.5 here`; None if it is the same.
    """
    asked = json.loads(json.dumps(config))  # lists for tuples, as in a file
    for name, there, here in _pairs(earlier, earlier_split, asked, split):
        if there != here:
            return f"{name} is {_shown(there)} there and {_shown(here)} here"
    return None


def _pairs(
    earlier: Mapping[str, Any], earlier_split: Split, asked: Mapping[str, Any], split: Split
) -> Iterator[tuple[str, object, object]]:
    """Names with the value in the run and the value that is asked for, the telling ones first."""
    yield "the model", _model(earlier), _model(asked)
    data, data_asked = (_part(config, "compendium") for config in (earlier, asked))
    for part, content in _part(data_asked, "content").items():
        there = _part(data, "content").get(part)
        where = f" of {asked.get('compendium_path')}" if asked.get("compendium_path") else ""
        yield f"the content of the data ({part}{where})", there, content
    yield "the number of genes", len(earlier_split.genes), len(split.genes)
    yield "the number of conditions", len(earlier_split.conditions), len(split.conditions)
    yield "the name of a gene", *_first_unlike(earlier_split.genes, split.genes)
    yield "the name of a condition", *_first_unlike(earlier_split.conditions, split.conditions)
    yield "the regime", str(earlier_split.regime), str(split.regime)
    if not np.array_equal(earlier_split.role, split.role):
        yield "the split", earlier_split.label, split.label
        yield "the role of the cells", "another", "another"
    for name in ("protocol", "edges"):
        yield name, earlier.get(name), asked.get(name)
    for part in ("network", "training", "model"):
        there, here = _part(earlier, part), _part(asked, part)
        for name in dict.fromkeys((*here, *there)):
            if not (part == "training" and name in _FREE):
                yield f"{part}.{name}", there.get(name), here.get(name)
    if asked.get("first_motifs"):
        motifs, motifs_asked = earlier.get("first_motifs"), asked["first_motifs"]
        yield "the motifs", _named(motifs), _named(motifs_asked)
        yield "the content of the motifs", motifs, motifs_asked


def _model(config: Mapping[str, Any]) -> object:
    return _part(config, "network").get("name") or _part(config, "model").get("name")


def _part(config: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = config.get(name)
    return part if isinstance(part, Mapping) else {}


def _first_unlike(there: tuple[str, ...], here: tuple[str, ...]) -> tuple[str | None, str | None]:
    pairs = zip(there, here, strict=False)
    return next((pair for pair in pairs if pair[0] != pair[1]), (None, None))


def _named(motifs: object) -> str:
    names = [str(one.get("name")) for one in motifs or () if isinstance(one, Mapping)]  # type: ignore[attr-defined]
    return ", ".join(names)


def _shown(value: object) -> str:
    text = json.dumps(value) if isinstance(value, (dict, list, bool)) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
