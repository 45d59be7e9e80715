"""JSON that a later step could stumble over is refused where it is read."""

import json

import pytest

from deeprage.strict_json import not_finite, parse_json


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 200_000, "nested too deeply"),
        ('{"a":' * 200_000, "nested too deeply"),
        ("[NaN]", "NaN"),
        ("[-Infinity]", "Infinity"),
        ("[1e999]", "too large"),
        (f"[{'9' * 5000}]", "too large"),
        ('{"a": 1, "a": 2}', "'a' is there twice"),
        (r'["\ud800"]', "half of a character"),
        (r'{"\udfff": 1}', "half of a character"),
        ("[1", "delimiter"),
        ("", "Expecting value"),
    ],
)
def test_what_is_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_json(text.encode())


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(ValueError, match="utf-8"):
        parse_json(b'["\xff"]')


@pytest.mark.parametrize(
    "value", [None, True, -3, 2**64 - 1, 1e300, "évolution 🧬", [], {"a": [{"b": "\udce9"}]}]
)
def test_what_is_read_back(value: object) -> None:
    assert parse_json(json.dumps(value).encode()) == value


def test_where_a_number_is_not_finite() -> None:
    assert not_finite({"a": [1.0, {"b": float("inf")}]}) == "a[1].b"
    assert not_finite({"a": [1.0, "inf", None]}) is None
