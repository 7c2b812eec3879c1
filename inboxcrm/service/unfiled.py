"""Tells the owner that what was sent finds no place in Sent: at once where the mailbox is full, else when given up.

A full mailbox turns away those who write to it, and its server says so to nobody else.
"""

from __future__ import annotations

import logging
import sqlite3
from datetime import timedelta

from inboxcrm.errors import InboxcrmError, MailboxFullError
from inboxcrm.service.household import Household
from inboxcrm.service.notify import Word
from inboxcrm.service.notify import tell as notify
from inboxcrm.store import home

log = logging.getLogger("inboxcrm.unfiled")

FULL = "mailbox-full"
NOT_FILED = "copy-not-filed"

AGAIN = timedelta(days=1)
"""How long after an alarm the same mailbox gives rise to another."""


async def tell(household: Household, mailbox: str, error: InboxcrmError, *, given_up: bool) -> None:
    """A copy could not be filed in this mailbox, because of that."""
    full = isinstance(error, MailboxFullError)
    if full or given_up:
        try:
            await household.write(_tell, household, mailbox, FULL if full else NOT_FILED, str(error))
        except InboxcrmError as fault:
            log.warning("unfiled.not_told", extra={"mailbox": mailbox, "cause": str(fault)})


def _tell(connection: sqlite3.Connection, household: Household, mailbox: str, kind: str, cause: str) -> None:
    now = household.clock.now()
    if home.alarmed_lately(connection, kind, f"{mailbox}:", since=now - AGAIN):
        return
    what = "it has no room, and new mail may be turned away" if kind == FULL else "what was sent has no copy in Sent"
    home.raise_alarm(connection, kind, f"{mailbox}: {what}. The server says: {cause}", now=now)
    if kind == FULL:
        word = Word(f"{kind}:{mailbox}:{now.isoformat()}", kind, f"Mailbox {mailbox} is full", about=cause, urgent=True)
        notify(household, connection, word, now=now)
