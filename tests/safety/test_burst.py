"""A flood of mail with made-up senders gets a handful of answers, raises one alarm and costs no memory."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest

from inboxcrm.domain.safety.limits import Caps
from inboxcrm.service import outgoing
from inboxcrm.service.brakes import MOST_WAITING
from tests.service.house import House, mail

pytestmark = pytest.mark.slow

FLOOD = int(os.environ.get("INBOXCRM_FLOOD", "1000"))
"""How many mails; the issue's figure is 10,000."""

BATCH = 100
WARM = 200
GROWTH = 48 * 1024 * 1024
"""Octets by which the process may grow after the first mails, whatever the flood: SQLite's cache of pages fills."""

STATM = Path("/proc/self/statm")


def resident() -> int:
    """The process's memory in octets; 0 where the system does not tell."""
    gc.collect()
    return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if STATM.exists() else 0


def forged(number: int) -> bytes:
    """A stranger of their own domain, of whom the border found out nothing."""
    raw = mail(
        number,
        sender=f"Somebody {number} <someone{number}@made-up{number}.example>",
        subject=f"Offer {number}",
        text=f"Please confirm that you read number {number}.\n",
    )
    kept = [line for line in raw.split(b"\r\n") if not line.startswith(b"Authentication-Results")]
    return b"\r\n".join(kept)


@pytest.mark.timeout(900)
async def test_a_flood_is_answered_a_handful_of_times_and_leaves_memory_flat(tmp_path: Path) -> None:
    house = House(tmp_path)
    before = 0
    try:
        for start in range(0, FLOOD, BATCH):
            await house.arrive(*(forged(number) for number in range(start, start + BATCH)))
            await house.pass_time(minutes=1)
            if start + BATCH == WARM:
                before = resident()
        grown = resident() - before
        await house.pass_time(minutes=15)

        caps = Caps()
        waiting = [row for row in house.outbox() if row.state == "awaiting"]
        assert grown < GROWTH, f"{grown / 1024 / 1024:.0f} MiB"
        assert 0 < len(house.transport.sent) <= min(caps.new_strangers_day, caps.total_hour)
        assert house.alarms() == ["brake"]
        assert len(waiting) <= MOST_WAITING
        assert house.ask("SELECT COUNT(*) FROM messages") == [(FLOOD,)]
        assert house.ask("SELECT COUNT(*) FROM promises") == [(FLOOD,)]
    finally:
        house.close()


async def test_a_client_in_the_middle_of_a_flood_still_has_a_promise_and_can_be_let_through(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.know()
    await house.arrive(*(forged(number) for number in range(2, 40)))

    await house.arrive(mail(1))
    await house.pass_time(minutes=15)

    (held,) = [row for row in house.outbox() if row.recipient == "bob@client.example"]
    assert held.state == "awaiting"
    outgoing.approve(house.household, held.id)
    await house.deliver.run_once()
    assert house.transport.sent[-1].recipient == "bob@client.example"
    house.close()


async def test_one_sender_gains_nothing_by_rotating_tags_and_sub_domains(tmp_path: Path) -> None:
    house = House(tmp_path)
    for number in range(60):
        sender = f"Eve <eve+{number}@host{number}.evil.example>"
        await house.arrive(mail(number, sender=sender, subject=f"Matter {number}", text=f"{number}\n"))
        await house.pass_time(minutes=11)

    assert len(house.transport.sent) <= Caps().per_domain_day
    assert "brake" not in house.alarms()
    house.close()


async def test_what_arrives_after_an_outage_of_a_day_is_promised_and_not_acknowledged(tmp_path: Path) -> None:
    house = House(tmp_path)
    yesterday = house.clock.now()
    await house.pass_time(hours=25)

    letters = (mail(n, sender=f"<a{n}@b{n}.example>", at=yesterday) for n in range(50))
    await house.arrive(*letters, received_at=yesterday)
    await house.pass_time(minutes=15)

    assert house.outbox() == []
    assert len(house.promises()) == 50
    house.close()
