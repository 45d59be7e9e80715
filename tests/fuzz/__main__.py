"""Damaged files of every kind, read by every command that reads them: `make fuzz`, or

    python -m tests.fuzz --inputs 5000 --seed 0

An input may be read, or refused with exit code 2 and one sentence. Anything else is a finding:
another exception, a crash, a command that does not end, a file that is left unfinished. Its folder
is kept, and `--only NUMBER` repeats it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

from tests.fuzz.running import choose, prepare, try_input
from tests.fuzz.world import Target, World


def main() -> int:
    options = _options()
    prepare()
    keep = Path(tempfile.mkdtemp(prefix="fuzz-"))
    world = made_in_child(keep / "world")
    targets = [one for one in world.targets() if options.match in one.name]
    print(f"{len(targets)} pairs of a file and a command; inputs in {keep}", flush=True)
    numbers = [options.only] if options.only is not None else list(range(options.inputs))
    start = time.monotonic()
    workers = [
        _start(world, targets, numbers[first :: options.jobs], options.seed, keep)
        for first in range(options.jobs)
    ]
    ended = [os.waitpid(worker, 0)[1] for worker in workers]
    findings = [
        json.loads(line)
        for path in keep.glob("findings-*.jsonl")
        for line in path.read_text().splitlines()
    ]
    print(f"{len(numbers)} inputs in {time.monotonic() - start:.0f} s, {len(findings)} findings")
    for how, count in Counter(one["how"] for one in findings).most_common():
        print(f"{count:4d}  {how}")
    return int(bool(findings) or any(ended))


def _start(world: World, targets: list[Target], numbers: list[int], seed: int, keep: Path) -> int:
    """Try inputs in a child process, one after the other; gives the child."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        start = time.monotonic()
        with (keep / f"findings-{os.getpid()}.jsonl").open("w") as file:
            for done, number in enumerate(numbers, start=1):
                target, rng = choose(targets, seed, number)
                found = try_input(world.folder, target, rng, number, keep)
                if found is not None:
                    print(json.dumps(found._asdict()), file=file, flush=True)
                    print(f"\n{number}: {found.target}: {found.how}\n{found.details}", flush=True)
                if done % 500 == 0:
                    print(f"{done} of {len(numbers)}, {time.monotonic() - start:.0f} s", flush=True)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def made_in_child(folder: Path) -> World:
    """Make the good files in a child process, so that nothing of the commands stays in this one."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            World.make(folder)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    if os.waitpid(child, 0)[1]:
        sys.exit("the good files could not be made")
    return World(folder)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes at a time")
    parser.add_argument("--match", default="", help="only pairs whose name holds this text")
    parser.add_argument("--only", type=int, help="one input by its number")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
