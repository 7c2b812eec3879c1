"""Can what comes be put on record? Says so beside the database, and tells the owner past it, while it cannot.

A full or failing disk loses nothing, since mail stays on the server until it is on record; but alarms, notices and how
the mailboxes fare are kept in that database too.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import timedelta

from inboxcrm.domain.ringing import wait
from inboxcrm.domain.text import one_line
from inboxcrm.errors import InboxcrmError
from inboxcrm.home import note_trouble
from inboxcrm.ports import Notifier
from inboxcrm.service.household import Household
from inboxcrm.service.notify import Word, calm_of, tell, try_now, written
from inboxcrm.store import home

log = logging.getLogger("inboxcrm.writing_watch")

UNWRITTEN = "home-not-written"

PATIENCE = timedelta(minutes=3)
"""How long it must last until the owner is told: another process may be at work on the home."""

TRIAL = timedelta(minutes=1)
"""Until a writing is tried that nothing else asked for: a quiet mailbox writes seldom."""

AGAIN = timedelta(minutes=10)
"""Until the owner is tried again where no way could be gone."""


class WritingWatch:
    """Run by the daemon every few seconds; asks nobody and writes nothing while all is well."""

    def __init__(self, household: Household, routes: Mapping[str, Notifier]) -> None:
        self._household = household
        self._routes = routes
        self._stuck: dict[str, str] = {}
        self._noted: str | None = None
        self._trial_at = 0.0
        self._tell_at = 0.0
        self._told: str | None = None

    def failed(self, mailbox: str, error: InboxcrmError) -> None:
        """What came to a mailbox was not put on record."""
        self._stuck[mailbox] = str(error)

    def went_well(self, mailbox: str) -> None:
        """What came to it was."""
        self._stuck.pop(mailbox, None)

    def stuck(self, mailbox: str) -> str | None:
        """Why what came to a mailbox last is not on record; None where it is."""
        return self._stuck.get(mailbox)

    async def run_once(self) -> None:
        """One look."""
        cause = self._household.database.hindered or next(iter(self._stuck.values()), None)
        now = self._household.clock.monotonic()
        if self._noted is None:
            self._trial_at, self._tell_at = now + TRIAL.total_seconds(), now + PATIENCE.total_seconds()
        if cause != self._noted:
            await asyncio.to_thread(self._note, cause)
            self._noted = cause
        if cause is None:
            await self._say_over()
            return
        if self._told is None and now >= self._tell_at:
            self._tell_at = now + AGAIN.total_seconds()
            await self._say(cause)
        if now >= self._trial_at:
            self._trial_at = now + TRIAL.total_seconds()
            await self._household.write(home.try_writing, now=self._household.clock.now())

    def _note(self, cause: str | None) -> None:
        log.warning("home.not_written" if cause else "home.written", extra={"cause": cause})
        try:
            note_trouble(self._household.config.home, None if cause is None else one_line(cause, 1_000))
        except OSError as error:
            log.warning("home.not_noted", extra={"cause": str(error)})

    async def _say(self, cause: str) -> None:
        """By every way there is, at once: none of them can be entered first."""
        now = self._household.clock.now()
        if wait(now, urgent=True, rang_at=(), calm=calm_of(self._household.config)) is not None:
            return
        key = f"{UNWRITTEN}:{now.isoformat()}"
        word = Word(
            key,
            UNWRITTEN,
            "inboxcrm cannot put on record what comes",
            about=f"{cause}\nNothing is lost and nothing is answered until it can. Run `inboxcrm doctor`.",
            urgent=True,
        )
        said = await try_now(self._routes, written(word, self._household.config.notify.show))
        for way, wrong in said.items():
            if wrong is not None:
                log.error("home.not_told", extra={"route": way, "cause": wrong})
        if not all(said.values()):
            self._told = key

    async def _say_over(self) -> None:
        if self._told is None:
            return
        word = Word(f"{self._told}:over", UNWRITTEN, "inboxcrm puts on record again what comes")
        now = self._household.clock.now()
        await self._household.write(lambda connection: tell(self._household, connection, word, now=now))
        self._told = None
