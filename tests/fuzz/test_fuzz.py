"""A few damaged files of every kind: read, or refused in one sentence. `make fuzz` tries thousands.

In a process of its own: children are forked from one that has imported everything and run nothing.
"""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.fuzz.mutations import MUTATIONS, mutated
from tests.fuzz.running import choose
from tests.fuzz.world import Target

ROOT = Path(__file__).parents[2]


def test_damaged_files_end_well() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", "--inputs", "40", "--seed", "7", "--jobs", "1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    assert "40 inputs" in done.stdout
    assert "0 findings" in done.stdout


@pytest.mark.parametrize("kind", MUTATIONS)
def test_the_same_seed_does_the_same_damage(kind: str) -> None:
    content = b'{"a": [1, 2.5, "x"], "b": {"c": null}}\nG1\t0.5\t1e-3\nG2\t-1\tNA\n'
    targets = [Target("x", kind, ("report",), "part")]
    damaged = [
        [mutated(content, kind, choose(targets, seed, number)[1]) for number in range(60)]
        for seed in (1, 1, 2)
    ]
    assert damaged[0] == damaged[1]
    assert damaged[0] != damaged[2]
    assert content not in damaged[0]
    assert len(set(damaged[0])) > 40
