"""The SQL of calls that were asked for."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import date, datetime

from inboxcrm.store.times import to_instant_or_none, to_text, to_text_or_none


@dataclass(frozen=True, slots=True)
class CallBack:
    """A call that somebody who is owed an answer asked for. `sure`: mail or owner named day and hour."""

    promise_id: int
    message_id: int
    contact: str
    subject: str
    phrase: str
    call_at: datetime | None
    call_on: date | None
    sure: bool


_LIVE = """
    SELECT call_backs.*, COALESCE(contacts.name, messages.sender) AS contact, messages.subject AS subject
    FROM call_backs
    JOIN promises ON promises.id = call_backs.promise_id
    JOIN messages ON messages.id = call_backs.message_id
    LEFT JOIN contacts ON contacts.id = promises.contact_id
    WHERE promises.state IN ('open', 'extended', 'broken')
"""


def keep(
    connection: sqlite3.Connection,
    promise_id: int,
    *,
    message_id: int,
    phrase: str,
    call_at: datetime | None,
    call_on: date | None,
    sure: bool,
) -> None:
    """Remember a wish; it takes the place of an earlier one for the same promise."""
    connection.execute(
        """
        INSERT OR REPLACE INTO call_backs (promise_id, message_id, phrase, call_at, call_on, sure)
        VALUES (?, ?, ?, ?, ?, ?)
        """,
        (promise_id, message_id, phrase, to_text_or_none(call_at), call_on and call_on.isoformat(), sure),
    )


def live(connection: sqlite3.Connection) -> list[CallBack]:
    """The calls that are still owed, the ones with an hour first, by time."""
    rows = connection.execute(
        _LIVE + " ORDER BY call_at IS NULL AND call_on IS NULL, COALESCE(call_at, call_on), promise_id"
    )
    return [_call_back(row) for row in rows]


def of_promise(connection: sqlite3.Connection, promise_id: int) -> CallBack | None:
    """The call that is owed with a promise."""
    row = connection.execute(_LIVE + " AND call_backs.promise_id = ?", (promise_id,)).fetchone()
    return None if row is None else _call_back(row)


def due(connection: sqlite3.Connection, *, after: datetime, before: datetime) -> list[CallBack]:
    """The calls that are owed between two instants."""
    rows = connection.execute(_LIVE + " AND call_at > ? AND call_at <= ?", (to_text(after), to_text(before)))
    return [_call_back(row) for row in rows]


def settle(connection: sqlite3.Connection, promise_id: int, call_at: datetime) -> None:
    """The owner says when the call is to be."""
    connection.execute(
        "UPDATE call_backs SET call_at = ?, call_on = NULL, sure = 1 WHERE promise_id = ?",
        (to_text(call_at), promise_id),
    )


def drop(connection: sqlite3.Connection, promise_id: int) -> None:
    """No call is meant: the answer stays owed."""
    connection.execute("DELETE FROM call_backs WHERE promise_id = ?", (promise_id,))


def _call_back(row: sqlite3.Row) -> CallBack:
    return CallBack(
        row["promise_id"],
        row["message_id"],
        row["contact"],
        row["subject"],
        row["phrase"],
        to_instant_or_none(row["call_at"]),
        None if row["call_on"] is None else date.fromisoformat(row["call_on"]),
        bool(row["sure"]),
    )
