"""The mail itself: one, the newest, those of a matter or a contact, and its text."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from inboxcrm.store.times import to_text
from inboxcrm.store.views.rows import PAGE, values


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One message as lists show it."""

    id: int
    received_at: datetime
    direction: str
    mail_class: str
    outcome: str | None
    reasons: tuple[str, ...]
    sender: str
    recipients: str
    subject: str
    preview: str
    attachments: tuple[Mapping[str, Any], ...]
    size: int
    message_id: str | None
    matter_id: int | None
    contact_id: int | None
    contact: str | None
    organisation: str | None


def message(connection: sqlite3.Connection, message_id: int) -> MessageRow | None:
    """One message."""
    row = connection.execute("SELECT * FROM message_list WHERE id = ?", (message_id,)).fetchone()
    return None if row is None else MessageRow(**values(row))


def newest(connection: sqlite3.Connection, *, limit: int = PAGE, offset: int = 0) -> list[MessageRow]:
    """The newest messages."""
    rows = connection.execute(
        "SELECT * FROM message_list ORDER BY received_at DESC, id DESC LIMIT ? OFFSET ?", (limit, offset)
    )
    return [MessageRow(**values(row)) for row in rows]


def count_messages(connection: sqlite3.Connection) -> int:
    """How many messages are on record."""
    return int(connection.execute("SELECT COUNT(*) FROM messages WHERE erased_at IS NULL").fetchone()[0])


def newest_id(connection: sqlite3.Connection) -> int:
    """The row of the message that was stored last; 0 while there is none."""
    return int(connection.execute("SELECT COALESCE(MAX(id), 0) FROM messages").fetchone()[0])


def first_incoming_after(connection: sqlite3.Connection, row_id: int) -> int | None:
    """The first message to the owner that was stored after this row."""
    row = connection.execute(
        "SELECT MIN(id) FROM messages WHERE id > ? AND direction = 'in' AND erased_at IS NULL", (row_id,)
    ).fetchone()
    return None if row[0] is None else int(row[0])


def of_matter(connection: sqlite3.Connection, matter_id: int, *, limit: int = -1, offset: int = 0) -> list[MessageRow]:
    """A matter's messages, oldest first; all of them where no limit is given."""
    rows = connection.execute(
        "SELECT * FROM message_list WHERE matter_id = ? ORDER BY received_at, id LIMIT ? OFFSET ?",
        (matter_id, limit, offset),
    )
    return [MessageRow(**values(row)) for row in rows]


def timeline(connection: sqlite3.Connection, contact_id: int, *, limit: int = 200, offset: int = 0) -> list[MessageRow]:
    """What went to and fro with a contact, newest first."""
    rows = connection.execute(
        "SELECT * FROM message_list WHERE contact_id = ? ORDER BY received_at DESC, id DESC LIMIT ? OFFSET ?",
        (contact_id, limit, offset),
    )
    return [MessageRow(**values(row)) for row in rows]


def text(connection: sqlite3.Connection, message_id: int) -> str:
    """A message's letter as text; hostile characters are still in it, show it through `domain.text.visible`."""
    row = connection.execute("SELECT text FROM letters WHERE message_id = ?", (message_id,)).fetchone()
    return "" if row is None else str(row["text"])


def defects(connection: sqlite3.Connection, message_id: int) -> tuple[str, ...]:
    """What was wrong with a message as it came, in the words of `domain.mime`."""
    row = connection.execute("SELECT defects FROM messages WHERE id = ?", (message_id,)).fetchone()
    return () if row is None else tuple(json.loads(row["defects"]))


def find(connection: sqlite3.Connection, reference: str) -> int | None:
    """The message a person means by a row id or a Message-ID (with or without its angle brackets)."""
    if reference.isdigit():
        row = connection.execute(
            "SELECT id FROM messages WHERE id = ? AND erased_at IS NULL", (int(reference),)
        ).fetchone()
    else:
        bare = reference.strip().strip("<>")
        row = connection.execute(
            "SELECT id FROM messages WHERE message_id = ? ORDER BY id LIMIT 1", (f"<{bare}>",)
        ).fetchone()
    return None if row is None else int(row["id"])


def filed(connection: sqlite3.Connection, *, since: datetime) -> list[MessageRow]:
    """The mail of people since then that was filed without a decision, oldest first: a backlog, an import."""
    rows = connection.execute(
        """
        SELECT * FROM message_list
        WHERE direction = 'in' AND class <> 'machine' AND received_at >= ?
          AND NOT EXISTS (SELECT 1 FROM decisions WHERE decisions.message_id = message_list.id)
        ORDER BY received_at, id
        """,
        (to_text(since),),
    )
    return [MessageRow(**values(row)) for row in rows]
