"""Splits and merges matters by the owner's hand; what was promised moves along, and the history is kept."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from inboxcrm.domain.promise import Entry, Event, allows
from inboxcrm.domain.quoting import normalised_subject
from inboxcrm.errors import UserError
from inboxcrm.service import duties, renewal
from inboxcrm.service.household import Household
from inboxcrm.service.meant import message_of
from inboxcrm.store import follow_ups, home, matters, outbox, promises, regrouping, views
from inboxcrm.store.messages import Incoming

MERGED = "merged"
"""How a promise ended whose matter was put into another that was owed an answer first."""


@dataclass(frozen=True, slots=True)
class Regrouped:
    """The matter that came of it, how many mails moved, and the time of a promise that was made for them by it."""

    matter_id: int
    moved: int
    due_at: datetime | None = None


def split(household: Household, reference: str, *, only: bool = False) -> Regrouped:
    """Make a new matter of this mail and the later ones of its matter, or of this mail only.

    A promise goes where its mail goes. A mail that had only been counted as a chaser gets a promise of its own,
    silently. Raises NotFoundError, or UserError where there is nothing to part.
    """
    now = household.clock.now()
    row_id = message_of(household, reference)
    with household.database.write() as connection:
        return split_off(household, connection, row_id, only=only, now=now)


def split_off(
    household: Household, connection: sqlite3.Connection, row_id: int, *, only: bool, now: datetime
) -> Regrouped:
    """The same inside a transaction, by the message's row."""
    row = views.message(connection, row_id)
    if row is None or row.matter_id is None:
        raise UserError("it belongs to no matter: it is mail of a list or a robot")
    rows = views.of_matter(connection, row.matter_id)
    place = [each.id for each in rows].index(row.id)
    leaving = [row] if only else rows[place:]
    if len(leaving) == len(rows):
        raise UserError("its matter would be left empty: choose a later mail of it")
    subject_key = normalised_subject(row.subject)
    old = row.matter_id
    owed = promises.live_of_matter(connection, old)
    new = regrouping.split(connection, old, [each.id for each in leaving], subject_key=subject_key)
    due_at = None
    if owed is not None:
        due_at = _owed_there(household, connection, leaving, new, owed, now)
        _owed_there(household, connection, [each for each in rows if each not in leaving], old, owed, now)
    for matter_id in (old, new):
        _set_turn(connection, matter_id)
    regrouping.note(connection, "split", old, new, [each.id for each in leaving], at=now)
    home.journal(connection, "split", f"matter {old}", {"into": new, "mails": len(leaving)}, now=now)
    return Regrouped(new, len(leaving), due_at)


def _owed_there(
    household: Household,
    connection: sqlite3.Connection,
    mails: list[views.MessageRow],
    matter_id: int,
    owed: promises.Promise,
    now: datetime,
) -> datetime | None:
    """Make the promise that is owed in this half of a matter, which only asked again for the answer that was `owed`.

    No mail of the owner's can have answered there: it would have kept that promise.
    """
    if promises.live_of_matter(connection, matter_id) is not None:
        return None
    asking = [
        Incoming(each.id, each.contact_id, each.received_at)
        for each in sorted(mails, key=_when)
        if each.direction == "in" and each.mail_class != "machine" and each.received_at >= owed.duty.received_at
        if duties.was_chased(connection, each.id)
    ]
    for _ in asking:
        _asked_once_less(connection, owed.id, now)
    return duties.owe_all(household, connection, asking, matter_id=matter_id, now=now).duty.due_at if asking else None


def _asked_once_less(connection: sqlite3.Connection, promise_id: int, now: datetime) -> None:
    promise = promises.by_id(connection, promise_id)
    if promise is not None and allows(promise.duty, Event.UNCHASED):
        promises.happen(connection, promise, Entry(Event.UNCHASED, now))


def _when(row: views.MessageRow) -> tuple[datetime, int]:
    return row.received_at, row.id


def merge(household: Household, reference: str, into: str) -> Regrouped:
    """Put the matter of one mail into that of another, as one conversation.

    Where both were owed an answer, the promise due first stays and the other needs no answer of its own: it counts as
    asking again. Raises NotFoundError, or UserError where there is nothing to join.
    """
    now = household.clock.now()
    rows = [message_of(household, each) for each in (reference, into)]
    with household.database.write() as connection:
        old, new = (_matter_of(connection, row, each) for row, each in zip(rows, (reference, into), strict=True))
        if old == new:
            raise UserError(f"{reference} and {into} are in one matter already")
        moved = join(connection, old, new, now=now)
        home.journal(connection, "merge", f"matter {old}", {"into": new, "mails": moved}, now=now)
    return Regrouped(new, moved)


def join(connection: sqlite3.Connection, old: int, new: int, *, now: datetime) -> int:
    """Put a matter into another, inside a transaction; answers how many mails moved."""
    _one_promise(connection, old, new, now)
    _one_date(connection, old, new, now)
    moved = regrouping.merge(connection, old, new)
    _set_turn(connection, new)
    regrouping.note(connection, "merge", old, new, moved, at=now)
    return len(moved)


def part(
    household: Household, connection: sqlite3.Connection, old: int, into: int, *, merged_at: datetime, now: datetime
) -> None:
    """Take back that a matter was put into another: its mails are its own again, and owed what they were.

    Raises UserError where they have been moved on since.
    """
    moved = regrouping.merged(connection, old, into, at=merged_at)
    if not moved or not {each.id for each in views.of_matter(connection, into)}.issuperset(moved):
        raise UserError("its mails have been put elsewhere since")
    regrouping.part(connection, into, moved, merged=old)
    for half, other in ((old, into), (into, old)):
        ended = promises.ended_of_matter(connection, half, how=MERGED, at=merged_at)
        stayed = promises.live_of_matter(connection, other)
        if ended is None or promises.live_of_matter(connection, half) is not None:
            continue
        resumed = promises.resume(connection, ended, at=now)
        renewal.apologise_again(household, connection, resumed, dropped_at=merged_at, now=now)
        if stayed is not None:
            _asked_once_less(connection, stayed.id, now)
    for matter_id in (into, old):
        _set_turn(connection, matter_id)
    regrouping.note(connection, "split", into, old, moved, at=now)


def _matter_of(connection: sqlite3.Connection, row_id: int, reference: str) -> int:
    row = views.message(connection, row_id)
    if row is None or row.matter_id is None:
        raise UserError(f"{reference} belongs to no matter: it is mail of a list or a robot")
    return row.matter_id


def _one_promise(connection: sqlite3.Connection, old: int, new: int, now: datetime) -> None:
    """A matter has one live promise: the one due first, which the client has now asked for twice."""
    both = [promises.live_of_matter(connection, each) for each in (old, new)]
    live = sorted((each for each in both if each is not None), key=_due)
    if len(live) < 2:
        return
    stays, ends = live
    promises.happen(connection, ends, Entry(Event.NEEDLESS, now), how=MERGED)
    outbox.cancel_for_matter(connection, ends.matter_id, at=now, why="merged into another matter")
    promises.happen(connection, stays, Entry(Event.CHASED, ends.duty.received_at))


def _due(promise: promises.Promise) -> tuple[bool, datetime, datetime]:
    duty = promise.duty
    return duty.due_at is None, duty.due_at or duty.received_at, duty.received_at


def _one_date(connection: sqlite3.Connection, old: int, new: int, now: datetime) -> None:
    """Of two follow-up dates the one of the matter that stays."""
    if views.follow_up_of(connection, new) is not None:
        follow_ups.end(connection, old, "replaced", at=now)


def _set_turn(connection: sqlite3.Connection, matter_id: int) -> None:
    """Whose turn it is in a matter that has just been put together: mine while an answer is owed."""
    if promises.live_of_matter(connection, matter_id) is not None:
        matters.set_turn(connection, matter_id, "mine")
    elif regrouping.last_direction(connection, matter_id) == "out":
        matters.set_turn(connection, matter_id, "theirs")
    else:
        matters.set_turn(connection, matter_id, "nobody")
