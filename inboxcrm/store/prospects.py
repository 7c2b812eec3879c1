"""The SQL of promises that can hardly be kept any more: what each counted on, and the mark."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from inboxcrm.store.times import to_instant, to_text


@dataclass(frozen=True, slots=True)
class Prospect:
    """A live promise that is not due yet. `needed` is the open time it counted on from `counted_from` to `due_at`."""

    promise_id: int
    counted_from: datetime
    due_at: datetime
    needed: timedelta
    plan: str | None
    unlikely: str | None


def prospects(connection: sqlite3.Connection, now: datetime) -> list[Prospect]:
    """Every promise that is owed, has a date and is not due yet."""
    rows = connection.execute(
        """
        SELECT promises.id, promises.counted_from, promises.due_at,
               COALESCE(promises.extended_minutes, promises.target_minutes) AS needed,
               COALESCE(contacts.plan, organisations.plan) AS plan, promises.unlikely
        FROM promises
        LEFT JOIN contacts ON contacts.id = promises.contact_id
        LEFT JOIN organisations ON organisations.id = contacts.organisation_id
        WHERE promises.state IN ('open', 'extended') AND promises.due_at > ?
        """,
        (to_text(now),),
    )
    return [
        Prospect(row_id, to_instant(start), to_instant(due_at), timedelta(minutes=needed), plan, unlikely)
        for row_id, start, due_at, needed, plan, unlikely in rows
    ]


def mark(connection: sqlite3.Connection, marks: Mapping[int, str | None]) -> None:
    """Note why these promises are unlikely now, None where they no longer are."""
    connection.executemany("UPDATE promises SET unlikely = ? WHERE id = ?", [(why, row) for row, why in marks.items()])


def extended(connection: sqlite3.Connection, promise_id: int, open_time: timedelta) -> None:
    """A promise was given a new date, this much open time away: whatever was said of the old one is over."""
    minutes = round(open_time / timedelta(minutes=1))
    connection.execute(
        "UPDATE promises SET unlikely = NULL, extended_minutes = MIN(target_minutes, ?) WHERE id = ?",
        (minutes, promise_id),
    )
