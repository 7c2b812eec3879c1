"""What the owner notes of a contact: facts with their source, days that return, what happened outside mail."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from inboxcrm.domain.exchanges import WITHIN, back_and_forth, rather_call
from inboxcrm.domain.facts import LONGEST, lines_of
from inboxcrm.domain.occasions import Kind, LeapDay, Occasion, Turn, falls_on, is_due, next_turn
from inboxcrm.domain.text import one_line, storable
from inboxcrm.domain.touches import Class
from inboxcrm.errors import UserError
from inboxcrm.render import Rendered
from inboxcrm.service import meant
from inboxcrm.service.household import Household
from inboxcrm.service.salutation import salute
from inboxcrm.store import contacts, facts, home, interactions, occasions, touches, views
from inboxcrm.store.facts import FactRow
from inboxcrm.store.occasions import OccasionRow

GREETINGS = {Kind.BIRTHDAY: "birthday", Kind.FIRST_JOB: "years-together"}
CONGRATULATION = "congratulation"
NEAR = timedelta(days=30)
"""How far ahead the brief looks for occasions."""


# -- facts


def note(
    household: Household, reference: str, *, lines: tuple[int, int] | None = None, text: str | None = None
) -> FactRow:
    """Keep a fact from a message: these lines of the letter, or these words about it, or both.

    Raises NotFoundError, or UserError when the mail is nobody's, or neither lines nor words say anything.
    """
    now = household.clock.now()
    row_id = meant.message_of(household, reference)
    with household.database.write() as connection:
        row = views.message(connection, row_id)
        assert row is not None
        if row.contact_id is None:
            raise UserError(f"{reference} belongs to no contact; say of whom it is: inboxcrm fact --of WHO --text TEXT")
        quote = ""
        if lines is not None:
            try:
                quote = lines_of(views.text(connection, row_id), *lines)
            except ValueError as error:
                raise UserError(f"--lines {lines[0]}-{lines[1]}: {error}") from None
        return _keep(connection, row.contact_id, row_id, text, quote, row.received_at, now)


def note_of(household: Household, contact_id: int, text: str) -> FactRow:
    """Keep a fact that was heard: on the telephone, at a table."""
    now = household.clock.now()
    with household.database.write() as connection:
        return _keep(connection, contact_id, None, text, "", now, now)


def _keep(
    connection: sqlite3.Connection,
    contact_id: int,
    message_id: int | None,
    text: str | None,
    quote: str,
    said_at: datetime,
    now: datetime,
) -> FactRow:
    words = one_line(storable(text or quote), LONGEST)
    if not words:
        raise UserError("a fact needs words: --lines FIRST-LAST of the letter, or --text TEXT")
    made = facts.add(
        connection, contact_id=contact_id, message_id=message_id, text=words, quote=quote, said_at=said_at, now=now
    )
    home.journal(connection, "fact", f"fact {made}", {"contact": contact_id}, now=now)
    return _fact(connection, made)


def still_true(household: Household, fact_id: int, *, true: bool) -> FactRow:
    """The answer to "still true?": kept for another year, or dropped."""
    now = household.clock.now()
    with household.database.write() as connection:
        row = _fact(connection, fact_id)
        (facts.confirm if true else facts.drop)(connection, fact_id, now=now)
        home.journal(connection, "fact-kept" if true else "fact-dropped", f"fact {fact_id}", {}, now=now)
    return row


def _fact(connection: sqlite3.Connection, fact_id: int) -> FactRow:
    row = facts.by_id(connection, fact_id)
    if row is None:
        raise UserError(f"no fact {fact_id}. See: inboxcrm facts")
    return row


# -- occasions


@dataclass(frozen=True, slots=True)
class Coming:
    """An occasion with its next return. `greeted`: for this return the contact was greeted already."""

    row: OccasionRow
    turn: Turn
    greeted: bool
    due: bool


def occasion_named(kind: str, day: str, leap_day: str = LeapDay.BEFORE) -> Occasion:
    """The occasion that 2019-05-04, or 05-04, means. Raises UserError for what is no day."""
    match = re.fullmatch(r"(?:(\d{4})-)?(\d{1,2})-(\d{1,2})", day.strip())
    if match is None:
        raise UserError(f"{day!r} is no day. Write it like 2019-05-04, or 05-04 where the year is not known.")
    try:
        return Occasion(
            Kind(kind), int(match[2]), int(match[3]), None if match[1] is None else int(match[1]), LeapDay(leap_day)
        )
    except ValueError as error:
        raise UserError(f"{day} is no day: {error}") from None


def enter_occasion(
    household: Household, contact_id: int, occasion: Occasion, *, note: str = "", source: str = "hand"
) -> OccasionRow:
    """Keep an occasion, or the year in which one began that is kept without it.

    Raises UserError where the contact has the same one already, and for a birthday that lies ahead.
    """
    now = household.clock.now()
    with household.database.write() as connection:
        return keep_occasion(connection, contact_id, occasion, {}, note=note, source=source, now=now)


def keep_occasion(
    connection: sqlite3.Connection,
    contact_id: int,
    occasion: Occasion,
    detail: Mapping[str, object],
    *,
    note: str = "",
    source: str,
    now: datetime,
) -> OccasionRow:
    """The same inside a transaction; `detail` is what the journal says besides."""
    began = None if occasion.year is None else falls_on(occasion, occasion.year)
    if occasion.kind is Kind.BIRTHDAY and began is not None and began > now.date() + timedelta(days=1):
        raise UserError(f"nobody was born on {began} yet")
    kind = "occasion"
    made = occasions.add(connection, contact_id, occasion, note=note, source=source, now=now)
    if made is None:
        kind, made = "occasion-year", occasions.learn_year(connection, contact_id, occasion, note=note)
    if made is None:
        raise UserError("this occasion is kept already. See: inboxcrm occasions")
    home.journal(connection, kind, f"occasion {made}", {"kind": occasion.kind, **detail}, now=now)
    return _occasion(connection, made)


def drop_occasion(household: Household, occasion_id: int) -> None:
    """Keep it no longer."""
    now = household.clock.now()
    with household.database.write() as connection:
        _occasion(connection, occasion_id)
        occasions.drop(connection, occasion_id, now=now)
        home.journal(connection, "occasion-dropped", f"occasion {occasion_id}", {}, now=now)


def coming(
    household: Household,
    connection: sqlite3.Connection,
    *,
    contact_id: int | None = None,
    within: timedelta | None = None,
) -> list[Coming]:
    """The next returns, the nearest first, by the owner's calendar; only those within a time where one is given."""
    now = household.clock.now()
    today = now.astimezone(household.config.owner.timezone).date()
    is_open = open_days(household, connection, now)
    return returns(connection, today, is_open, contact_id=contact_id, within=within)


def returns(
    connection: sqlite3.Connection,
    today: date,
    is_open: Callable[[date], bool],
    *,
    contact_id: int | None = None,
    within: timedelta | None = None,
) -> list[Coming]:
    """The same, where only the day and the open days are known."""
    found = [_coming(row, today, is_open) for row in occasions.listed(connection, contact_id)]
    return sorted(
        (each for each in found if within is None or each.turn.on - today <= within), key=lambda each: each.turn.on
    )


def open_days(household: Household, connection: sqlite3.Connection, now: datetime) -> Callable[[date], bool]:
    """Whether the owner works on a day, absence and holidays counted."""
    calendar = household.calendar(connection, now, None)
    return lambda day: bool(calendar.open_on(day))


def _coming(row: OccasionRow, today: date, is_open: Callable[[date], bool]) -> Coming:
    turn = next_turn(row.occasion, today, is_open)
    return Coming(row, turn, row.greeted_in == turn.on.year, is_due(turn, today))


def greeting(household: Household, occasion_id: int) -> Rendered:
    """A greeting in the contact's language, for the owner's hand. Raises UserError where they were greeted already."""
    with household.database.read() as connection:
        row = _ungreeted(household, connection, occasion_id)
        card = contacts.card(connection, row.contact_id)
    template = GREETINGS.get(Kind(row.kind), CONGRATULATION)
    language = card.language or household.config.owner.language
    values = {**salute(card, card.name), "owner_name": household.config.owner.name}
    return household.templates.render(template, language, values)


def greeted(household: Household, occasion_id: int, *, how: str) -> OccasionRow:
    """The contact was greeted for the coming return, once. Raises UserError where they had been already."""
    now = household.clock.now()
    with household.database.write() as connection:
        row = _ungreeted(household, connection, occasion_id)
        turn = _next(household, connection, row)
        occasions.greet(connection, row.id, turn.on.year, how=how, now=now)
        home.journal(connection, "greeted", f"occasion {row.id}", {"year": turn.on.year, "how": how}, now=now)
    return row


def _ungreeted(household: Household, connection: sqlite3.Connection, occasion_id: int) -> OccasionRow:
    row = _occasion(connection, occasion_id)
    if row.greeted_in == _next(household, connection, row).on.year:
        raise UserError(f"{row.contact} was greeted for this {row.kind} already; once is enough")
    return row


def _next(household: Household, connection: sqlite3.Connection, row: OccasionRow) -> Turn:
    now = household.clock.now()
    today = now.astimezone(household.config.owner.timezone).date()
    return next_turn(row.occasion, today, open_days(household, connection, now))


def _occasion(connection: sqlite3.Connection, occasion_id: int) -> OccasionRow:
    row = occasions.by_id(connection, occasion_id)
    if row is None:
        raise UserError(f"no occasion {occasion_id}. See: inboxcrm occasions")
    return row


# -- interactions


def log(
    household: Household,
    contact_id: int,
    *,
    channel: str,
    from_owner: bool,
    at: datetime | None,
    note: str,
    kind: Class = Class.NEUTRAL,
) -> int:
    """Keep a call, meeting, letter or post; one of the owner's gives, takes or neither, as they say.

    Raises UserError for one that lies in the future.
    """
    now = household.clock.now()
    happened_at = at or now
    if happened_at > now:
        raise UserError(f"--at {happened_at.isoformat()} lies in the future; log what has happened")
    with household.database.write() as connection:
        made = interactions.add(
            connection,
            contact_id,
            channel=channel,
            from_owner=from_owner,
            at=happened_at,
            note=one_line(storable(note), LONGEST),
            now=now,
        )
        if from_owner:
            touches.add(
                connection,
                contact_id=contact_id,
                at=happened_at,
                kind=kind,
                because="logged by hand",
                interaction_id=made,
            )
        home.journal(connection, "interaction", f"interaction {made}", {"channel": channel}, now=now)
    return made


def prefer(household: Household, contact_id: int, channel: str, note: str) -> None:
    """Remember how a contact likes to be reached."""
    now = household.clock.now()
    with household.database.write() as connection:
        interactions.prefer(connection, contact_id, channel, one_line(storable(note), LONGEST), now=now)
        home.journal(connection, "preference", f"contact {contact_id}", {"channel": channel}, now=now)


def call_proposed(connection: sqlite3.Connection, matter_id: int, *, now: datetime) -> int | None:
    """How often a matter has gone back and forth lately, where that is often enough for a call; else None."""
    went = interactions.directions(connection, matter_id, since=now - WITHIN)
    return back_and_forth(went) if rather_call(went) else None
