"""Tells the owner that mail waits to go because Sent cannot be read: before that nobody knows what they answered.

The mailbox may be read all the while, and its submission server let us in: nothing else would say why a letter stays.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta

from inboxcrm.domain.outbox import OutboxState
from inboxcrm.errors import InboxcrmError
from inboxcrm.service.checks import Check
from inboxcrm.service.household import Household
from inboxcrm.service.notify import Word, tell
from inboxcrm.store import home, outbox

UNREAD = "sent-not-read"

PATIENCE = timedelta(minutes=10)
"""How long mail waits for that until the owner is told."""


class SentUnread:
    """What the looks into Sent before a mail leaves came to, by mailbox."""

    def __init__(self, household: Household) -> None:
        self._household = household
        self._failing_since: dict[str, datetime] = {}
        self._went_well: set[str] = set()

    def failed(self, connection: sqlite3.Connection, mailbox: str, error: InboxcrmError) -> None:
        """In the transaction that lets a mail wait: Sent could not be read."""
        now = self._household.clock.now()
        self._went_well.discard(mailbox)
        since = min(now, self._failing_since.get(mailbox, now))  # the clock may have been set back
        self._failing_since[mailbox] = since
        if now - since < PATIENCE or home.alarmed_lately(connection, UNREAD, f"{mailbox}:", since=since):
            return
        said = f"{mailbox}: what is to go waits, since its Sent cannot be read: {error}"
        home.raise_alarm(connection, UNREAD, said, now=now)
        word = Word(
            f"{UNREAD}:{mailbox}:{since.isoformat()}",
            UNREAD,
            f"Mailbox {mailbox} sends nothing: its Sent cannot be read",
            about=f"{error}\nRun `inboxcrm status` and `inboxcrm doctor`.",
        )
        tell(self._household, connection, word, now=now)

    async def went_well(self, mailbox: str) -> None:
        """Sent was read. What an earlier process told is over too."""
        if mailbox in self._went_well:
            return
        self._failing_since.pop(mailbox, None)
        if await self._household.read(lambda connection: home.is_alarmed(connection, UNREAD, f"{mailbox}:")):
            await self._household.write(self._over, mailbox)
        self._went_well.add(mailbox)

    async def forget_what_waits_no_more(self) -> None:
        """An alarm is over too where nothing waits any more: what did was dropped, or is too late."""
        for mailbox in await self._household.read(_needless):
            self._failing_since.pop(mailbox, None)
            await self._household.write(self._over, mailbox)

    def _over(self, connection: sqlite3.Connection, mailbox: str) -> None:
        home.clear_alarms_about(connection, UNREAD, f"{mailbox}:", now=self._household.clock.now())


def _needless(connection: sqlite3.Connection) -> list[str]:
    """The mailboxes about which it is said that mail waits, and none does."""
    told = {each.detail.partition(":")[0] for each in home.alarms(connection) if each.kind == UNREAD}
    return sorted(told - {item.mailbox for item in outbox.in_state(connection, OutboxState.QUEUED)}) if told else []


def check(household: Household) -> list[Check]:
    """For `doctor`: the mailboxes whose mail waits for that."""
    hint = "It goes by itself as soon as Sent can be read. Look at the folder with another mail program."
    with household.database.read() as connection:
        told = [each.detail for each in home.alarms(connection) if each.kind == UNREAD]
    return [Check("outbox", ok=False, detail=detail, hint=hint) for detail in told]
