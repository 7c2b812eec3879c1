"""The SQL of occasions, and of the years in which they were greeted."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from inboxcrm.domain.occasions import Kind, LeapDay, Occasion
from inboxcrm.store.times import to_text


@dataclass(frozen=True, slots=True)
class OccasionRow:
    """One occasion of a contact; `greeted_in` is the last year in which it was greeted."""

    id: int
    contact_id: int
    contact: str
    kind: str
    month: int
    day: int
    year: int | None
    leap_day: str
    note: str
    source: str
    greeted_in: int | None

    @property
    def occasion(self) -> Occasion:
        """The day it is."""
        return Occasion(Kind(self.kind), self.month, self.day, self.year, LeapDay(self.leap_day))


def add(
    connection: sqlite3.Connection, contact_id: int, occasion: Occasion, *, note: str, source: str, now: datetime
) -> int | None:
    """Enter an occasion; None where the contact has the same one already."""
    cursor = connection.execute(
        """
        INSERT OR IGNORE INTO occasions (contact_id, kind, month, day, year, leap_day, note, source, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        (
            contact_id,
            occasion.kind,
            occasion.month,
            occasion.day,
            occasion.year,
            occasion.leap_day,
            note,
            source,
            to_text(now),
        ),
    )
    return int(cursor.lastrowid or 0) if cursor.rowcount else None


def learn_year(connection: sqlite3.Connection, contact_id: int, occasion: Occasion, *, note: str) -> int | None:
    """Enter in which year an occasion began that is kept without one; None where there is none such."""
    row = connection.execute(
        """
        UPDATE occasions
        SET year = :year
        WHERE contact_id = :contact AND kind = :kind AND month = :month AND day = :day AND note = :note
          AND dropped_at IS NULL AND year IS NULL AND :year IS NOT NULL
        RETURNING id
        """,
        {
            "contact": contact_id,
            "kind": occasion.kind,
            "month": occasion.month,
            "day": occasion.day,
            "year": occasion.year,
            "note": note,
        },
    ).fetchone()
    return None if row is None else int(row["id"])


def by_id(connection: sqlite3.Connection, occasion_id: int) -> OccasionRow | None:
    """One occasion that stands."""
    row = connection.execute("SELECT * FROM occasion_list WHERE id = ?", (occasion_id,)).fetchone()
    return None if row is None else OccasionRow(**dict(row))


def listed(connection: sqlite3.Connection, contact_id: int | None = None) -> list[OccasionRow]:
    """The occasions of a contact, or of everybody, by the day of the year."""
    rows = connection.execute(
        "SELECT * FROM occasion_list WHERE ? IS NULL OR contact_id = ? ORDER BY month, day, id",
        (contact_id, contact_id),
    )
    return [OccasionRow(**dict(row)) for row in rows]


def newest(connection: sqlite3.Connection) -> int:
    """The highest number of any occasion there ever was."""
    return int(connection.execute("SELECT COALESCE(MAX(id), 0) FROM occasions").fetchone()[0])


def drop(connection: sqlite3.Connection, occasion_id: int, *, now: datetime) -> None:
    """It is none any more; the row stays."""
    connection.execute("UPDATE occasions SET dropped_at = ? WHERE id = ?", (to_text(now), occasion_id))


def greet(connection: sqlite3.Connection, occasion_id: int, year: int, *, how: str, now: datetime) -> bool:
    """The contact was greeted for this year's return; answers False where they had been already."""
    cursor = connection.execute(
        "INSERT OR IGNORE INTO greetings (occasion_id, year, greeted_at, how) VALUES (?, ?, ?, ?)",
        (occasion_id, year, to_text(now), how),
    )
    return cursor.rowcount > 0
