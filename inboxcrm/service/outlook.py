"""Which promises can hardly be kept since the calendar changed: hours, holidays, plans or absences.

A promise never moves by itself. When anything that open time is made of has changed, every live promise is looked at
once, and those that the new calendar leaves too little time for are marked, for the owner to extend or to hold anyway.
An acknowledgement that still waits to tell such a time goes only with the owner's key.
"""

from __future__ import annotations

import hashlib
import sqlite3
from datetime import datetime, timedelta

from inboxcrm.domain.durations import format_hours
from inboxcrm.domain.office_hours import Away
from inboxcrm.domain.ruler import Ruler
from inboxcrm.service.household import KEPT, Household
from inboxcrm.store import home, outbox, prospects
from inboxcrm.store.prospects import Prospect

LOOKED_AT = "calendar-looked-at"
TOLERANCE = timedelta(minutes=1)
"""What rounding to minutes may take from a promise that nothing has happened to."""


def look(household: Household, connection: sqlite3.Connection, *, now: datetime) -> bool:
    """Mark what has become unlikely, and unmark what is likely again; answers whether the calendar had changed."""
    seen = _fingerprint(household, connection, now)
    if home.value(connection, LOOKED_AT) == seen:
        return False
    found = prospects.prospects(connection, now)
    if found:
        marks = _marks(household, connection, found, now)
        prospects.mark(connection, marks)
        for promise_id in (each for each, why in marks.items() if why is not None):
            outbox.ask_about(connection, promise_id, at=now, why="the calendar has changed: it names an unlikely time")
    home.set_value(connection, LOOKED_AT, seen)
    return True


def refresh(household: Household) -> None:
    """The same in a transaction of its own, for commands that show the promises while no daemon runs."""
    now = household.clock.now()
    with household.database.read() as connection:
        if home.value(connection, LOOKED_AT) == _fingerprint(household, connection, now):
            return
    with household.database.write() as connection:
        look(household, connection, now=now)


def _marks(
    household: Household, connection: sqlite3.Connection, found: list[Prospect], now: datetime
) -> dict[int, str | None]:
    """What has to be said differently than before, by promise."""
    start, end = min(each.counted_from for each in found), max(each.due_at for each in found)
    absences = tuple(away for _, away in home.absences(connection, since=now))
    rulers = {plan: household.measure(connection, start, end, plan) for plan in {each.plan for each in found}}
    said = {each.promise_id: _why(each, rulers[each.plan], absences) for each in found}
    return {each.promise_id: said[each.promise_id] for each in found if said[each.promise_id] != each.unlikely}


def _why(each: Prospect, ruler: Ruler, absences: tuple[Away, ...]) -> str | None:
    away = next((away for away in absences if away.start_at <= each.due_at < away.end_at), None)
    if away is not None:
        return f"you are away then ({away.kind})"
    left = ruler.between(each.counted_from, each.due_at)
    if left >= each.needed - TOLERANCE:
        return None
    return f"{format_hours(each.needed - left)} of its {format_hours(each.needed)} of open time are gone"


def _fingerprint(household: Household, connection: sqlite3.Connection, now: datetime) -> str:
    """Differs when anything differs that open time is made of."""
    config = household.config
    made_of = (
        config.owner.timezone.key,
        config.office,
        sorted((plan.name, plan.hours, plan.holidays) for plan in config.plans.values() if plan.own_calendar),
        [sorted((kind.name, kind.category) for kind in household.adopted(connection, each)) for each in config.regions],
        [away for _, away in home.absences(connection, since=now - KEPT)],
    )
    return hashlib.sha256(repr(made_of).encode()).hexdigest()
