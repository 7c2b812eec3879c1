"""Whose word the owner waits for, and since when."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from inboxcrm.store.times import to_text
from inboxcrm.store.views.rows import values


@dataclass(frozen=True, slots=True)
class FollowUpRow:
    """A matter in which it is their turn, and when to ask after it. `message_id` is its last mail of a person."""

    matter_id: int
    message_id: int
    contact_id: int | None
    contact: str
    organisation: str | None
    subject: str
    turn: str
    since_at: datetime
    due_at: datetime
    because: str
    by_hand: bool


def follow_ups(connection: sqlite3.Connection, *, due_by: datetime | None = None) -> list[FollowUpRow]:
    """The matters with a follow-up date, the one due first at the head; only those due by then if that is given."""
    rows = connection.execute(
        "SELECT * FROM follow_up_list WHERE :due_by IS NULL OR due_at <= :due_by ORDER BY due_at, matter_id",
        {"due_by": None if due_by is None else to_text(due_by)},
    )
    return [_follow_up(row) for row in rows]


def follow_up_of(connection: sqlite3.Connection, matter_id: int) -> FollowUpRow | None:
    """The follow-up date of a matter."""
    row = connection.execute("SELECT * FROM follow_up_list WHERE matter_id = ?", (matter_id,)).fetchone()
    return None if row is None else _follow_up(row)


def _follow_up(row: sqlite3.Row) -> FollowUpRow:
    return FollowUpRow(**(values(row) | {"by_hand": bool(row["by_hand"])}))
