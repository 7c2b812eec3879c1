"""The SQL of the account of give and take."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from inboxcrm.domain.touches import Class, Touch
from inboxcrm.store.times import to_instant, to_text
from inboxcrm.store.views.rows import values


@dataclass(frozen=True, slots=True)
class TouchRow:
    """One touch in the account; `corrected_at` is set where the owner said what it was."""

    id: int
    contact_id: int
    contact: str
    at: datetime
    kind: str
    because: str
    corrected_at: datetime | None
    message_id: int | None
    interaction_id: int | None
    subject: str | None


def add(
    connection: sqlite3.Connection,
    *,
    contact_id: int,
    at: datetime,
    kind: str,
    because: str,
    message_id: int | None = None,
    interaction_id: int | None = None,
) -> None:
    """Enter a touch, unless the letter or the call is in the account already."""
    connection.execute(
        """
        INSERT OR IGNORE INTO touches (contact_id, message_id, interaction_id, at, kind, because)
        VALUES (?, ?, ?, ?, ?, ?)
        """,
        (contact_id, message_id, interaction_id, to_text(at), kind, because),
    )


def correct(connection: sqlite3.Connection, touch_id: int, kind: str, *, now: datetime) -> None:
    """The owner says what it was."""
    connection.execute(
        "UPDATE touches SET kind = ?, because = 'you said so', corrected_at = ? WHERE id = ?",
        (kind, to_text(now), touch_id),
    )


def listed(connection: sqlite3.Connection, contact_id: int | None = None, *, limit: int = 200) -> list[TouchRow]:
    """The account of a contact, or of everybody, the latest first."""
    rows = connection.execute(
        "SELECT * FROM touch_list WHERE ? IS NULL OR contact_id = ? ORDER BY at DESC, id DESC LIMIT ?",
        (contact_id, contact_id, limit),
    )
    return [_row(row) for row in rows]


def _row(row: sqlite3.Row) -> TouchRow:
    return TouchRow(**{**values(row), "at": to_instant(row["at"])})


def of_message(connection: sqlite3.Connection, message_id: int) -> TouchRow | None:
    """What a letter of the owner's was."""
    row = connection.execute("SELECT * FROM touch_list WHERE message_id = ?", (message_id,)).fetchone()
    return None if row is None else _row(row)


def account(connection: sqlite3.Connection, contact_id: int) -> list[Touch]:
    """The touches of one contact as the arithmetic wants them, oldest first."""
    rows = connection.execute("SELECT at, kind FROM touches WHERE contact_id = ? ORDER BY at, id", (contact_id,))
    return [Touch(to_instant(row["at"]), Class(row["kind"])) for row in rows]


@dataclass(frozen=True, slots=True)
class OwnLetter:
    """A letter of the owner's to be classed. `early`: the promise it kept was not even near its time."""

    id: int
    contact_id: int
    at: datetime
    subject: str
    text: str
    language: str | None
    answers: bool
    early: bool
    attachments: str


def unclassed(connection: sqlite3.Connection, *, after: int, since: datetime, limit: int) -> list[OwnLetter]:
    """The owner's letters behind a row, oldest row first, that went since then."""
    rows = connection.execute(
        """
        SELECT messages.id, messages.contact_id, messages.received_at AS at, messages.subject, letters.text,
               COALESCE(
                 messages.language, contacts.language,
                 (SELECT other.language FROM messages AS other
                  WHERE other.contact_id = messages.contact_id AND other.language IS NOT NULL
                  ORDER BY other.id DESC LIMIT 1)) AS language, messages.attachments,
               EXISTS (SELECT 1 FROM promises WHERE promises.contact_id = messages.contact_id
                       AND promises.ended_by = messages.id) AS answers,
               EXISTS (SELECT 1 FROM promises WHERE promises.contact_id = messages.contact_id
                       AND promises.ended_by = messages.id AND promises.ended_at < promises.warn_at) AS early
        FROM messages
        JOIN letters ON letters.message_id = messages.id
        JOIN contacts ON contacts.id = messages.contact_id
        WHERE messages.id > ? AND messages.direction = 'out' AND messages.received_at >= ?
        ORDER BY messages.id
        LIMIT ?
        """,
        (after, to_text(since), limit),
    )
    return [
        OwnLetter(
            **{**dict(row), "at": to_instant(row["at"]), "answers": bool(row["answers"]), "early": bool(row["early"])}
        )
        for row in rows
    ]
