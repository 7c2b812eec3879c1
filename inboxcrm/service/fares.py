"""How do the mailboxes fare? Writes it down for those who do not see the daemon: `status`, the desk, the browser."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from inboxcrm.ports import MailboxState, MailboxStatus
from inboxcrm.service.deliver import Office
from inboxcrm.service.household import Household
from inboxcrm.service.writing_watch import WritingWatch
from inboxcrm.store import folders, listings


class Fares:
    """What was `noted` of each mailbox last, which is on record."""

    def __init__(self, household: Household, offices: Mapping[str, Office], writing: WritingWatch) -> None:
        self._household = household
        self._offices = offices
        self._writing = writing
        self.noted: dict[str, MailboxStatus] = {}

    async def note(self, *, ended: bool = False) -> None:
        """Write down how they fare, where that changed; once the daemon has `ended`, nobody watches them."""
        told = {name: self._of(name, office) for name, office in self._offices.items()}
        if ended:
            told = {name: _unwatched(fares) for name, fares in told.items()}
        changed = {name: fares for name, fares in told.items() if self.noted.get(name) != fares}
        if changed:
            noted = await self._household.jot(_note, changed, self._household.clock.now())
            self.noted |= {name: changed[name] for name in noted}

    def _of(self, name: str, office: Office) -> MailboxStatus:
        """How a mailbox fares, by the household's clock: the demo's story plays on another day."""
        fares = office.mailbox.status
        stuck = self._writing.stuck(name)
        if stuck is not None:
            fares = replace(fares, cause=f"what came cannot be put on record: {stuck}")
        ahead = self._household.clock.now() - office.clock.now()
        if abs(ahead) < timedelta(seconds=1):
            return fares
        return replace(
            fares,
            last_checked_at=_moved(fares.last_checked_at, ahead),
            last_mail_at=_moved(fares.last_mail_at, ahead),
            next_attempt_at=_moved(fares.next_attempt_at, ahead),
        )


def _note(connection: sqlite3.Connection, fares: Mapping[str, MailboxStatus], now: datetime) -> list[str]:
    return [name for name, one in fares.items() if _note_one(connection, name, one, now)]


def _note_one(connection: sqlite3.Connection, name: str, one: MailboxStatus, now: datetime) -> bool:
    """What keeps a mailbox from being read for the first time is to be seen too: it is enrolled for that.

    Nothing stays listed of folders that are not watched any longer.
    """
    if one.cause is not None:
        folders.enrol(connection, name, now=now)
    if one.watched_folders:
        listings.forget_others(connection, name, one.watched_folders)
    return folders.note_check(
        connection,
        name,
        state=one.state,
        cause=one.cause,
        last_checked_at=one.last_checked_at,
        last_mail_at=one.last_mail_at,
        next_attempt_at=one.next_attempt_at,
        backlog=one.backlog,
        taken=one.taken,
    )


def _moved(instant: datetime | None, ahead: timedelta) -> datetime | None:
    return None if instant is None else instant + ahead


def _unwatched(fares: MailboxStatus) -> MailboxStatus:
    """How a mailbox fares without a daemon; what only the owner can mend stays told."""
    return fares if fares.state is MailboxState.NEEDS_USER else replace(fares, state=MailboxState.OFFLINE)
