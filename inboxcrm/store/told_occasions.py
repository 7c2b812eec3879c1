"""The SQL of days that somebody mentioned and the owner has not kept yet."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from inboxcrm.store.times import to_instant, to_text

SUGGESTED, KEPT, DISMISSED = "suggested", "kept", "dismissed"


@dataclass(frozen=True, slots=True)
class ToldRow:
    """One suggestion. `day` is None where only the month was told; `source` is mail, vcard or the like."""

    id: int
    state: str
    contact_id: int
    contact: str
    kind: str
    month: int
    day: int | None
    year: int | None
    quote: str
    source: str
    told_at: datetime
    message_id: int | None

    @property
    def day_in_words(self) -> str:
        """What is known of the day: 2019-05-04, 05-04, or 05-?? where only the month was told."""
        year = "" if self.year is None else f"{self.year}-"
        return f"{year}{self.month:02}-{'??' if self.day is None else format(self.day, '02')}"


def suggest(
    connection: sqlite3.Connection,
    contact_id: int,
    *,
    kind: str,
    month: int,
    day: int | None,
    year: int | None,
    quote: str,
    source: str,
    told_at: datetime,
    message_id: int | None = None,
) -> int | None:
    """Enter a suggestion; None where it was made before, kept or dismissed, or the contact has such a day already.

    Only the month counts where one of the two has no day.
    """
    cursor = connection.execute(
        """
        INSERT OR IGNORE INTO told_occasions (contact_id, message_id, kind, month, day, year, quote, source, told_at)
        SELECT :contact_id, :message_id, :kind, :month, :day, :year, :quote, :source, :told_at
        WHERE NOT EXISTS (
          SELECT 1 FROM occasions
          WHERE contact_id = :contact_id AND kind = :kind AND month = :month AND (:day IS NULL OR day = :day)
            AND dropped_at IS NULL)
          AND NOT EXISTS (
          SELECT 1 FROM told_occasions
          WHERE contact_id = :contact_id AND kind = :kind AND month = :month AND (:day IS NULL OR day = :day))
        """,
        {
            "contact_id": contact_id,
            "message_id": message_id,
            "kind": kind,
            "month": month,
            "day": day,
            "year": year,
            "quote": quote,
            "source": source,
            "told_at": to_text(told_at),
        },
    )
    return int(cursor.lastrowid or 0) if cursor.rowcount else None


def by_id(connection: sqlite3.Connection, told_id: int) -> ToldRow | None:
    """One suggestion, whatever became of it."""
    row = connection.execute("SELECT * FROM told_occasion_list WHERE id = ?", (told_id,)).fetchone()
    return None if row is None else _row(row)


def listed(connection: sqlite3.Connection, contact_id: int | None = None) -> list[ToldRow]:
    """The suggestions about which nothing was said yet, of a contact or of everybody, the latest first."""
    rows = connection.execute(
        """
        SELECT *
        FROM told_occasion_list
        WHERE state = 'suggested' AND (? IS NULL OR contact_id = ?)
        ORDER BY told_at DESC, id DESC
        """,
        (contact_id, contact_id),
    )
    return [_row(row) for row in rows]


def _row(row: sqlite3.Row) -> ToldRow:
    return ToldRow(**{**dict(row), "told_at": to_instant(row["told_at"])})


def reopen(connection: sqlite3.Connection, told_id: int) -> None:
    """The owner has not decided after all."""
    connection.execute(
        "UPDATE told_occasions SET state = 'suggested', occasion_id = NULL, decided_at = NULL WHERE id = ?", (told_id,)
    )


def decide(
    connection: sqlite3.Connection, told_id: int, state: str, *, at: datetime, occasion_id: int | None = None
) -> None:
    """The owner kept it, as this occasion, or dismissed it."""
    connection.execute(
        "UPDATE told_occasions SET state = ?, occasion_id = ?, decided_at = ? WHERE id = ?",
        (state, occasion_id, to_text(at), told_id),
    )
