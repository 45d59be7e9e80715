"""Kill commands before each of their changes of the file system, and see that nothing is lost.

    python -m tests.crash                    all scenarios, every event
    python -m tests.crash train fetch        some of them
    python -m tests.crash --sample 2         two events each, drawn from --seed
    python -m tests.crash train --only 17    one event

A scenario is a command line in a folder that is set up for it. For each number N the command runs
in a process that kills itself (SIGKILL) before its N-th change of the file system below that
folder. Then:

- the user's own files are as they were, and an earlier result is the whole of the earlier or the
  whole of the new one;
- the same command ends well, with the result of a command that was not disturbed;
- where the scenario has another seed, the command with that seed, given in place of the same one,
  ends well too, and its result holds nothing of the first seed;
- no temporary file is left.

Processes are forks of this one, which has imported all that is heavy.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

MUTATIONS = {
    *("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.chmod", "os.truncate"),
    *("shutil.rmtree", "os.link", "os.symlink"),
}
PRECIOUS = "a file of the user"
#: Values that differ from one run of the same command to the next.
VOLATILE = (
    *("seconds", "peak_gb", "pairs_per_second", "fit_seconds", "predict_seconds", "command"),
    "compendium_path",
)
#: Never to be compared: what is in it depends on time.
TIMED = ("manifest.json", "checkpoint.safetensors", "history.jsonl", "report.html")
SIZES = ("genes=24", "conditions=12", "series=4", "regulators=4", "promoter_length=60")
MORE_SIZES = ("motif_width=6", "motifs_per_gene=1", "and_pairs=1")
NETWORK = ("filters=4", "filter_width=7", "hidden=[8,8]", "regulator_units=8")
State = dict[str, str]


def settings(*pairs: str, prefix: str = "") -> list[str]:
    """`--set NAME=VALUE` for each pair."""
    return [word for pair in pairs for word in ("--set", f"{prefix}{pair}")]


SIMULATE = ["data", "fetch", "simulated", *settings(*SIZES, *MORE_SIZES)]
TRAIN = ["train", "d.h5ad", "--threads", "1", *settings(*NETWORK, prefix="network.")]
TRAIN_F = ["train", "d.h5ad", "--threads", "1", "--model", "deeprage-f", "--motifs", "m.meme"]


@dataclass(frozen=True)
class Scenario:
    """A command that is killed.

    Attributes:
        command: the command line.
        before: commands that set up the folder.
        result: the files that the command is for, as a pattern; all are compared but `TIMED`.
        other: the command with another seed, if it has one.
        after: other commands that go on once an epoch of a training is finished.
        keeps: whether an earlier result is there, which stays until the new one is complete.
    """

    command: Sequence[str]
    before: Sequence[Sequence[str]] = ()
    result: str = "r/**/*"
    other: Sequence[str] | None = None
    after: Sequence[Sequence[str]] = ()
    keeps: bool = False


DATA = [*SIMULATE, "--out", "d.h5ad"]
RUN = [DATA, [*TRAIN, "--out", "r", "--epochs", "2"]]
SCORED = [*RUN, ["evaluate", "r", "--reference", "gene-mean"]]
RUN_F = [DATA, [*TRAIN_F, "--out", "r"]]
KNOCKOUT = ["knockout", "r", "--regulator", "REG001=-2", "--nulls", "2", "--threads", "1"]
TARGETS = ["targets", "r", "--motifs", "d.motifs.meme", "--most-conditions", "2", "--threads", "1"]
MOTIFS = ["motifs", "r", "--motifs", "d.motifs.meme", "--rounds", "1", "--threads", "1"]
BENCHMARK = ["benchmark", "d.h5ad", "--predictors", "gene-mean,additive", "--regimes", "pairs"]
IMPORT = [
    *("data", "import", "--expression", "x.tsv", "--regulators", "g.txt", "--promoters", "p.fa"),
    *("--out", "i.h5ad"),
]
PREDICT = [
    *("predict", "r", "--promoters", "q.fa", "--regulators", "d.levels.tsv", "--out", "y.tsv"),
    *("--classes-out", "c.tsv"),
]
ATTRIBUTE = [
    *("attribute", "r", "--out", "a", "--most", "3", "--steps", "2", "--references", "1"),
    *("--threads", "1"),
]


def with_seed(command: Sequence[str], seed: int = 1) -> list[str]:
    return [*command, "--seed", str(seed)]


SCENARIOS = {
    "fetch": Scenario(DATA, result="d.*", other=[*DATA, "--set", "seed=1"]),
    "fetch-again": Scenario(
        [*DATA, "--set", "seed=1"], [DATA], result="d.*", other=[*DATA, "--set", "seed=2"]
    ),
    "import": Scenario(IMPORT, [DATA], result="i.h5ad"),
    "import-force": Scenario(
        [*IMPORT, "--force", "--name", "b"], [DATA, IMPORT], result="i.h5ad", keeps=True
    ),
    "train": Scenario(RUN[1], [DATA], other=with_seed(RUN[1])),
    "train-overwrite": Scenario(
        [*with_seed(RUN[1]), "--overwrite"],
        SCORED,
        after=[[*with_seed(RUN[1]), "--resume"]],
        other=[*with_seed(RUN[1], 2), "--overwrite"],
        keeps=True,
    ),
    "train-resume": Scenario(
        [*TRAIN, "--out", "r", "--epochs", "4", "--resume"], SCORED, keeps=True
    ),
    "train-f": Scenario(RUN_F[1], [DATA], other=with_seed(RUN_F[1])),
    "train-f-overwrite": Scenario(
        [*with_seed(RUN_F[1]), "--overwrite"],
        RUN_F,
        other=[*with_seed(RUN_F[1], 2), "--overwrite"],
        keeps=True,
    ),
    "evaluate": Scenario(["evaluate", "r", "--reference", "gene-mean"], RUN),
    "evaluate-again": Scenario(["evaluate", "r", "--reference", "additive"], SCORED, keeps=True),
    "report": Scenario(["report", "r"], SCORED),
    "knockout": Scenario(KNOCKOUT, SCORED, other=with_seed(KNOCKOUT)),
    "knockout-again": Scenario(
        [*with_seed(KNOCKOUT), "--tables", "tsv"], [*SCORED, KNOCKOUT], keeps=True
    ),
    "targets": Scenario(TARGETS, RUN, other=with_seed(TARGETS)),
    "targets-out": Scenario(
        with_seed([*TARGETS, "--out", "t"]),
        [*RUN, [*TARGETS, "--out", "t"]],
        result="t/*",
        keeps=True,
    ),
    "motifs": Scenario(MOTIFS, RUN, other=with_seed(MOTIFS)),
    "attribute": Scenario(ATTRIBUTE, RUN, result="a/*", other=with_seed(ATTRIBUTE)),
    "predict": Scenario(PREDICT, RUN, result="[yc].tsv"),
    "benchmark": Scenario(
        [*BENCHMARK, "--out", "b"],
        [DATA],
        result="b/**/*",
        other=with_seed([*BENCHMARK, "--out", "b"]),
    ),
    "benchmark-again": Scenario(
        with_seed([*BENCHMARK, "--out", "b"]),
        [DATA, [*BENCHMARK, "--out", "b"]],
        result="b/*",
    ),
}


class Failure(Exception):
    """What a scenario must not do."""


def in_fork(work: Callable[[], int], log: Path) -> int:
    """The exit status of `work` in a fork; what it prints goes into `log`."""
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        code = 70
        try:
            with log.open("w") as written:
                os.dup2(written.fileno(), 1)
                os.dup2(written.fileno(), 2)
            code = work()
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def command_in(
    folder: Path, command: Sequence[str], *, kill_before: int = 0, count_to: Path | None = None
) -> int:
    """Run a command in a folder; kill the process before its n-th change below that folder.

    Args:
        count_to: a file for the number of changes.
    """
    from deeprage.cli.app import run

    os.chdir(folder)
    root, count = os.path.realpath(folder), 0

    def below(path: object) -> bool:
        if not isinstance(path, (str, bytes, os.PathLike)):
            return False
        return os.path.realpath(os.fsdecode(path)).startswith(root)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal count
        if event == "open":
            path, mode, flags = arguments
            writes = (isinstance(mode, str) and set("wax+") & set(mode)) or (
                isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            )
            hit = bool(writes) and below(path)
        else:
            hit = event in MUTATIONS and below(arguments[0])
        if hit:
            count += 1
            if count == kill_before:
                os.kill(os.getpid(), signal.SIGKILL)

    if kill_before or count_to is not None:
        sys.addaudithook(hook)
    code = run(list(command))
    if count_to is not None:
        count_to.write_text(str(count))
    return code


def give(folder: Path, command: Sequence[str], *, count_to: Path | None = None) -> None:
    """Run a command that has to end well."""
    log = folder.parent / "log"
    code = in_fork(partial(command_in, folder, command, count_to=count_to), log)
    if code != 0:
        text = log.read_text(errors="replace").strip()
        raise Failure(f"exit code {code} of deeprage {' '.join(command)}\n{text[-1500:]}")


def state_of(folder: Path, pattern: str) -> State:
    """A hash of every file of a result, without what depends on time."""
    found = {}
    for path in sorted(folder.glob(pattern)):
        name = path.relative_to(folder).as_posix()
        skipped = path.name in TIMED or "cache" in path.parts or ".deeprage-training" in path.parts
        if path.is_file() and not skipped and path.name != "mine.txt":
            found[name] = _hash(path)
    return found


def _hash(path: Path) -> str:
    if path.suffix == ".json":
        content = json.dumps(_steady(json.loads(path.read_text())), sort_keys=True).encode()
    elif path.suffix == ".html":
        content = b"a page"
    else:
        content = path.read_bytes()
    return hashlib.sha256(content).hexdigest()


def _steady(content: Any) -> Any:
    if isinstance(content, dict):
        return {key: _steady(value) for key, value in content.items() if key not in VOLATILE}
    return [_steady(value) for value in content] if isinstance(content, list) else content


def set_up(folder: Path, scenario: Scenario, ready: Path) -> None:
    """The folder as the command finds it, with files of the user in it.

    Args:
        ready: where folders are kept that several scenarios begin with.
    """
    current = ready / "start"
    if not current.is_dir():
        current.mkdir()
        _files_of_user(current)
    for number in range(len(scenario.before)):
        steps = [tuple(command) for command in scenario.before[: number + 1]]
        following = ready / hashlib.sha256(repr(steps).encode()).hexdigest()[:16]
        if not following.is_dir():
            shutil.copytree(current, following)
            give(following, steps[-1])
        current = following
    shutil.copytree(current, folder)
    for inner in (".", "r", "r/mine", "r/knockouts"):
        if (folder / inner).is_dir() or (inner == "r/mine" and (folder / "r").is_dir()):
            (folder / inner).mkdir(exist_ok=True)
            (folder / inner / "mine.txt").write_text(PRECIOUS)


def _files_of_user(folder: Path) -> None:
    rng = random.Random(0)
    genes = [f"G{number:02d}" for number in range(20)]
    lines = ["gene\t" + "\t".join(f"c{number}" for number in range(6))]
    lines += [gene + "".join(f"\t{rng.gauss(0, 1):.3f}" for _ in range(6)) for gene in genes]
    (folder / "x.tsv").write_text("\n".join(lines) + "\n")
    (folder / "g.txt").write_text("G00\nG01\n")
    (folder / "p.fa").write_text(
        "".join(f">{gene}\n{''.join(rng.choices('ACGT', k=60))}\n" for gene in genes)
    )
    (folder / "q.fa").write_text(">new\n" + "ACGT" * 15 + "\n")
    columns = "".join(f"{' '.join('1' if a == b else '0' for b in 'ACGT')}\n" for a in "ACGTCA")
    (folder / "m.meme").write_text(
        "MEME version 4\n\nALPHABET= ACGT\n\nMOTIF a\nletter-probability matrix: w= 6\n" + columns
    )


def mine(folder: Path) -> list[str]:
    """The user's own files, which must be whole."""
    found = [path for path in sorted(folder.rglob("mine.txt")) if path.read_text() == PRECIOUS]
    return [path.relative_to(folder).as_posix() for path in found]


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob(".*deeprage-*"))


@contextmanager
def folders() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="deeprage-crash-") as name:
        yield Path(name).resolve()


class Case:
    """A scenario with its folder and the results that are right."""

    def __init__(self, root: Path, scenario: Scenario, ready: Path) -> None:
        self.root, self.scenario = root, scenario
        self.start = root / "start"
        set_up(self.start, scenario, ready)
        self.mine = mine(self.start)
        self.earlier = state_of(self.start, scenario.result)
        self.expected = self._undisturbed(scenario.command)
        self.events = int((root / "events").read_text())
        self.other = None if scenario.other is None else self._undisturbed(scenario.other)

    def _undisturbed(self, command: Sequence[str]) -> State:
        folder = self.root / "undisturbed"
        shutil.copytree(self.start, folder, symlinks=True)
        give(folder, command, count_to=self.root / "events")
        found = state_of(folder, self.scenario.result)
        shutil.rmtree(folder)
        return found

    def check(self, number: int) -> bool:
        """Kill before event `number` and go on; whether there was such an event.

        Raises:
            Failure: something was lost, or does not go on.
        """
        killed = self.root / "killed"
        shutil.copytree(self.start, killed, symlinks=True)
        work = partial(command_in, killed, self.scenario.command, kill_before=number)
        code = in_fork(work, self.root / "log")
        try:
            if code not in (0, -signal.SIGKILL):
                raise Failure(f"exit code {code}: {(self.root / 'log').read_text()[-1500:]}")
            self._check_mine(killed)
            commands = [(self.scenario.command, self.expected)]
            if code != 0 and list(killed.glob("r/.deeprage-training/**/checkpoint.safetensors")):
                commands += [(command, self.expected) for command in self.scenario.after]
            if code != 0 and self._is_for_another(killed):
                commands.append((self.scenario.other or (), self.other or {}))
            for command, expected in commands:
                self._go_on(killed, command, expected)
            if self.scenario.keeps and code != 0:
                self._check_kept(killed)
        finally:
            shutil.rmtree(killed)
        return code != 0

    def _is_for_another(self, killed: Path) -> bool:
        """Whether the command with another seed can follow: not on a run that is complete."""
        manifests = [killed / "r" / part / "manifest.json" for part in ("", ".deeprage-commit")]
        complete = self.scenario.command[0] == "train" and any(
            json.loads(path.read_text())["complete"] for path in manifests if path.is_file()
        )
        replaces = "--overwrite" in (self.scenario.other or ())
        return self.scenario.other is not None and (replaces or not complete)

    def _check_mine(self, folder: Path) -> None:
        if mine(folder) != self.mine:
            raise Failure(f"of the user's files {self.mine} there are {mine(folder)}")

    def _go_on(self, killed: Path, command: Sequence[str], expected: State) -> None:
        folder = self.root / "again"
        shutil.copytree(killed, folder, symlinks=True)
        try:
            give(folder, command)
            self._check_mine(folder)
            if left := leftovers(folder):
                raise Failure(f"deeprage {' '.join(command)} leaves {left}")
            found = state_of(folder, self.scenario.result)
            if found != expected:
                raise Failure(
                    f"deeprage {' '.join(command)} gives another result: {_unlike(found, expected)}"
                )
        finally:
            shutil.rmtree(folder)

    def _check_kept(self, killed: Path) -> None:
        """After any command of another kind the earlier result or the new one is whole."""
        target = killed / "r" if (killed / "r").is_dir() else None
        if target is not None:
            inputs = ["--promoters", "q.fa", "--regulators", "d.levels.tsv"]
            give(killed, ["predict", "r", *inputs, "--out", "kept.tsv"])
        recovered = partial(_recover, killed, self.scenario)
        if in_fork(recovered, self.root / "log") != 0:
            raise Failure((self.root / "log").read_text()[-1500:])
        found = state_of(killed, self.scenario.result)
        if found not in (self.earlier, self.expected):
            raise Failure(
                f"neither the earlier result nor the new one: {_unlike(found, self.earlier)}"
            )


def _recover(folder: Path, scenario: Scenario) -> int:
    """What any command does first that works in the folder."""
    from deeprage.folders import recovered

    inner = folder / scenario.result.partition("/")[0]
    if inner.is_dir():
        recovered(inner)
    return 0


def _unlike(found: State, expected: State) -> str:
    names = sorted(
        name for name in found.keys() | expected.keys() if found.get(name) != expected.get(name)
    )

    def kind(name: str) -> str:
        return "absent" if name not in found else "extra" if name not in expected else "other"

    return ", ".join(f"{name} ({kind(name)})" for name in names)


def import_all() -> None:
    """What the commands need, so that their forks start at once."""
    import lightgbm  # noqa: F401
    import pyarrow.parquet  # noqa: F401
    import torch

    import deeprage.cli.app
    import deeprage.evaluation.benchmark
    import deeprage.factorised.train
    import deeprage.interpretation.knockout_study
    import deeprage.interpretation.targets
    import deeprage.report.page
    import deeprage.training.train  # noqa: F401

    torch.set_num_threads(1)
    warnings.simplefilter("ignore")


def run_scenario(name: str, ready: Path, options: argparse.Namespace) -> tuple[int, int, list[str]]:
    """Events tried, events in all, and what went wrong."""
    problems, tried = [], 0
    with folders() as root:
        case = Case(root, SCENARIOS[name], ready)
        last = case.events + 1  # one that is no more
        if options.count is not None:
            last = min(last, options.first + options.count - 1)
        numbers: Sequence[int] = range(options.first, last + 1)
        if options.only is not None:
            numbers = [options.only]
        elif options.sample is not None:
            drawn = random.Random(f"{options.seed} {name}")
            every = range(1, case.events + 1)
            numbers = sorted(drawn.sample(every, k=min(options.sample, case.events)))
        for number in numbers:
            try:
                tried += case.check(number)
            except Failure as failure:
                problems.append(f"{name}, killed before event {number}: {failure}")
                print(problems[-1], flush=True)
    return tried, case.events, problems


def main() -> None:
    """Run the scenarios; exit code 1 if anything was lost or does not go on."""
    parser = argparse.ArgumentParser(description="Kill commands at every event.")
    parser.add_argument("scenarios", nargs="*", default=list(SCENARIOS))
    parser.add_argument("--sample", type=int, help="events of each scenario; default: all")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--only", type=int, help="this event alone")
    parser.add_argument("--first", type=int, default=1, help="the event to begin with")
    parser.add_argument("--count", type=int, help="so many events; default: to the end")
    options = parser.parse_args()
    if unknown := sorted(set(options.scenarios) - set(SCENARIOS)):
        parser.error(f"unknown: {', '.join(unknown)}; there are {', '.join(SCENARIOS)}")
    import_all()
    failed = 0
    with folders() as ready:
        for name in options.scenarios:
            tried, total, problems = run_scenario(name, ready, options)
            failed += len(problems)
            print(f"{name}: {tried} of {total} events, {len(problems)} problems", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
