"""What servers want their user to be told (ALERT, RFC 3501 section 7.1): an alarm until it was seen, or is over.

That a mailbox is nearly full is said at every login; that it moves on Sunday, once.
"""

from __future__ import annotations

import hashlib
import sqlite3
from datetime import datetime, timedelta

from inboxcrm.domain.text import one_line
from inboxcrm.ports import MailboxState, MailboxStatus
from inboxcrm.service.household import Household
from inboxcrm.service.notify import Word, tell
from inboxcrm.store import home

SAYS = "server-says"

STANDS = timedelta(days=1)
"""How long it is shown though the server has not said it again."""

FORGOTTEN = timedelta(days=7)
"""After which it is over in any case; and within which what the owner has seen is not shown again."""


class ServerWords:
    """Passes on what is new, and takes away what is over."""

    def __init__(self, household: Household) -> None:
        self._household = household
        self._heard: dict[str, str | None] = {}

    def to_say(self, connection: sqlite3.Connection, name: str, fares: MailboxStatus, now: datetime) -> bool:
        """Whether `say` has something to do."""
        return fares.alert != self._heard.get(name) or bool(_over(connection, name, fares, now))

    def say(self, connection: sqlite3.Connection, name: str, fares: MailboxStatus, now: datetime) -> None:
        """Raise what is new, by the ways of `[notify]` too, and clear what is over."""
        for detail in _over(connection, name, fares, now):
            home.clear_alarms_about(connection, SAYS, detail, now=now)
        if fares.alert is not None and fares.alert != self._heard.get(name):
            self._raise(connection, name, fares.alert, now)

    def said(self, name: str, fares: MailboxStatus) -> None:
        """What `say` did is committed."""
        self._heard[name] = fares.alert

    def _raise(self, connection: sqlite3.Connection, name: str, alert: str, now: datetime) -> None:
        said = _said(name, alert)
        if home.alarmed_lately(connection, SAYS, said, since=now - FORGOTTEN):
            return
        at = now.astimezone(self._household.config.owner.timezone)
        home.raise_alarm(connection, SAYS, f"{said} ({at:%a %Y-%m-%d %H:%M})", now=now)
        shown = one_line(alert, 300)
        mark = hashlib.sha256(shown.encode()).hexdigest()[:16]
        word = Word(f"{SAYS}:{name}:{mark}:{now:%Y-%m-%d}", SAYS, f"The server of mailbox {name} says: {shown}")
        tell(self._household, connection, word, now=now)


def _over(connection: sqlite3.Connection, name: str, fares: MailboxStatus, now: datetime) -> list[str]:
    """Alarms of a mailbox that need not stand: the server has let it be, or they are old. What they say."""
    still = None if fares.alert is None else _said(name, fares.alert)
    let_be = fares.state is MailboxState.WATCHING
    return [
        each.detail
        for each in home.alarms(connection)
        if each.kind == SAYS and each.detail.startswith(f"{name}: ")
        if each.raised_at <= now - FORGOTTEN
        or (let_be and each.raised_at <= now - STANDS and not (still is not None and each.detail.startswith(still)))
    ]


def _said(name: str, alert: str) -> str:
    """How its alarm begins."""
    return f"{name}: the server says: {one_line(alert, 300)}"
