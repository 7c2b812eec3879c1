"""The SQL of what rules did about occasions and silences."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from inboxcrm.store.times import to_instant, to_text


@dataclass(frozen=True, slots=True)
class Occurrence:
    """What one rule did about one thing. `about` names it once for all: `occasion:7:2026`, or a silence's last word."""

    rule: str
    origin: str
    asked_on: str
    contact_id: int
    about: str
    at: datetime
    because: str
    outcome: str = ""
    occasion_id: int | None = None
    year: int | None = None
    outbox_id: int | None = None


def begin(connection: sqlite3.Connection, each: Occurrence) -> int | None:
    """Enter it before anything is done; None where this rule did its part about this thing already."""
    cursor = connection.execute(
        """
        INSERT OR IGNORE INTO rule_occurrences (rule, origin, asked_on, contact_id, about, occasion_id, year, at,
                                                because, outcome)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        (
            each.rule,
            each.origin,
            each.asked_on,
            each.contact_id,
            each.about,
            each.occasion_id,
            each.year,
            to_text(each.at),
            each.because,
            each.outcome,
        ),
    )
    return int(cursor.lastrowid or 0) if cursor.rowcount else None


def end(connection: sqlite3.Connection, occurrence_id: int, outcome: str, outbox_id: int | None) -> None:
    """What came of it."""
    connection.execute(
        "UPDATE rule_occurrences SET outcome = ?, outbox_id = ? WHERE id = ?", (outcome, outbox_id, occurrence_id)
    )


def listed(connection: sqlite3.Connection, *, contact_id: int | None = None, limit: int = 200) -> list[Occurrence]:
    """What was done, the latest first."""
    rows = connection.execute(
        """
        SELECT rule, origin, asked_on, contact_id, about, at, because, outcome, occasion_id, year, outbox_id
        FROM rule_occurrences
        WHERE ? IS NULL OR contact_id = ?
        ORDER BY id DESC
        LIMIT ?
        """,
        (contact_id, contact_id, limit),
    )
    return [Occurrence(**{**dict(row), "at": to_instant(row["at"])}) for row in rows]


def done(connection: sqlite3.Connection, about: str) -> frozenset[str]:
    """The rules that have done their part about one thing."""
    rows = connection.execute("SELECT rule FROM rule_occurrences WHERE about = ?", (about,))
    return frozenset(row["rule"] for row in rows)


def last_letter(connection: sqlite3.Connection, contact_id: int) -> int | None:
    """The newest letter between a person and the owner: where a draft to them takes its addresses from."""
    row = connection.execute(
        """
        SELECT id
        FROM messages
        WHERE contact_id = ? AND class <> 'machine' AND direction IN ('in', 'out')
        ORDER BY received_at DESC, id DESC
        LIMIT 1
        """,
        (contact_id,),
    ).fetchone()
    return None if row is None else int(row["id"])


def sent_greetings(connection: sqlite3.Connection) -> list[tuple[int, int]]:
    """Occasions, each with its year, for which a drafted greeting has gone out and that does not count as greeted."""
    rows = connection.execute(
        """
        SELECT rule_occurrences.occasion_id, rule_occurrences.year
        FROM rule_occurrences
        JOIN outbox ON outbox.id = rule_occurrences.outbox_id
        LEFT JOIN greetings ON greetings.occasion_id = rule_occurrences.occasion_id
          AND greetings.year = rule_occurrences.year
        WHERE rule_occurrences.occasion_id IS NOT NULL AND outbox.state = 'sent' AND greetings.year IS NULL
        """
    )
    return [(int(row["occasion_id"]), int(row["year"])) for row in rows]


def needless_drafts(connection: sqlite3.Connection) -> list[int]:
    """The drafts that wait for the owner although the occasion was greeted, or dropped, meanwhile."""
    rows = connection.execute(
        """
        SELECT outbox.id
        FROM rule_occurrences
        JOIN outbox ON outbox.id = rule_occurrences.outbox_id
        JOIN occasions ON occasions.id = rule_occurrences.occasion_id
        LEFT JOIN greetings ON greetings.occasion_id = rule_occurrences.occasion_id
          AND greetings.year = rule_occurrences.year
        WHERE outbox.state = 'awaiting' AND (greetings.year IS NOT NULL OR occasions.dropped_at IS NOT NULL)
        """
    )
    return [int(row["id"]) for row in rows]
