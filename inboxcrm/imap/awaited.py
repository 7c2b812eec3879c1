"""Waits for one mail to arrive in INBOX, looking and changing nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

from inboxcrm.config import MailboxConfig
from inboxcrm.imap.connection import Connection, connect
from inboxcrm.imap.link import Link
from inboxcrm.imap.opening import Limits
from inboxcrm.imap.uids import sequence_set
from inboxcrm.ports import Credentials

LOOKS_EVERY = timedelta(seconds=2)
NEWEST = 30


async def wait_for(
    config: MailboxConfig,
    password: Credentials,
    wanted: Callable[[bytes], bool],
    *,
    within: timedelta,
    every: timedelta = LOOKS_EVERY,
    limits: Limits | None = None,
) -> bytes | None:
    """The header block of the newest mail that is `wanted`; None where none came `within`. Raises InboxcrmError."""
    link = Link(lambda waker: connect(config, password, waker, limits))
    try:
        async with asyncio.timeout(within.total_seconds()):
            while True:
                for block in await link.run(_newest):
                    if wanted(block):
                        return block
                await asyncio.sleep(every.total_seconds())
    except TimeoutError:
        return None
    finally:
        await link.close(politely=True)


def _newest(connection: Connection) -> list[bytes]:
    """Header blocks of the newest mails, newest first; INBOX is opened again so that news is seen."""
    opened = connection.examine("INBOX")
    uids = connection.search_uids(b"ALL")[-NEWEST:] if opened.exists else []
    found = connection.fetch_set(sequence_set(uids), "(UID BODY.PEEK[HEADER])") if uids else []
    found.sort(key=lambda one: one.uid or 0, reverse=True)
    return [block for one in found if (block := one.sections.get("BODY[HEADER]")) is not None]
