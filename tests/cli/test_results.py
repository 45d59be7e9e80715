"""Where verbs put their results: whole, one process at a time, never over a file of the user."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from deeprage.manifest import read_manifest

from .conftest import TINY, Deeprage, Result, checksums

Command = tuple[object, ...]
#: Verbs that write into a run folder, with a file that they write there.
VERBS: dict[str, tuple[Callable[[Path, Path], Command], str]] = {
    "evaluate": (lambda run, toy: ("evaluate", run, "--reference", "zero"), "metrics.json"),
    "report": (lambda run, toy: ("report", run), "report.html"),
    "knockout": (
        lambda run, toy: ("knockout", run, "--filter", 0, "--nulls", 0, "--name", "a"),
        "knockouts/a/knockout.json",
    ),
    "targets": (
        lambda run, toy: (
            *("targets", run, "--motifs", toy.with_suffix(".motifs.meme")),
            *("--most-conditions", 2, "--rounds", 0),
        ),
        "targets.npz",
    ),
    "motifs": (
        lambda run, toy: (
            *("motifs", run, "--motifs", toy.with_suffix(".motifs.meme"), "--rounds", 1),
        ),
        "motifs.tsv",
    ),
}


def refused(result: Result, *words: str) -> None:
    """Exit code 2 and, after notes, one line that has all the words."""
    assert result.code == 2, result.err
    *_, error = result.err.splitlines()
    assert error.startswith("error: ")
    for word in words:
        assert word in error


@pytest.fixture
def run(toy_run: Path, tmp_path: Path) -> Path:
    """A run of one's own."""
    shutil.copytree(toy_run, tmp_path / "run")
    return tmp_path / "run"


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb != "evaluate"])
def test_a_file_of_the_user_is_not_replaced(
    deeprage: Deeprage, run: Path, toy: Path, verb: str
) -> None:
    command, name = VERBS[verb]
    (run / name).parent.mkdir(parents=True, exist_ok=True)
    (run / name).write_text("precious")
    before = checksums(run)
    refused(deeprage(*command(run, toy)), name, "did not write there")
    assert checksums(run) == before


@pytest.mark.parametrize("verb", VERBS)
class TestVerbs:
    def test_a_result_is_listed_and_made_again(
        self, deeprage: Deeprage, run: Path, toy: Path, verb: str
    ) -> None:
        command, name = VERBS[verb]
        for _ in range(2):
            found = deeprage(*command(run, toy))
            assert found.code == 0, found.err
            manifest = read_manifest(run)
            assert manifest is not None
            assert name in manifest.files
            assert not list(run.rglob(".deeprage-*"))

    def test_a_second_process_is_refused(
        self,
        deeprage: Deeprage,
        run: Path,
        toy: Path,
        verb: str,
        other_process: Callable[..., None],
    ) -> None:
        before = checksums(run)
        other_process(run)
        refused(deeprage(*VERBS[verb][0](run, toy)), "another deeprage process", str(run), "wait")
        after = checksums(run)
        after.pop(".deeprage-lock")
        assert after == before


@pytest.fixture
def other_process() -> Callable[..., None]:
    """Another process that works in a folder, until the end of the test."""
    started: list[subprocess.Popen[str]] = []

    def work(folder: Path) -> None:
        code = (
            "import sys\n"
            "from pathlib import Path\n"
            "from deeprage.locks import locked_folder\n"
            "with locked_folder(Path(sys.argv[1])):\n"
            "    print('ready', flush=True)\n"
            "    sys.stdin.readline()\n"
        )
        command = [sys.executable, "-c", code, str(folder)]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"

    yield work
    for process in started:
        process.communicate("\n")


@pytest.mark.parametrize("verb", ["train", "benchmark"])
def test_a_second_training_and_benchmark_are_refused(
    deeprage: Deeprage, toy: Path, tmp_path: Path, verb: str, other_process: Callable[..., None]
) -> None:
    other_process(tmp_path / "out")
    options = TINY if verb == "train" else ("--predictors", "zero", "--regimes", "pairs")
    found = deeprage(verb, toy, "--out", tmp_path / "out", *options)
    refused(found, "another deeprage process")


class TestElsewhere:
    def test_results_of_a_run_do_not_go_into_another_run(
        self, deeprage: Deeprage, run: Path, toy_run: Path, toy: Path
    ) -> None:
        before = checksums(run)
        for verb in ("targets", "motifs"):
            command = VERBS[verb][0](toy_run, toy)
            refused(deeprage(*command, "--out", run), "is another run", "--out")
        assert checksums(run) == before

    def test_a_folder_with_other_files_keeps_them(
        self, deeprage: Deeprage, toy_run: Path, toy: Path, tmp_path: Path
    ) -> None:
        out = tmp_path / "results"
        out.mkdir()
        (out / "notes.txt").write_text("precious")
        command = VERBS["knockout"][0](toy_run, toy)[:-2]
        assert deeprage(*command, "--out", out, "--tables", "parquet").code == 0
        assert deeprage(*command, "--out", out, "--tables", "tsv").code == 0
        assert {path.suffix for path in out.iterdir()} == {".tsv", ".json", ".txt"}
        assert (out / "notes.txt").read_text() == "precious"

    @pytest.mark.parametrize("verb", ["targets", "motifs", "attribute"])
    def test_a_link_to_a_folder_is_refused(
        self, deeprage: Deeprage, toy_run: Path, toy: Path, tmp_path: Path, verb: str
    ) -> None:
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
        command = ("attribute", toy_run) if verb == "attribute" else VERBS[verb][0](toy_run, toy)
        refused(deeprage(*command, "--out", tmp_path / "link"), "is a link to")
        assert list((tmp_path / "elsewhere").iterdir()) == []

    def test_a_run_may_be_named_by_a_link(
        self, deeprage: Deeprage, run: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "latest").symlink_to(run)
        assert deeprage("report", tmp_path / "latest").code == 0
        assert (run / "report.html").is_file()
        assert (tmp_path / "latest").is_symlink()

    def test_a_link_in_the_run_folder_is_not_followed(
        self, deeprage: Deeprage, run: Path, toy: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "elsewhere").mkdir()
        (run / "knockouts").symlink_to(tmp_path / "elsewhere")
        refused(deeprage(*VERBS["knockout"][0](run, toy)), "links are not followed")
        assert list((tmp_path / "elsewhere").iterdir()) == []
