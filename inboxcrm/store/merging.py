"""The SQL of putting two contacts together.

Nothing is copied. Each row that belonged to the one contact is given to the other, and its key is kept in the image of
the merge. The card of a merged contact stays in its table as it was, out of sight.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from inboxcrm.domain.merging import FILLED, Fill, Settings, Value
from inboxcrm.store import contacts
from inboxcrm.store.belongings import Column, columns
from inboxcrm.store.merge_images import Image, entry_of, mark
from inboxcrm.store.times import to_instant, to_instant_or_none, to_text


@dataclass(frozen=True, slots=True)
class Merge:
    """One merge. `undone_at` is None while it holds."""

    id: int
    at: datetime
    kept_id: int
    merged_id: int
    kept: str
    merged: str
    undone_at: datetime | None


def merges(connection: sqlite3.Connection, *, all_: bool = False) -> list[Merge]:
    """The merges that hold, or all there ever were, the latest first."""
    rows = connection.execute(
        """
        SELECT contact_merges.id, at, kept_id, merged_id, kept.name AS kept, merged.name AS merged, undone_at
        FROM contact_merges
        JOIN contacts AS kept ON kept.id = kept_id
        JOIN contacts AS merged ON merged.id = merged_id
        WHERE :all OR undone_at IS NULL
        ORDER BY contact_merges.id DESC
        """,
        {"all": all_},
    )
    return [
        Merge(**{**dict(row), "at": to_instant(row["at"]), "undone_at": to_instant_or_none(row["undone_at"])})
        for row in rows
    ]


def settings(connection: sqlite3.Connection, contact_id: int) -> Settings:
    """What is set on a contact's own card."""
    row = connection.execute("SELECT * FROM contacts WHERE id = ?", (contact_id,)).fetchone()
    return {name: row[name] for name in ("name", "policy", "known_since", "known_because", *FILLED)}


def set_card(connection: sqlite3.Connection, contact_id: int, values: Mapping[str, Value]) -> None:
    """Set some of it."""
    for name, value in values.items():
        connection.execute(f"UPDATE contacts SET {name} = ? WHERE id = ?", (value, contact_id))  # noqa: S608 - our names


def counted(connection: sqlite3.Connection, contact_id: int) -> dict[str, int]:
    """How many rows of each table are a contact's; only tables that have some."""
    found: dict[str, int] = {}
    for column in columns(connection):
        row = connection.execute(f"SELECT COUNT(*) FROM {column.table} WHERE {column.name} = ?", (contact_id,))  # noqa: S608 - names from the schema
        count = int(row.fetchone()[0])
        if count:
            found[column.table] = found.get(column.table, 0) + count
    return found


def merge(connection: sqlite3.Connection, kept: int, merged: int, fills: Iterable[Fill], *, at: datetime) -> int:
    """Give everything of one contact to another; answers the row of the merge. Both must stand for themselves."""
    image = Image(list(fills), newest=_newest(connection))
    _join_occasions(connection, kept, merged, image, at)
    for column in columns(connection):
        _give(connection, column, merged, kept, image)
    set_card(connection, kept, {fill.name: fill.after for fill in image.fills})
    connection.execute("UPDATE contacts SET merged_into = ? WHERE id = ?", (kept, merged))
    cursor = connection.execute(
        "INSERT INTO contact_merges (at, kept_id, merged_id, image) VALUES (?, ?, ?, ?)",
        (to_text(at), kept, merged, image.text()),
    )
    return int(cursor.lastrowid or 0)


def _newest(connection: sqlite3.Connection) -> dict[str, int]:
    tables = {column.table for column in columns(connection) if column.numbered}
    return {
        table: int(connection.execute(f"SELECT COALESCE(MAX(rowid), 0) FROM {table}").fetchone()[0])  # noqa: S608 - names from the schema
        for table in sorted(tables)
    }


def _join_occasions(connection: sqlite3.Connection, kept: int, merged: int, image: Image, at: datetime) -> None:
    """The same day of both is kept once, and counts as greeted where either was."""
    pairs = connection.execute(
        """
        SELECT ours.id AS ours, theirs.id AS theirs
        FROM occasions AS theirs
        JOIN occasions AS ours USING (kind, month, day, note)
        WHERE theirs.contact_id = ? AND ours.contact_id = ? AND theirs.dropped_at IS NULL AND ours.dropped_at IS NULL
        """,
        (merged, kept),
    ).fetchall()
    for ours, theirs in pairs:
        lent = connection.execute(
            """
            INSERT OR IGNORE INTO greetings (occasion_id, year, greeted_at, how)
            SELECT ?, year, greeted_at, how FROM greetings WHERE occasion_id = ?
            RETURNING occasion_id, year
            """,
            (ours, theirs),
        ).fetchall()
        image.greeted += [list(row) for row in lent]
        connection.execute("UPDATE occasions SET dropped_at = ? WHERE id = ?", (to_text(at), theirs))
        image.retired.append(int(theirs))


def _give(connection: sqlite3.Connection, column: Column, source: int, target: int, image: Image) -> None:
    """Move the rows of one column; what the target has the like of is taken out, into the image."""
    before = _rows(connection, column, source, ", ".join(column.key) or "*")
    connection.execute(
        f"UPDATE OR IGNORE {column.table} SET {column.name} = ? WHERE {column.name} = ?",  # noqa: S608 - names from the schema
        (target, source),
    )
    left = _rows(connection, column, source, "rowid, *" if column.key == ("rowid",) else "*")
    stayed = {mark(entry_of(column, row)) for row in left}
    moved = [entry for row in before if mark(entry := entry_of(column, row)) not in stayed]
    if moved:
        image.moved[column.label] = moved
    if left:
        image.absorbed[column.label] = left
        connection.execute(f"DELETE FROM {column.table} WHERE {column.name} = ?", (source,))  # noqa: S608 - names from the schema


def _rows(connection: sqlite3.Connection, column: Column, contact_id: int, wanted: str) -> list[dict[str, Any]]:
    rows = connection.execute(
        f"SELECT {wanted} FROM {column.table} WHERE {column.name} = ?",  # noqa: S608 - names from the schema
        (contact_id,),
    )
    return [dict(row) for row in rows]


def lay_flat(connection: sqlite3.Connection, contact_id: int) -> None:
    """Let everybody who was merged into a contact over others be merged into it straight: it is about to be erased."""
    connection.execute(
        """
        WITH RECURSIVE inside (id) AS (
          SELECT id FROM contacts WHERE merged_into = :id
          UNION
          SELECT contacts.id FROM contacts JOIN inside ON contacts.merged_into = inside.id
        )
        UPDATE contacts SET merged_into = :id WHERE id IN (SELECT id FROM inside)
        """,
        {"id": contact_id},
    )


def gather_strays(connection: sqlite3.Connection) -> int:
    """Hand what was entered for a merged contact by somebody who had read it before to the one that stands for it."""
    gathered = 0
    if connection.execute("SELECT 1 FROM contacts WHERE merged_into IS NOT NULL LIMIT 1").fetchone() is None:
        return 0
    for column in columns(connection):
        rows = connection.execute(
            f"SELECT DISTINCT {column.name} FROM {column.table} "  # noqa: S608 - names from the schema
            f"WHERE {column.name} IN (SELECT id FROM contacts WHERE merged_into IS NOT NULL)"
        )
        for (merged,) in rows.fetchall():
            cursor = connection.execute(
                f"UPDATE OR IGNORE {column.table} SET {column.name} = ? WHERE {column.name} = ?",  # noqa: S608 - names from the schema
                (contacts.holder(connection, merged), merged),
            )
            gathered += cursor.rowcount
    return gathered
