"""The SQL of follow-up dates: until when the owner waits for a word in a matter. One is live in each at most."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta

from inboxcrm.store.times import to_instant, to_text

WAITS_LOOKED_AT = 50


def begin(
    connection: sqlite3.Connection,
    matter_id: int,
    *,
    due_at: datetime,
    because: str,
    by_hand: bool,
    now: datetime,
) -> None:
    """Wait until then, in the place of what was set before."""
    end(connection, matter_id, "replaced", at=now)
    connection.execute(
        "INSERT INTO follow_ups (matter_id, due_at, because, by_hand, since_at) VALUES (?, ?, ?, ?, ?)",
        (matter_id, to_text(due_at), because, by_hand, to_text(now)),
    )


def end(connection: sqlite3.Connection, matter_id: int, how: str, *, at: datetime) -> bool:
    """Wait no longer: "answered", "dropped", "closed" or "replaced"; answers whether a date stood."""
    cursor = connection.execute(
        "UPDATE follow_ups SET ended_at = ?, ended_how = ? WHERE matter_id = ? AND ended_at IS NULL",
        (to_text(at), how, matter_id),
    )
    return cursor.rowcount > 0


def reopen(connection: sqlite3.Connection, matter_id: int, *, ended_at: datetime) -> None:
    """Wait again until the date that ended at this instant."""
    connection.execute(
        "UPDATE follow_ups SET ended_at = NULL, ended_how = NULL WHERE matter_id = ? AND ended_at = ?",
        (matter_id, to_text(ended_at)),
    )


def chosen_ahead(connection: sqlite3.Connection, matter_id: int, *, now: datetime) -> bool:
    """Whether the owner chose a date for this matter that is still to come: the machine does not move it."""
    row = connection.execute(
        "SELECT 1 FROM follow_ups WHERE matter_id = ? AND ended_at IS NULL AND by_hand AND due_at > ?",
        (matter_id, to_text(now)),
    ).fetchone()
    return row is not None


def waits(connection: sqlite3.Connection, contact_id: int, *, before: datetime, since: datetime) -> list[timedelta]:
    """How long a contact took for the last answers to mails of the owner's own hand."""
    rows = connection.execute(
        """
        SELECT asked.received_at AS asked_at,
               (SELECT MIN(word.received_at) FROM messages AS word
                WHERE word.matter_id = asked.matter_id AND word.received_at > asked.received_at
                  AND word.direction = 'in' AND word.class <> 'machine') AS answered_at
        FROM messages AS asked
        WHERE asked.contact_id = :contact AND asked.received_at >= :since AND asked.received_at < :before
          AND asked.direction = 'out'
        ORDER BY asked.received_at DESC
        LIMIT :most
        """,
        {"contact": contact_id, "since": to_text(since), "before": to_text(before), "most": WAITS_LOOKED_AT},
    )
    return [to_instant(row["answered_at"]) - to_instant(row["asked_at"]) for row in rows if row["answered_at"]]
