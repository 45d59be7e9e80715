"""`--set network.filters=128`: any setting of a network or a training, by its name."""

import json
from collections.abc import Iterable
from typing import Any

from deeprage.errors import DeepRageError, unknown

Settings = dict[str, Any]
PARTS = ("network", "training")


def parse_overrides(texts: Iterable[str]) -> tuple[Settings, Settings]:
    """The network's and the training's settings out of texts such as `network.filters=128`.

    A value is read as JSON (`128`, `0.1`, `true`, `null`, `[512, 512]`), and as a word where it is
    not JSON (`global`).

    Raises:
        DeepRageError: a text without a part, a dot or an equals sign.
    """
    found: dict[str, Settings] = {part: {} for part in PARTS}
    for text in texts:
        name, equals, value = text.partition("=")
        part, dot, field = name.strip().partition(".")
        if not (equals and dot and field):
            raise DeepRageError(
                f"cannot read --set {text!r}: write it as --set network.filters=128 or "
                "--set training.epochs=20."
            )
        if part not in PARTS:
            raise unknown("part in --set", part, PARTS)
        found[part][field] = _value(value.strip())
    return found["network"], found["training"]


def parse_settings(texts: Iterable[str]) -> Settings:
    """Settings out of texts such as `genes=500`, without a part.

    Raises:
        DeepRageError: a text without an equals sign.
    """
    found = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (equals and name.strip()):
            raise DeepRageError(f"cannot read --set {text!r}: write it as --set genes=500.")
        found[name.strip()] = _value(value.strip())
    return found


def given(**options: Any) -> Settings:
    """The options that were given, that is, are not None."""
    return {name: value for name, value in options.items() if value is not None}


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
