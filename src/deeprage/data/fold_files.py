"""Fold files: a user's own assignment of genes or conditions to training, validation and test."""

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deeprage.data.near_names import near_names_hint
from deeprage.data.reading import open_text
from deeprage.data.split import Role
from deeprage.data.validation import check_unique
from deeprage.errors import DeepRageError, counted, examples, unknown
from deeprage.own_tables import as_name

_ROLES = {"train": Role.TRAIN, "validation": Role.VALIDATION, "test": Role.TEST}


def read_fold(
    path: Path,
    *,
    kind: str,
    names: Sequence[str],
    groups: Sequence[str],
    needed: NDArray[np.bool_],
    meant: Callable[[Sequence[str]], Mapping[str, str]] | None = None,
) -> NDArray[np.int8]:
    """Roles int8 (len(names),) out of a file with lines `name<TAB>train|validation|test`.

    Empty lines and lines that begin with `#` are skipped, and so is a header: a first line that
    has neither a name of the compendium nor a role.

    Args:
        kind: what the names are, in the plural: `genes` or `conditions`.
        names: all names of the compendium.
        groups: the gene group or series of each; the file must not part one.
        meant: gives the compendium's names for those of a list, as far as it knows them; by
            default they must be the same.
        needed: which of `names` the file must list; others may be left out and get UNUSED.

    Raises:
        DeepRageError: unreadable file or line, repeated or unknown names, needed names missing, a
            role without any name, or a parted group, with counts and examples.
    """
    row_of = {name: row for row, name in enumerate(names)}
    lines = _read_lines(path)
    known = {} if meant is None else meant([line.name for line in lines])
    lines = [line._replace(name=known.get(line.name, line.name)) for line in lines]
    listed = _roles(path, kind, lines, row_of)
    strange = [name for name in listed if name not in row_of]
    if strange:
        raise DeepRageError(
            f"{path}: {len(strange)} of {len(listed)} {kind} are not in the compendium: "
            f"{examples(strange)}; it has {examples(names)}. Remove or rename them."
            f"{near_names_hint(strange, names)}"
        )
    missing = [
        name for name, need in zip(names, needed, strict=True) if need and name not in listed
    ]
    if missing:
        raise DeepRageError(
            f"{path}: {len(missing)} of {int(needed.sum())} scored {kind} are missing: "
            f"{examples(missing)}. Give each of them a role: {', '.join(_ROLES)}."
        )
    roles = np.full(len(names), Role.UNUSED, dtype=np.int8)
    for name, role in listed.items():
        roles[row_of[name]] = role
    roles[~needed] = Role.UNUSED
    absent = [word for word, role in _ROLES.items() if not (roles == role).any()]
    if absent:
        raise DeepRageError(
            f"{path}: no scored {kind} have the role {absent[0]!r}; each of {', '.join(_ROLES)} "
            "needs at least one."
        )
    _check_groups_whole(path, kind, groups, roles)
    return roles


class _Line(NamedTuple):
    name: str
    role: str
    number: int


def _read_lines(path: Path) -> list[_Line]:
    """Names and words for roles; a header is one of the lines."""
    with open_text(path, "the fold file") as handle:
        lines = handle.read().splitlines()
    found: list[_Line] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        fields = [as_name(field.strip()) for field in line.split("\t")]
        if len(fields) != 2:
            raise DeepRageError(
                f"{path}, line {number}: expected a name and a role with one tab between them, "
                f"found {line!r}."
            )
        found.append(_Line(fields[0], fields[1], number))
    return found


def _roles(
    path: Path, kind: str, lines: Sequence[_Line], known: Collection[str]
) -> dict[str, Role]:
    if lines and lines[0].name not in known and lines[0].role not in _ROLES:
        lines = lines[1:]  # a header
    for line in lines:
        if line.role not in _ROLES:
            raise unknown(f"role in {path}, line {line.number}:", line.role, _ROLES)
    check_unique([line.name for line in lines], f"{kind} in {path}", "list each once")
    return {line.name: _ROLES[line.role] for line in lines}


def _check_groups_whole(
    path: Path, kind: str, groups: Sequence[str], roles: NDArray[np.int8]
) -> None:
    first: dict[str, int] = {}
    parted: set[str] = set()
    for group, role in zip(groups, roles, strict=True):
        if role != Role.UNUSED and first.setdefault(group, int(role)) != role:
            parted.add(group)
    if parted:
        one, many = ("gene group", None) if kind == "genes" else ("condition series",) * 2
        raise DeepRageError(
            f"{path} parts {counted(len(parted), one, many)}, such as {examples(sorted(parted))}, "
            "so that the test part would resemble the training part: give all members of a group "
            "one role, or import the compendium with other groups."
        )
