"""A mail too large to be held is stored to its last octet and listed with what was read of it."""

from __future__ import annotations

import hashlib
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from inboxcrm.parsing import BODY_CUT, Limits, Parser
from inboxcrm.ports import Batch
from inboxcrm.service.ingest import Ingest
from inboxcrm.spool import IN_MEMORY, Spool, fingerprint
from inboxcrm.store import messages
from tests.service.house import House, mail


def large_mail(octets: int) -> bytes:
    noise = random.Random(7).randbytes(octets // 2).hex().encode()
    lines = b"\r\n".join(noise[at : at + 76] for at in range(0, len(noise), 76))
    return mail(text="the words").replace(b"\n", b"\r\n").replace(b"\r\r", b"\r") + b"\r\n" + lines + b"\r\n"


def spooled(raw: bytes, folder: Path) -> Spool:
    spool = Spool(folder)
    for at in range(0, len(raw), 700_000):
        spool.write(raw[at : at + 700_000])
    return spool


def spooled_batch(house: House, raw: bytes, folder: Path) -> Batch:
    batch = house.batch(raw)
    return replace(batch, arrivals=[replace(one, raw=spooled(raw, folder)) for one in batch.arrivals])


async def test_a_mail_above_the_parse_limit_is_stored_whole_and_listed(house: House, tmp_path: Path) -> None:
    raw = large_mail(IN_MEMORY + 3_000_000)
    async with Parser(Limits(body=4_000_000)) as parser:
        ingest = Ingest(house.household, parser)
        for _ in range(2):
            await ingest.take(spooled_batch(house, raw, tmp_path))

    (message,) = house.messages()
    assert message.outcome == "ack"
    assert house.ask("SELECT size, defects FROM messages") == [(len(raw), f'["text-cut", "{BODY_CUT}"]')]
    assert house.household.database.reading(lambda connection: messages.raw(connection, 1)) == raw


def test_a_spool_is_known_by_the_same_mark_as_the_bytes(tmp_path: Path) -> None:
    raw = large_mail(IN_MEMORY * 2)
    spool = spooled(raw, tmp_path)

    assert fingerprint(spool) == fingerprint(raw) == hashlib.sha256(raw).digest()
    assert b"".join(spool.pieces()) == raw
    assert b"".join(spool.pieces(1_500_000)) == raw[:1_500_000]
    assert (spool.head(10), len(spool)) == (raw[:10], len(raw))
    assert list(tmp_path.iterdir()) == []  # it has no name, so nothing is left behind


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="only Linux tells what a process held at most")
def test_a_mail_of_fifty_megabytes_grows_the_process_by_less_than_thirty(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.service.fifty_megabytes", str(tmp_path)]

    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])

    assert 0 < float(done.stdout) < 30
