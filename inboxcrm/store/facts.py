"""The SQL of facts."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from inboxcrm.domain.facts import is_stale
from inboxcrm.store.times import to_text, to_text_or_none
from inboxcrm.store.views.rows import values


@dataclass(frozen=True, slots=True)
class FactRow:
    """One fact that stands, in the owner's words, with the lines it was read in (empty where it was heard)."""

    id: int
    contact_id: int
    contact: str
    text: str
    quote: str
    said_at: datetime
    noted_at: datetime
    confirmed_at: datetime | None
    message_id: int | None

    def stale(self, now: datetime) -> bool:
        """Whether it should be asked after."""
        return is_stale(self.said_at, self.confirmed_at, now=now)


def add(
    connection: sqlite3.Connection,
    *,
    contact_id: int,
    message_id: int | None,
    text: str,
    quote: str,
    said_at: datetime,
    now: datetime,
) -> int:
    """Enter a fact."""
    cursor = connection.execute(
        "INSERT INTO facts (contact_id, message_id, text, quote, said_at, noted_at) VALUES (?, ?, ?, ?, ?, ?)",
        (contact_id, message_id, text, quote, to_text(said_at), to_text(now)),
    )
    return int(cursor.lastrowid or 0)


def by_id(connection: sqlite3.Connection, fact_id: int) -> FactRow | None:
    """One fact that stands."""
    row = connection.execute("SELECT * FROM fact_list WHERE id = ?", (fact_id,)).fetchone()
    return None if row is None else FactRow(**values(row))


def of_contact(connection: sqlite3.Connection, contact_id: int | None = None, *, limit: int = 200) -> list[FactRow]:
    """What is known of a contact, or of everybody, the latest first."""
    rows = connection.execute(
        "SELECT * FROM fact_list WHERE ? IS NULL OR contact_id = ? ORDER BY said_at DESC, id DESC LIMIT ?",
        (contact_id, contact_id, limit),
    )
    return [FactRow(**values(row)) for row in rows]


def confirm(connection: sqlite3.Connection, fact_id: int, *, now: datetime) -> None:
    """It is still true."""
    connection.execute("UPDATE facts SET confirmed_at = ? WHERE id = ?", (to_text(now), fact_id))


def drop(connection: sqlite3.Connection, fact_id: int, *, now: datetime | None) -> None:
    """It is true no more; the row stays. None takes that back."""
    connection.execute("UPDATE facts SET dropped_at = ? WHERE id = ?", (to_text_or_none(now), fact_id))
