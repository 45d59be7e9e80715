"""Data that comes from a file against the type that its reader expects."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, PlainValidator, TypeAdapter, ValidationError

from deeprage.errors import DeepRageError

#: A number of things; larger ones are no count, and no other program could read them.
Count = Annotated[int, Field(ge=0, le=2**53)]
Whole = Annotated[int, Field(ge=-(2**53), le=2**53)]
Share = Annotated[float, Field(ge=0, le=1)]
Percent = Annotated[float, Field(ge=0, le=100.001)]


def _is_text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("should be text")
    return value


_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def _is_plain(name: str) -> str:
    if not name or _CONTROL.search(name):
        raise ValueError(f"should be names without control characters, not {name!r}")
    return name


#: A name of a gene, a condition or a regulator, as an import accepts it.
Name = Annotated[str, AfterValidator(_is_plain)]
#: Text that may name a file, and so hold bytes that are no UTF-8, as Python escapes them.
FileName = Annotated[str, PlainValidator(_is_text)]

_LONGEST = 60


def check_type(value: object, kind: Any, *, path: Path, advice: str) -> None:
    """Check plain data against a type, such as a `TypedDict`, without converting anything.

    Keys that the type does not name are ignored.

    Args:
        advice: what to do if it does not fit, the end of the sentence.

    Raises:
        DeepRageError: the first thing that does not fit, where it stands, and what it is.
    """
    try:
        _adapter(kind).validate_python(value, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        place = _place(first["loc"])
        message = first["msg"].replace("Input should", "should").removeprefix("Value error, ")
        if first["type"] == "missing":
            raise DeepRageError(f"{path} is damaged: it has no {place}: {advice}.") from error
        if first["type"] == "value_error":  # of a whole, whose message says what is wrong
            raise DeepRageError(f"{path} is damaged: {place} {message}: {advice}.") from error
        shown = repr(first["input"])
        if len(shown) > _LONGEST:
            shown = f"{shown[: _LONGEST - 3]}..."
        raise DeepRageError(
            f"{path} is damaged: {place} {message}, but is {shown}: {advice}."
        ) from error


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _place(location: tuple[int | str, ...]) -> str:
    """Where a value stands, such as `rows[0].scores.mse`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return text.lstrip(".") or "its content"
