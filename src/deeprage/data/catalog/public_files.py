"""The public sources of `yeast-stress-full`, for a machine that reaches the web.

What is verified: the two gene lists stand at a fixed commit and have the hashes below. The
archived copy of the expression file and the genome release have no hash that could be taken when
this was written, so their content is compared instead: the matrix value by value and the sequence
letter by letter, each through a hash of the content (`matrix_digest`, `sequence_digest`). The
annotation of that release is not verified by itself; the result is, see
`yeast_stress_full.PROMOTER_DIGEST`.
"""

import hashlib
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deeprage.data.catalog.archive import cache_folder
from deeprage.data.catalog.gasch import matrix_digest, read_gasch
from deeprage.data.genome import read_genome
from deeprage.errors import DeepRageError
from deeprage.folders import file_change

_LISTS = "https://raw.githubusercontent.com/boxiangliu/DeepRegret/"
_RELEASES = "http://sgd-archive.yeastgenome.org/sequence/S288C_reference/genome_releases/"
_RELEASE = "S288C_reference_genome_R64-3-1_20210421.tgz"


@dataclass(frozen=True)
class PublicFile:
    """A file at a public address; `sha256` is None where it could not be verified."""

    url: str
    name: str
    sha256: str | None = None


REGULATORS = PublicFile(
    f"{_LISTS}174d8c4bac1670bb83d4d370c415339978ffa13f/data/reg_names_R.txt",
    "expression/regulators_472.txt",
    "4a98699a5975758f83d182f153cef19dfc0a1ff661cd3eaca87858816400b7a9",
)
TARGETS = PublicFile(
    f"{_LISTS}76e0fe5e2d6f077fe26b72a9582f95868da020b0/data/target_gene_names_G.txt",
    "expression/targets_6099.txt",
    "4ce09f25e1c77f7099594cae51e0a3dd1ec616b3de756526db71f4f820f18f63",
)
#: The authors' site is gone; this is its archived copy of 19 October 2021.
EXPRESSION = PublicFile(
    "http://web.archive.org/web/20211019175531if_/"
    "http://genome-www.stanford.edu/yeast_stress/data/rawdata/complete_dataset.txt",
    "expression/complete_dataset.txt",
)
RELEASE = PublicFile(_RELEASES + _RELEASE, f"genome/{_RELEASE}")
#: Members taken from the release, by the end of their names.
MEMBERS = (
    "S288C_reference_sequence_R64-3-1_20210421.fsa.gz",
    "saccharomyces_cerevisiae_R64-3-1_20210421.gff.gz",
)
#: Of the matrix of Gasch et al. 2000 as the Bioconductor package gaschYHS has it.
MATRIX_DIGEST = "7e0dabaa75e53e408dd38370aaebbf21054068e3b5d885511faad7be79ca99e7"
#: Of the 16 chromosomes and the mitochondrion of R64-3-1.
SEQUENCE_DIGEST = "7b7537a2acf69a6b7a42f559a4a4b53a80951bd9df44c1d6b42374674122b467"

#: Puts what is at an address into a file, or raises.
Retriever = Callable[[PublicFile, Path], None]


def retrieve_with_pooch(file: PublicFile, path: Path) -> None:
    """Download with pooch: to a temporary file, checked, then renamed.

    Raises:
        DeepRageError: no network, no such address, or another hash.
    """
    import pooch

    try:
        pooch.retrieve(file.url, known_hash=file.sha256, fname=path.name, path=path.parent)
    # pooch raises whatever its transport raises, and ValueError for a wrong hash.
    except Exception as error:
        raise DeepRageError(
            f"cannot download {file.url} ({error}). Check the network and run the command again, "
            "or name a folder that has the files with --from (the catalog's documentation lists "
            "them)."
        ) from error


def download_public_files(
    *, cache: Path | None = None, retrieve: Retriever = retrieve_with_pooch
) -> Path:
    """The folder with all files of `yeast-stress-full`; downloads those that are not there.

    Raises:
        DeepRageError: a download fails, or its content is not the expected one (it is not kept).
    """
    folder = (cache if cache is not None else cache_folder()) / "yeast-stress-full"
    for file in (REGULATORS, TARGETS, EXPRESSION):
        path = folder / file.name
        if not path.is_file():
            with file_change(path, wait=True) as aside:
                retrieve(file, aside / path.name)
                if file is EXPRESSION:
                    digest = matrix_digest(read_gasch(aside / path.name))
                    _check(file, digest, MATRIX_DIGEST)
    if not all((folder / "genome" / member).is_file() for member in MEMBERS):
        _get_release(folder, retrieve)
    return folder


def _get_release(folder: Path, retrieve: Retriever) -> None:
    with file_change(folder / RELEASE.name, wait=True) as aside:
        archive = aside / "release.tgz"
        retrieve(RELEASE, archive)
        for member in MEMBERS:
            _extract(archive, aside / member)
        _check(RELEASE, sequence_digest(aside / MEMBERS[0]), SEQUENCE_DIGEST)
        archive.unlink()


def _extract(archive: Path, path: Path) -> None:
    try:
        with tarfile.open(archive) as opened:
            name = next((x for x in opened.getnames() if x.endswith(path.name)), None)
            content = opened.extractfile(name) if name else None
            if content is None:
                raise DeepRageError(f"{RELEASE.url} has changed: it has no {path.name}.")
            path.write_bytes(content.read())
    except (tarfile.TarError, EOFError) as error:
        raise DeepRageError(
            f"what {RELEASE.url} gave is damaged ({error}) and has been deleted: run the command "
            "again."
        ) from error


def _check(file: PublicFile, found: str, expected: str) -> None:
    if found != expected:
        raise DeepRageError(
            f"what {file.url} gave does not hold the data this program knows (content hash "
            f"{found[:8]}..., expected {expected[:8]}...) and has been deleted: run the command "
            "again, or name a folder that has the files with --from."
        )


def sequence_digest(path: Path) -> str:
    """SHA-256 of the sequences of a genome file, in upper case and in their order."""
    digest = hashlib.sha256()
    for chromosome in read_genome(path).values():
        digest.update(chromosome.tokens.tobytes() + b"\n")
    return digest.hexdigest()
