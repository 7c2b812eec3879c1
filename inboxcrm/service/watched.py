"""How each mailbox fares, as its owner may believe it: what a daemon noted last is true only while one runs."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from inboxcrm.home import running_pid
from inboxcrm.ports import MailboxState
from inboxcrm.service.household import Household
from inboxcrm.store import views
from inboxcrm.store.views import MailboxRow

KEPT_UP = frozenset({MailboxState.CONNECTING, MailboxState.WATCHING, MailboxState.WAITING, MailboxState.PAUSED})
"""The states that end with the daemon, also where it was killed and could not say so."""


def mailboxes(household: Household, connection: sqlite3.Connection) -> list[MailboxRow]:
    """Every mailbox of the home; one that nobody reads is offline, whatever was noted last."""
    rows = views.mailboxes(connection)
    if running_pid(household.config.home) is not None:
        return rows
    return [
        replace(row, state=MailboxState.OFFLINE, next_attempt_at=None) if row.state in KEPT_UP else row for row in rows
    ]


def on_its_way(household: Household) -> str:
    """Who sends what was let go just now, for a sentence about it."""
    if running_pid(household.config.home) is None:
        return "it leaves when the daemon runs (inboxcrm run)"
    return "the running daemon sends it"
