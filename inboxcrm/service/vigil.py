"""Is every mailbox still being read? Tells the owner by another way when one is not, and a watch outside while all are.

A program that stops looking looks like a quiet day. What counts is office time: a night without a network rings nobody.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from inboxcrm.domain.text import one_line
from inboxcrm.errors import InboxcrmError
from inboxcrm.ports import MailboxState, MailboxStatus
from inboxcrm.service.deliver import Office
from inboxcrm.service.endings import Ending, Endings, certificate, sign_in
from inboxcrm.service.household import Household
from inboxcrm.service.notify import Word, tell
from inboxcrm.service.server_words import ServerWords
from inboxcrm.store import folders, home

log = logging.getLogger("inboxcrm.vigil")

SILENT = timedelta(minutes=15)
"""Open time without a look into INBOX after which the owner is told."""

LOOKS = 3
"""How often in a row it must be found silent: after a suspend the clock has moved, and the network needs a moment."""

STOPPED = frozenset({MailboxState.WAITING, MailboxState.PAUSED, MailboxState.NEEDS_USER})
"""The states of a mailbox that was tried, and cannot be read now."""

UNREAD = "mailbox-not-read"
MISSING = "folder-missing"

Ping = Callable[[], Awaitable[None]]
"""Says to a watch outside that all is well."""


@dataclass(slots=True)
class _Seen:
    """One mailbox as the vigil knows it, `since` then. `before` is the last good look of an earlier daemon, `told` that
    of the outage the owner was told of.
    """

    since: datetime
    before: datetime | None = None
    looks: int = 0
    told: datetime | None = None
    cleared: bool = False
    missing: tuple[str, ...] | None = None

    @property
    def silent_untold(self) -> bool:
        """Whether it was found silent often enough to be told, and that was not told yet."""
        return self.looks >= LOOKS and self.told is None


def _last_look(fares: MailboxStatus, seen: _Seen) -> datetime:
    """Since when nothing was read. A mailbox that could not be reached has the patience of an earlier daemon used up,
    or one that falls over every few minutes would be patient for ever; one that is just being read has not.
    """
    if fares.last_checked_at is not None:
        return fares.last_checked_at
    return seen.before if seen.before is not None and fares.state in STOPPED else seen.since


class Vigil:
    """Looks at the mailboxes once a minute; run by the daemon."""

    def __init__(self, household: Household, offices: Mapping[str, Office], ping: Ping | None = None) -> None:
        self._household = household
        self._offices = offices
        self._ping = ping
        self._seen: dict[str, _Seen] = {}
        self._endings = Endings(household)
        self._server_words = ServerWords(household)

    async def run_once(self) -> None:
        """One look at all of them."""
        fares = {name: office.mailbox.status for name, office in self._offices.items()}
        await self._household.run(self._look, fares)
        if self._household.database.hindered is not None:
            return
        if self._ping is not None and fares and all(self._is_well(name, one) for name, one in fares.items()):
            try:
                await self._ping()
            except InboxcrmError as error:
                log.warning("vigil.ping_failed", extra={"cause": str(error)})

    def _is_well(self, name: str, fares: MailboxStatus) -> bool:
        return fares.state is MailboxState.WATCHING and self._seen[name].looks == 0

    def _look(self, fares: Mapping[str, MailboxStatus]) -> None:
        with self._household.database.read() as connection:
            due = [name for name, one in fares.items() if self._has_something_to_say(connection, name, one)]
        if not due or self._household.database.hindered is not None:
            return
        ends = {name: self._ends(name, fares[name]) for name in due}
        with self._household.database.write() as connection:
            for name in due:
                self._say(connection, name, fares[name], ends[name])
        for name in due:  # not before it is committed: what could not be put on record is said at the next look
            self._said(name, fares[name], ends[name])

    def _has_something_to_say(self, connection: sqlite3.Connection, name: str, fares: MailboxStatus) -> bool:
        now = self._now(name)
        seen = self._seen.get(name) or self._seen.setdefault(name, _Seen(now, self._looked(connection, name, now)))
        silent = self._open_time(connection, _last_look(fares, seen), now) >= SILENT
        seen.looks = seen.looks + 1 if silent else 0
        if fares.last_checked_at is not None and fares.missing_folders != seen.missing:
            return True
        if self._server_words.to_say(connection, name, fares, self._household.clock.now()):
            return True
        if any(self._endings.to_say(name, each, now) for each in self._ends(name, fares)):
            return True
        if seen.looks == 0 and fares.last_checked_at is not None:
            return not seen.cleared
        return seen.silent_untold

    def _looked(self, connection: sqlite3.Connection, name: str, now: datetime) -> datetime | None:
        """When an earlier daemon looked last, by the clock the mailbox goes by; None where none ever did."""
        noted = folders.last_checked_at(connection, name)
        return None if noted is None else min(now, noted + (now - self._household.clock.now()))

    def _say(self, connection: sqlite3.Connection, name: str, fares: MailboxStatus, ends: tuple[Ending, ...]) -> None:
        seen, now = self._seen[name], self._household.clock.now()
        if seen.silent_untold:
            self._tell_unread(connection, name, fares, _last_look(fares, seen))
        elif seen.looks == 0 and fares.last_checked_at is not None and not seen.cleared:
            home.clear_alarms_about(connection, UNREAD, f"{name}:", now=now)  # one of an earlier process too
            if seen.told is not None:
                word = Word(f"{UNREAD}:{name}:{seen.told.isoformat()}:over", UNREAD, f"Mailbox {name} is read again")
                tell(self._household, connection, word, now=now)
        if fares.last_checked_at is not None and fares.missing_folders != seen.missing:
            self._tell_missing(connection, name, fares.missing_folders)
        self._server_words.say(connection, name, fares, now)
        for each in ends:
            if self._endings.to_say(name, each, self._now(name)):
                self._endings.say(connection, name, each, self._now(name))

    def _said(self, name: str, fares: MailboxStatus, ends: tuple[Ending, ...]) -> None:
        """What `_say` did is committed."""
        seen = self._seen[name]
        if seen.silent_untold:
            seen.told, seen.cleared = _last_look(fares, seen), False
        elif seen.looks == 0 and fares.last_checked_at is not None:
            seen.told, seen.cleared = None, True
        if fares.last_checked_at is not None:
            seen.missing = fares.missing_folders
        self._server_words.said(name, fares)
        for each in ends:
            self._endings.said(name, each, self._now(name))

    def _ends(self, name: str, fares: MailboxStatus) -> tuple[Ending, ...]:
        return certificate(fares.certificate_until), sign_in(name, self._offices[name].sign_in_until())

    def _tell_unread(self, connection: sqlite3.Connection, name: str, fares: MailboxStatus, last: datetime) -> None:
        now, zone = self._household.clock.now(), self._household.config.owner.timezone
        since = (last + (now - self._now(name))).astimezone(zone)
        cause = fares.cause or "the server gives no sign"
        home.raise_alarm(connection, UNREAD, f"{name}: not read since {since:%a %H:%M}. {cause}", now=now)
        word = Word(
            f"{UNREAD}:{name}:{last.isoformat()}",
            UNREAD,
            f"Mailbox {name} has not been read since {since:%a %H:%M}",
            about=f"{cause}\nRun `inboxcrm status` and `inboxcrm doctor`.",
            urgent=True,
        )
        tell(self._household, connection, word, now=now)
        log.warning("vigil.unread", extra={"mailbox": name})

    def _tell_missing(self, connection: sqlite3.Connection, name: str, missing: tuple[str, ...]) -> None:
        """A folder that the owner wants read was renamed or deleted; what is on record of it stays."""
        now = self._household.clock.now()
        home.clear_alarms_about(connection, MISSING, f"{name}:", now=now)
        for folder in missing:
            shown = one_line(folder, 60)
            text = f"the folder {shown} is not on the server any more and is not read. Correct folders in config.toml"
            home.raise_alarm(connection, MISSING, f"{name}: {text} (inboxcrm doctor lists those there are)", now=now)
            tell(
                self._household,
                connection,
                Word(f"{MISSING}:{name}:{shown}:{now:%Y-%m-%d}", MISSING, f"Mailbox {name}: {text}"),
                now=now,
            )

    def _open_time(self, connection: sqlite3.Connection, start: datetime, end: datetime) -> timedelta:
        if end - start < SILENT:
            return timedelta(0)
        return self._household.calendar(connection, end, None).open_between(start, end)

    def _now(self, name: str) -> datetime:
        """By the clock the mailbox goes by; the demo's story plays on another day."""
        return self._offices[name].clock.now()
