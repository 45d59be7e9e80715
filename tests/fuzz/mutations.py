"""Random damage to files: bytes, lines, cells, numbers, encodings, JSON and archives."""

from __future__ import annotations

import gzip
import io
import json
import random
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

Mutation = Callable[[bytes, random.Random], bytes]

#: What a cell or a JSON value may become.
STRANGE = (
    "", " ", "NA", "nan", "NaN", "inf", "-inf", "1e999", "1e308", "-1e308", "1e-320", "0", "-1",
    "1e5", "007", "1,5", "1 000", "0x10", "True", "None", "null", "[/b]", "[red]x", "=1+1",
    "@SUM(A1)", "<script>", "&amp;", "../../etc/passwd", "/", "\u202e", "\u00e9", "\ud83e\uddec",
    "\x07", "\x1b[31m", "'", '"', "a\\b", "%s", "{0}", "x" * 5000, "9" * 400, "-", ".", "#", ">",
)  # fmt: skip
_JSON_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 10**30, -(10**18), 0.5, 1e308, "", "x", "x" * 5000, [], {}, [[]],
    [None], {"a": 1}, "nan", [1, "a", None], "\x00", "<b>", float("nan"), float("inf"),
)  # fmt: skip
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")


def _strange(rng: random.Random) -> bytes:
    return rng.choice(STRANGE).encode("utf-8", "replace")


def _place(content: bytes, rng: random.Random) -> int:
    return rng.randrange(len(content) + 1)


def _slice(content: bytes, rng: random.Random) -> tuple[int, int]:
    start = _place(content, rng)
    return start, min(len(content), start + rng.choice((1, 2, 8, 64, 512, len(content))))


def flip(content: bytes, rng: random.Random) -> bytes:
    """Some bytes become others."""
    changed = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 8, 64))):
        if changed:
            changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def truncate(content: bytes, rng: random.Random) -> bytes:
    return content[: _place(content, rng)]


def remove(content: bytes, rng: random.Random) -> bytes:
    start, end = _slice(content, rng)
    return content[:start] + content[end:]


def duplicate(content: bytes, rng: random.Random) -> bytes:
    start, end = _slice(content, rng)
    return content[:end] + content[start:end] * rng.choice((1, 1, 3)) + content[end:]


def swap(content: bytes, rng: random.Random) -> bytes:
    start, end = _slice(content, rng)
    rest = content[:start] + content[end:]
    at = _place(rest, rng)
    return rest[:at] + content[start:end] + rest[at:]


def insert(content: bytes, rng: random.Random) -> bytes:
    at = _place(content, rng)
    what = rng.choice(
        (b"\0", b"\n", b"\r", b"\t", b"\xff\xfe", rng.randbytes(rng.choice((1, 9, 99))))
    )
    return content[:at] + what + content[at:]


def empty(content: bytes, rng: random.Random) -> bytes:
    return rng.choice((b"", b"\n", b"\0", b"#\n", b" ", b"\n\n\n"))


def pack(content: bytes, rng: random.Random) -> bytes:
    """Compressed, perhaps cut short or damaged afterwards."""
    packed = gzip.compress(content, mtime=0)
    return rng.choice((packed, truncate(packed, rng), flip(packed, rng), packed + b"x", packed * 2))


def encode(content: bytes, rng: random.Random) -> bytes:
    """The same text in another encoding, or with other ends of lines."""
    text = content.decode("utf-8", "replace")
    return rng.choice(
        (
            text.encode("utf-16"),
            text.encode("utf-8-sig"),
            text.encode("utf-32"),
            text.replace("e", "\u00e9").encode("latin-1", "replace"),
            content.replace(b"\n", b"\r\n"),
            content.replace(b"\n", b"\r"),
            content.replace(b"\n", b"\n\n"),
            content.replace(b"\t", b","),
            content.replace(b"\t", b" "),
            content.upper(),
        )
    )


def blow_up(content: bytes, rng: random.Random) -> bytes:
    """Some numbers become others."""
    found = list(_NUMBER.finditer(content))
    for match in sorted(rng.sample(found, min(len(found), rng.choice((1, 1, 3, 50)))),
                        key=lambda one: -one.start()):  # fmt: skip
        new = _strange(rng)
        content = content[: match.start()] + new + content[match.end() :]
    return content


def lines(content: bytes, rng: random.Random) -> bytes:
    """Lines are dropped, repeated, exchanged or come in another order."""
    found = content.splitlines(keepends=True)
    if not found:
        return content
    for _ in range(rng.choice((1, 1, 4))):
        at, other = rng.randrange(len(found)), rng.randrange(len(found))
        how = rng.randrange(6)
        if how == 0 and len(found) > 1:
            del found[at]
        elif how == 1:
            found.insert(other, found[at])
        elif how == 2:
            found[at], found[other] = found[other], found[at]
        elif how == 3:
            rng.shuffle(found)
        elif how == 4:
            found.insert(
                at, rng.choice((b"\n", b"#x\n", b"!x\n", b"track\n", b"a\n", b"a\tb\tc\n"))
            )
        else:
            found = found[: at + 1]
    return b"".join(found)


def cells(content: bytes, rng: random.Random) -> bytes:
    """Cells of a table become others, or whole columns go, come twice or change places."""
    rows = [re.split(rb"([\t,; ])", line) for line in content.split(b"\n")]
    how = rng.randrange(3)
    if how == 0:
        for _ in range(rng.choice((1, 1, 5))):
            row = rng.choice(rows)
            row[2 * rng.randrange((len(row) + 1) // 2)] = rng.choice(STRANGE).encode(
                "utf-8", "replace"
            )
    else:
        column = 2 * rng.randrange(8)
        other = 2 * rng.randrange(8)
        for row in rows:
            if len(row) > max(column, other):
                if how == 1:
                    row[column] = row[other]
                else:
                    row[column], row[other] = row[other], row[column]
    return b"\n".join(b"".join(row) for row in rows)


def word(content: bytes, rng: random.Random) -> bytes:
    """One word becomes another everywhere in the file."""
    words = sorted(set(re.findall(rb"[A-Za-z_][\w.-]*", content[:20_000])))
    if not words:
        return content
    new = rng.choice((*(one.encode("utf-8", "replace") for one in STRANGE), rng.choice(words)))
    return content.replace(rng.choice(words), new)


def structure(content: bytes, rng: random.Random) -> bytes:
    """JSON whose values, keys or nesting differ."""
    if rng.random() < 0.1:
        deep = rng.choice((500, 100_000))
        return rng.choice((b"[" * deep + b"]" * deep, b'{"a":' * deep + b"1" + b"}" * deep))
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return flip(content, rng)
    for _ in range(rng.choice((1, 1, 2, 5))):
        found = _changed(found, rng)
    return json.dumps(found).encode()


def _changed(value: Any, rng: random.Random) -> Any:
    inner = value if isinstance(value, (dict, list)) and value else None
    if inner is None or rng.random() < 0.12:
        return rng.choice(_JSON_VALUES)
    keys = list(inner) if isinstance(inner, dict) else list(range(len(inner)))
    key = rng.choice(keys)
    how = rng.random()
    if how < 0.15:
        del inner[key]
    elif how < 0.25:
        other = rng.choice(keys)
        inner[key], inner[other] = inner[other], inner[key]
    elif how < 0.3 and isinstance(inner, dict):
        inner[rng.choice(STRANGE)] = inner.pop(key)
    elif how < 0.35 and isinstance(inner, list):
        inner *= 2
    else:
        inner[key] = _changed(inner[key], rng)
    return inner


def json_lines(content: bytes, rng: random.Random) -> bytes:
    """One line of JSON differs."""
    found = content.split(b"\n")
    at = rng.randrange(len(found))
    found[at] = structure(found[at], rng)
    return b"\n".join(found)


def archive(content: bytes, rng: random.Random) -> bytes:
    """An `.npz` whose arrays are gone, renamed, exchanged, of another kind or damaged."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as read:
            members = {name: read.read(name) for name in read.namelist()}
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError, ValueError):
        return flip(content, rng)
    names = list(members)
    name, other = rng.choice(names), rng.choice(names)
    how = rng.randrange(6)
    if how == 0:
        del members[name]
    elif how == 1:
        members[name], members[other] = members[other], members[name]
    elif how == 2:
        members[name] = rng.choice((flip, truncate, remove, duplicate))(members[name], rng)
    elif how == 3:
        members[name] = _array(rng)
    elif how == 4:
        members[rng.choice(STRANGE) or "x"] = members.pop(name)
    else:
        members[name] = _other_header(members[name], rng)
    written = io.BytesIO()
    kind = rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
    with zipfile.ZipFile(written, "w", kind) as archive_file:
        for one, body in members.items():
            archive_file.writestr(one.encode("utf-8", "replace").decode(), body)
    return written.getvalue()


def _array(rng: random.Random) -> bytes:
    import numpy as np

    shape = rng.choice(((), (0,), (1,), (3,), (2, 2), (1, 1, 1)))
    kind = rng.choice(("f4", "f8", "i1", "i8", "?", "c8", "U5", "S3", "M8[s]"))
    written = io.BytesIO()
    np.save(written, np.zeros(shape, dtype=kind), allow_pickle=False)
    return written.getvalue()


def _other_header(body: bytes, rng: random.Random) -> bytes:
    """The text at the start of an `.npy` says something else, in as many letters."""
    new = rng.choice(
        ((b"'<f4'", b"'<f8'"), (b"'<f4'", b"'|O' "), (b"False", b"True "), (b"(", b"[ "[:1]),
         (b"'<U", b"'|S"), (b"'|i1'", b"'|b1'"), (b"1", b"9"), (b"0", b"-"))
    )  # fmt: skip
    return body[:128].replace(*new) + body[128:]


def tensors(content: bytes, rng: random.Random) -> bytes:
    """A safetensors file whose header says something else."""
    if len(content) < 8:
        return flip(content, rng)
    (size,) = struct.unpack("<Q", content[:8])
    header = structure(content[8 : 8 + size], rng)
    length = rng.choice((len(header), len(header), len(header) + 1, 2**63, 0, 2**31))
    return struct.pack("<Q", length) + header + content[8 + size :]


BYTES: tuple[Mutation, ...] = (flip, truncate, remove, duplicate, swap, insert, empty)
TEXT: tuple[Mutation, ...] = (
    *BYTES,
    pack,
    encode,
    blow_up,
    blow_up,
    lines,
    lines,
    cells,
    cells,
    word,
)
#: By the kind of file.
MUTATIONS: dict[str, tuple[Mutation, ...]] = {
    "text": TEXT,
    "binary": BYTES,
    "json": (*BYTES, encode, blow_up, word, *[structure] * 8),
    "jsonl": (*TEXT, *[json_lines] * 6),
    "npz": (*BYTES, *[archive] * 6),
    "safetensors": (*BYTES, *[tensors] * 6),
}


def mutated(content: bytes, kind: str, rng: random.Random) -> bytes:
    """One to three kinds of damage, one after the other; never the content as it was."""
    changed = content
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        changed = rng.choice(MUTATIONS[kind])(changed, rng)
    return changed if changed != content else content + b"\0"
