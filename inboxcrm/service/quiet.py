"""Measures, once a day, whether a contact has gone quiet by their own rhythm. It proposes a call and sends nothing."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from math import ceil
from statistics import median
from zoneinfo import ZoneInfo

from inboxcrm.domain import rhythm
from inboxcrm.domain.rhythm import Closed, Rhythm, Silence
from inboxcrm.service.household import Household
from inboxcrm.store import folders, home, rhythms
from inboxcrm.store.rhythms import Heard, RhythmRow

MEASURED = "rhythms_measured_on"
LOOKED_BACK = timedelta(days=3 * 365)
CLOSURES_LOOKED_BACK = 300
"""Days in which closed runs are read from hours and holidays; before them only absences on record count."""

FIRST_READING = timedelta(days=14)
"""For so long a mailbox that is new is waited for: half of its mail makes rhythms of the last few letters. At the least
that a provider gives in a day twenty gigabytes are read by then; a folder that is gone keeps nobody waiting.
"""

AT_ONCE = 25
BEFORE_SILENCE = timedelta(days=60)
"""A promise broken up to this long before the last word may be why it was the last."""


async def measure_daily(household: Household) -> int:
    """Measure every known contact if that was not done today and no new mailbox is half read; answers how many were."""
    now = household.clock.now()
    today = now.astimezone(household.config.owner.timezone).date().isoformat()
    if await household.read(lambda connection: home.value(connection, MEASURED)) == today:
        return 0
    if await household.read(lambda connection: folders.first_reading(connection, enrolled_after=now - FIRST_READING)):
        return 0
    measured = await measure(household)
    await household.jot(home.set_value, MEASURED, today)
    return measured


async def measure(household: Household) -> int:
    """Measure every known contact, a few at a time between what else the store has to do."""
    now = household.clock.now()
    ids = await household.read(rhythms.known_contacts)
    known: list[Heard] = []
    for at in range(0, len(ids), AT_ONCE):
        known += await household.read(_reader(ids[at : at + AT_ONCE], now - LOOKED_BACK))
        await asyncio.sleep(0)
    closed = await household.read(lambda connection: closures(household, connection, now))
    spoken = [each for each in known if each.letters or each.calls]
    own = {each.contact_id: rhythm.touches(each.letters, each.calls) for each in spoken}
    a0 = rhythm.prior(_medians(own.values(), closed))
    for at in range(0, len(spoken), AT_ONCE):
        await household.jot(_keep, spoken[at : at + AT_ONCE], own, closed, a0, now)
        await asyncio.sleep(0)
    return len(spoken)


def _reader(ids: Sequence[int], since: datetime) -> Callable[[sqlite3.Connection], list[Heard]]:
    return lambda connection: [rhythms.heard(connection, each, since=since) for each in ids]


def _medians(touches: Iterable[Sequence[datetime]], closed: Sequence[Closed]) -> Iterator[float]:
    for at in touches:
        gaps = rhythm.gaps(at, closed)
        if gaps:
            yield median(gaps)


def _keep(
    connection: sqlite3.Connection,
    spoken: Sequence[Heard],
    own: Mapping[int, Sequence[datetime]],
    closed: Sequence[Closed],
    a0: float,
    now: datetime,
) -> None:
    for each in spoken:
        last_at = max((*each.letters, *each.calls))
        back_at = max(last_at, min(each.away_until or last_at, now))
        found = rhythm.rhythm(own[each.contact_id], back_at, now=now, a0=a0, closed=closed)
        _enter(connection, each, found, last_at=last_at, touches=len(own[each.contact_id]), now=now)


def _enter(
    connection: sqlite3.Connection, each: Heard, found: Rhythm, *, last_at: datetime, touches: int, now: datetime
) -> None:
    away = each.away_until is not None and each.away_until > now
    near = each.broken_at is not None and each.broken_at >= last_at - BEFORE_SILENCE
    rhythms.keep(
        connection,
        each.contact_id,
        measured_at=now,
        last_at=last_at,
        touches=touches,
        typical_days=found.typical,
        silent_days=found.silent,
        chance=found.chance,
        bound_days=found.bound,
        silence=found.silence,
        spared=_spared(each, found, away=away),
        broken_at=each.broken_at if near else None,
        told_from_days=None if each.owed or away or found.season else max(found.bound, found.told_from),
    )


def _spared(each: Heard, found: Rhythm, *, away: bool) -> str | None:
    """Why the owner does not hear of a silence, or None."""
    if each.owed:
        return "you owe them an answer"
    if away:
        return "they are away"
    if found.silence is Silence.USUAL or found.told:
        return None
    if found.season:
        return "silent at this time of last year too"
    return f"may be chance until day {ceil(found.told_from)}"


def closures(household: Household, connection: sqlite3.Connection, now: datetime) -> list[Closed]:
    """The owner's closed periods: runs of closed days lately, and absences on record before that."""
    zone = household.config.owner.timezone
    calendar = household.calendar(connection, now, None)
    today = now.astimezone(zone).date()
    first = today - timedelta(days=CLOSURES_LOOKED_BACK)
    open_days = [day for day in _days(first, today) if calendar.open_on(day)]
    edges = [first - timedelta(days=1), *open_days, today + timedelta(days=1)]
    runs = [
        Closed(_midnight(one + timedelta(days=1), zone), _midnight(other, zone))
        for one, other in pairwise(edges)
        if other - one > timedelta(days=1)
    ]
    begin = _midnight(first, zone)
    before = [
        Closed(away.start_at, min(away.end_at, begin)) for _, away in home.absences(connection) if away.start_at < begin
    ]
    return [each for each in (*before, *runs) if each.end_at - each.start_at > rhythm.LONG_CLOSURE]


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(0), tzinfo=zone).astimezone(UTC)


def remarkable(connection: sqlite3.Connection) -> list[RhythmRow]:
    """The silences that the owner should hear of, the least likely first."""
    return [row for row in rhythms.silent(connection) if row.remarkable]


def evidence(row: RhythmRow, when: Callable[[datetime], str]) -> str:
    """Why a silence is remarkable, a broken promise first: "writes about every 14 days; silent 47"."""
    often = "wrote once" if row.typical_days is None else f"writes about every {round(row.typical_days)} days"
    said = f"{often}; silent {round(row.silent_days)}"
    if row.broken_at is None:
        return said
    return f"a promise to them was broken on {when(row.broken_at)}; {said}"
