"""How each mailbox fares, as its owner may believe it: what a daemon noted last is true only while one works."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from inboxcrm.clock import SystemClock
from inboxcrm.home import last_beat, running_pid
from inboxcrm.ports import MailboxState
from inboxcrm.service.household import Household
from inboxcrm.store import views
from inboxcrm.store.folders import LEFT_OUT
from inboxcrm.store.views import MailboxRow

KEPT_UP = frozenset({MailboxState.CONNECTING, MailboxState.WATCHING, MailboxState.WAITING, MailboxState.PAUSED})
"""The states that end with the daemon, also where it was killed and could not say so."""

STANDS_STILL = timedelta(minutes=5)
"""How long a daemon may give no sign of life, which it does each minute."""


@dataclass(frozen=True, slots=True)
class Running:
    """The process that runs a home. `silent_since` is its last sign of life, where that is too long ago."""

    pid: int
    silent_since: datetime | None = None

    @property
    def advice(self) -> str:
        """What to do where it is silent."""
        return f"if it stays so: kill -9 {self.pid}, then inboxcrm run"


def daemon(home: Path) -> Running | None:
    """The daemon of a home, by the clock of the machine; None where none runs."""
    pid, beat = running_pid(home), last_beat(home)
    if pid is None:
        return None
    silent = beat is not None and SystemClock().now() - beat > STANDS_STILL
    return Running(pid, beat if silent else None)


def mailboxes(home: Path, connection: sqlite3.Connection) -> list[MailboxRow]:
    """Every mailbox of a home; one that nobody reads is offline, whatever was noted last, and says why."""
    rows = views.mailboxes(connection)
    running = daemon(home)
    if running is not None and running.silent_since is None:
        return rows
    cause = "no daemon runs (inboxcrm run)"
    if running is not None:
        cause = f"the daemon, pid {running.pid}, gives no sign of life; {running.advice}"
    return [
        replace(row, state=MailboxState.OFFLINE, next_attempt_at=None, cause=cause)
        if row.state in KEPT_UP or (row.state == MailboxState.OFFLINE and row.cause != LEFT_OUT)
        else row
        for row in rows
    ]


def on_its_way(household: Household) -> str:
    """Who sends what was let go just now, for a sentence about it."""
    if running_pid(household.config.home) is None:
        return "it leaves when the daemon runs (inboxcrm run)"
    return "the running daemon sends it"
