"""Text that a terminal or a page can show, whatever it holds."""

from __future__ import annotations

TYPE_CHECKING = False  # the command line imports this before anything that takes time
if TYPE_CHECKING:
    from collections.abc import Callable

#: Marks that change the direction of the text around them; letters of any script stay.
_TURNING = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")


def printable(text: str) -> str:
    r"""`text` with control characters as escapes such as `\x1b`, but for tabs and line ends.

    They could move the cursor, recolour the terminal or turn the reading direction of a line. Bytes
    of a file's name that are no text are escaped alike.
    """
    return _escaped_where(text, _is_control)


def encodable(text: str) -> str:
    r"""`text` with what UTF-8 cannot hold, bytes of a file's name, as escapes such as `\xe9`."""
    return text if text.isascii() else _escaped_where(text, _is_half)


def _escaped_where(text: str, wanted: Callable[[str], bool]) -> str:
    if text.isprintable():
        return text
    return "".join(_escaped(one) if wanted(one) else one for one in text)


def _is_control(character: str) -> bool:
    if character in "\n\t":
        return False
    import unicodedata

    kind = unicodedata.category(character)
    return kind in ("Cc", "Cs", "Zl", "Zp") or unicodedata.bidirectional(character) in _TURNING


def _is_half(character: str) -> bool:
    return "\ud800" <= character <= "\udfff"


def _escaped(character: str) -> str:
    if "\udc80" <= character <= "\udcff":  # how Python passes on a byte of a file's name
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")
