"""The SQL of absences that calendars elsewhere state: how each calendar fares, and the absences that came of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from inboxcrm.domain.office_hours import Away
from inboxcrm.store.home import absence
from inboxcrm.store.times import to_instant, to_instant_or_none, to_text


@dataclass(frozen=True, slots=True)
class Standing:
    """How a calendar fares. `content` stands for what it held when it was read last, `fault` says why it cannot be."""

    name: str
    checked_at: datetime
    read_at: datetime | None
    content: str | None
    fault: str | None
    fault_since: datetime | None


@dataclass(frozen=True, slots=True)
class Entered:
    """An absence that came of an event. `stated` is what the calendar said of its time when the row was written."""

    id: int
    event: str
    stated: str
    away: Away


def standings(connection: sqlite3.Connection) -> dict[str, Standing]:
    """How every calendar fares that was ever looked at, by name."""
    rows = connection.execute("SELECT * FROM away_calendars ORDER BY name")
    return {
        row["name"]: Standing(
            row["name"],
            to_instant(row["checked_at"]),
            to_instant_or_none(row["read_at"]),
            row["content"],
            row["fault"],
            to_instant_or_none(row["fault_since"]),
        )
        for row in rows
    }


def note_read(connection: sqlite3.Connection, name: str, *, content: str, at: datetime) -> None:
    """It was read, whether it held anything new or not."""
    connection.execute(
        """
        INSERT OR REPLACE INTO away_calendars (name, checked_at, read_at, content) VALUES (:name, :at, :at, :content)
        """,
        {"name": name, "at": to_text(at), "content": content},
    )


def note_fault(connection: sqlite3.Connection, name: str, fault: str, *, at: datetime) -> None:
    """It could not be read; what it said last stays in force."""
    connection.execute(
        """
        INSERT INTO away_calendars (name, checked_at, fault, fault_since) VALUES (:name, :at, :fault, :at)
        ON CONFLICT (name) DO UPDATE
        SET checked_at = :at, fault = :fault, fault_since = COALESCE(fault_since, :at)
        """,
        {"name": name, "at": to_text(at), "fault": fault},
    )


def origins(connection: sqlite3.Connection) -> dict[int, str]:
    """Which calendar an absence came from, by the absence's row; those entered by hand are left out."""
    rows = connection.execute("SELECT id, calendar FROM away WHERE calendar IS NOT NULL")
    return dict(rows.fetchall())


def forget(connection: sqlite3.Connection, name: str) -> None:
    """It is not in config.toml any more."""
    connection.execute("DELETE FROM away_calendars WHERE name = ?", (name,))


def entered(connection: sqlite3.Connection, name: str) -> dict[str, Entered]:
    """The absences of a calendar by event, those that were taken back by hand among them."""
    rows = connection.execute("SELECT * FROM away WHERE calendar = ? AND event IS NOT NULL", (name,))
    return {row["event"]: Entered(row["id"], row["event"], row["stated"], absence(row)) for row in rows}


def state(connection: sqlite3.Connection, away_id: int, *, calendar: str, event: str, stated: str) -> None:
    """Say from which event of which calendar an absence came."""
    connection.execute(
        "UPDATE away SET calendar = ?, event = ?, stated = ? WHERE id = ?", (calendar, event, stated, away_id)
    )


def move(connection: sqlite3.Connection, away_id: int, away: Away, *, stated: str) -> None:
    """The event takes place at another time: the absence counts again, whoever took it back."""
    connection.execute(
        "UPDATE away SET start_at = ?, end_at = ?, stated = ?, cancelled_at = NULL WHERE id = ?",
        (to_text(away.start_at), to_text(away.end_at), stated, away_id),
    )
    reword(connection, away_id, away)


def reword(connection: sqlite3.Connection, away_id: int, away: Away) -> None:
    """What config.toml says of the absences of this calendar has changed."""
    connection.execute(
        "UPDATE away SET kind = ?, wording = ?, buffer_minutes = ? WHERE id = ?",
        (away.kind, away.wording, round(away.buffer / timedelta(minutes=1)), away_id),
    )


def release(connection: sqlite3.Connection, away_ids: Collection[int]) -> None:
    """The events of these absences are gone from their calendar: the rows stay as a record."""
    connection.executemany("UPDATE away SET event = NULL WHERE id = ?", [(row,) for row in away_ids])
