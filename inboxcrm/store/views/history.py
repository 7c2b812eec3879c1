"""How the owner's word was kept: by month, and promise by promise."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from inboxcrm.store.times import to_text
from inboxcrm.store.views.rows import values


@dataclass(frozen=True, slots=True)
class MonthRow:
    """What became of the promises made in one month (`2026-03`, UTC)."""

    month: str
    kept: int
    kept_late: int
    broken: int
    live: int
    settled: int


def record(connection: sqlite3.Connection, *, months: int = 24) -> list[MonthRow]:
    """The record by month, newest first; `settled` were withdrawn or needed no answer."""
    rows = connection.execute(
        """
        SELECT SUBSTR(received_at, 1, 7) AS month,
               SUM(state = 'kept') AS kept,
               SUM(state = 'kept_late') AS kept_late,
               SUM(state = 'broken') AS broken,
               SUM(state IN ('open', 'extended')) AS live,
               SUM(state IN ('withdrawn', 'moot')) AS settled
        FROM promises
        WHERE ended_how IS NOT 'taken back'
        GROUP BY month
        ORDER BY month DESC
        LIMIT ?
        """,
        (months,),
    )
    return [MonthRow(**dict(row)) for row in rows]


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One promise with all that the record asks; `first_told_due_at` is the time the sender was told first."""

    id: int
    message_id: int
    received_at: datetime
    state: str
    due_at: datetime | None
    ended_at: datetime | None
    ended_how: str | None
    extensions: int
    was_broken: bool
    first_told_due_at: datetime | None
    target_source: str | None
    learned_minutes: int | None
    contact_id: int | None
    contact: str
    organisation: str | None
    plan: str | None


def promise_record(connection: sqlite3.Connection, *, since: datetime) -> list[RecordRow]:
    """The promises made since then, oldest first."""
    rows = connection.execute(
        """
        SELECT promise_record.*,
               JSON_EXTRACT(decisions.story, '$.target.source') AS target_source,
               JSON_EXTRACT(decisions.story, '$.target.learned_minutes') AS learned_minutes
        FROM promise_record
        LEFT JOIN decisions ON decisions.message_id = promise_record.message_id
        WHERE received_at >= ?
        ORDER BY received_at, id
        """,
        (to_text(since),),
    )
    return [RecordRow(**(values(row) | {"was_broken": bool(row["was_broken"])})) for row in rows]
