"""The stack on the desk after an absence: what is owed, what each sender was told, and what changed meanwhile.

It opens with the first office minute after the absence, which is when the catching up begins, and is offered until the
owner says that it was gone through.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from inboxcrm.domain.office_hours import ONE_DAY, Away, OfficeCalendar
from inboxcrm.service.household import Household
from inboxcrm.store import home, homecoming, views
from inboxcrm.store.homecoming import Meanwhile

LAPSES = timedelta(days=30)
"""An absence that ended longer ago is not offered any more."""

LOOKED_THROUGH = 60
"""How many days of an absence, its last ones, are looked at for one that would have been worked."""

SAID = {
    "wrote": "wrote again",
    "asked again": "asked again",
    "colleague": "a colleague wrote in the matter",
    "bounced": "a mail of yours did not arrive",
    "kept": "answered in time",
    "kept_late": "answered late",
    "withdrawn": "they say it is settled",
    "moot": "no answer is needed any more",
}
"""What happened meanwhile, in words."""

_ENDED = frozenset(("kept", "kept_late", "withdrawn", "moot"))


@dataclass(frozen=True, slots=True)
class Return:
    """Absences that are over and were not gone through, from first start to last end; open since `opened_at`."""

    away_ids: tuple[int, ...]
    start_at: datetime
    end_at: datetime
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Sheet:
    """One person's place in the stack: what is owed to them, the most urgent first, and what happened meanwhile."""

    owed: tuple[views.OwedRow, ...]
    news: tuple[Meanwhile, ...]


@dataclass(frozen=True, slots=True)
class Settled:
    """A promise that ended during the absence, and how."""

    promise: views.PromiseRow
    how: Meanwhile


@dataclass(frozen=True, slots=True)
class Stack:
    """All of it, in the order of the queue."""

    returned: Return
    sheets: tuple[Sheet, ...]
    settled: tuple[Settled, ...]


def pending(household: Household, connection: sqlite3.Connection, *, now: datetime) -> Return | None:
    """The return that waits to be gone through; None while the owner is away, and after mere hours of absence.

    Only absences that took at least one whole working day have one.
    """
    ids = frozenset(homecoming.not_gone_through(connection, now=now, since=now - LAPSES))
    if not ids:
        return None
    calendar = household.calendar(connection, now, None)
    if calendar.away_at(now) is not None:
        return None
    bare = replace(calendar, away=())
    over = [(row, away) for row, away in home.absences(connection, since=now - LAPSES) if row in ids]
    found = [(row, away) for row, away in over if _took_a_day(bare, away)]
    backs = [calendar.back_at(away) for _, away in found]
    opened = [at for at in backs if at is not None]
    if not found or len(opened) < len(found) or max(opened) > now:
        return None
    return Return(
        tuple(row for row, _ in found),
        min(away.start_at for _, away in found),
        max(away.end_at for _, away in found),
        max(opened),
    )


@dataclass(frozen=True, slots=True)
class NotYet:
    """Why there is no stack: the absence runs still, or is over and the office opens at `opens_at` (None: never)."""

    away: Away
    runs: bool
    opens_at: datetime | None

    def sentence(self, when: Callable[[datetime], str], *, back: str) -> str:
        """The same for a person; `when` writes an instant, `back` says how one is back already."""
        opens = f"the stack opens {when(self.opens_at)}" if self.opens_at is not None else "no office hour comes after"
        if self.runs:
            return f"You are away until {when(self.away.end_at)}; {opens}. {back}"
        return f"You are back since {when(self.away.end_at)}; {opens}."


NO_RETURN = "There is no absence of a working day to come back from."
"""What a person is told where nothing was missed: nobody was away, or for some hours only."""


def not_yet(household: Household, connection: sqlite3.Connection, *, now: datetime) -> NotYet | None:
    """Why no stack lies on the desk yet, where one will."""
    calendar = household.calendar(connection, now, None)
    bare = replace(calendar, away=())
    ids = homecoming.not_gone_through(connection, now=now, since=now - LAPSES)
    begun = [(row, away) for row, away in home.absences(connection, since=now - LAPSES) if away.start_at <= now]
    found = [away for row, away in begun if (row in ids or away.end_at > now) and _took_a_day(bare, away)]
    if not found:
        return None
    last = max(found, key=lambda away: away.end_at)
    return NotYet(last, last.end_at > now, calendar.back_at(last))


def _took_a_day(bare: OfficeCalendar, away: Away) -> bool:
    last = away.end_at.astimezone(bare.zone).date()
    days = (bare.open_on(last - ONE_DAY * back) for back in range(LOOKED_THROUGH))
    return any(spans and away.start_at <= spans[0].start and spans[-1].end <= away.end_at for spans in days)


def stack(household: Household, connection: sqlite3.Connection, returned: Return, *, now: datetime) -> Stack:
    """What lies on the desk after this absence."""
    zone = household.config.owner.timezone
    news = homecoming.meanwhile(connection, since=returned.start_at, own_domains=_own_domains(household))
    piles = views.by_person(views.queue(connection, now=now, zone=zone))
    sheets = [Sheet(tuple(pile), tuple(each for row in pile for each in news.get(row.matter_id, ()))) for pile in piles]
    return Stack(returned, tuple(sheets), tuple(_settled(connection, news)))


def _settled(connection: sqlite3.Connection, news: dict[int, list[Meanwhile]]) -> list[Settled]:
    """Promises that ended meanwhile in matters in which nothing is owed now."""
    found = []
    for matter_id, events in news.items():
        ends = [each for each in events if each.what in _ENDED]
        promises = views.promises_of_matter(connection, matter_id)
        if ends and promises and promises[-1].ended_at is not None:
            found.append(Settled(promises[-1], ends[-1]))
    return found


def _own_domains(household: Household) -> frozenset[str]:
    """The domains at which whoever writes is a colleague; at a public provider anybody has an address."""
    domains = {address.rpartition("@")[2].lower() for address in household.config.owner.addresses}
    return frozenset(domain for domain in domains if not household.is_public(domain))


def done(household: Household) -> int:
    """The owner has gone through the stack; answers how many absences are closed by that."""
    now = household.clock.now()
    with household.database.write() as connection:
        returned = pending(household, connection, now=now)
        if returned is None:
            return 0
        homecoming.gone_through(connection, returned.away_ids, at=now)
        home.journal(connection, "return", None, {"absences": len(returned.away_ids)}, now=now)
    return len(returned.away_ids)
