"""The SQL of what the program asks the owner with one key."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from inboxcrm.store.times import to_text


def ask(
    connection: sqlite3.Connection,
    kind: str,
    message_id: int,
    *,
    because: str,
    at: datetime,
    promise_id: int | None = None,
) -> None:
    """Ask about a mail, once: "settled", "invitation" (both about a promise) or "new-matter"."""
    connection.execute(
        """
        INSERT OR IGNORE INTO questions (kind, message_id, promise_id, because, asked_at)
        VALUES (?, ?, ?, ?, ?)
        """,
        (kind, message_id, promise_id, because, to_text(at)),
    )


def answer(connection: sqlite3.Connection, question_id: int, said: str, *, at: datetime) -> None:
    """The owner says "yes" or "no"."""
    connection.execute(
        "UPDATE questions SET answered_at = ?, answer = ? WHERE id = ? AND answered_at IS NULL",
        (to_text(at), said, question_id),
    )
