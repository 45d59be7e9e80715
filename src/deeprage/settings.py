"""Settings checked by pydantic, with errors that teach."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError

from deeprage.errors import DeepRageError, unknown

Settings = TypeVar("Settings", bound=BaseModel)


def checked(kind: type[Settings], what: str, values: Mapping[str, Any]) -> Settings:
    """`kind(**values)`; `what` names the settings in errors, such as `training option`.

    Raises:
        DeepRageError: an unknown setting or choice, with the nearest valid one, or a value out of
            range.
    """
    for name in values:
        if name not in kind.model_fields:
            raise unknown(what, name, kind.model_fields)
    try:
        return kind(**values)
    except ValidationError as error:
        first = error.errors()[0]
        name, value = str(first["loc"][0]), first["input"]
        choices = _choices(kind.model_fields[name].annotation)
        if choices and isinstance(value, str):
            raise unknown(f"{what} {name}", value, choices) from error
        default = kind.model_fields[name].default
        many = first["type"] == "tuple_type" and isinstance(default, tuple)
        hint = f" Write a list, such as {list(default)}." if many else ""
        raise DeepRageError(
            f"{what} {name!r} cannot be {value!r}: {first['msg']}.{hint}"
        ) from error


def _choices(annotation: Any) -> list[str]:
    """The words that a field takes, from a Literal or a union that holds one."""
    if get_origin(annotation) is Literal:
        return [str(choice) for choice in get_args(annotation)]
    return [word for part in get_args(annotation) for word in _choices(part)]
