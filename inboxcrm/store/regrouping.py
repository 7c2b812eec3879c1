"""The SQL of splitting and merging matters by hand. What moved from where to where is kept for good.

Nothing is written twice: a message, its Message-ID, its promise and what was said about it move together, so that later
mail finds the matter its thread is in now.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime

from inboxcrm.store.times import to_text


def split(connection: sqlite3.Connection, matter_id: int, message_ids: Sequence[int], *, subject_key: str) -> int:
    """Move messages of a matter into a new one named after the first of them; answers the new matter's row."""
    cursor = connection.execute(
        """
        INSERT INTO matters (contact_id, organisation_id, subject, subject_key, turn, opened_at, last_at)
        SELECT COALESCE(messages.contact_id, matters.contact_id), matters.organisation_id, messages.subject,
               :subject_key, 'nobody', messages.received_at, messages.received_at
        FROM messages
        JOIN matters ON matters.id = messages.matter_id
        WHERE messages.id = :first
        """,
        {"first": message_ids[0], "subject_key": subject_key},
    )
    new = int(cursor.lastrowid or 0)
    _move(connection, matter_id, new, message_ids)
    return new


def part(connection: sqlite3.Connection, matter_id: int, message_ids: Sequence[int], *, merged: int) -> None:
    """Move messages of a matter back into the one from which it took them in, which stands again."""
    connection.execute("UPDATE matters SET merged_into = NULL WHERE id = ?", (merged,))
    _move(connection, matter_id, merged, message_ids)


def _move(connection: sqlite3.Connection, matter_id: int, new: int, message_ids: Sequence[int]) -> None:
    given = {"old": matter_id, "new": new, "moved": json.dumps(list(message_ids))}
    of_message = [
        f"UPDATE {table} SET matter_id = :new "  # noqa: S608 - a name from the schema
        "WHERE matter_id = :old AND message_id IN (SELECT value FROM json_each(:moved))"
        for table, by_message in _tables(connection)
        if by_message
    ]
    for statement in (*_SPLIT, *of_message):
        connection.execute(statement, given)
    _settle_times(connection, matter_id)
    _settle_times(connection, new)


_SPLIT = (
    """
    INSERT OR IGNORE INTO thread_ids (message_id, matter_id)
    SELECT message_id, :new
    FROM messages
    WHERE id IN (SELECT value FROM json_each(:moved)) AND message_id IS NOT NULL
    """,
    """
    DELETE FROM thread_ids
    WHERE matter_id = :old
      AND message_id IN (SELECT message_id FROM messages WHERE id IN (SELECT value FROM json_each(:moved)))
    """,
    """
    INSERT OR IGNORE INTO matter_people (matter_id, address_key)
    SELECT :new, address_key
    FROM matter_people
    WHERE matter_id = :old
      AND address_key IN (SELECT address_key FROM participants
                          WHERE message_id IN (SELECT value FROM json_each(:moved)))
    """,
    """
    UPDATE promises SET matter_id = :new
    WHERE matter_id = :old AND message_id IN (SELECT value FROM json_each(:moved))
    """,
    """
    UPDATE outbox SET matter_id = :new
    WHERE matter_id = :old
      AND (message_id IN (SELECT value FROM json_each(:moved))
           OR promise_id IN (SELECT id FROM promises WHERE matter_id = :new))
    """,
    "UPDATE messages SET matter_id = :new WHERE id IN (SELECT value FROM json_each(:moved))",
)


def merge(connection: sqlite3.Connection, matter_id: int, into: int) -> list[int]:
    """Move everything of a matter into another, for good; answers the messages that moved.

    At most one of the two may have a live promise, and at most one a follow-up date.
    """
    rows = connection.execute("SELECT id FROM messages WHERE matter_id = ? ORDER BY id", (matter_id,))
    moved = [int(row["id"]) for row in rows]
    everything = [
        f"UPDATE {table} SET matter_id = :new WHERE matter_id = :old"  # noqa: S608 - a name from the schema
        for table, _ in _tables(connection)
    ]
    for statement in (*_MERGE, *everything):
        connection.execute(statement, {"old": matter_id, "new": into})
    _settle_times(connection, into)
    return moved


_MERGE = (
    """
    INSERT OR IGNORE INTO thread_ids (message_id, matter_id)
    SELECT message_id, :new FROM thread_ids WHERE matter_id = :old
    """,
    "DELETE FROM thread_ids WHERE matter_id = :old",
    """
    INSERT OR IGNORE INTO matter_people (matter_id, address_key)
    SELECT :new, address_key FROM matter_people WHERE matter_id = :old
    """,
    "DELETE FROM matter_people WHERE matter_id = :old",
    "UPDATE matters SET merged_into = :new, turn = 'nobody' WHERE id = :old",
    "UPDATE matters SET merged_into = :new WHERE merged_into = :old",
    """
    UPDATE matters
    SET contact_id = COALESCE(contact_id, (SELECT contact_id FROM matters WHERE id = :old)),
        organisation_id = COALESCE(organisation_id, (SELECT organisation_id FROM matters WHERE id = :old))
    WHERE id = :new
    """,
)


_KEYED_BY_MATTER = ("thread_ids", "matter_people")
"""Tables that may hold the same thing for both matters already."""


def _tables(connection: sqlite3.Connection) -> list[tuple[str, bool]]:
    """Every other table that says which matter a row belongs to, and whether it also says which message."""
    rows = connection.execute(
        """
        SELECT tables.name AS name,
               EXISTS (SELECT 1 FROM pragma_table_info(tables.name) AS columns
                       WHERE columns.name = 'message_id') AS by_message
        FROM sqlite_master AS tables
        JOIN pragma_foreign_key_list(tables.name) AS keys ON keys."table" = 'matters' AND keys."from" = 'matter_id'
        WHERE tables.type = 'table'
        """
    )
    return [(str(row["name"]), bool(row["by_message"])) for row in rows if row["name"] not in _KEYED_BY_MATTER]


def _settle_times(connection: sqlite3.Connection, matter_id: int) -> None:
    """From when to when a matter's mail of people reaches now."""
    connection.execute(
        """
        UPDATE matters
        SET opened_at = COALESCE((SELECT MIN(received_at) FROM messages WHERE matter_id = :id), opened_at),
            last_at = COALESCE((SELECT MAX(received_at) FROM messages WHERE matter_id = :id AND class <> 'machine'),
                               last_at)
        WHERE id = :id
        """,
        {"id": matter_id},
    )


def last_direction(connection: sqlite3.Connection, matter_id: int) -> str | None:
    """Which way the last mail of a person in a matter went: "in" or "out"."""
    row = connection.execute(
        """
        SELECT direction FROM messages
        WHERE matter_id = ? AND class <> 'machine'
        ORDER BY received_at DESC, id DESC
        LIMIT 1
        """,
        (matter_id,),
    ).fetchone()
    return None if row is None else str(row["direction"])


def merged(connection: sqlite3.Connection, from_matter: int, to_matter: int, *, at: datetime) -> list[int]:
    """The messages that this merge moved."""
    row = connection.execute(
        "SELECT messages FROM matter_changes WHERE kind = 'merge' AND from_matter = ? AND to_matter = ? AND at = ?",
        (from_matter, to_matter, to_text(at)),
    ).fetchone()
    return [] if row is None else [int(each) for each in json.loads(row["messages"])]


def note(
    connection: sqlite3.Connection, kind: str, from_matter: int, to_matter: int, moved: Sequence[int], *, at: datetime
) -> None:
    """Keep what a split or a merge moved."""
    connection.execute(
        "INSERT INTO matter_changes (at, kind, from_matter, to_matter, messages) VALUES (?, ?, ?, ?, ?)",
        (to_text(at), kind, from_matter, to_matter, json.dumps(list(moved))),
    )
