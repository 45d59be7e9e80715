"""What the words of a network file say of a link: activation, repression, or neither."""

from __future__ import annotations

import re
from collections.abc import Sequence

#: Spellings that no stem below covers.
_ACTIVATION = {"+", "+1", "1", "1.0", "pos", "up", "act", "->", "-->", "true"}
_REPRESSION = {"-", "-1", "-1.0", "neg", "down", "dn", "rep", "inh", "-|", "--|", "|-"}
_NEITHER = {
    "", "0", "0.0", "?", "+-", "-+", "+/-", "-/+", "+|-", "±", "both", "na", "n/a", "nan", "none",
    "null", "pd", "pp", "dual", "unknown", "mixed", "undefined", "other", "direct", "indirect",
    "false", ".", "undirected", "unsigned", "--", "---",
}  # fmt: skip
_UP = re.compile(r"(?<!in)(?<!de)(?<!in-)(?<!de-)activat|induc|stimulat|enhanc|positiv|increas"
                 r"|up-?_? ?regul|de-?repress")  # fmt: skip
_DOWN = re.compile(r"(?<!de)(?<!de-)repress|inhibit|suppress|negativ|decreas|silenc|inactivat"
                   r"|deactivat|down-?_? ?regul|block")  # fmt: skip
_REGULATES = re.compile(
    r"regulat|bind|bound|dual|unknown|undetermin|unspecif|not |ambig|control|interact|transcript"
    r"|expression|associat"
)


def sign_of(text: str) -> int | None:
    """1 for activation, -1 for repression, 0 where the text names neither; None for other text."""
    word = text.strip().lower().replace("\u2212", "-").replace("\u2013", "-")
    if word in _NEITHER:
        return 0
    if word in _ACTIVATION:
        return 1
    if word in _REPRESSION:
        return -1
    up, down = bool(_UP.search(word)), bool(_DOWN.search(word))
    if up or down:
        return int(up) - int(down)
    return 0 if _REGULATES.search(word) else None


def are_signs(cells: Sequence[str]) -> bool:
    """Whether all cells of a column name signs or relations, and some of them with a word."""
    words = {cell.strip().lower() for cell in cells}
    return all(sign_of(word) is not None for word in words) and any(
        word not in ("", "na", "nan", "none", "null", ".") for word in words
    )
