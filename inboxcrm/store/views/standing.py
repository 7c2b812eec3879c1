"""How the mailboxes fare."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from inboxcrm.store.views.rows import values


@dataclass(frozen=True, slots=True)
class MailboxRow:
    """How a mailbox fares. `backlog` counts messages still to be read, None before anything is known.

    Of those `listed` are shown by who wrote them and what they are about; `listed_whole`: all of them are that can be.
    `read_back_at` is the time down to which every folder was read.
    """

    name: str
    state: str
    cause: str | None
    last_checked_at: datetime | None
    last_mail_at: datetime | None
    next_attempt_at: datetime | None
    backlog: int
    messages: int
    quarantined: int
    read_back_at: datetime | None
    listed: int
    listed_whole: bool


def still_reading(connection: sqlite3.Connection) -> bool:
    """Whether a mailbox is being read for the first time; asked before the rows, which count every mail."""
    return connection.execute("SELECT 1 FROM mailboxes WHERE backlog > 0").fetchone() is not None


def mailboxes(connection: sqlite3.Connection) -> list[MailboxRow]:
    """Every mailbox of the home."""
    return [MailboxRow(**values(row)) for row in connection.execute("SELECT * FROM mailbox_list ORDER BY name")]
