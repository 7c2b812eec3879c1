"""The promises, live or ended, and what happened to each."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from inboxcrm.store.times import to_instant
from inboxcrm.store.views.rows import PAGE, values


@dataclass(frozen=True, slots=True)
class PromiseRow:
    """One promise, live or ended."""

    id: int
    state: str
    received_at: datetime
    due_at: datetime | None
    told_due_at: datetime | None
    ended_at: datetime | None
    ended_how: str | None
    asked: int
    extensions: int
    matter_id: int
    message_id: int
    contact_id: int | None
    contact: str | None
    organisation: str | None
    subject: str


def promises(connection: sqlite3.Connection, *, limit: int = PAGE, offset: int = 0) -> list[PromiseRow]:
    """The ledger, newest first."""
    rows = connection.execute(
        "SELECT * FROM promise_list ORDER BY received_at DESC, id DESC LIMIT ? OFFSET ?", (limit, offset)
    )
    return [PromiseRow(**values(row)) for row in rows]


def promises_of_matter(connection: sqlite3.Connection, matter_id: int) -> list[PromiseRow]:
    """The promises of a matter, oldest first; at most one of them is live."""
    rows = connection.execute("SELECT * FROM promise_list WHERE matter_id = ? ORDER BY id", (matter_id,))
    return [PromiseRow(**values(row)) for row in rows]


def promises_of_message(connection: sqlite3.Connection, message_id: int) -> list[PromiseRow]:
    """The promises that a message made, at most one that counts."""
    rows = connection.execute("SELECT * FROM promise_list WHERE message_id = ?", (message_id,))
    return [PromiseRow(**values(row)) for row in rows]


@dataclass(frozen=True, slots=True)
class Step:
    """One event in the life of a promise."""

    at: datetime
    event: str
    state: str
    detail: Mapping[str, Any]


def promise_story(connection: sqlite3.Connection, promise_id: int) -> list[Step]:
    """What happened to a promise, oldest first."""
    rows = connection.execute("SELECT * FROM promise_events WHERE promise_id = ? ORDER BY id", (promise_id,))
    return [Step(to_instant(row["at"]), row["event"], row["to_state"], json.loads(row["detail"])) for row in rows]
