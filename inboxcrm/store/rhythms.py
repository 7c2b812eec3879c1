"""The SQL of rhythms: when contacts gave word, and what was made of their silence."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from inboxcrm.store.times import to_instant, to_instant_or_none, to_text, to_text_or_none
from inboxcrm.store.views.rows import values


@dataclass(frozen=True, slots=True)
class RhythmRow:
    """What is known of one contact's rhythm, in days.

    `spared` says why a silence is not remarked upon ("your turn", "they are away"), `broken_at` when a promise to them
    was broken before or in the silence, `seen_last_at` which last word's silence the owner has seen, `told_from_days`
    from which silence on the owner hears of it (None where they are spared).
    """

    contact_id: int
    contact: str
    organisation: str | None
    measured_at: datetime
    last_at: datetime
    touches: int
    typical_days: float | None
    silent_days: float
    chance: float
    bound_days: float
    silence: str
    spared: str | None
    broken_at: datetime | None
    seen_last_at: datetime | None
    told_from_days: float | None = None

    @property
    def told_at(self) -> datetime | None:
        """When the owner is to hear of it, if they stay silent until then."""
        if self.told_from_days is None:
            return None
        return self.measured_at + timedelta(days=max(0.0, self.told_from_days - self.silent_days))

    @property
    def told_since(self) -> datetime:
        """From when on this silence was one to hear of."""
        return self.last_at + timedelta(days=self.told_from_days or 0.0)

    @property
    def remarkable(self) -> bool:
        """Whether the owner should hear of it: a silence that is spared for no reason and was not seen yet."""
        return self.silence != "usual" and self.spared is None and self.seen_last_at != self.last_at


@dataclass(frozen=True, slots=True)
class Heard:
    """When a contact gave word, and what bears on their silence."""

    contact_id: int
    letters: tuple[datetime, ...]
    calls: tuple[datetime, ...]
    away_until: datetime | None
    owed: bool
    broken_at: datetime | None


def known_contacts(connection: sqlite3.Connection) -> list[int]:
    """The contacts whom the owner knows."""
    rows = connection.execute(
        "SELECT id FROM contacts WHERE known_since IS NOT NULL AND merged_into IS NULL ORDER BY id"
    )
    return [row[0] for row in rows]


def heard(connection: sqlite3.Connection, contact_id: int, *, since: datetime) -> Heard:
    """What one contact has let be heard since then; calls and meetings count whoever began them."""
    run = connection.execute
    letters = run(
        """
        SELECT received_at
        FROM messages
        WHERE contact_id = ? AND direction = 'in' AND class = 'human' AND received_at >= ?
        ORDER BY received_at
        """,
        (contact_id, to_text(since)),
    ).fetchall()
    calls = run(
        """
        SELECT at FROM interactions WHERE contact_id = :id AND at >= :since
        UNION
        SELECT ended_at FROM promises
        WHERE contact_id = :id AND state IN ('kept', 'kept_late') AND ended_how NOT IN ('mail', 'taken back')
          AND ended_at >= :since
        ORDER BY 1
        """,
        {"id": contact_id, "since": to_text(since)},
    ).fetchall()
    row = run(
        """
        SELECT contacts.away_until AS away_until,
               EXISTS (SELECT 1 FROM promises
                       WHERE promises.contact_id = contacts.id
                         AND promises.state IN ('open', 'extended', 'broken')) AS owed,
               (SELECT MAX(promise_events.at) FROM promises
                JOIN promise_events ON promise_events.promise_id = promises.id
                WHERE promises.contact_id = contacts.id AND promise_events.event = 'due-passed'
                  AND NOT EXISTS (SELECT 1 FROM promise_events AS later
                                  WHERE later.promise_id = promises.id AND later.event = 'not-due'
                                    AND later.id > promise_events.id)
                  AND (promises.ended_at IS NULL OR promises.ended_at > promise_events.at
                       OR promises.state = 'kept_late')) AS broken_at
        FROM contacts
        WHERE contacts.id = ?
        """,
        (contact_id,),
    ).fetchone()
    return Heard(
        contact_id,
        tuple(to_instant(each[0]) for each in letters),
        tuple(to_instant(each[0]) for each in calls),
        to_instant_or_none(row["away_until"]),
        bool(row["owed"]),
        to_instant_or_none(row["broken_at"]),
    )


def keep(
    connection: sqlite3.Connection,
    contact_id: int,
    *,
    measured_at: datetime,
    last_at: datetime,
    touches: int,
    typical_days: float | None,
    silent_days: float,
    chance: float,
    bound_days: float,
    silence: str,
    spared: str | None,
    broken_at: datetime | None,
    told_from_days: float | None = None,
) -> None:
    """Keep the latest measure of a contact; which silence the owner has seen stays."""
    connection.execute(
        """
        INSERT INTO rhythms (contact_id, measured_at, last_at, touches, typical_days, silent_days, chance, bound_days,
                             silence, spared, broken_at, told_from_days)
        VALUES (:contact_id, :measured_at, :last_at, :touches, :typical, :silent, :chance, :bound, :silence, :spared,
                :broken_at, :told_from)
        ON CONFLICT (contact_id) DO UPDATE
        SET measured_at = excluded.measured_at, last_at = excluded.last_at, touches = excluded.touches,
            typical_days = excluded.typical_days, silent_days = excluded.silent_days, chance = excluded.chance,
            bound_days = excluded.bound_days, silence = excluded.silence, spared = excluded.spared,
            broken_at = excluded.broken_at, told_from_days = excluded.told_from_days
        """,
        {
            "contact_id": contact_id,
            "measured_at": to_text(measured_at),
            "last_at": to_text(last_at),
            "touches": touches,
            "typical": typical_days,
            "silent": silent_days,
            "chance": chance,
            "bound": bound_days,
            "silence": silence,
            "spared": spared,
            "broken_at": to_text_or_none(broken_at),
            "told_from": told_from_days,
        },
    )


def of_contact(connection: sqlite3.Connection, contact_id: int) -> RhythmRow | None:
    """The latest measure of one contact."""
    row = connection.execute("SELECT * FROM rhythm_list WHERE contact_id = ?", (contact_id,)).fetchone()
    return None if row is None else RhythmRow(**values(row))


def silent(connection: sqlite3.Connection) -> list[RhythmRow]:
    """The contacts whose silence is not the usual one, the least likely first."""
    rows = connection.execute("SELECT * FROM rhythm_list WHERE silence <> 'usual' ORDER BY chance, contact_id")
    return [RhythmRow(**values(row)) for row in rows]


def nearing(connection: sqlite3.Connection, *, by: datetime, contact_id: int | None = None) -> list[RhythmRow]:
    """The contacts of whose silence the owner is to hear by then, where it lasts, the first of them first."""
    rows = connection.execute(
        """
        SELECT *
        FROM rhythm_list
        WHERE told_from_days IS NOT NULL AND (:contact_id IS NULL OR contact_id = :contact_id)
          AND julianday(measured_at) + MAX(0, told_from_days - silent_days) <= julianday(:by)
          AND seen_last_at IS NOT last_at
        ORDER BY julianday(measured_at) + MAX(0, told_from_days - silent_days), contact_id
        """,
        {"by": to_text(by), "contact_id": contact_id},
    )
    return [RhythmRow(**values(row)) for row in rows]


def see(connection: sqlite3.Connection, contact_id: int) -> None:
    """The owner has seen this silence; the next one is told again."""
    connection.execute("UPDATE rhythms SET seen_last_at = last_at WHERE contact_id = ?", (contact_id,))
