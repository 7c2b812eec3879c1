"""The mail that goes, went or would go out."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from inboxcrm.domain.outbox import OutboxState
from inboxcrm.store.views.rows import PAGE, values


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One outgoing mail with the text that goes, went or would go out."""

    id: int
    kind: str
    state: str
    template: str
    recipient: str
    subject: str
    text: str
    due_at: datetime | None
    created_at: datetime
    send_after: datetime
    expires_at: datetime
    ended_at: datetime | None
    attempts: int
    reply: str | None
    message_id: int | None
    matter_id: int | None
    promise_id: int | None
    contact_id: int | None
    contact: str | None


def outbox(
    connection: sqlite3.Connection, *, states: Sequence[str] = (), limit: int = PAGE, offset: int = 0
) -> list[OutboxRow]:
    """Outgoing mail, newest first, of these states or of all. They are written out: SQLite compares a bound one with
    those of partial indexes, and prepares the statement anew at each call for that.
    """
    named = ", ".join(f"'{OutboxState(state)}'" for state in states)
    condition = f"WHERE state IN ({named})" if states else ""
    rows = connection.execute(
        f"SELECT * FROM outbox_list {condition} ORDER BY id DESC LIMIT ? OFFSET ?",  # noqa: S608 - states only
        (limit, offset),
    )
    return [OutboxRow(**values(row)) for row in rows]


def outbox_item(connection: sqlite3.Connection, item_id: int) -> OutboxRow | None:
    """One outgoing mail."""
    row = connection.execute("SELECT * FROM outbox_list WHERE id = ?", (item_id,)).fetchone()
    return None if row is None else OutboxRow(**values(row))


def outbox_of_matter(connection: sqlite3.Connection, matter_id: int) -> list[OutboxRow]:
    """What went, goes or would go out in a matter, oldest first."""
    rows = connection.execute("SELECT * FROM outbox_list WHERE matter_id = ? ORDER BY id", (matter_id,))
    return [OutboxRow(**values(row)) for row in rows]
