"""The matters."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from inboxcrm.store.views.rows import values


@dataclass(frozen=True, slots=True)
class MatterRow:
    """One matter. `turn` is "mine", "theirs" or "nobody"."""

    id: int
    subject: str
    turn: str
    opened_at: datetime
    last_at: datetime
    contact_id: int | None
    contact: str | None
    organisation: str | None
    messages: int


def matter(connection: sqlite3.Connection, matter_id: int) -> MatterRow | None:
    """One matter."""
    row = connection.execute(
        "SELECT * FROM matter_list WHERE id = (SELECT COALESCE(merged_into, id) FROM matters WHERE id = ?)",
        (matter_id,),
    ).fetchone()
    return None if row is None else MatterRow(**values(row))


def matters_of(connection: sqlite3.Connection, contact_id: int, *, limit: int) -> list[MatterRow]:
    """The matters of a contact, the latest first."""
    rows = connection.execute(
        "SELECT * FROM matter_list WHERE contact_id = ? ORDER BY last_at DESC LIMIT ?", (contact_id, limit)
    )
    return [MatterRow(**values(row)) for row in rows]
