"""Option values that are more than a word or a number."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

from deeprage.errors import DeepRageError, unknown
from deeprage.files import check_output

#: A comma that another `name=` follows: those inside a value such as [8,8] are none.
_BEFORE_SETTING = re.compile(r",(?=\s*[A-Za-z_][\w.]*\s*=)")


def choice(kind: str, value: str, valid: Iterable[object]) -> str:
    """`value` if it is valid.

    Raises:
        DeepRageError: it is not; the nearest valid one is offered.
    """
    names = [str(name) for name in valid]
    if value not in names:
        raise unknown(kind, value, names)
    return value


def listed_settings(given: Sequence[str] | None) -> list[str]:
    """Texts such as `network.filters=128`, of which several may stand with commas between."""
    return [part.strip() for text in given or () for part in _BEFORE_SETTING.split(text)]


def refuse_unused(why: str, **options: object) -> None:
    """Raise a `DeepRageError` if an option was given that would do nothing.

    Args:
        why: what makes them void, such as `there is no --network`.
        options: by name, None, False or empty where not given.
    """
    unused = [
        f"--{name.replace('_', '-')}"
        for name, value in options.items()
        if not (value is None or value is False or value == [])
    ]
    if unused:
        raise DeepRageError(
            f"{why}, so {' and '.join(unused)} would do nothing: leave "
            f"{'it' if len(unused) == 1 else 'them'} out."
        )


def check_outputs(outputs: Sequence[Path | None], inputs: Sequence[Path | None]) -> None:
    """Raise a `DeepRageError` if a file to write is one to read, another one to write, or no
    ordinary file."""
    taken = {Path(path).resolve() for path in inputs if path is not None}
    for path in outputs:
        if path is None:
            continue
        check_output(Path(path))
        if Path(path).resolve() in taken:
            raise DeepRageError(
                f"{path} is to be written, but it is read or kept as something else: give "
                "another name for the output."
            )
        taken.add(Path(path).resolve())


def block_shape(text: str) -> tuple[int, int]:
    """Genes and conditions in a block, from a text such as `16x173`."""
    genes, x, conditions = text.lower().partition("x")
    if not (x and genes.strip().isdecimal() and conditions.strip().isdecimal()):
        raise DeepRageError(
            f"cannot read --block {text!r}: write genes x conditions, such as 16x173."
        )
    shape = int(genes), int(conditions)
    if min(shape) < 1:
        raise DeepRageError(f"--block {text} has no cells: write 1x1 or more, such as 16x173.")
    return shape


def fold_choice(
    fold: str | int | None, folds: str | int | None
) -> tuple[int | None, int | Literal["series"] | None]:
    """Number of the fold and of the folds, from `--fold 2 --folds 5` or `--fold 2/5`."""
    if isinstance(fold, str) and "/" in fold:
        fold, _, of = fold.partition("/")
        if folds is not None and str(folds) != of:
            raise DeepRageError(f"--fold says {of} folds, but --folds {folds}: give one of them.")
        folds = of
    number = None if fold is None else _whole("--fold", fold)
    if folds == "series":
        return number, "series"
    return number, None if folds is None else _whole("--folds", folds)


def class_edges(text: str) -> tuple[float, ...]:
    """Class thresholds from a text such as `-0.5,0.5`."""
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise DeepRageError(
            f"cannot read --edges {text!r}: write rising numbers with commas, such as -0.5,0.5."
        ) from None


def _whole(option: str, value: str | int) -> int:
    try:
        return int(value)
    except ValueError:
        raise DeepRageError(f"{option} must be a whole number, got {value!r}.") from None
