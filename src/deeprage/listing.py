"""Options that give several names: repeated, with commas, or both."""

from collections.abc import Callable, Sequence
from pathlib import Path

from deeprage.errors import DeepRageError

#: A name with as many commas is not looked for in a list.
_MOST_PARTS = 12


def listed(
    option: str,
    given: Sequence[object] | None,
    is_name: Callable[[str], bool] = lambda text: False,
) -> list[str] | None:
    """The names that an option gives, which may be repeated and may hold several with commas.

    A text that is a name as a whole, commas included, is one name. Otherwise it is parted at its
    commas, such that the longest runs of parts that are names stay together. Names are not checked
    further.

    Args:
        option: as it is written, for the error.
        given: None where the option was not given.
        is_name: whether a text is a name.

    Raises:
        DeepRageError: the option was given and names nothing.
    """
    if given is None:
        return None
    names: list[str] = []
    for text in map(str, given):
        parts = text.split(",")
        while parts:
            longest = min(len(parts), _MOST_PARTS)
            runs = (",".join(parts[:end]) for end in range(longest, 0, -1))
            name = next((run for run in map(str.strip, runs) if is_name(run)), parts[0].strip())
            names += [name] if name else []
            parts = parts[max(1, name.count(",") + 1) :]
    if given and not names:
        raise DeepRageError(f"{option} names nothing: give one or more names, with commas between.")
    return names


def listed_paths(option: str, given: Sequence[Path | str] | None) -> list[Path] | None:
    """The files that an option gives, as `listed`; a file's name may hold commas."""
    names = listed(option, given, _is_path)
    return None if names is None else [Path(name) for name in names]


def _is_path(text: str) -> bool:
    try:
        return Path(text).exists()
    except (OSError, ValueError):  # too long for a name, or with a zero byte
        return False
