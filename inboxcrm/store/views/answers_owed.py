"""What is owed, in the order in which the owner should look."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from inboxcrm.store.times import to_text
from inboxcrm.store.views.rows import values


@dataclass(frozen=True, slots=True)
class OwedRow:
    """One answer that is owed: the promise, the mail it is about, and what the sender was told.

    `unlikely` says why it can hardly be kept since the calendar was edited; None where it can.
    """

    promise_id: int
    state: str
    received_at: datetime
    due_at: datetime | None
    told_due_at: datetime | None
    told_at: datetime | None
    asked: int
    snoozed_until: datetime | None
    matter_id: int
    message_id: int
    contact_id: int | None
    contact: str
    sender: str
    organisation: str | None
    plan: str | None
    stranger: bool
    subject: str
    preview: str
    outcome: str | None
    reasons: tuple[str, ...]
    mail_class: str
    acknowledgement: str | None
    warned_at: datetime | None = None
    unlikely: str | None = None

    @property
    def shown_state(self) -> str:
        """The state as the queue says it: one that was warned of is "warned", one whose time has gone "unlikely"."""
        if self.state == "broken":
            return self.state
        if self.unlikely is not None:
            return "unlikely"
        return "warned" if self.warned_at is not None else self.state


def unlikely(connection: sqlite3.Connection, *, now: datetime) -> list[OwedRow]:
    """What can hardly be kept since the calendar was edited, the one due first at the head."""
    rows = connection.execute(
        """
        SELECT * FROM owed
        WHERE unlikely IS NOT NULL AND state <> 'broken' AND due_at > ?
        ORDER BY due_at, promise_id
        """,
        (to_text(now),),
    )
    return [OwedRow(**values(row)) for row in rows]


def queue(connection: sqlite3.Connection, *, now: datetime, zone: ZoneInfo) -> list[OwedRow]:
    """What is owed, in the order in which the owner should look: broken, due today, plan, asked twice, oldest.

    Snoozed rows are left out until their time; `zone` says which day is today.
    """
    rows = connection.execute("SELECT * FROM owed WHERE snoozed_until IS NULL OR snoozed_until <= ?", (to_text(now),))
    today = now.astimezone(zone).date()
    return sorted((OwedRow(**values(row)) for row in rows), key=lambda row: _urgency(row, today, zone))


def all_owed(connection: sqlite3.Connection) -> list[OwedRow]:
    """Everything that is owed, snoozed or not, the one due first at the head."""
    rows = connection.execute("SELECT * FROM owed ORDER BY due_at IS NULL, due_at, promise_id")
    return [OwedRow(**values(row)) for row in rows]


def by_person(rows: Sequence[OwedRow]) -> list[list[OwedRow]]:
    """The queue as one pile for each person, in the order of its most urgent sheet."""
    piles: dict[object, list[OwedRow]] = {}
    for row in rows:
        piles.setdefault(row.contact_id or row.sender, []).append(row)
    return list(piles.values())


def _urgency(row: OwedRow, today: date, zone: ZoneInfo) -> tuple[bool, bool, bool, bool, datetime]:
    due_today = row.due_at is not None and row.due_at.astimezone(zone).date() <= today
    return (row.state != "broken", not due_today, row.plan is None, row.asked < 2, row.received_at)


def owed(connection: sqlite3.Connection, promise_id: int) -> OwedRow | None:
    """One live promise."""
    row = connection.execute("SELECT * FROM owed WHERE promise_id = ?", (promise_id,)).fetchone()
    return None if row is None else OwedRow(**values(row))


def owed_in_matter(connection: sqlite3.Connection, matter_id: int) -> OwedRow | None:
    """The live promise of a matter."""
    row = connection.execute("SELECT * FROM owed WHERE matter_id = ?", (matter_id,)).fetchone()
    return None if row is None else OwedRow(**values(row))


def owed_to(connection: sqlite3.Connection, contact_id: int) -> list[OwedRow]:
    """What is owed to one contact, oldest first, snoozed or not."""
    rows = connection.execute("SELECT * FROM owed WHERE contact_id = ? ORDER BY received_at", (contact_id,))
    return [OwedRow(**values(row)) for row in rows]


@dataclass(frozen=True, slots=True)
class Pile:
    """One person's place in the queue: the promises, the most urgent first, and how urgent that one is.

    `person` is the contact's id, or the sender as written where there is no contact.
    """

    person: int | str
    promise_ids: tuple[int, ...]
    broken: bool
    due_today: bool


def piles(connection: sqlite3.Connection, *, now: datetime, zone: ZoneInfo) -> list[Pile]:
    """The queue as `by_person` arranges it, without the rows themselves: fast however much is owed.

    The rows come oldest first out of one index and are dealt into a heap for each degree of urgency, so nothing is
    sorted. Read the rows that are shown with `owed`.
    """
    tomorrow = datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(0), tzinfo=zone)
    rows = connection.execute(
        """
        SELECT id,
               COALESCE(contact_id, (SELECT sender FROM messages WHERE messages.id = message_id)) AS person,
               8 * (state <> 'broken')
               + 4 * COALESCE(due_at >= :tomorrow, 1)
               + 2 * (contact_id IS NULL OR contact_id NOT IN (
                        SELECT contacts.id
                        FROM contacts
                        LEFT JOIN organisations ON organisations.id = contacts.organisation_id
                        WHERE COALESCE(contacts.plan, organisations.plan) IS NOT NULL))
               + (chasers = 0) AS patience
        FROM promises INDEXED BY promises_queue
        WHERE state IN ('open', 'extended', 'broken') AND (snoozed_until IS NULL OR snoozed_until <= :now)
        ORDER BY received_at, id
        """,
        {"tomorrow": to_text(tomorrow), "now": to_text(now)},
    )
    heaps: list[list[tuple[int, int | str]]] = [[] for _ in range(16)]
    for promise_id, person, patience in rows:
        heaps[patience].append((promise_id, person))
    found: dict[int | str, tuple[int, list[int]]] = {}
    for patience, heap in enumerate(heaps):
        for promise_id, person in heap:
            found.setdefault(person, (patience, []))[1].append(promise_id)
    return [
        Pile(person, tuple(ids), broken=patience < 8, due_today=not patience & 4)
        for person, (patience, ids) in found.items()
    ]
