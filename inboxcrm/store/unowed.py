"""The SQL of mail that a rule took for needing no answer, until the owner agrees or says that one is owed."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from inboxcrm.store import views
from inboxcrm.store.times import to_text


@dataclass(frozen=True, slots=True)
class Unowed:
    """One such mail, and the rules that spoke."""

    message: views.MessageRow
    because: str


def note(connection: sqlite3.Connection, message_id: int, *, because: str, at: datetime) -> None:
    """Remember that nothing was promised for this mail, and why."""
    connection.execute(
        "INSERT OR IGNORE INTO unowed (message_id, because, at) VALUES (?, ?, ?)", (message_id, because, to_text(at))
    )


def pending(connection: sqlite3.Connection, *, limit: int = -1) -> list[Unowed]:
    """The mails the owner has not looked at yet, newest first; all of them where no limit is given."""
    rows = connection.execute(
        "SELECT message_id, because FROM unowed WHERE settled_at IS NULL ORDER BY message_id DESC LIMIT ?", (limit,)
    ).fetchall()
    found = ((views.message(connection, row["message_id"]), row["because"]) for row in rows)
    return [Unowed(message, because) for message, because in found if message is not None]


def settle_matter(connection: sqlite3.Connection, matter_id: int, *, at: datetime) -> None:
    """The owner has closed the whole matter."""
    connection.execute(
        """
        UPDATE unowed
        SET settled_at = ?
        WHERE settled_at IS NULL AND message_id IN (SELECT id FROM messages WHERE matter_id = ?)
        """,
        (to_text(at), matter_id),
    )


def reopen(connection: sqlite3.Connection, *, matter_id: int, settled_at: datetime) -> None:
    """The owner has not decided about what was settled in a matter at this instant."""
    connection.execute(
        """
        UPDATE unowed
        SET settled_at = NULL
        WHERE settled_at = ? AND message_id IN (SELECT id FROM messages WHERE matter_id = ?)
        """,
        (to_text(settled_at), matter_id),
    )


def settle(connection: sqlite3.Connection, message_id: int, *, at: datetime) -> bool:
    """The owner has decided; answers whether the mail was waiting for that."""
    cursor = connection.execute(
        "UPDATE unowed SET settled_at = ? WHERE message_id = ? AND settled_at IS NULL", (to_text(at), message_id)
    )
    return cursor.rowcount > 0
