"""All mutants of a source file: one operator, number, comparison or boolean is changed in each."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterator
from typing import NamedTuple

_BINARY = {
    ast.Add: ("+", ["-"]),
    ast.Sub: ("-", ["+"]),
    ast.Mult: ("*", ["/"]),
    ast.Div: ("/", ["*"]),
    ast.FloorDiv: ("//", ["*"]),
    ast.Mod: ("%", ["+"]),
    ast.Pow: ("**", ["*"]),
    ast.BitAnd: ("&", ["|"]),
    ast.BitOr: ("|", ["&"]),
    ast.BitXor: ("^", ["|"]),
}
_COMPARED = {
    ast.Lt: ("<", ["<=", ">="]),
    ast.LtE: ("<=", ["<", ">"]),
    ast.Gt: (">", [">=", "<="]),
    ast.GtE: (">=", [">", "<"]),
    ast.Eq: ("==", ["!="]),
    ast.NotEq: ("!=", ["=="]),
    ast.Is: ("is", ["is not"]),
    ast.IsNot: ("is not", ["is"]),
    ast.In: ("in", ["not in"]),
    ast.NotIn: ("not in", ["in"]),
}
_TYPES = ("Literal", "Callable", "NDArray")
#: Arguments of `zip` and `dataclass` that only a wrong program meets.
_GUARDS = ("strict", "frozen", "eq", "kw_only", "repr")
#: Smaller numbers guard a division by nothing: another one is as good.
_NEXT_TO_NOTHING = 1e-8


class Mutant(NamedTuple):
    """A change of the characters `start` to `end` of a file.

    Attributes:
        line: number of the changed line, from 1.
        function: first line of the function around it; 0 for code that runs at import.
    """

    start: int
    end: int
    text: str
    line: int
    function: int

    def applied(self, source: str) -> str:
        """The changed file."""
        return source[: self.start] + self.text + source[self.end :]


def mutants(source: str) -> list[Mutant]:
    """All mutants of a source text, in order of their place.

    Types, texts and imports stay as they are: a change there is no change of behaviour, or one that
    every run notices.
    """
    lines = source.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))

    def position(line: int, column: int) -> int:
        return starts[line - 1] + len(lines[line - 1].encode()[:column].decode())

    changes = []
    for node, function in _walk(ast.parse(source), 0):
        for first, last, pattern, new in _changes_of(node):
            start, end = position(*first), position(*last)
            if pattern is not None:
                match = re.search(pattern, source[start:end])
                if match is None:
                    continue
                start, end = start + match.start(), start + match.end()
            line = source.count("\n", 0, start) + 1
            changes.append(Mutant(start, end, new, line, function))
    return sorted(set(changes))


_Place = tuple[int, int]


def _changes_of(node: ast.AST) -> Iterator[tuple[_Place, _Place, str | None, str]]:
    """Where from, where to, what to look for in between (None: all of it), what to write there."""
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        if isinstance(node.op, ast.Mod) and _is_text(node.left):
            return
        old, others = _BINARY[type(node.op)]
        for new in others:
            yield _end(node.left), _start(node.right), re.escape(old), new
    elif isinstance(node, ast.AugAssign) and type(node.op) in _BINARY:
        old, others = _BINARY[type(node.op)]
        for new in others:
            yield _end(node.target), _start(node.value), re.escape(old) + "(?==)", new
    elif isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        for left, operator, right in zip(sides[:-1], node.ops, sides[1:], strict=True):
            old, others = _COMPARED[type(operator)]
            pattern = rf"\b{old}\b".replace(" ", r"\s+") if old[0].isalpha() else re.escape(old)
            for new in others:
                yield _end(left), _start(right), pattern, new
    elif isinstance(node, ast.BoolOp):
        old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        for left, right in zip(node.values[:-1], node.values[1:], strict=True):
            yield _end(left), _start(right), rf"\b{old}\b", new
    elif isinstance(node, ast.UnaryOp):
        sign = {ast.Not: r"not\s*", ast.Invert: "~", ast.USub: "-"}.get(type(node.op))
        if sign is not None:
            yield _start(node), _start(node.operand), f"^{sign}", ""
    elif isinstance(node, ast.Constant):
        for new in _other_values(node.value):
            yield _start(node), _end(node), None, new


def _other_values(value: object) -> list[str]:
    if isinstance(value, bool):
        return [str(not value)]
    if isinstance(value, int):
        return [str(value + 1), f"({value - 1})"]
    if isinstance(value, float) and not 0 < value < _NEXT_TO_NOTHING:
        return [repr(2 * value), repr(value / 2)] if value else ["1.0"]
    return []


def _walk(node: ast.AST, function: int) -> Iterator[tuple[ast.AST, int]]:
    """Nodes and the first line of the function around each, without types and imports."""
    yield node, function
    body = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "type_params") or _names_a_type(node, name):
            continue
        inside = node.lineno if body and name == "body" else function
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, (ast.Import, ast.ImportFrom, ast.JoinedStr)):
                # Python before 3.12 does not know where the parts of an f-string lie.
                continue
            if isinstance(child, ast.keyword) and child.arg in _GUARDS:
                continue
            if isinstance(child, ast.AST):
                yield from _walk(child, inside)


def _names_a_type(node: ast.AST, field: str) -> bool:
    """Whether a field of a node holds a type: of an alias, a cast, a Literal."""
    if isinstance(node, ast.Call) and field == "args":
        return isinstance(node.func, ast.Name) and node.func.id in ("cast", "NewType", "TypeVar")
    if isinstance(node, ast.Subscript):
        return isinstance(node.value, ast.Name) and node.value.id in (
            "Literal",
            "Callable",
            "NDArray",
        )
    return False


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes))
    )


def _start(node: ast.expr) -> _Place:
    return node.lineno, node.col_offset


def _end(node: ast.expr) -> _Place:
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return node.end_lineno, node.end_col_offset


def difference(path: str, source: str, changed: str) -> str:
    """What differs, as lines of a diff without context."""
    before, after = source.splitlines(), changed.splitlines()
    lines = [
        line
        for line in difflib.unified_diff(before, after, n=0, lineterm="")
        if not line.startswith(("---", "+++", "@@"))
    ]
    first = next(
        number for number, (a, b) in enumerate(zip(before, after, strict=False), 1) if a != b
    )
    return "\n".join([f"{path}:{first}", *lines])
