"""Keeps the words true of an acknowledgement that waits: the date it tells, and the absence it explains it by.

It was written when its mail came. When the owner moves the promise before it has left, it tells the new date; when the
absence that it speaks of ends early or moves, it says so no longer. It stays the one mail that it was.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from inboxcrm.domain.expectation import AwayUntil, Expectation, expect
from inboxcrm.domain.office_hours import OfficeCalendar
from inboxcrm.domain.outbox import OutboxEvent
from inboxcrm.domain.plan import AWAY, MINIMAL, NEW_SENDER, ORDINARY, Silence
from inboxcrm.service import date_letters
from inboxcrm.service.household import Household
from inboxcrm.store import contacts, outbox, outbox_questions, promises
from inboxcrm.store.promises import Promise


def tell_new_date(
    household: Household,
    connection: sqlite3.Connection,
    promise: Promise,
    due_at: datetime,
    expectation: Expectation | None,
    now: datetime,
) -> outbox.Item | None:
    """Have the acknowledgement that waits tell this date of a promise that has moved; the item, None where none can.

    It waits anew for what lets it go: the end of its grace time, and the owner's key where the mode or a brake asks.
    """
    item = next(iter(outbox.waiting_acknowledgements(connection, promise.id)), None)
    latest = promise.duty.received_at + household.config.acknowledge.max_delay
    if item is None or now >= min(latest, due_at):
        return None
    letter = date_letters.waiting(household, connection, promise, now)
    if letter is None:
        return None
    item, calendar = outbox.call_back(connection, item, at=now), _calendar(household, connection, promise, now)
    if isinstance(date_letters.renewed(letter, item, due_at, expectation, calendar, item.template), Silence):
        return None
    state = outbox.happen(connection, item, OutboxEvent.RENEW, at=now, reply="the date has moved: it tells the new one")
    return replace(item, state=state)


@contextmanager
def while_absences_change(household: Household, connection: sqlite3.Connection, now: datetime) -> Iterator[list[int]]:
    """Let no acknowledgement that waits speak of an absence that the block takes back, ends or moves.

    Its date stands, which the promise does too. Answers, once the block has ended, the items that say something else.
    """
    said: list[int] = []
    before = list(_speaking_of_one(household, connection, now))
    yield said
    for each in before:
        there = _explained(household, connection, each.promise, now)
        if there.away != each.away and _reword(household, connection, each, there, now):
            said.append(each.item.id)


@dataclass(frozen=True, slots=True)
class _Speaking:
    """An acknowledgement that waits, its promise, and the absence that explains its date."""

    item: outbox.Item
    promise: Promise
    away: AwayUntil


@dataclass(frozen=True, slots=True)
class _Explained:
    """What explains a promise's date by the calendar of this moment, what is over left out."""

    expectation: Expectation
    calendar: OfficeCalendar
    away: AwayUntil | None


def _speaking_of_one(household: Household, connection: sqlite3.Connection, now: datetime) -> Iterator[_Speaking]:
    for item in outbox.waiting_acknowledgements(connection):
        promise = None if item.promise_id is None else promises.by_id(connection, item.promise_id)
        away = None if promise is None else _explained(household, connection, promise, now).away
        if promise is not None and away is not None and item.template != MINIMAL:
            yield _Speaking(item, promise, away)


def _explained(household: Household, connection: sqlite3.Connection, promise: Promise, now: datetime) -> _Explained:
    calendar = _calendar(household, connection, promise, now)
    found = expect(promise.duty.counted_from, target=promise.target, calendar=calendar)
    because = tuple(each for each in found.because if not (isinstance(each, AwayUntil) and each.away.end_at <= now))
    away = because[0] if because and isinstance(because[0], AwayUntil) else None
    return _Explained(replace(found, because=because), calendar, away)


def _reword(
    household: Household, connection: sqlite3.Connection, speaking: _Speaking, there: _Explained, now: datetime
) -> bool:
    item = outbox.call_back(connection, speaking.item, at=now)
    letter = date_letters.waiting(household, connection, speaking.promise, now)
    template = item.template if there.away is not None else _at_home(household, connection, speaking)
    if letter is not None and not isinstance(
        date_letters.renewed(letter, item, item.due_at, there.expectation, there.calendar, template), Silence
    ):
        return True
    outbox.happen(connection, item, OutboxEvent.CANCEL, at=now, reply="it speaks of an absence that is over")
    return False


def _at_home(household: Household, connection: sqlite3.Connection, speaking: _Speaking) -> str:
    """The text in the place of the one about being away; any other leaves the reason out by itself."""
    texts = household.plan(contacts.card(connection, speaking.promise.contact_id).plan or None).templates
    if speaking.item.template != texts.get(AWAY, AWAY):
        return speaking.item.template
    carrier = outbox_questions.carrier(connection, speaking.promise.id)
    ordinary = NEW_SENDER if carrier is not None and carrier.stranger else ORDINARY
    return texts.get(ordinary, ordinary)


def _calendar(household: Household, connection: sqlite3.Connection, promise: Promise, now: datetime) -> OfficeCalendar:
    return household.calendar(connection, now, contacts.card(connection, promise.contact_id).plan)
