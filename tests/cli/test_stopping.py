"""Signals end a command in one sentence and 128 + the signal, whatever it is doing."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

#: Runs `deeprage` and sends itself a signal when a module is imported.
DURING_IMPORT = """
import os, signal, sys
name, number, sys.argv[1:] = sys.argv[1], int(sys.argv[2]), sys.argv[3:]

class Finder:
    def find_spec(self, asked, path=None, target=None):
        if asked == name:
            os.kill(os.getpid(), number)

sys.meta_path.insert(0, Finder())
from deeprage.cli.app import main
main()
"""
#: Runs a verb that does what its argument says in place of the work.
DURING_WORK = """
import os, signal, sys, time
from deeprage.cli import app

def work(arguments):
    kind = sys.argv[1]
    stop = lambda: os.kill(os.getpid(), signal.SIGINT)
    if kind == "plainly":
        stop()
    if kind == "as another error":
        try:
            stop()
        except KeyboardInterrupt:
            raise ImportError("numpy.core.multiarray failed to import")
    if kind == "in a destructor":
        class Closed:
            def __del__(self):
                stop()
        Closed()
        time.sleep(30)
    if kind == "twice":
        try:
            stop()
        finally:
            time.sleep(0.3)
            stop()
            time.sleep(30)

def _run_verb(arguments):
    work(arguments)

app._run_verb = _run_verb
app.main()
"""


def command(program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def is_stopped(result: subprocess.CompletedProcess[str], number: int = signal.SIGINT) -> None:
    assert result.returncode == 128 + number, result.stderr
    assert result.stderr.startswith("stopped: ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("module", "number"),
    [
        ("typer", signal.SIGINT),
        ("deeprage.cli.interruption", signal.SIGINT),
        ("numpy._core._multiarray_umath", signal.SIGINT),
        ("pandas._libs.tslibs.timezones", signal.SIGTERM),
        ("h5py._errors", signal.SIGINT),
        ("anndata", signal.SIGHUP),
    ],
)
def test_during_an_import(toy: Path, module: str, number: int) -> None:
    is_stopped(command(DURING_IMPORT, module, number, "data", "describe", toy), number)


@pytest.mark.parametrize("kind", ["plainly", "as another error", "in a destructor", "twice"])
def test_during_the_work(kind: str) -> None:
    is_stopped(command(DURING_WORK, kind))


def test_a_signal_that_the_parent_ignores_stays_ignored() -> None:
    """As under `nohup`."""
    program = "import os, signal, sys\nfrom deeprage.cli import app, stopping\n" + (
        "app._run_verb = lambda arguments: os.kill(os.getpid(), signal.SIGHUP)\napp.main()"
    )
    result = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
    )
    assert result.returncode == 0, result.stderr


class TestLimitedMemory:
    """Under `ulimit -v` every command ends in one sentence, or does its work."""

    @pytest.mark.parametrize("kilobytes", [40_000, 100_000, 250_000])
    def test_too_little_for_the_libraries(self, toy: Path, kilobytes: int) -> None:
        result = under_limit(kilobytes, "data", "describe", toy)
        assert result.returncode == 2
        assert "ulimit -v" in result.stderr
        assert result.stderr.splitlines()[-1].startswith("error: memory ran out")

    def test_enough(self, toy: Path) -> None:
        result = under_limit(8_000_000, "data", "describe", toy)
        assert result.returncode == 0, result.stderr
        assert "46 genes" in result.stdout
        assert under_limit(8_000_000, "data", "describe", "gone.h5ad").returncode == 2

    @pytest.mark.parametrize("how", ["os.abort()", "os.kill(os.getpid(), 9)", "os._exit(1)"])
    def test_a_library_that_ends_the_process(self, how: str) -> None:
        program = (
            "import os\nfrom deeprage.cli import app\n"
            f"app._run_verb = lambda arguments: {how}\napp.main()"
        )
        result = limited(8_000_000, [sys.executable, "-c", program])
        assert result.returncode == 2
        assert result.stderr.count("\n") == 1
        assert "too little for its data" in result.stderr

    def test_signals_reach_the_work(self) -> None:
        is_stopped(command(f"import resource\n{LIMITED}\n{DURING_WORK}", "plainly"))
        program = f"import resource, os, threading\n{LIMITED}\n{DURING_WORK}".replace(
            'kind == "plainly":\n        stop()',
            'kind == "plainly":\n        os.kill(os.getppid(), 15)\n        time.sleep(30)',
        )
        is_stopped(command(program, "plainly"), signal.SIGTERM)

    def test_an_error_of_the_program_keeps_its_traceback(self) -> None:
        program = f"import resource\n{LIMITED}\n" + DURING_WORK.replace("stop()", "1 / 0")
        result = command(program, "plainly")
        assert result.returncode == 1
        assert "ZeroDivisionError" in result.stderr
        assert "memory" not in result.stderr


#: A limit that lets everything through.
LIMITED = "resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))"


def limited(kilobytes: int, words: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", f'ulimit -v {kilobytes}; exec "$@"', "bash", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def under_limit(kilobytes: int, *words: object) -> subprocess.CompletedProcess[str]:
    return limited(kilobytes, [sys.executable, "-m", "deeprage", *map(str, words)])
