"""The SQL of what happens outside mail: calls, meetings, letters, posts; and of how contacts like to be reached."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from inboxcrm.store.times import to_instant, to_text


@dataclass(frozen=True, slots=True)
class InteractionRow:
    """One call, meeting, letter or post; `from_owner` says who began it."""

    id: int
    contact_id: int
    contact: str
    channel: str
    from_owner: bool
    at: datetime
    note: str
    message_id: int | None


@dataclass(frozen=True, slots=True)
class Preference:
    """How a contact likes to be reached, and what the owner adds ("not before ten")."""

    channel: str
    note: str


def add(
    connection: sqlite3.Connection,
    contact_id: int,
    *,
    channel: str,
    from_owner: bool,
    at: datetime,
    note: str,
    now: datetime,
    message_id: int | None = None,
) -> int:
    """Enter an interaction."""
    cursor = connection.execute(
        """
        INSERT INTO interactions (contact_id, channel, from_owner, at, note, message_id, logged_at)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """,
        (contact_id, channel, int(from_owner), to_text(at), note, message_id, to_text(now)),
    )
    return int(cursor.lastrowid or 0)


def listed(connection: sqlite3.Connection, contact_id: int | None = None, *, limit: int = 200) -> list[InteractionRow]:
    """What happened with a contact, or with anybody, the latest first."""
    rows = connection.execute(
        "SELECT * FROM interaction_list WHERE ? IS NULL OR contact_id = ? ORDER BY at DESC, id DESC LIMIT ?",
        (contact_id, contact_id, limit),
    )
    return [
        InteractionRow(**{**dict(row), "at": to_instant(row["at"]), "from_owner": bool(row["from_owner"])})
        for row in rows
    ]


def prefer(connection: sqlite3.Connection, contact_id: int, channel: str, note: str, *, now: datetime) -> None:
    """Remember how a contact likes to be reached."""
    connection.execute(
        "INSERT OR REPLACE INTO preferences (contact_id, channel, note, set_at) VALUES (?, ?, ?, ?)",
        (contact_id, channel, note, to_text(now)),
    )


def preference(connection: sqlite3.Connection, contact_id: int) -> Preference | None:
    """How a contact likes to be reached, if that is known."""
    row = connection.execute("SELECT channel, note FROM preferences WHERE contact_id = ?", (contact_id,)).fetchone()
    return None if row is None else Preference(row["channel"], row["note"])


def directions(connection: sqlite3.Connection, matter_id: int, *, since: datetime) -> list[str]:
    """Which way the mails of people went in a matter since then ("in", "out"), oldest first."""
    rows = connection.execute(
        """
        SELECT direction
        FROM messages
        WHERE matter_id = ? AND class <> 'machine' AND direction IN ('in', 'out') AND received_at >= ?
        ORDER BY received_at, id
        """,
        (matter_id, to_text(since)),
    )
    return [row["direction"] for row in rows]


def busiest_matter(connection: sqlite3.Connection, contact_id: int, *, since: datetime) -> int | None:
    """The matter with a contact in which most mails of people went to and fro since then."""
    row = connection.execute(
        """
        SELECT matter_id
        FROM messages
        WHERE contact_id = ? AND received_at >= ? AND class <> 'machine' AND matter_id IS NOT NULL
        GROUP BY matter_id
        ORDER BY COUNT(*) DESC, matter_id DESC
        LIMIT 1
        """,
        (contact_id, to_text(since)),
    ).fetchone()
    return None if row is None else int(row["matter_id"])
