"""No kill at any moment loses anything: a sample here, all events by `make crash`."""

import os
import subprocess
import sys
from pathlib import Path

from tests.crash import SCENARIOS

#: Events of each scenario.
SAMPLE = os.environ.get("DEEPRAGE_CRASH_SAMPLE", "1")


def test_killed_commands_go_on() -> None:
    """In a process of its own, which forks before it has any thread."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.crash", "--sample", SAMPLE],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    assert done.stdout.count(" 0 problems") == len(SCENARIOS)
