"""A new date for a promise: which one is honest, and when a mail tells it.

Only a client who was told a date is told a new one; the silent promise moves silently. While the promise stands the
mail is automatic and goes the way of the mode, under the same limits as every other; once the promise is broken, told
or silent, it is an apology, which waits for the owner's hand in every mode.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from inboxcrm.domain.expectation import Expectation, expect
from inboxcrm.domain.office_hours import OfficeCalendar
from inboxcrm.domain.outbox import OutboxState
from inboxcrm.domain.plan import Silence
from inboxcrm.domain.promise import Entry, Event, NoSuchMoveError, State, allows, move, warn_at
from inboxcrm.errors import UserError
from inboxcrm.service import date_letters, learned, rewording
from inboxcrm.service.household import Household
from inboxcrm.store import contacts, home, outbox, outbox_questions, promises, prospects
from inboxcrm.store.promises import Promise
from inboxcrm.store.times import to_text

EXTENDED = "extended"
MOVED = "moved"
_SAID = {
    OutboxState.HELD: "The acknowledgement, which has not left yet, tells it.",
    OutboxState.SHADOW: "The mail that would say so is shown in the outbox; in shadow it is not sent.",
    OutboxState.AWAITING: "The mail that says so waits in the outbox for your key.",
    OutboxState.QUEUED: "The mail that says so goes out now.",
    OutboxState.SENDING: "The acknowledgement is just being sent; once it has left, a mail tells the new date.",
    OutboxState.UNKNOWN: "Nobody knows whether the acknowledgement left; once it is found, a mail tells this date.",
}


FARTHEST = timedelta(days=366)
"""A later date than that from now is a slip of the hand: a client would be told it, and it is never made earlier."""


class NoHonestDateError(UserError):
    """The calendar has no open time in which an answer could be given; the owner has to name a date."""


@dataclass(frozen=True, slots=True)
class Renewed:
    """The new date, and the outbox item that tells it; without one, `silent` says why the client is not told."""

    due_at: datetime
    item_id: int | None
    state: OutboxState | None
    silent: str = ""

    def sentence(self, who: str) -> str:
        """What a person is to know of it."""
        if self.state is None:
            return f"{who} does not know it yet" + (f": {self.silent}." if self.silent else ".")
        return _SAID[self.state]


def renew(
    household: Household,
    connection: sqlite3.Connection,
    promise: Promise,
    *,
    until: datetime | None,
    now: datetime,
    because_away: bool = False,
) -> Renewed:
    """Extend a promise, to `until` or to what is honest, and write the mail that tells it.

    A whole day, which ends at midnight, is promised until its hours close: nobody answers at 24:00.

    Raises NoHonestDateError when there is no such date, UserError when it is no later than the one that stands, or
    lies beyond `FARTHEST`.
    """
    calendar = _calendar(household, connection, promise, now)
    if until is not None and until > now + FARTHEST:
        raise UserError(f"{_shown(until, calendar)} is more than a year away. Is the year right? Give a nearer time")
    expectation = None if until is not None else honest(household, connection, promise, now, because_away=because_away)
    due_at = expectation.due_at if expectation is not None else _close_of(until, calendar)
    if due_at is None:
        raise NoHonestDateError("there is no open time within 60 days; give a date with --until")
    was_broken = promise.duty.state is State.BROKEN
    _extend(connection, promise, due_at, calendar, now)
    tells = None
    if not was_broken:
        tells = rewording.tell_new_date(household, connection, promise, due_at, expectation, now)
    but = None if tells is None else tells.id
    outbox.cancel_for_matter(connection, promise.matter_id, at=now, why="the date has moved", but=but)
    home.journal(connection, "extend", f"promise {promise.id}", {"due_at": to_text(due_at)}, now=now)
    if tells is not None:
        return Renewed(due_at, tells.id, tells.state)
    letter = date_letters.told(household, connection, promise, now)
    if isinstance(letter, Silence) and was_broken:
        letter = date_letters.untold(household, connection, promise, now)
    if isinstance(letter, Silence):
        carrier = outbox_questions.carrier(connection, promise.id)
        on_its_way = carrier is not None and carrier.state in (OutboxState.SENDING, OutboxState.UNKNOWN)
        return Renewed(due_at, None, carrier.state if carrier and on_its_way else None, letter.because)
    if was_broken:
        return _drafted(due_at, date_letters.apology(letter, due_at, expectation, calendar))
    return _drafted(
        due_at, date_letters.notice(letter, due_at, expectation, calendar, MOVED if because_away else EXTENDED)
    )


def give_dates(household: Household, connection: sqlite3.Connection, now: datetime) -> int:
    """Give a date to what was promised for no day, once office time is in sight; nobody is told. Answers how many."""
    given, opens = 0, dict[str | None, datetime | None]()
    for promise in promises.without_date(connection):
        plan = contacts.card(connection, promise.contact_id).plan
        calendar = household.calendar(connection, now, plan)
        if plan not in opens:
            opens[plan] = calendar.next_opening(now)
        if opens[plan] is None or not allows(promise.duty, Event.EXTENDED, automatic=True):
            continue
        due_at = honest(household, connection, promise, now).due_at
        if due_at is not None:
            _extend(connection, promise, due_at, calendar, now, automatic=True)
            home.journal(connection, "dated", f"promise {promise.id}", {"due_at": to_text(due_at)}, now=now)
            given += 1
    return given


def propose(household: Household, connection: sqlite3.Connection, promise: Promise, now: datetime) -> None:
    """Write the mail that tells a later date to a client whose told one will not hold, once for each promise.

    It will not hold when today's knowledge (what was learned since, absences, hours) would have told a later time. The
    promise moves when the mail has gone, and not before: until then it breaks at the time that was told.
    """
    if promise.duty.due_at is None or not allows(promise.duty, Event.EXTENDED, automatic=True):
        return
    calendar = _calendar(household, connection, promise, now)
    target = _target(household, connection, promise, now)
    told_today = expect(promise.duty.counted_from, target=target, calendar=calendar).due_at
    if told_today is not None and told_today <= promise.duty.due_at:
        return
    letter = date_letters.told(household, connection, promise, now)
    expectation = honest(household, connection, promise, now)
    if isinstance(letter, Silence) or expectation.due_at is None:
        return
    made = date_letters.notice(letter, expectation.due_at, expectation, calendar, EXTENDED, proposed=True)
    detail = {"due_at": to_text(expectation.due_at), "silent": made.because if isinstance(made, Silence) else None}
    home.journal(connection, "extension-proposed", f"promise {promise.id}", detail, now=now)


def apologise(household: Household, connection: sqlite3.Connection, promise: Promise, now: datetime) -> None:
    """Draft the apology for a promise that has just been broken, with a new honest date; the promise does not move.

    Who was told no date is not apologised to for one, but for the answer that is late.
    """
    letter = date_letters.told(household, connection, promise, now)
    if isinstance(letter, Silence):
        letter = date_letters.untold(household, connection, promise, now)
    if isinstance(letter, Silence):
        return
    expectation = honest(household, connection, promise, now)
    if expectation.due_at is None:
        return
    date_letters.apology(letter, expectation.due_at, expectation, _calendar(household, connection, promise, now))


def apologise_again(
    household: Household, connection: sqlite3.Connection, promise_id: int, *, dropped_at: datetime, now: datetime
) -> None:
    """Draft it anew for a broken promise that goes on after all, where its end, at this instant, had dropped one."""
    promise = promises.by_id(connection, promise_id)
    if promise is None or promise.duty.state is not State.BROKEN:
        return
    if outbox_questions.was_apology_dropped(connection, promise_id, dropped_at):
        apologise(household, connection, promise, now)


def went_out(household: Household, connection: sqlite3.Connection, item: outbox.Item, now: datetime) -> None:
    """A mail that tells a date has left: the client knows it, and where it is a later one the promise stands there.

    Only the owner's own mail, and the extension that the machine proposed, move a promise. Where it has moved since the
    mail began to leave, the client is told so. What is found to have left long ago, and was overtaken by a mail that
    was written later, tells nothing any more.
    """
    promise = promises.by_id(connection, item.promise_id) if item.promise_id is not None else None
    if promise is None or outbox_questions.was_overtaken(connection, item):
        return
    automatic, stands = item.kind == "auto", promise.duty.due_at
    moves = (not automatic or item.template == EXTENDED) and allows(promise.duty, Event.EXTENDED, automatic=automatic)
    if moves and item.due_at is not None and (stands is None or item.due_at > max(now, stands)):
        calendar = _calendar(household, connection, promise, now)
        _extend(connection, promise, item.due_at, calendar, now, automatic=automatic)
    if automatic or (item.due_at is not None and promise.duty.state.live):
        promises.tell(connection, promise.id, item.due_at, at=now)
    if automatic and item.due_at is not None:
        _tell_where_it_stands(household, connection, promise.id, item.due_at, now)


def _tell_where_it_stands(
    household: Household, connection: sqlite3.Connection, promise_id: int, told_at: datetime, now: datetime
) -> None:
    """Write the mail that tells the date of a promise that moved while `told_at` was on its way to the client.

    Whoever moved it is gone: where no mail can be written the owner learns of it by an alarm.
    """
    promise = promises.by_id(connection, promise_id)
    stands = None if promise is None else promise.duty.due_at
    if promise is None or promise.duty.state is not State.EXTENDED or stands is None or stands <= told_at:
        return
    if outbox_questions.tells(connection, promise_id, stands):
        return
    letter = date_letters.told(household, connection, promise, now)
    calendar = _calendar(household, connection, promise, now)
    made = letter if isinstance(letter, Silence) else date_letters.notice(letter, stands, None, calendar, EXTENDED)
    if isinstance(made, Silence):
        detail = f"promise {promise_id}: the client was told the former date and not the new one: {made.because}"
        home.raise_alarm(connection, date_letters.ALARM, detail, now=now)


def honest(
    household: Household,
    connection: sqlite3.Connection,
    promise: Promise,
    now: datetime,
    *,
    because_away: bool = False,
) -> Expectation:
    """The first time after now and after the present date by which an answer can be expected.

    It counts the promise's own target, or what was learned since if that is longer. `because_away` first asks what
    would have been told, had the absence been known when the promise was made.
    """
    calendar = _calendar(household, connection, promise, now)
    floor = max(now, promise.duty.due_at or now)
    if because_away:
        known_then = expect(promise.duty.counted_from, target=promise.target, calendar=calendar)
        if known_then.due_at is not None and known_then.due_at > floor:
            return known_then
    target = _target(household, connection, promise, now)
    expectation = expect(now, target=target, calendar=calendar)
    if expectation.due_at is not None and expectation.due_at <= floor:
        return expect(floor, target=target, calendar=calendar)
    return expectation


def _close_of(until: datetime | None, calendar: OfficeCalendar) -> datetime | None:
    """The close of the day that ends at this instant, where the office is open on it; else the instant itself."""
    if until is None or until.astimezone(calendar.zone).time() != time(0):
        return until
    hours = calendar.open_on(until.astimezone(calendar.zone).date() - timedelta(days=1))
    return hours[-1].end if hours else until


def _calendar(household: Household, connection: sqlite3.Connection, promise: Promise, now: datetime) -> OfficeCalendar:
    return household.calendar(connection, now, contacts.card(connection, promise.contact_id).plan)


def _target(household: Household, connection: sqlite3.Connection, promise: Promise, now: datetime) -> timedelta:
    """The promise's own target, or what was learned since if that is longer."""
    plan = contacts.card(connection, promise.contact_id).plan or None
    return max(
        promise.target,
        learned.target(household, connection, contact_id=promise.contact_id, plan=plan, now=now).open_time,
    )


def _extend(
    connection: sqlite3.Connection,
    promise: Promise,
    due_at: datetime,
    calendar: OfficeCalendar,
    now: datetime,
    *,
    automatic: bool = False,
) -> None:
    entry = Entry(Event.EXTENDED, now, due_at=due_at, automatic=automatic)
    if not allows(promise.duty, Event.EXTENDED):
        raise UserError(f"the promise is {promise.duty.state} and cannot be extended")
    try:
        moved = move(promise.duty, entry)
    except NoSuchMoveError as error:
        stands = promise.duty.due_at
        there = "" if stands is None else f": the promise stands at {_shown(stands, calendar)}"
        raise UserError(f"{error}{there}; give a later time") from error
    promises.happen(connection, promise, entry, warn_at=warn_at(moved, calendar))
    prospects.extended(connection, promise.id, calendar.open_between(now, due_at))


def _shown(at: datetime, calendar: OfficeCalendar) -> str:
    return f"{at.astimezone(calendar.zone):%a %Y-%m-%d %H:%M}"


def _drafted(due_at: datetime, made: tuple[int, OutboxState] | Silence) -> Renewed:
    if isinstance(made, Silence):
        return Renewed(due_at, None, None, made.because)
    return Renewed(due_at, made[0], made[1])
