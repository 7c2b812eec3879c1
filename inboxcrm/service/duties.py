"""Enters the duty to answer: the promise, as it was expected, with the walk that explains it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from inboxcrm.domain.expectation import Expectation, expect
from inboxcrm.domain.office_hours import OfficeCalendar
from inboxcrm.domain.promise import Entry, Event, made, warn_at
from inboxcrm.service import learned
from inboxcrm.service.household import Household
from inboxcrm.store import contacts, matters, messages, promises, views
from inboxcrm.store.messages import Incoming
from inboxcrm.store.times import to_text


def enter(
    connection: sqlite3.Connection,
    expectation: Expectation,
    *,
    calendar: OfficeCalendar,
    matter_id: int,
    message_id: int,
    contact_id: int | None,
    now: datetime,
) -> int:
    """A new promise for a message, silent until an acknowledgement tells it; answers its row."""
    duty = made(expectation.received_at, expectation.due_at)
    return promises.make(
        connection,
        duty,
        matter_id=matter_id,
        message_id=message_id,
        contact_id=contact_id,
        warn_at=warn_at(duty, calendar),
        target=expectation.target,
        walk=walk(expectation),
        now=now,
    )


def owe(
    household: Household, connection: sqlite3.Connection, mail: Incoming, *, matter_id: int, now: datetime
) -> promises.Promise:
    """A promise for a mail that is on record already, silently, on the terms its sender has today."""
    plan = contacts.card(connection, mail.contact_id).plan or None
    calendar = household.calendar(connection, now, plan)
    basis = learned.target(household, connection, contact_id=mail.contact_id, plan=plan, now=now)
    promise_id = enter(
        connection,
        expect(mail.received_at, target=basis.open_time, calendar=calendar),
        calendar=calendar,
        matter_id=matter_id,
        message_id=mail.id,
        contact_id=mail.contact_id,
        now=now,
    )
    made_now = promises.by_id(connection, promise_id)
    assert made_now is not None
    return made_now


def was_chased(connection: sqlite3.Connection, message_id: int) -> bool:
    """Whether a mail asked for an answer and was promised none, because one was owed in its matter already."""
    told = views.decision(connection, message_id)
    return told is not None and told["expectation"] is not None and not told["promise"]["made"]


def owe_what_came_after(
    household: Household, connection: sqlite3.Connection, matter_id: int, answered_at: datetime, *, now: datetime
) -> promises.Promise | None:
    """The promise for what was asked in a matter after the answer that has just ended its promise; None for nothing.

    An answer is often read later than the mail that came after it (Sent is looked at less often than the inbox, and a
    call is noted in the evening). That mail was taken for asking again, and this answer cannot have been to it.
    """
    after = [
        mail for mail in messages.came_after(connection, matter_id, answered_at) if was_chased(connection, mail.id)
    ]
    if not after:
        return None
    promise = owe_all(household, connection, after, matter_id=matter_id, now=now)
    matters.set_turn(connection, matter_id, "mine")
    return promise


def owe_all(
    household: Household, connection: sqlite3.Connection, mails: Sequence[Incoming], *, matter_id: int, now: datetime
) -> promises.Promise:
    """The promise for the first of these mails, which the others, later ones of its matter, ask for again."""
    promise = owe(household, connection, mails[0], matter_id=matter_id, now=now)
    for mail in mails[1:]:
        promises.happen(connection, promise, Entry(Event.CHASED, mail.received_at))
        promise = promises.by_id(connection, promise.id) or promise
    return promise


@lru_cache(maxsize=8)  # kept twice for each mail: with the promise, and with the decision
def walk(expectation: Expectation) -> Sequence[Mapping[str, Any]]:
    """Each step of the walk; instants in UTC, lengths in minutes."""
    return tuple(
        {
            "kind": step.kind.value,
            "start": to_text(step.start),
            "end": to_text(step.end),
            "counted_minutes": round(step.counted.total_seconds() / 60),
            "left_minutes": round(step.left.total_seconds() / 60),
            "name": step.name,
        }
        for step in expectation.walk
    )
