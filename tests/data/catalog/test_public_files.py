"""Downloads from public addresses: the content decides, and nothing wrong is kept."""

import gzip
import io
import tarfile

import pytest

from deeprage.data.catalog import public_files
from deeprage.data.catalog.gasch import matrix_digest, read_gasch
from deeprage.data.catalog.public_files import MEMBERS, download_public_files, sequence_digest
from deeprage.errors import DeepRageError

MATRIX = "UID\tNAME\tGWEIGHT\ta\tb\nY1\tx\t1\t0.5\t\nY2\ty\t1\t-1\t2\n"


def release(**contents):
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as archive:
        for member in MEMBERS:
            content = gzip.compress(contents[member.split("_")[0]].encode())
            entry = tarfile.TarInfo(f"release/{member}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return held.getvalue()


@pytest.fixture
def web(tmp_path, monkeypatch):
    """What stands at each address, and the digests that go with it."""
    (tmp_path / "m.txt").write_text(MATRIX)
    (tmp_path / "g.fa").write_text(">chrI\nACGTN\n")
    digest = matrix_digest(read_gasch(tmp_path / "m.txt"))
    monkeypatch.setattr(public_files, "MATRIX_DIGEST", digest)
    monkeypatch.setattr(public_files, "SEQUENCE_DIGEST", sequence_digest(tmp_path / "g.fa"))
    return {
        public_files.REGULATORS.url: b"Y1\n",
        public_files.TARGETS.url: b"Y1\nY2\n",
        public_files.EXPRESSION.url: MATRIX.encode(),
        public_files.RELEASE.url: release(
            S288C=">chr1 other header\nacg\ntn\n", saccharomyces="##gff-version 3\n"
        ),
    }


def from_web(web, asked):
    def retrieve(file, path):
        asked.append(file.url)
        path.write_bytes(web[file.url])

    return retrieve


def test_downloads_once_and_keeps_what_is_needed(tmp_path, web):
    asked = []
    folder = download_public_files(cache=tmp_path / "cache", retrieve=from_web(web, asked))
    download_public_files(cache=tmp_path / "cache", retrieve=from_web(web, asked))
    assert sorted(asked) == sorted(web)
    kept = {x.name for x in folder.rglob("*") if x.is_file()}
    assert kept == {"regulators_472.txt", "targets_6099.txt", "complete_dataset.txt", *MEMBERS}


@pytest.mark.parametrize(
    ("url", "content"),
    [
        (public_files.EXPRESSION.url, MATRIX.replace("0.5", "0.6").encode()),
        (public_files.RELEASE.url, release(S288C=">chrI\nACGTT\n", saccharomyces="")),
    ],
)
def test_other_content_is_deleted_and_asked_for_again(tmp_path, web, url, content):
    right = web[url]
    web[url] = content
    asked = []
    with pytest.raises(DeepRageError, match="does not hold the data this program knows"):
        download_public_files(cache=tmp_path / "cache", retrieve=from_web(web, asked))
    kept = {x.name for x in (tmp_path / "cache").rglob("*") if x.is_file()}
    assert kept <= {"regulators_472.txt", "targets_6099.txt", "complete_dataset.txt"}
    web[url] = right
    folder = download_public_files(cache=tmp_path / "cache", retrieve=from_web(web, asked))
    assert sequence_digest(folder / "genome" / MEMBERS[0]) == public_files.SEQUENCE_DIGEST


def test_damaged_release_is_deleted(tmp_path, web):
    web[public_files.RELEASE.url] = web[public_files.RELEASE.url][:60]
    with pytest.raises(DeepRageError, match=r"damaged .* has been deleted"):
        download_public_files(cache=tmp_path / "cache", retrieve=from_web(web, []))
    assert not any(x.suffix == ".tgz" for x in (tmp_path / "cache").rglob("*"))


def test_no_network_names_the_address_and_the_way_out(tmp_path):
    file = public_files.PublicFile("http://127.0.0.1:9/none", "none.txt")
    with pytest.raises(DeepRageError, match=r"cannot download http://127.0.0.1:9/none.*--from"):
        public_files.retrieve_with_pooch(file, tmp_path / "none.txt")
    assert list(tmp_path.iterdir()) == []
