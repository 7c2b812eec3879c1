"""A mailbox that waits for its owner is tried again when they were let in, and not before."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from inboxcrm.clock import SystemClock
from inboxcrm.errors import UserError
from inboxcrm.imap.watcher import ImapMailbox
from inboxcrm.ports import MailboxState
from inboxcrm.testing.imap_server import Account, MailServer
from tests.imap.record import Record, configured, letter
from tests.imap.test_watcher import QUICK, until


async def test_a_mended_log_in_is_tried_at_once_and_no_other(server: MailServer, ann: Account, record: Record) -> None:
    said: list[str] = []

    def password() -> str:
        if not said:
            raise UserError("the keyring is locked")
        return said[0]

    clock = SystemClock()
    ann.folder("INBOX").append(letter(1))
    mailbox = ImapMailbox(configured(server.host, server.port), password, clock, timing=QUICK)
    task = asyncio.create_task(record.keep(mailbox.watch(record)))
    try:
        before = clock.now()
        await until(lambda: mailbox.status.state is MailboxState.NEEDS_USER)
        said.append("secret")
        mailbox.try_again(let_in_at=before - timedelta(seconds=1))
        await asyncio.sleep(0.1)
        untried = mailbox.status.state
        mailbox.try_again(let_in_at=clock.now())
        await until(lambda: mailbox.status.state is MailboxState.WATCHING)
        await until(lambda: record.agrees_with(ann.folder("INBOX")))
        mailbox.try_again(let_in_at=clock.now())
    finally:
        task.cancel()
        await asyncio.wait([task])
        await mailbox.close()

    assert untried is MailboxState.NEEDS_USER
    assert server.traffic.commands["LOGIN"] + server.traffic.commands["AUTHENTICATE"] <= 2
