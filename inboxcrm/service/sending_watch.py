"""Could mail be sent? Logs in to each submission server once a day, sends nothing, and tells the owner where it cannot.

Most mailboxes send seldom: without this a password that was changed is noticed when somebody waits for an answer.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from inboxcrm.errors import InboxcrmError, SignInNeededError, UserError
from inboxcrm.service.deliver import Deliver, Office
from inboxcrm.service.endings import Ending, Endings, sending_certificate
from inboxcrm.service.household import Household
from inboxcrm.service.notify import Word, tell
from inboxcrm.store import home

log = logging.getLogger("inboxcrm.sending_watch")

CANNOT_SEND = "mailbox-cannot-send"

FIRST = timedelta(minutes=1)
"""How long after the start: reading comes first."""

EVERY = timedelta(days=1)
SOON_AGAIN = timedelta(minutes=5)
LATER_AGAIN = timedelta(hours=1)
REFUSED_AGAIN = timedelta(hours=6)
"""A log-in that is refused is tried seldom: it must not lock the account."""

PATIENCE = 3
"""Failures in a row, in a little over an hour, until the owner is told of what may pass; of the rest after two."""


@dataclass(slots=True)
class _Known:
    """One submission server as it is known; `failed` counts failures in a row, `stopped`: sending was seen at rest.

    `untold` is a failure that the owner is to be told of, `told` when that was put on record.
    """

    next_at: float
    failed: int = 0
    untold: InboxcrmError | None = None
    told: datetime | None = None
    stopped: bool = False


class SendingWatch:
    """Run once a minute by the daemon; looks where it is time."""

    def __init__(self, household: Household, offices: Mapping[str, Office], deliver: Deliver) -> None:
        self._household = household
        self._deliver = deliver
        self._offices = {name: office for name, office in offices.items() if office.submission is not None}
        self._known: dict[str, _Known] = {}
        self._endings = Endings(household)

    async def run_once(self) -> None:
        """One look at those whose time has come, side by side; what could not be told of the last is told first."""
        for name in self._known:
            await self._tell(name)
        due = [name for name, office in self._offices.items() if self._is_due(name, office)]
        await asyncio.gather(*(self._look(name, self._offices[name]) for name in due))

    def _is_due(self, name: str, office: Office) -> bool:
        now = office.clock.monotonic()
        known = self._known.setdefault(name, _Known(now + FIRST.total_seconds()))
        stopped = self._deliver.is_stopped(name)
        if stopped and not known.stopped:
            known.next_at = min(known.next_at, now + FIRST.total_seconds())
        known.stopped = stopped
        return now >= known.next_at

    async def _look(self, name: str, office: Office) -> None:
        assert office.submission is not None
        try:
            until = await office.submission.look()
        except InboxcrmError as error:
            await self._failed(name, office, error)
        else:
            await self._went_well(name, office, until)

    async def _failed(self, name: str, office: Office, error: InboxcrmError) -> None:
        known = self._known[name]
        known.failed += 1
        refused = isinstance(error, UserError)
        again = SOON_AGAIN if known.failed == 1 else REFUSED_AGAIN if refused else LATER_AGAIN
        if isinstance(error, SignInNeededError):
            again = timedelta(0)  # it calls nobody: each minute is seen whether the owner signed in
        known.next_at = office.clock.monotonic() + again.total_seconds()
        log.warning("sending_watch.failed", extra={"mailbox": name, "error": type(error).__name__})
        if known.told is None and known.failed >= (2 if refused else PATIENCE):
            known.untold = error
            await self._tell(name)

    async def _tell(self, name: str) -> None:
        known, now = self._known[name], self._household.clock.now()
        if known.untold is not None:
            await self._household.write(self._say_failed, name, known.untold, now)
            known.untold, known.told = None, now

    def _say_failed(self, connection: sqlite3.Connection, name: str, error: InboxcrmError, now: datetime) -> None:
        home.raise_alarm(connection, CANNOT_SEND, f"{name}: nothing can be sent. {error}", now=now)
        word = Word(
            f"{CANNOT_SEND}:{name}:{now.isoformat()}",
            CANNOT_SEND,
            f"Mailbox {name} cannot send",
            about=f"{error}\nRun `inboxcrm doctor`.",
            urgent=True,
        )
        tell(self._household, connection, word, now=now)

    async def _went_well(self, name: str, office: Office, until: datetime | None) -> None:
        known, ending, at = self._known[name], sending_certificate(until), office.clock.now()
        known.next_at = office.clock.monotonic() + SOON_AGAIN.total_seconds()  # where it cannot be put on record
        await self._household.write(self._say_well, name, ending, at)
        known.next_at += (EVERY - SOON_AGAIN).total_seconds()
        known.failed, known.untold, known.told = 0, None, None
        self._endings.said(name, ending, at)

    def _say_well(self, connection: sqlite3.Connection, name: str, ending: Ending, at: datetime) -> None:
        known, now = self._known[name], self._household.clock.now()
        if known.failed:
            self._deliver.resume(connection, name)
        home.clear_alarms_about(connection, CANNOT_SEND, f"{name}:", now=now)  # one of an earlier process too
        if known.told is not None:
            word = Word(f"{CANNOT_SEND}:{name}:{known.told.isoformat()}:over", CANNOT_SEND, f"Mailbox {name} can send")
            tell(self._household, connection, word, now=now)
        if self._endings.to_say(name, ending, at):
            self._endings.say(connection, name, ending, at)
