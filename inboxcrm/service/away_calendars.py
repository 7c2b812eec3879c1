"""Keeps the owner's absences in step with calendars elsewhere: what they state is entered, moved and taken back.

A calendar that cannot be read changes nothing: what it said last stays in force, and the fault is shown.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import sqlite3
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from inboxcrm.config import AwayCalendar
from inboxcrm.domain.office_hours import Away
from inboxcrm.domain.text import many
from inboxcrm.errors import InboxcrmError, TransientError, UserError
from inboxcrm.service import rewording
from inboxcrm.service.away_events import Found, Occurrence, from_lines
from inboxcrm.service.checks import Check, by
from inboxcrm.service.household import Household
from inboxcrm.store import away_calendars as store
from inboxcrm.store import home
from inboxcrm.store.away_calendars import Standing
from inboxcrm.store.times import to_text

Changed = TypeVar("Changed")

log = logging.getLogger("inboxcrm.calendars")

Fetch = Callable[[AwayCalendar], Awaitable[bytes]]
"""Brings a calendar's octets; raises UserError or TransientError."""

READ_WITHIN = timedelta(seconds=60)
ALARM = "away-calendar"
ALARM_AFTER = timedelta(hours=6)
"""A server may be down for a while before anybody is told."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What a reading changed."""

    entered: int = 0
    moved: int = 0
    ended: int = 0


async def keep_in_step(household: Household, fetch: Fetch, *, at_once: bool = False) -> None:
    """Read every calendar whose time has come, or all; absences of one that was taken out of config.toml end."""
    now = household.clock.now()
    standings = await household.read(store.standings)
    named = {each.name for each in household.config.away_calendars}
    for gone in standings.keys() - named:
        await household.write(_in_words_too, household, partial(_drop, name=gone, now=now), now)
    for calendar in household.config.away_calendars:
        standing = standings.get(calendar.name)
        if at_once or standing is None or standing.checked_at + calendar.refresh <= now:
            await _read(household, calendar, standing, fetch, now)


async def _read(
    household: Household, calendar: AwayCalendar, standing: Standing | None, fetch: Fetch, now: datetime
) -> None:
    try:
        raw = await fetch(calendar)
        content = _content(calendar, household, raw, now)
        if standing is not None and standing.content == content:
            await household.write(_well, calendar.name, content, now)
        else:
            found = await read_apart(raw, calendar.word, household, now)
            changes = await household.write(
                _in_words_too,
                household,
                partial(take_over, calendar=calendar, found=found, content=content, now=now),
                now,
            )
            log.info("calendar.read", extra={"calendar": calendar.name, "changes": str(changes)})
    except (UserError, TransientError) as error:
        log.warning("calendar.fault", extra={"calendar": calendar.name, "cause": str(error)})
        await household.write(_fault, calendar.name, str(error), now)


def _content(calendar: AwayCalendar, household: Household, raw: bytes, now: datetime) -> str:
    """Differs when another reading may find something else: the octets, what is asked of them, or the day."""
    zone = household.config.owner.timezone
    asked = f"{calendar.word}|{calendar.kind}|{calendar.wording}|{calendar.buffer}|{zone.key}"
    return f"{now.astimezone(zone).date()} {hashlib.sha256(asked.encode() + raw).hexdigest()}"


async def read_apart(raw: bytes, word: str | None, household: Household, now: datetime) -> Found:
    """Read a calendar in a process of its own, which is ended when it takes too long. UserError as `absences`."""
    words = [] if word is None else [word]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "inboxcrm.service.away_events",
        household.config.owner.timezone.key,
        now.isoformat(),
        *words,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(READ_WITHIN.total_seconds()):
            out, _ = await process.communicate(raw)
    except TimeoutError as error:
        raise UserError(f"the calendar was not read within {READ_WITHIN.total_seconds():.0f} s") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode == 2:
        raise UserError(out.decode())
    if process.returncode:
        raise UserError("this is no calendar that can be read (iCalendar, .ics)")
    return from_lines(out.decode().splitlines())


def _in_words_too(
    connection: sqlite3.Connection,
    household: Household,
    change: Callable[[sqlite3.Connection], Changed],
    now: datetime,
) -> Changed:
    """Change absences, and with them what acknowledgements say of one that have not left yet."""
    with rewording.while_absences_change(household, connection, now):
        return change(connection)


def take_over(
    connection: sqlite3.Connection, *, calendar: AwayCalendar, found: Found, content: str, now: datetime
) -> Changes:
    """Enter what is new, move what has moved, take back what is gone.

    An absence that the owner took back by hand stays so while the calendar says the same of it; one that is over, or
    has been, is history and stays.
    """
    held = store.entered(connection, calendar.name)
    changes = Changes()
    for each in found.absences:
        away = _away(calendar, each)
        stated = f"{to_text(each.start)}/{to_text(each.end)}"
        row = held.pop(each.event, None)
        if row is None:
            row_id = home.add_away(connection, away, now=now)
            store.state(connection, row_id, calendar=calendar.name, event=each.event, stated=stated)
            changes = replace(changes, entered=changes.entered + 1)
        elif row.stated != stated:
            store.move(connection, row.id, away, stated=stated)
            changes = replace(changes, moved=changes.moved + 1)
        elif (row.away.kind, row.away.wording, row.away.buffer) != (away.kind, away.wording, away.buffer):
            store.reword(connection, row.id, away)
    gone = [row.id for row in held.values()]
    ended = sum(home.end_away(connection, row, now=now) for row in gone)
    store.release(connection, gone)
    _well(connection, calendar.name, content, now)
    changes = replace(changes, ended=ended)
    if changes != Changes():
        detail = {"entered": changes.entered, "moved": changes.moved, "ended": changes.ended}
        home.journal(connection, "away-calendar", calendar.name, detail, now=now)
    return changes


def _away(calendar: AwayCalendar, each: Occurrence) -> Away:
    return Away(each.start, each.end, calendar.kind, calendar.wording, calendar.buffer)


def _drop(connection: sqlite3.Connection, *, name: str, now: datetime) -> None:
    rows = [row.id for row in store.entered(connection, name).values()]
    for row in rows:
        home.end_away(connection, row, now=now)
    store.release(connection, rows)
    store.forget(connection, name)


def _well(connection: sqlite3.Connection, name: str, content: str, now: datetime) -> None:
    store.note_read(connection, name, content=content, at=now)
    home.clear_alarms(connection, ALARM, now=now)


def _fault(connection: sqlite3.Connection, name: str, fault: str, now: datetime) -> None:
    store.note_fault(connection, name, fault, at=now)
    since = store.standings(connection)[name].fault_since
    if since is not None and now - since >= ALARM_AFTER:
        detail = f"{name} cannot be read since {to_text(since)}; the absences it stated last stay in force"
        home.raise_alarm(connection, ALARM, detail, now=now)


async def check(household: Household, fetch: Fetch) -> list[Check]:
    """For `doctor`: read each calendar now, and say what it states. Nothing is entered."""
    checks = []
    for calendar in household.config.away_calendars:
        name = f"away calendar {calendar.name}"
        try:
            found = await read_apart(await fetch(calendar), calendar.word, household, household.clock.now())
        except InboxcrmError as error:
            hint = "What it stated last stays in force. Mend [[away_calendar]] in config.toml, or its server."
            checks.append(Check(name, ok=False, detail=str(error), hint=hint))
        else:
            way = by(calendar.proxy, url=calendar.url) if calendar.url is not None else ""
            detail = f"{many(len(found.absences), 'absence')} within 400 days{way}"
            checks.append(Check(name, ok=True, detail=detail))
    return checks
