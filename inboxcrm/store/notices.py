"""The SQL of notices to the owner and of their deliveries."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from inboxcrm.ports import Notice
from inboxcrm.store.times import to_instant, to_text


@dataclass(frozen=True, slots=True)
class Delivery:
    """One notice on its way by one route; `attempts` counts those that were made."""

    notice_id: int
    notice: Notice
    route: str
    attempts: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A notice and how it fared by one route, for lists."""

    id: int
    made_at: datetime
    kind: str
    title: str
    text: str
    urgent: bool
    route: str
    state: str
    attempts: int
    next_at: datetime | None
    cause: str | None


def add(
    connection: sqlite3.Connection,
    notice: Notice,
    *,
    routes: Sequence[str],
    message_id: int | None,
    now: datetime,
    expires_at: datetime,
) -> bool:
    """Enter a notice for each of these routes; False where its key is there already: each notice once."""
    cursor = connection.execute(
        """
        INSERT OR IGNORE INTO notices (key, kind, urgent, title, text, message_id, made_at, expires_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """,
        (
            notice.key,
            notice.kind,
            notice.urgent,
            notice.title,
            notice.text,
            message_id,
            to_text(now),
            to_text(expires_at),
        ),
    )
    if cursor.rowcount == 0:
        return False
    connection.executemany(
        "INSERT INTO notice_deliveries (notice_id, route, state, next_at) VALUES (?, ?, 'waiting', ?)",
        [(cursor.lastrowid, route, to_text(now)) for route in routes],
    )
    return True


def due(connection: sqlite3.Connection, now: datetime) -> list[Delivery]:
    """What may be tried now, urgent first, then oldest."""
    rows = connection.execute(
        """
        SELECT notices.*, route, attempts
        FROM notice_deliveries
        JOIN notices ON notices.id = notice_deliveries.notice_id
        WHERE state = 'waiting' AND next_at <= ?
        ORDER BY urgent DESC, notices.id, route
        LIMIT 50
        """,
        (to_text(now),),
    )
    return [
        Delivery(
            row["id"],
            Notice(row["key"], row["kind"], row["title"], row["text"], bool(row["urgent"])),
            row["route"],
            row["attempts"],
            to_instant(row["expires_at"]),
        )
        for row in rows
    ]


def rang_since(connection: sqlite3.Connection, since: datetime) -> list[datetime]:
    """When notices first went out, from `since` on."""
    rows = connection.execute("SELECT rang_at FROM notices WHERE rang_at >= ? ORDER BY rang_at", (to_text(since),))
    return [to_instant(at) for (at,) in rows]


def has_rung(connection: sqlite3.Connection, notice_id: int) -> bool:
    """Whether a notice has gone out by any way."""
    row = connection.execute("SELECT rang_at IS NOT NULL FROM notices WHERE id = ?", (notice_id,)).fetchone()
    return bool(row is not None and row[0])


def claim(connection: sqlite3.Connection, delivery: Delivery, *, now: datetime) -> None:
    """Take one for sending; durable before anything leaves the machine."""
    connection.execute(
        "UPDATE notices SET rang_at = COALESCE(rang_at, ?) WHERE id = ?", (to_text(now), delivery.notice_id)
    )
    connection.execute(
        "UPDATE notice_deliveries SET state = 'sending', attempts = attempts + 1 WHERE notice_id = ? AND route = ?",
        (delivery.notice_id, delivery.route),
    )


def put_off(connection: sqlite3.Connection, delivery: Delivery, *, until: datetime, cause: str) -> None:
    """Wait until then."""
    connection.execute(
        """
        UPDATE notice_deliveries SET state = 'waiting', next_at = ?, cause = ? WHERE notice_id = ? AND route = ?
        """,
        (to_text(until), cause, delivery.notice_id, delivery.route),
    )


def end(connection: sqlite3.Connection, delivery: Delivery, state: str, *, now: datetime, cause: str | None) -> None:
    """It is `delivered`, `failed` or `expired`."""
    connection.execute(
        """
        UPDATE notice_deliveries SET state = ?, ended_at = ?, cause = ? WHERE notice_id = ? AND route = ?
        """,
        (state, to_text(now), cause, delivery.notice_id, delivery.route),
    )


def recover(connection: sqlite3.Connection) -> int:
    """What was being sent when the process ended is tried again: rung twice is better than never rung."""
    return connection.execute("UPDATE notice_deliveries SET state = 'waiting' WHERE state = 'sending'").rowcount


def listed(connection: sqlite3.Connection, *, limit: int = 50) -> list[NoticeRow]:
    """The newest notices by route."""
    rows = connection.execute(
        """
        SELECT id, made_at, kind, title, text, urgent, route, state, attempts, next_at, cause
        FROM notices
        JOIN notice_deliveries ON notice_deliveries.notice_id = notices.id
        ORDER BY id DESC, route
        LIMIT ?
        """,
        (limit,),
    )
    return [
        NoticeRow(
            row["id"],
            to_instant(row["made_at"]),
            row["kind"],
            row["title"],
            row["text"],
            bool(row["urgent"]),
            row["route"],
            row["state"],
            row["attempts"],
            to_instant(row["next_at"]) if row["state"] == "waiting" else None,
            row["cause"],
        )
        for row in rows
    ]
