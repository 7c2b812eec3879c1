"""Files copies of what was sent, and tells the owner where Sent has no place for one: at once where the mailbox is
full, else when it is given up.

A full mailbox turns away those who write to it, and its server says so to nobody else.
"""

from __future__ import annotations

import logging
import sqlite3
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from inboxcrm.errors import InboxcrmError, MailboxFullError
from inboxcrm.ports import Mailbox
from inboxcrm.service.household import Household
from inboxcrm.service.notify import Word
from inboxcrm.service.notify import tell as notify
from inboxcrm.store import home, outbox

log = logging.getLogger("inboxcrm.unfiled")

FULL = "mailbox-full"
NOT_FILED = "copy-not-filed"

AGAIN = timedelta(days=1)
"""How long after an alarm the same mailbox gives rise to another."""


TRIES = 3
"""How often a copy that could not be put into Sent is tried again, a minute apart; a restart ends that."""

TRIES_WHILE_FULL = 24
"""The same where the mailbox has no room, `AGAIN_WHILE_FULL` apart: the first that finds some shows that there is."""

AGAIN_WHILE_FULL = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Copy:
    """The copy of a mail that was sent: how often it was tried to file it again, and from when on it may be."""

    item: outbox.Item
    sent_at: datetime
    tries: int = 0
    next_at: float = 0.0


class Copies:
    """Files copies in Sent, and remembers those that have no place there yet."""

    def __init__(self, household: Household) -> None:
        self._household = household
        self._waiting: dict[int, Copy] = {}

    def due(self, mailbox: str, *, at: float) -> list[Copy]:
        """What of a mailbox is to be tried again now, by the monotonic clock; each must be handed to `file`."""
        due = [one for one in self._waiting.values() if one.item.mailbox == mailbox and at >= one.next_at]
        return [self._waiting.pop(one.item.id) for one in due]

    async def file(self, copy: Copy, into: Mailbox, *, at: float) -> bool:
        """Try to file one; whether it lies in Sent."""
        item = copy.item
        try:
            await into.file_sent(item.raw, copy.sent_at)
        except InboxcrmError as error:
            full = isinstance(error, MailboxFullError)
            log.warning("unfiled.not_filed", extra={"item": item.id, "cause": str(error)})
            given_up = copy.tries >= (TRIES_WHILE_FULL if full else TRIES)
            if not given_up:
                pause = AGAIN_WHILE_FULL.total_seconds() if full else 0.0
                self._waiting[item.id] = replace(copy, tries=copy.tries + 1, next_at=at + pause)
            await tell(self._household, item.mailbox, error, given_up=given_up)
            return False
        await found_room(self._household, item.mailbox)
        return True


async def tell(household: Household, mailbox: str, error: InboxcrmError, *, given_up: bool) -> None:
    """A copy could not be filed in this mailbox, because of that."""
    full = isinstance(error, MailboxFullError)
    if full or given_up:
        try:
            await household.write(_tell, household, mailbox, FULL if full else NOT_FILED, str(error))
        except InboxcrmError as fault:
            log.warning("unfiled.not_told", extra={"mailbox": mailbox, "cause": str(fault)})


async def found_room(household: Household, mailbox: str) -> None:
    """A copy was filed in this mailbox: it is not full, or not any more."""
    try:
        if await household.read(lambda connection: home.is_alarmed(connection, FULL, f"{mailbox}:")):
            await household.write(_say_over, household, mailbox)
    except InboxcrmError as fault:
        log.warning("unfiled.not_told", extra={"mailbox": mailbox, "cause": str(fault)})


def _say_over(connection: sqlite3.Connection, household: Household, mailbox: str) -> None:
    now = household.clock.now()
    home.clear_alarms_about(connection, FULL, f"{mailbox}:", now=now)
    word = Word(f"{FULL}:{mailbox}:{now.isoformat()}:over", FULL, f"Mailbox {mailbox} has room again")
    notify(household, connection, word, now=now)


def _tell(connection: sqlite3.Connection, household: Household, mailbox: str, kind: str, cause: str) -> None:
    now = household.clock.now()
    if home.alarmed_lately(connection, kind, f"{mailbox}:", since=now - AGAIN):
        return
    what = "it has no room, and new mail may be turned away" if kind == FULL else "what was sent has no copy in Sent"
    home.raise_alarm(connection, kind, f"{mailbox}: {what}. The server says: {cause}", now=now)
    if kind == FULL:
        word = Word(f"{kind}:{mailbox}:{now.isoformat()}", kind, f"Mailbox {mailbox} is full", about=cause, urgent=True)
        notify(household, connection, word, now=now)
