"""The year, played and reckoned up: `make year`."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.year.cast import script
from tests.year.reckoning import Reckoning, reckon
from tests.year.stage import Stage


async def play(folder: Path) -> list[Reckoning]:
    """Play the year in an empty folder and reckon it up."""
    stage = Stage(folder, script())
    try:
        return reckon(stage, await stage.play())
    finally:
        stage.close()


def main() -> int:
    """Print the figures and every difference; answers 1 where there is one."""
    begun = time.process_time()
    with TemporaryDirectory() as folder:
        reckonings = asyncio.run(play(Path(folder)))
    for each in reckonings:
        print(f"{each.kind:<30} {each.asked:>5} asked  {len(each.wrong):>4} wrong")  # noqa: T201 - a figure for a person
        for wrong in each.wrong:
            print(f"    {wrong}")  # noqa: T201 - a figure for a person
    print(f"{time.process_time() - begun:.1f} s of processor time")  # noqa: T201 - a figure for a person
    return any(each.wrong for each in reckonings)


if __name__ == "__main__":
    sys.exit(main())
