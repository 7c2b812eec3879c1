"""The SQL of the keys by which a mail that was decided about is known again, and of when the last one was written."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from inboxcrm.store.times import to_instant_or_none, to_text


def was_decided(connection: sqlite3.Connection, key: str, *, words: str, since: datetime) -> bool:
    """Whether a message was decided about before: under its own key, or since then under the key of its words."""
    row = connection.execute(
        "SELECT 1 FROM answered WHERE key = :key OR (key = :words AND at >= :since)",
        {"key": key, "words": words, "since": to_text(since)},
    ).fetchone()
    return row is not None


def came_already(connection: sqlite3.Connection, words: str) -> bool:
    """Whether a person's mail with this key of its words was decided about: it asked already what it asks."""
    row = connection.execute(
        """
        SELECT 1
        FROM answered
        JOIN messages ON messages.id = answered.message_id
        WHERE answered.key = ? AND messages.class <> 'machine'
        """,
        (words,),
    ).fetchone()
    return row is not None


def keep(connection: sqlite3.Connection, keys: Iterable[str], message_id: int, *, at: datetime) -> None:
    """Remember that a message was decided about; never pruned below 400 days."""
    connection.executemany(
        "INSERT OR REPLACE INTO answered (key, at, message_id) VALUES (?, ?, ?)",
        [(key, to_text(at), message_id) for key in keys],
    )


def last_moment(connection: sqlite3.Connection) -> datetime | None:
    """When the ledger was last written: the clock cannot be much earlier."""
    row = connection.execute("SELECT MAX(at) FROM answered").fetchone()
    return to_instant_or_none(row[0])


def bring_back(connection: sqlite3.Connection, now: datetime) -> None:
    """Enter as of now what the ledger holds of later times: a clock that ran ahead wrote it."""
    connection.execute("UPDATE answered SET at = :now WHERE at > :now", {"now": to_text(now)})
