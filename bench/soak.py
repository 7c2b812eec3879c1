"""Plays hours of random traffic with random faults, and says whether everything holds that must.

    python -m bench.soak [--seed N] [--hours 8]

Prints what was played and what stands at the end. Where an invariant does not hold: exit status 1, with what was found
and the end of the log; the same seed plays the same again, but for what the threads of one machine do side by side.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.fast import run
from tests.faults.soak import soak


def main(arguments: list[str]) -> int:
    """Run and tell; the exit status."""
    reader = argparse.ArgumentParser(prog="make soak", description=(__doc__ or "").splitlines()[0])
    reader.add_argument("--seed", type=int, default=1)
    reader.add_argument("--hours", type=float, default=8.0)
    asked = reader.parse_args(arguments)
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # the submission server's own remarks
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        try:
            found = run(soak(Path(folder), seed=asked.seed, hours=asked.hours))
        except AssertionError as broken:
            print(f"seed {asked.seed}: an invariant does not hold: {broken}", file=sys.stderr)
            return 1
    for name, count in sorted(found.items()):
        print(f"{count:>6}  {name}")
    print(f"seed {asked.seed}: {asked.hours:g} hours in {time.monotonic() - began:.0f} s, every invariant holds")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
