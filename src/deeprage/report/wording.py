"""Configuration values as a reader wants to see them."""

from collections.abc import Mapping
from typing import Any


def plain(value: Any) -> str:
    """A value in plain words: `yes` for True, `–` for None, lists joined, numbers short."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list | tuple):
        return ", ".join(plain(item) for item in value) or "–"
    return str(value)


def flat(content: Mapping[str, Any], *, within: str = "") -> dict[str, str]:
    """Nested options as one level, `{"a": {"b_c": 1}}` as `{"a, b c": "1"}`."""
    result: dict[str, str] = {}
    for key, value in content.items():
        name = f"{within}, {key}" if within else str(key)
        name = name.replace("_", " ")
        if isinstance(value, Mapping):
            result |= flat(value, within=name)
        else:
            result[name] = plain(value)
    return result


def duration(seconds: float) -> str:
    """A time span, `1 h 02 min`, `3 min 20 s` or `4.2 s`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def file_size(size: int) -> str:
    """Bytes in a readable unit, `3.4 MB`."""
    amount = float(size)
    for unit in ("bytes", "kB", "MB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"
