"""How far a process grows over a mail of fifty megabytes, in megabytes on stdout; run as a process of its own.

A mail of three comes first: what any first mail loads and fills (rules, texts, the pages SQLite keeps) is no growth.
"""

from __future__ import annotations

import asyncio
import base64
import random
import sys
from dataclasses import replace
from pathlib import Path

from inboxcrm.parsing import Parser
from inboxcrm.service.ingest import Ingest
from inboxcrm.spool import Spool
from tests.service.house import House, mail


def spooled(number: int, octets: int, folder: Path) -> Spool:
    """A mail of this size whose octets do not compress."""
    spool, chance = Spool(folder), random.Random(number)
    spool.write(mail(number, sender=f"Person <person@client{number}.example>") + b"\r\n")
    while len(spool) < octets:
        spool.write(base64.encodebytes(chance.randbytes(300_000)).replace(b"\n", b"\r\n"))
    return spool


def resident(field: str) -> float:
    """Megabytes of this process: VmRSS now, VmHWM at the most."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field)) / 1024


async def growth(folder: Path) -> float:
    """Megabytes between before the large mail and the most that was held while it was taken."""
    house = House(folder)
    async with Parser() as parser:
        ingest = Ingest(house.household, parser)
        for number, octets in ((1, 3_000_000), (2, 50_000_000)):
            spool = spooled(number, octets, folder)
            before = resident("VmRSS")
            Path("/proc/self/clear_refs").write_text("5")  # what was the most is forgotten
            batch = house.batch(b"")
            await ingest.take(replace(batch, arrivals=[replace(one, raw=spool) for one in batch.arrivals]))
    house.close()
    return resident("VmHWM") - before


if __name__ == "__main__":
    sys.stdout.write(f"{asyncio.run(growth(Path(sys.argv[1]))):.1f}\n")
