"""Mutants change one thing each, and never a text, a type or an import."""

import ast

from tests.mutation.changes import difference, mutants

SOURCE = '''"""Two + 2."""
from math import inf
LIMIT: Literal[3] = 3
TINY = 1e-12

def half(x: Array[2], *, whole: bool = False) -> Array[1]:
    """A half - 1."""
    # é is two bytes long, in "é" < x too.
    if "é" < x and not whole:
        return x / 2.5
    return [f"{x + 1}" for a, b in zip(x, x, strict=True)]
'''


def test_every_operator_number_and_boolean_is_changed_once() -> None:
    changed = [mutant.applied(SOURCE) for mutant in mutants(SOURCE)]
    for text in changed:
        ast.parse(text)
    lines = sorted(difference("x.py", SOURCE, text).split("\n")[-1][1:].strip() for text in changed)
    assert lines == [
        "LIMIT: Literal[3] = (2)",
        "LIMIT: Literal[3] = 4",
        "def half(x: Array[2], *, whole: bool = True) -> Array[1]:",
        'if "é" < x and whole:',
        'if "é" < x or not whole:',
        'if "é" <= x and not whole:',
        'if "é" >= x and not whole:',
        "return x * 2.5",
        "return x / 1.25",
        "return x / 5.0",
    ]


def test_code_that_runs_at_import_is_told_from_functions() -> None:
    assert {(mutant.line, mutant.function) for mutant in mutants(SOURCE)} == {
        (3, 0),
        (6, 0),
        (9, 6),
        (10, 6),
    }
