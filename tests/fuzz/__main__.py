"""Damaged files of every kind, read by every command that reads them: `make fuzz`, or

    python -m tests.fuzz --inputs 5000 --seed 0

An input may be read, or refused with exit code 2 and one sentence. Anything else is a finding:
another exception, a crash, a command that does not end, a file that is left unfinished. Its folder
is kept, and `--only NUMBER` repeats it.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

from tests.fuzz.running import choose, prepare, try_input
from tests.fuzz.world import World


def main() -> int:
    options = _options()
    prepare()
    keep = Path(tempfile.mkdtemp(prefix="fuzz-"))
    folder = _made_in_child(keep / "world")
    targets = [one for one in World(folder).targets() if options.match in one.name]
    print(f"{len(targets)} pairs of a file and a command; inputs in {keep}", flush=True)
    numbers = [options.only] if options.only is not None else range(options.inputs)
    start, findings, tried = time.monotonic(), [], Counter[str]()
    for number in numbers:
        target, rng = choose(targets, options.seed, number)
        tried[target.part] += 1
        found = try_input(folder, target, rng, number, keep)
        if found is not None:
            findings.append(found)
            print(f"\n{found.number}: {found.target}: {found.how}\n{found.details}", flush=True)
        if (number + 1) % 500 == 0:
            print(f"{number + 1} inputs, {time.monotonic() - start:.0f} s", flush=True)
    kinds = Counter(one.how for one in findings)
    print(
        f"{sum(tried.values())} inputs ({', '.join(f'{n} {part}' for part, n in tried.items())}) "
        f"in {time.monotonic() - start:.0f} s, {len(findings)} findings"
    )
    for how, count in kinds.most_common():
        print(f"{count:4d}  {how}")
    return int(bool(findings))


def _made_in_child(folder: Path) -> Path:
    """Make the world in a child process, so that nothing of the commands stays in this one."""
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
    return folder


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--match", default="", help="only pairs whose name holds this text")
    parser.add_argument("--only", type=int, help="one input by its number")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
