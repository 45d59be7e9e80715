"""A checksum at the end of an HDF5 file, where the format ignores what follows its own content.

A file whose checksum is right is as it was saved, and may be handed to a library that crashes on
damaged files. Any program that changes the file through the HDF5 library drops the checksum with
the change.
"""

import hashlib
from enum import Enum

_MARK = b"\ndeeprage sha256 "
_LENGTH = len(_MARK) + 64 + 1


class Checksum(Enum):
    """What the end of a file says of its content."""

    RIGHT = "right"
    WRONG = "wrong"
    ABSENT = "absent"


def checksum_record(content: bytes | memoryview) -> bytes:
    """What is to be appended to `content`."""
    return _MARK + hashlib.sha256(content).hexdigest().encode() + b"\n"


def check(content: bytes) -> Checksum:
    """Whether a file's content ends in its checksum."""
    record = content[-_LENGTH:]
    if not record.startswith(_MARK):
        return Checksum.ABSENT
    right = checksum_record(memoryview(content)[:-_LENGTH])
    return Checksum.RIGHT if record == right else Checksum.WRONG
