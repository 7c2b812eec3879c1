"""The SQL of what people did on social networks."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from inboxcrm.domain.social import Notice
from inboxcrm.store.times import to_instant, to_text, to_text_or_none
from inboxcrm.store.views.rows import values


@dataclass(frozen=True, slots=True)
class SocialRow:
    """One notice that is open; `contact_id` is None while nobody has said who that is."""

    message_id: int
    network: str
    what: str
    who: str
    profile: str
    at: datetime
    due_at: datetime | None
    contact_id: int | None
    contact: str | None


@dataclass(frozen=True, slots=True)
class MachineMail:
    """A mail of a machine that may be a notice, and the mailbox it lies in (None once it has left)."""

    id: int
    at: datetime
    sender_key: str
    subject: str
    text: str
    mailbox: str | None


def candidates(connection: sqlite3.Connection, *, after: int, limit: int) -> list[MachineMail]:
    """The live mails behind a row that no person sent, or that nobody is sure of, oldest row first."""
    rows = connection.execute(
        """
        SELECT messages.id, messages.received_at AS at, messages.sender_key, messages.subject, letters.text,
               (SELECT mailboxes.name FROM locations
                JOIN folders ON folders.id = locations.folder_id
                JOIN mailboxes ON mailboxes.id = folders.mailbox_id
                WHERE locations.message_id = messages.id LIMIT 1) AS mailbox
        FROM messages
        JOIN letters ON letters.message_id = messages.id
        WHERE messages.id > ? AND messages.direction = 'in' AND messages.origin = 'live'
          AND messages.class <> 'human' AND messages.sender_key IS NOT NULL
        ORDER BY messages.id
        LIMIT ?
        """,
        (after, limit),
    )
    return [MachineMail(**{**dict(row), "at": to_instant(row["at"])}) for row in rows]


def add(
    connection: sqlite3.Connection, message_id: int, notice: Notice, *, at: datetime, due_at: datetime | None
) -> bool:
    """Enter a notice; answers False where the mail is on record as one already."""
    cursor = connection.execute(
        """
        INSERT OR IGNORE INTO social_notices (message_id, network, what, who, profile, at, due_at)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """,
        (message_id, notice.network, notice.what, notice.who, notice.profile, to_text(at), to_text_or_none(due_at)),
    )
    return cursor.rowcount > 0


def open_ones(connection: sqlite3.Connection) -> list[SocialRow]:
    """The notices that wait, the oldest first."""
    rows = connection.execute("SELECT * FROM social_list ORDER BY at, message_id")
    return [_row(row) for row in rows]


def by_message(connection: sqlite3.Connection, message_id: int) -> SocialRow | None:
    """The open notice of a message."""
    row = connection.execute("SELECT * FROM social_list WHERE message_id = ?", (message_id,)).fetchone()
    return None if row is None else _row(row)


def _row(row: sqlite3.Row) -> SocialRow:
    return SocialRow(**{**values(row), "at": to_instant(row["at"])})


def owner_of(connection: sqlite3.Connection, profile: str) -> int | None:
    """The contact to whom a page belongs, as the owner said."""
    row = connection.execute("SELECT contact_id FROM profiles WHERE url = ?", (profile,)).fetchone()
    return None if row is None else int(row[0])


def called(connection: sqlite3.Connection, name: str) -> list[int]:
    """The known contacts of exactly this name, case ignored."""
    rows = connection.execute(
        """
        SELECT id FROM contacts
        WHERE name = ? COLLATE NOCASE AND known_since IS NOT NULL AND merged_into IS NULL
        ORDER BY id
        """,
        (name,),
    )
    return [row[0] for row in rows]


def own(connection: sqlite3.Connection, profile: str, contact_id: int, *, now: datetime) -> None:
    """A page belongs to this contact from now on."""
    connection.execute(
        "INSERT OR REPLACE INTO profiles (url, contact_id, linked_at) VALUES (?, ?, ?)",
        (profile, contact_id, to_text(now)),
    )


def link(connection: sqlite3.Connection, message_id: int, contact_id: int, interaction_id: int) -> None:
    """The notice is about this contact, and stands in the list of what happened as one interaction."""
    connection.execute(
        "UPDATE social_notices SET contact_id = ?, interaction_id = ? WHERE message_id = ? AND interaction_id IS NULL",
        (contact_id, interaction_id, message_id),
    )


def close(connection: sqlite3.Connection, message_id: int, *, now: datetime | None) -> None:
    """It has been answered there, or needs no answer; None opens it again."""
    connection.execute(
        "UPDATE social_notices SET closed_at = ? WHERE message_id = ?", (to_text_or_none(now), message_id)
    )
