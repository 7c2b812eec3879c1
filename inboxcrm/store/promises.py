"""The SQL of the ledger: promises, and the events that moved them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from inboxcrm.domain.promise import Event, State, move
from inboxcrm.store.times import to_instant, to_instant_or_none, to_text, to_text_or_none


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise's row. `told_due_at` is the time the sender was last told, None while the promise is silent."""

    id: int
    matter_id: int
    message_id: int
    contact_id: int | None
    state: State
    received_at: datetime
    due_at: datetime | None
    warn_at: datetime | None
    target: timedelta
    told_due_at: datetime | None
    asked: int


def _promise(row: sqlite3.Row) -> Promise:
    return Promise(
        row["id"],
        row["matter_id"],
        row["message_id"],
        row["contact_id"],
        State(row["state"]),
        to_instant(row["received_at"]),
        to_instant_or_none(row["due_at"]),
        to_instant_or_none(row["warn_at"]),
        timedelta(minutes=row["target_minutes"]),
        to_instant_or_none(row["told_due_at"]),
        row["asked"],
    )


def by_id(connection: sqlite3.Connection, promise_id: int) -> Promise | None:
    """One promise."""
    row = connection.execute("SELECT * FROM promises WHERE id = ?", (promise_id,)).fetchone()
    return None if row is None else _promise(row)


def live_of_matter(connection: sqlite3.Connection, matter_id: int) -> Promise | None:
    """The promise that is owed in a matter."""
    row = connection.execute(
        "SELECT * FROM promises WHERE matter_id = ? AND state IN ('open', 'extended', 'broken')", (matter_id,)
    ).fetchone()
    return None if row is None else _promise(row)


def live(connection: sqlite3.Connection) -> list[Promise]:
    """Every promise that is owed, the one due first at the head."""
    rows = connection.execute(
        "SELECT * FROM promises WHERE state IN ('open', 'extended', 'broken') ORDER BY due_at IS NULL, due_at"
    )
    return [_promise(row) for row in rows]


def make(
    connection: sqlite3.Connection,
    *,
    matter_id: int,
    message_id: int,
    contact_id: int | None,
    received_at: datetime,
    due_at: datetime | None,
    warn_at: datetime | None,
    target: timedelta,
    walk: Sequence[object],
    now: datetime,
) -> int:
    """Enter a promise. It is silent until an acknowledgement has told it (`tell`)."""
    cursor = connection.execute(
        """
        INSERT INTO promises (matter_id, message_id, contact_id, state, received_at, due_at, warn_at, target_minutes, walk)
        VALUES (:matter_id, :message_id, :contact_id, 'open', :received_at, :due_at, :warn_at, :target, :walk)
        """,
        {
            "matter_id": matter_id,
            "message_id": message_id,
            "contact_id": contact_id,
            "received_at": to_text(received_at),
            "due_at": to_text_or_none(due_at),
            "warn_at": to_text_or_none(warn_at),
            "target": round(target / timedelta(minutes=1)),
            "walk": json.dumps(walk),
        },
    )
    promise_id = int(cursor.lastrowid or 0)
    _append(connection, promise_id, "made", None, State.OPEN, now, {"due_at": to_text_or_none(due_at)})
    return promise_id


def happen(
    connection: sqlite3.Connection,
    promise: Promise,
    event: Event,
    *,
    at: datetime,
    detail: Mapping[str, object] | None = None,
) -> State:
    """Move a promise by the table of moves and append the event; answers the state it is in now."""
    state = move(promise.state, event)
    connection.execute("UPDATE promises SET state = ? WHERE id = ?", (state, promise.id))
    if not state.live:
        connection.execute("UPDATE promises SET ended_at = ? WHERE id = ?", (to_text(at), promise.id))
    _append(connection, promise.id, event, promise.state, state, at, detail or {})
    return state


def end(
    connection: sqlite3.Connection,
    promise: Promise,
    event: Event,
    *,
    at: datetime,
    how: str,
    by_message: int | None = None,
) -> State:
    """End a promise: `how` is "mail", "phone", "met" or the owner's own words; `at` is the time of the act."""
    state = happen(connection, promise, event, at=at, detail={"how": how})
    connection.execute("UPDATE promises SET ended_how = ?, ended_by = ? WHERE id = ?", (how, by_message, promise.id))
    return state


def tell(connection: sqlite3.Connection, promise_id: int, due_at: datetime | None, *, at: datetime) -> None:
    """An acknowledgement carried this time to the sender: what is told is what counts."""
    connection.execute(
        "UPDATE promises SET told_at = ?, told_due_at = ? WHERE id = ?",
        (to_text(at), to_text_or_none(due_at), promise_id),
    )
    row = connection.execute("SELECT state FROM promises WHERE id = ?", (promise_id,)).fetchone()
    _append(connection, promise_id, "told", row["state"], State(row["state"]), at, {"due_at": to_text_or_none(due_at)})


def chase(connection: sqlite3.Connection, promise: Promise, *, at: datetime) -> None:
    """The client asked again."""
    happen(connection, promise, Event.CHASED, at=at)
    connection.execute("UPDATE promises SET asked = asked + 1, snoozed_until = NULL WHERE id = ?", (promise.id,))


def warn(connection: sqlite3.Connection, promise: Promise, *, at: datetime) -> None:
    """Three quarters of the open time are gone."""
    happen(connection, promise, Event.WARNED, at=at)
    connection.execute("UPDATE promises SET warned_at = ? WHERE id = ?", (to_text(at), promise.id))


def extend(
    connection: sqlite3.Connection, promise: Promise, due_at: datetime, warn_at: datetime | None, *, at: datetime
) -> None:
    """Give a promise a new date."""
    happen(connection, promise, Event.EXTENDED, at=at, detail={"due_at": to_text(due_at)})
    connection.execute(
        "UPDATE promises SET due_at = ?, warn_at = ?, warned_at = NULL, snoozed_until = NULL WHERE id = ?",
        (to_text(due_at), to_text_or_none(warn_at), promise.id),
    )


def snooze(connection: sqlite3.Connection, promise_id: int, until: datetime) -> None:
    """Leave a promise out of sight for a while; its date does not move."""
    connection.execute("UPDATE promises SET snoozed_until = ? WHERE id = ?", (to_text(until), promise_id))


def to_warn(connection: sqlite3.Connection, now: datetime) -> list[Promise]:
    """Promises whose warning is due."""
    rows = connection.execute(
        """
        SELECT * FROM promises
        WHERE state IN ('open', 'extended') AND warned_at IS NULL AND warn_at <= ? AND due_at > ?
        """,
        (to_text(now), to_text(now)),
    )
    return [_promise(row) for row in rows]


def to_break(connection: sqlite3.Connection, now: datetime) -> list[Promise]:
    """Promises whose time has passed."""
    rows = connection.execute(
        "SELECT * FROM promises WHERE state IN ('open', 'extended') AND due_at < ?", (to_text(now),)
    )
    return [_promise(row) for row in rows]


def _append(
    connection: sqlite3.Connection,
    promise_id: int,
    event: str,
    before: str | None,
    after: State,
    at: datetime,
    detail: Mapping[str, object],
) -> None:
    connection.execute(
        "INSERT INTO promise_events (promise_id, at, event, from_state, to_state, detail) VALUES (?, ?, ?, ?, ?, ?)",
        (promise_id, to_text(at), event, before, after, json.dumps(detail)),
    )
