"""Fifty mailboxes of one host, which start together and lose their connections together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from inboxcrm.imap.admission import Admission
from inboxcrm.imap.watcher import ImapMailbox
from inboxcrm.ports import MailboxState
from inboxcrm.testing.imap_server import MailServer
from tests.faults.fast import FastClock, run
from tests.faults.world import LIMITS
from tests.imap.record import Record, configured, letter
from tests.servers.proxy import FaultProxy

pytestmark = pytest.mark.slow

USERS = [f"user{number}" for number in range(50)]
AT_ONCE, EVERY_SECONDS = 10, 2.0


def test_fifty_mailboxes_come_back_one_by_one_and_each_reads_its_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        clock = FastClock()
        async with MailServer(clock=clock) as server, FaultProxy(server.port) as wire:
            records = [Record() for _ in USERS]
            mailboxes = [
                ImapMailbox(configured(wire.host, wire.port, user=user), lambda: "secret", clock, limits=LIMITS)
                for user in USERS
                if server.account(user, "secret")
            ]

            async def one_by_one(true: Callable[[], bool]) -> None:
                """Wait for it; meanwhile no more come than the host is to bear."""
                began, before = clock.monotonic(), wire.connections
                while not true():
                    await asyncio.sleep(0.2)
                    assert wire.connections - before <= AT_ONCE + 1 + (clock.monotonic() - began) / EVERY_SECONDS

            watching = [
                asyncio.create_task(record.keep(one.watch(record)))
                for one, record in zip(mailboxes, records, strict=True)
            ]
            try:
                await one_by_one(lambda: all(one.status.state is MailboxState.WATCHING for one in mailboxes))
                await wire.cut_all()
                for number, user in enumerate(USERS):
                    server.account(user).folder("INBOX").append(letter(number))
                await one_by_one(lambda: [record.live for record in records] == [[letter(n)] for n in range(50)])
            finally:
                for task in watching:
                    task.cancel()
                await asyncio.wait(watching)
                for one in mailboxes:
                    await one.close()

    monkeypatch.setattr("inboxcrm.imap.admission._LOOPBACK", ())  # as if it were another machine
    monkeypatch.setattr("inboxcrm.imap.account.SHARED", Admission())
    run(story())
