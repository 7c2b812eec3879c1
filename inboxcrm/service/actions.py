"""What a person may do, for command line and desk alike: each is one transaction and one line in the journal."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches

from inboxcrm.config import AckPolicy
from inboxcrm.configuration.values import zone_names
from inboxcrm.domain.office_hours import Away
from inboxcrm.domain.promise import Entry, Event, State, answered
from inboxcrm.domain.salutation import Form
from inboxcrm.domain.wording import LANGUAGES
from inboxcrm.errors import UserError
from inboxcrm.service import brakes, duties, outlook, renewal, rewording
from inboxcrm.service.household import Household
from inboxcrm.service.meant import contact_of, message_of, organisation_of
from inboxcrm.store import call_backs, contacts, follow_ups, home, matters, outbox, promises, unowed, views
from inboxcrm.store.messages import Incoming
from inboxcrm.store.times import to_text, to_text_or_none

DEFAULT = "default"


def set_contact(household: Household, who: str, given: Mapping[str, str]) -> None:
    """Set what holds for a contact: any of plan, policy, language, timezone, form; "default" takes a setting back.

    Under the policy `never` what waits to go to them is dropped. Raises NotFoundError, or UserError for a value that
    means nothing, naming what is allowed.
    """
    allowed = {
        "plan": tuple(household.config.plans),
        "policy": tuple(AckPolicy),
        "language": LANGUAGES,
        "timezone": zone_names() if "timezone" in given else (),
        "form": tuple(Form),
    }
    for name, value in given.items():
        if value != DEFAULT and value not in allowed[name]:
            near = get_close_matches(value, allowed[name], 3)
            listed = ", ".join(near or (allowed[name] if name != "timezone" else ("Europe/Zurich",)))
            raise UserError(f"--{name} {value!r} is unknown. Write one such as: {listed}")
    now = household.clock.now()
    with household.database.write() as connection:
        row = contact_of(connection, who)
        held = {
            "plan": row.own_plan,
            "policy": row.policy,
            "language": row.language,
            "timezone": row.timezone,
            "form": row.form,
        }
        kept = {**held, **{name: None if value == DEFAULT else value for name, value in given.items()}}
        contacts.set_terms(connection, row.id, **kept)
        if kept["policy"] == AckPolicy.NEVER:
            outbox.cancel_to_contact(connection, row.id, at=now, why="the policy for this sender is never now")
        home.journal(connection, "contact", f"contact {row.id}", dict(given), now=now)


def set_organisation(household: Household, who: str, *, plan: str) -> None:
    """Set the plan of everybody of an organisation who has none of their own; "default" takes it back.

    Raises NotFoundError, or UserError for a plan that is not in config.toml.
    """
    if plan != DEFAULT and plan not in household.config.plans:
        raise UserError(f"--plan {plan!r} is unknown. Write one such as: {', '.join(household.config.plans)}")
    with household.database.write() as connection:
        row = organisation_of(connection, who)
        contacts.set_plan_of_organisation(connection, row.id, None if plan == DEFAULT else plan)
        home.journal(connection, "organisation", f"organisation {row.id}", {"plan": plan}, now=household.clock.now())


def done(household: Household, reference: str, *, how: str, at: datetime | None = None) -> State:
    """The owner answered by another channel: `how` is "phone", "met" or their own words, `at` the time of the act.

    Answers the state the promise is in now. Raises NotFoundError, or UserError when nothing is owed for the message or
    the act lies before the mail.
    """
    now = household.clock.now()
    row_id = message_of(household, reference)
    with household.database.write() as connection:
        promise = _owed(connection, row_id, reference)
        acted_at = at or now
        if acted_at > now:
            raise UserError(f"--at {acted_at.isoformat()} lies in the future; give the time at which you answered")
        if acted_at < promise.duty.received_at:
            raise UserError(
                f"--at {acted_at.isoformat()} lies before the mail, which came {promise.duty.received_at.isoformat()}"
            )
        duty = promises.happen(connection, promise, answered(promise.duty, acted_at), how=how)
        outbox.cancel_for_matter(connection, promise.matter_id, at=now, why=f"answered: {how}")
        matters.set_turn(connection, promise.matter_id, "theirs")
        duties.owe_what_came_after(household, connection, promise.matter_id, acted_at, now=now)
        home.journal(connection, "done", f"promise {promise.id}", {"how": how, "at": to_text(acted_at)}, now=now)
    return duty.state


def not_needed(household: Household, reference: str) -> State:
    """No answer is owed for this message after all, or a rule was right to think so."""
    row_id = message_of(household, reference)
    with household.database.write() as connection:
        now = household.clock.now()
        if unowed.settle(connection, row_id, at=now):
            home.journal(connection, "no-answer-needed", f"message {row_id}", {}, now=now)
            return State.MOOT
    return _end(household, reference, Event.NEEDLESS)


def owe(household: Household, reference: str) -> datetime | None:
    """An answer is owed although a rule thought that none is: makes the promise, silently, and answers when it is due.

    Raises NotFoundError, or UserError when an answer is owed already or the mail is the owner's own.
    """
    now = household.clock.now()
    row_id = message_of(household, reference)
    with household.database.write() as connection:
        row = views.message(connection, row_id)
        assert row is not None
        if row.direction != "in" or row.matter_id is None:
            raise UserError(f"{reference} is no mail to you from a contact; no answer can be owed for it")
        if promises.live_of_matter(connection, row.matter_id) is not None:
            raise UserError(f"an answer is owed for {reference} already. See inboxcrm queue")
        unowed.settle(connection, row_id, at=now)
        mail = Incoming(row_id, row.contact_id, row.received_at)
        promise = duties.owe(household, connection, mail, matter_id=row.matter_id, now=now)
        turn = matters.turn(connection, row.matter_id)
        matters.set_turn(connection, row.matter_id, "mine")
        home.journal(connection, "owe", f"promise {promise.id}", {"turn": turn}, now=now)
    return promise.duty.due_at


def withdraw(household: Household, reference: str) -> State:
    """The client says that it is settled."""
    return _end(household, reference, Event.WITHDRAWN)


def _end(household: Household, reference: str, event: Event) -> State:
    now = household.clock.now()
    row_id = message_of(household, reference)
    with household.database.write() as connection:
        return end(connection, _owed(connection, row_id, reference), event, now=now)


def end(connection: sqlite3.Connection, promise: promises.Promise, event: Event, *, now: datetime) -> State:
    """End a promise without an answer, inside a transaction: nobody owes a word, and no word is waited for."""
    duty = promises.happen(connection, promise, Entry(event, now), how=event)
    outbox.cancel_for_matter(connection, promise.matter_id, at=now, why=event)
    follow_ups.end(connection, promise.matter_id, "closed", at=now)
    matters.set_turn(connection, promise.matter_id, "nobody")
    home.journal(connection, event, f"promise {promise.id}", {}, now=now)
    return duty.state


def extend(household: Household, reference: str, *, until: datetime | None = None) -> datetime:
    """Give the promise a new date: `until`, or what can honestly be expected from now. Answers the date."""
    return extend_and_tell(household, reference, until=until).due_at


def extend_and_tell(household: Household, reference: str, *, until: datetime | None = None) -> renewal.Renewed:
    """The same, and answers what became of the mail that tells the client: by mode, and by whether one was told."""
    now = household.clock.now()
    row_id = message_of(household, reference)
    with household.database.write() as connection:
        return renewal.renew(household, connection, _owed(connection, row_id, reference), until=until, now=now)


def extend_inside(household: Household, rows: Sequence[views.OwedRow]) -> list[tuple[views.OwedRow, renewal.Renewed]]:
    """Extend promises that the calendar leaves no time for any more, each with the mail that tells it.

    One for which there is no honest date within 60 days is left as it is, and is not among those that are answered.
    """
    now = household.clock.now()
    renewed = []
    with household.database.write() as connection:
        for row in rows:
            promise = promises.by_id(connection, row.promise_id)
            if promise is None or not promise.duty.state.live:
                continue
            try:
                found = renewal.renew(household, connection, promise, until=None, now=now, because_away=True)
            except renewal.NoHonestDateError:
                continue
            renewed.append((row, found))
    return renewed


def snooze(household: Household, reference: str, *, until: datetime) -> None:
    """Take a row off the queue until a time; the promise keeps its date."""
    now = household.clock.now()
    row_id = message_of(household, reference)
    with household.database.write() as connection:
        promise = _owed(connection, row_id, reference)
        if until <= now:
            when = until.astimezone(household.config.owner.timezone)
            raise UserError(f"{when:%Y-%m-%d %H:%M} is not in the future; give a later time")
        before = to_text_or_none(promises.snoozed_until(connection, promise.id))
        promises.snooze(connection, promise.id, until)
        detail = {"until": to_text(until), "before": before}
        home.journal(connection, "snooze", f"promise {promise.id}", detail, now=now)


def call_back(household: Household, reference: str, *, at: datetime | None) -> None:
    """Set when the owner calls somebody who asked for it, or that no call is meant (None). The promise does not move.

    Raises NotFoundError, or UserError where no call was asked for or the time has passed.
    """
    row_id, now = message_of(household, reference), household.clock.now()
    if at is not None and at <= now:
        raise UserError("that time has passed; give a later one with --at")
    with household.database.write() as connection:
        promise = _owed(connection, row_id, reference)
        if call_backs.of_promise(connection, promise.id) is None:
            raise UserError(f"no call was asked for with {reference}. See: inboxcrm callback")
        if at is None:
            call_backs.drop(connection, promise.id)
        else:
            call_backs.settle(connection, promise.id, at)
        home.journal(connection, "callback", f"promise {promise.id}", {"at": at and to_text(at)}, now=now)


def _owed(connection: sqlite3.Connection, row_id: int, reference: str) -> promises.Promise:
    row = views.message(connection, row_id)
    promise = None
    if row is not None and row.matter_id is not None:
        promise = promises.live_of_matter(connection, row.matter_id)
    if promise is None:
        raise UserError(
            f"nothing is owed for {reference}: its promise has ended, or none was made. See: inboxcrm queue"
        )
    return promise


def pause(household: Household) -> None:
    """Stop all automatic mail at once; survives restarts."""
    now = household.clock.now()
    with household.database.write() as connection:
        if home.paused_at(connection) is None:
            home.set_value(connection, "paused_at", to_text(now))
            home.journal(connection, "pause", None, {}, now=now)


def resume(household: Household) -> int:
    """Lift the pause and the brake; what was to go out while paused is dropped, for it is stale.

    Answers how many were dropped. What the brake held still waits for approval.
    """
    now = household.clock.now()
    with household.database.write() as connection:
        if brakes.lift(connection, now=now):
            home.journal(connection, "brake-lifted", None, {}, now=now)
        if home.paused_at(connection) is None:
            return 0
        dropped = outbox.drop_waiting(connection, at=now, why="became stale while paused")
        home.set_value(connection, "paused_at", None)
        home.journal(connection, "resume", None, {"dropped": dropped}, now=now)
    return dropped


def go_away(household: Household, away: Away) -> tuple[int, list[views.OwedRow]]:
    """Enter an absence; answers its row and the live promises that fall due inside it."""
    now = household.clock.now()
    if away.end_at <= now:
        raise UserError(f"the absence would end {away.end_at.isoformat()}, which has passed")
    if away.end_at <= away.start_at:
        raise UserError("the absence would end before it begins")
    with household.database.write() as connection:
        away_id = home.add_away(connection, away, now=now)
        home.journal(connection, "away", f"away {away_id}", {"until": to_text(away.end_at)}, now=now)
        owed = views.all_owed(connection)
        outlook.look(household, connection, now=now)
    inside = [row for row in owed if row.due_at is not None and away.start_at <= row.due_at < away.end_at]
    return away_id, inside


@dataclass(frozen=True, slots=True)
class Back:
    """How many absences were ended, and the waiting mails of the outbox that say no longer that the owner is away."""

    ended: int
    reworded: tuple[int, ...]


def come_back(household: Household, away_id: int | None = None) -> Back:
    """End an absence now, or all that run or are to come."""
    now = household.clock.now()
    with household.database.write() as connection:
        ids = [row for row, away in home.absences(connection) if away.end_at > now and away_id in (None, row)]
        with rewording.while_absences_change(household, connection, now) as reworded:
            ended = sum(home.end_away(connection, row, now=now) for row in ids)
        if ended:
            home.journal(connection, "back", None, {"ended": ended}, now=now)
            outlook.look(household, connection, now=now)
    return Back(ended, tuple(reworded))


def clear_alarms(household: Household, kind: str) -> int:
    """The owner has seen these alarms."""
    with household.database.write() as connection:
        return home.clear_alarms(connection, kind, now=household.clock.now())
