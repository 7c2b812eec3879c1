"""A daemon that is killed in the midst of listing what it will read."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from inboxcrm.imap.listing import WINDOW
from inboxcrm.testing.imap_server import Exchange, MailServer
from inboxcrm.testing.smtp_server import SubmissionServer
from tests.imap.record import letter
from tests.whole.daemon import PASSWORD, Running, ask, make_home, until

MAILS = 3 * WINDOW
LATE = 2.5
"""Seconds that the first letters take; at that pace the rest would take longer than a minute."""

LONG_AGO = datetime(2025, 3, 3, 9, tzinfo=UTC)
LIST = re.compile(rb"UID FETCH (\S+) .*HEADER\.FIELDS \(DATE")


@pytest.mark.slow
async def test_the_next_process_goes_on_with_a_list_and_leaves_nothing_of_it(tmp_path: Path) -> None:
    stalled = asyncio.Event()
    lists: list[bytes] = []

    async def slow(exchange: Exchange) -> bool:
        line = mail.traffic.lines[-1]
        if match := LIST.search(line):
            lists.append(match[1])
            if len(lists) == 2:
                stalled.set()
                await exchange.stall()
        elif b"BODY.PEEK[]" in line and not lists:
            await asyncio.sleep(LATE)
        return False

    async with MailServer() as mail, SubmissionServer(user="ann", password=PASSWORD) as sink:
        inbox = mail.account("ann", PASSWORD).folder("INBOX")
        for number in range(MAILS):
            inbox.append(letter(number), received_at=LONG_AGO + timedelta(minutes=number))
        mail.faults["UID FETCH"] = slow
        home = make_home(tmp_path / "home", imap=mail.port, smtp=sink.port)
        async with Running(home) as daemon:
            await asyncio.wait_for(stalled.wait(), 60)
            # the second part is asked for while the first is being written
            await until(lambda: ask(home, "SELECT COUNT(*) FROM listings") != [(0,)], "nothing is listed")
            await daemon.kill()
        left = ask(home, "SELECT COUNT(*), MIN(uid) FROM listings")
        mail.faults.clear()
        inbox.expunge([3])
        mail.traffic.clear()

        async with Running(home):
            await until(
                lambda: ask(home, "SELECT COUNT(*) FROM folders WHERE backfill_below IS NOT NULL") == [(0,)],
                "the first reading does not end",
            )

    again = [match[1] for line in mail.traffic.lines if (match := LIST.search(line))]
    assert left == [(WINDOW, int(lists[0].partition(b":")[0]))]
    assert again[0] == lists[1]
    assert lists[0] not in again
    assert ask(home, "SELECT COUNT(*) FROM listings") == [(0,)]
    assert ask(home, "SELECT COUNT(*) FROM listed_people") == [(0,)]
    assert ask(home, "SELECT COUNT(*) FROM listing_search WHERE listing_search MATCH 'letter'") == [(0,)]
    assert ask(home, "SELECT COUNT(DISTINCT message_id), COUNT(*) FROM locations") == [(MAILS - 1, MAILS - 1)]
    assert sink.accepted == []
