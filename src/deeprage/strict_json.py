"""JSON with nothing in it that a later step could stumble over.

Python's own parser takes NaN and infinity, numbers that become infinite, repeated keys, whole
numbers of any length, and text that no file can hold; and it fails on deep nesting with errors of
several kinds.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from typing import Any, NoReturn

#: Digits of a whole number; a seed of 64 bits has up to 20.
_MOST_DIGITS = 20
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def parse_json(content: bytes) -> Any:
    """The value that UTF-8 text holds.

    Text may have bytes of a file's name that are no UTF-8, as Python escapes them (U+DC80 to
    U+DCFF), since the settings of a run name files.

    Raises:
        ValueError: it is not JSON, or it holds one of the above.
    """
    text = content.decode("utf-8-sig")
    try:
        value = json.loads(
            text,
            parse_int=_whole_number,
            parse_float=_number,
            parse_constant=_no_number,
            object_pairs_hook=_unique,
        )
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if _SURROGATE.search(text):
        _check_text(value)
    return value


def not_finite(value: Any, *, path: str = "") -> str | None:
    """Where the first NaN or infinity stands in plain data, such as `rows[0].mse`, else None."""
    if isinstance(value, float):
        return None if math.isfinite(value) else path or "the value"
    if isinstance(value, dict):
        inner = ((f"{path}.{key}" if path else str(key), item) for key, item in value.items())
    elif isinstance(value, list | tuple):
        inner = ((f"{path}[{index}]", item) for index, item in enumerate(value))
    else:
        return None
    return next((place for p, item in inner if (place := not_finite(item, path=p))), None)


def _whole_number(text: str) -> int:
    if len(text.lstrip("-")) > _MOST_DIGITS:
        raise ValueError(f"the number {text[:12]}... is too large")
    return int(text)


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"the number {text[:20]} is too large")
    return value


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of JSON")


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        repeated = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {repeated[:40]!r} is there twice")
    return found


def _check_text(value: Any) -> None:
    """Raise a ValueError for half of a character, which no file can hold."""
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        half = error.object[error.start]
        raise ValueError(f"text holds half of a character ({half!r})") from None
