"""Does the daemon fall over again and again? Counts its starts, and tells the owner when none of them lasts.

The vigil has patience with a mailbox that is not read yet; a daemon that ends sooner than that, and is started anew by
the system each time, would use up nobody's patience.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from datetime import timedelta

from inboxcrm.domain.text import one_line
from inboxcrm.errors import InboxcrmError
from inboxcrm.service.household import Household
from inboxcrm.service.notify import Notify, Word, tell
from inboxcrm.store import home

log = logging.getLogger("inboxcrm.starts")

FALLS = "daemon-falls-over"

FALLEN = 3
"""How many starts did not last, within `WITHIN`, until the owner is told at the next."""

WITHIN = timedelta(hours=1)

TELLING = timedelta(seconds=30)
"""How long a start waits for the owner to be told."""

LASTED = timedelta(minutes=15)
"""How long a daemon runs until it is no longer one that falls over."""


class Starts:
    """Told by the daemon that it begins, that it has lasted, and how it ends."""

    def __init__(self, household: Household, notify: Notify) -> None:
        self._household = household
        self._notify = notify

    async def begin(self, by: Exception | None = None) -> None:
        """One more start, or one that came to nothing `by` this error. The owner is told before anything else."""
        if not await self._household.write(self._begin, by):
            return
        try:
            async with asyncio.timeout(TELLING.total_seconds()):
                await self._notify.run_once()
        except (TimeoutError, InboxcrmError) as error:
            log.warning("starts.not_told", extra={"cause": str(error)})
            await self._notify.recover()

    async def lasted(self) -> None:
        """It runs as it should: earlier ends count no longer."""
        if await self._household.read(home.starts):
            await self._household.write(self._over)

    async def ended(self, error: Exception | None) -> None:
        """By this error, which is told as the cause at the next start; without one it is no fall."""
        await self._household.write(self._end, error)

    def _begin(self, connection: sqlite3.Connection, by: Exception | None) -> bool:
        now = self._household.clock.now()
        before = [at for at in home.starts(connection) if now - WITHIN <= at <= now]
        home.keep_starts(connection, [*before[-FALLEN:], now])
        if len(before) < FALLEN or home.is_alarmed(connection, FALLS, ""):
            return False
        cause = home.value(connection, home.FELL_BY) if by is None else told(by)
        why = "What ended it stands in its log" if cause is None else f"The last was ended by {cause}"
        said = f"the daemon was started {len(before) + 1} times within an hour, and ended each time"
        home.raise_alarm(connection, FALLS, f"{said}. {why}", now=now)
        word = Word(
            f"{FALLS}:{now.isoformat()}",
            FALLS,
            "inboxcrm ends again and again",
            about=f"{why}.\nRun `inboxcrm status` and `inboxcrm doctor`.",
            urgent=True,
        )
        log.error("daemon.falls_over", extra={"starts": len(before) + 1, "cause": cause})
        return tell(self._household, connection, word, now=now)

    def _over(self, connection: sqlite3.Connection) -> None:
        now = self._household.clock.now()
        home.keep_starts(connection, [])
        home.set_value(connection, home.FELL_BY, None)
        if home.clear_alarms(connection, FALLS, now=now):
            word = Word(f"{FALLS}:{now.isoformat()}:over", FALLS, "inboxcrm runs again")
            tell(self._household, connection, word, now=now)

    def _end(self, connection: sqlite3.Connection, error: Exception | None) -> None:
        if error is None:
            home.keep_starts(connection, [])
        home.set_value(connection, home.FELL_BY, None if error is None else told(error))


def told(error: Exception) -> str:
    """What ended it: an error of ours in its words, another by its name alone, since it may quote somebody's mail."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return one_line(f"{error}".rstrip("."), 300) if isinstance(error, InboxcrmError) else type(error).__name__
