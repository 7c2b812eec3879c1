"""Connections come a few at once and then one by one."""

from __future__ import annotations

import asyncio

import pytest

from inboxcrm.clock import SystemClock
from inboxcrm.imap.admission import Admission
from inboxcrm.imap.watcher import ImapMailbox
from inboxcrm.testing.imap_server import Account, Exchange, MailServer
from tests.imap.conftest import NOON
from tests.imap.record import Record, configured, letter
from tests.imap.test_sync import YESTERDAY
from tests.imap.test_watcher import QUICK, until, watched


def test_fifty_mailboxes_of_one_host_come_back_one_by_one_after_a_burst() -> None:
    admission = Admission()

    waits = [admission.wait("imap.example.org", f"user{number}", 1000.0) for number in range(50)]

    assert waits[:10] == [0.0] * 10
    assert waits[10:13] == [2.0, 4.0, 6.0]
    assert waits[-1] == 80.0
    assert admission.wait("imap.example.net", "ann", 1000.0) == 0.0
    assert admission.wait("imap.example.org", "late", 1200.0) == 0.0


def test_one_account_logs_in_ten_times_in_ten_minutes_at_most() -> None:
    admission = Admission()

    waits = [admission.wait("imap.example.org", "ann", 1000.0 + 30 * number) for number in range(30)]

    assert waits[:10] == [0.0] * 10
    assert waits[-1] > 0.0


def test_this_machine_needs_no_admission() -> None:
    admission = Admission()

    assert {admission.wait("127.0.0.1", "ann", 0.0) for _ in range(100)} == {0.0}


@pytest.mark.parametrize("server", [(), ("IDLE",)], ids=["idle", "polled"], indirect=True)
async def test_where_the_server_allows_one_connection_it_does_everything(
    server: MailServer, ann: Account, record: Record
) -> None:
    for number in range(100, 180):
        ann.folder("INBOX").append(letter(number), received_at=YESTERDAY)
    ann.folder("Sent").append(letter(3), received_at=YESTERDAY)

    async def one_only(exchange: Exchange) -> bool:
        if server.open_connections == 1:
            return False
        await exchange.send(exchange.tag + b" NO [LIMIT] Maximum number of connections exceeded\r\n")
        return True

    server.faults["LOGIN"] = one_only
    mailbox = ImapMailbox(configured(server.host, server.port), lambda: "secret", SystemClock(), timing=QUICK)
    async with watched(mailbox, record):
        await until(lambda: server.traffic.commands["LOGIN"] == 2)
        await until(lambda: all(record.agrees_with(ann.folder(name)) for name in ("INBOX", "Sent")))
        ann.folder("INBOX").append(letter(1))
        await until(lambda: record.live == [letter(1)])
        assert await mailbox.find_sent("<m3@example.org>")
        await asyncio.gather(*(mailbox.file_sent(letter(4), NOON) for _ in range(3)))
        ann.folder("INBOX").append(letter(2))
        await until(lambda: record.live == [letter(1), letter(2)])

    assert server.traffic.commands["LOGIN"] == 2
    assert [one.raw for one in ann.folder("Sent").messages] == [letter(3), letter(4)]


async def test_inbox_takes_the_place_of_the_errands_where_there_is_room_for_one(
    server: MailServer, ann: Account, record: Record
) -> None:
    mailbox = ImapMailbox(configured(server.host, server.port), lambda: "secret", SystemClock(), timing=QUICK)
    async with watched(mailbox, record):
        await until(lambda: {"Sent", "Archive"} <= record.positions.keys() and server.open_connections == 2)

        async def one_only(exchange: Exchange) -> bool:
            if server.open_connections == 1:
                return False
            await exchange.send(exchange.tag + b" NO [LIMIT] too many\r\n")
            return True

        server.faults["LOGIN"] = one_only
        ann.folder("INBOX").drop_watchers("one too many")
        ann.folder("INBOX").append(letter(1))
        await until(lambda: record.live == [letter(1)])
