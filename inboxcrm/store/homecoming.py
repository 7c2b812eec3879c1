"""The SQL of coming back: which absences the owner has not gone through, and what changed while they lasted."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from inboxcrm.store.times import to_instant, to_text


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """One thing that happened in a matter: `what` is "wrote", "asked again", "colleague", "bounced" or an ended state.

    `by` is who did it and `said` how their mail begins, where there is one.
    """

    matter_id: int
    at: datetime
    what: str
    by: str
    said: str


def not_gone_through(connection: sqlite3.Connection, *, now: datetime, since: datetime) -> tuple[int, ...]:
    """The absences that ended between these instants and that the owner has not gone through."""
    rows = connection.execute(
        """
        SELECT id FROM away
        WHERE cancelled_at IS NULL AND gone_through_at IS NULL AND end_at <= ? AND end_at > ?
        """,
        (to_text(now), to_text(since)),
    )
    return tuple(row_id for (row_id,) in rows)


def gone_through(connection: sqlite3.Connection, away_ids: Collection[int], *, at: datetime) -> None:
    """The owner has seen what came in these absences."""
    connection.executemany(
        "UPDATE away SET gone_through_at = ? WHERE id = ?", [(to_text(at), row_id) for row_id in away_ids]
    )


def meanwhile(
    connection: sqlite3.Connection, *, since: datetime, own_domains: Collection[str]
) -> dict[int, list[Meanwhile]]:
    """What happened since then in the matters that anything is owed in, or was when it ended, oldest first.

    The mail that a promise was made for is not counted as news of its matter. A person of one of `own_domains` who
    writes in a matter is a colleague.
    """
    marks = ", ".join("?" for _ in own_domains) or "NULL"
    rows = connection.execute(
        f"""
        SELECT messages.matter_id AS matter_id, messages.received_at AS at,
               CASE WHEN SUBSTR(messages.sender_key, INSTR(messages.sender_key, '@') + 1) IN ({marks})
                    THEN 'colleague' ELSE 'wrote' END AS what,
               messages.sender AS by, messages.preview AS said
        FROM messages
        WHERE messages.direction = 'in' AND messages.class <> 'machine' AND messages.received_at >= ?
          AND messages.matter_id IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM promises WHERE promises.message_id = messages.id)
        UNION ALL
        SELECT messages.matter_id, messages.received_at, 'bounced', messages.sender, messages.preview
        FROM messages
        WHERE messages.class = 'machine' AND messages.direction = 'in' AND messages.received_at >= ?
          AND messages.matter_id IS NOT NULL
          AND EXISTS (SELECT 1 FROM json_each(messages.reasons) WHERE value IN ('dsn', 'bounce-like'))
        UNION ALL
        SELECT promises.matter_id, promise_events.at,
               CASE promise_events.event WHEN 'chased' THEN 'asked again' ELSE promise_events.to_state END, '', ''
        FROM promise_events
        JOIN promises ON promises.id = promise_events.promise_id
        WHERE promise_events.at >= ? AND promises.ended_how IS NOT 'taken back'
          AND (promise_events.event = 'chased' AND promises.chasers > 0
               OR promise_events.to_state IN ('kept', 'kept_late', 'withdrawn', 'moot'))
        ORDER BY at
        """,  # noqa: S608 - placeholders only
        (*own_domains, *[to_text(since)] * 3),
    )
    found: dict[int, list[Meanwhile]] = {}
    for matter_id, at, what, by, said in rows:
        found.setdefault(matter_id, []).append(Meanwhile(matter_id, to_instant(at), what, by, said))
    return found
