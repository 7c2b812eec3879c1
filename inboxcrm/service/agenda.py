"""Calendars as other programs know them (iCalendar, RFC 5545): promises and absences out, absences in.

Repeating events are not expanded: they are named, so that the owner enters them by hand.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Event

from inboxcrm.domain.office_hours import Away
from inboxcrm.domain.text import one_line
from inboxcrm.errors import UserError
from inboxcrm.render import instance_token
from inboxcrm.service.household import Household
from inboxcrm.store import home, views

NAME = "inboxcrm"
WORDS = 120
"""How much of a subject a calendar shows."""

MIDNIGHT = time(0)


@dataclass(frozen=True, slots=True)
class Found:
    """The absences of a calendar file that are not over, and the names of repeating events that were passed over."""

    absences: tuple[Away, ...]
    repeating: tuple[str, ...]


def feed(household: Household, connection: sqlite3.Connection, *, now: datetime) -> bytes:
    """The promises that are owed, each at its due time, and the absences that are not over.

    Every event keeps its UID from one writing to the next, so that a calendar that subscribes moves it.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//inboxcrm//promises//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", NAME)
    token, zone = instance_token(household.secret), household.config.owner.timezone
    for row in views.all_owed(connection):
        if row.due_at is not None:
            calendar.add_component(_promise(row, row.due_at, token, now))
    for row_id, away in home.absences(connection):
        if away.end_at > now:
            calendar.add_component(_absence(row_id, away, token, zone, now))
    written: bytes = calendar.to_ical()
    return written


def _promise(row: views.OwedRow, due_at: datetime, token: str, now: datetime) -> Event:
    """An event of no length at the due time: it blocks nothing, and rings an hour before."""
    event = Event()
    event.add("uid", f"promise-{row.promise_id}@{token}.inboxcrm.invalid")
    event.add("dtstamp", now)
    event.add("dtstart", due_at)
    state = "BROKEN: " if row.state == "broken" else ""
    event.add("summary", one_line(f"{state}Answer {row.contact}: {row.subject}", WORDS))
    event.add("transp", "TRANSPARENT")
    event.add("class", "PRIVATE")
    event.add("categories", ["promise"])
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", "An answer is due")
    alarm.add("trigger", timedelta(hours=-1))
    event.add_component(alarm)
    return event


def _absence(row_id: int, away: Away, token: str, zone: ZoneInfo, now: datetime) -> Event:
    event = Event()
    event.add("uid", f"away-{row_id}@{token}.inboxcrm.invalid")
    event.add("dtstamp", now)
    start, end = away.start_at.astimezone(zone), away.end_at.astimezone(zone)
    whole_days = start.timetz().replace(tzinfo=None) == MIDNIGHT == end.timetz().replace(tzinfo=None)
    event.add("dtstart", start.date() if whole_days else away.start_at)
    event.add("dtend", end.date() if whole_days else away.end_at)
    event.add("summary", f"Away ({one_line(away.kind, WORDS)})")
    event.add("transp", "OPAQUE")
    event.add("categories", ["away"])
    return event


def absences(raw: bytes, *, word: str | None, zone: ZoneInfo, kind: str, buffer: timedelta, now: datetime) -> Found:
    """The events of a calendar file that mean absence: those whose summary or category has this word, or all.

    Whole days and floating times (RFC 5545 section 3.3.5) are the owner's. Raises UserError for what is no calendar.
    """
    try:
        calendars = Calendar.from_ical(raw, multiple=True)
        events: list[Any] = [event for calendar in calendars for event in calendar.walk("VEVENT")]
        found = list(_marked(events, word))
        repeating = tuple(one_line(str(each.get("SUMMARY", "?")), WORDS) for each in found if _repeats(each))
        periods = [_period(each, zone) for each in found if not _repeats(each)]
    except (ValueError, KeyError, IndexError, AttributeError, TypeError) as error:
        raise UserError(
            f"this is no calendar that can be read (iCalendar, .ics): {one_line(str(error), 200)}"
        ) from None
    if not calendars:
        raise UserError("this is no calendar that can be read (iCalendar, .ics): it is empty")
    kept = sorted({(start, end) for start, end in periods if start < end and end > now})
    return Found(tuple(Away(start, end, kind, None, buffer) for start, end in kept), repeating)


def _marked(events: Iterable[Any], word: str | None) -> Iterator[Any]:
    pattern = None if word is None else re.compile(rf"(?<!\w){re.escape(word)}(?!\w)", re.IGNORECASE)
    for event in events:
        if str(event.get("STATUS", "")).upper() == "CANCELLED":
            continue
        said = f"{event.get('SUMMARY', '')} {_categories(event)}"
        if pattern is None or pattern.search(said):
            yield event


def _categories(event: Any) -> str:
    found = event.get("CATEGORIES", [])
    several = found if isinstance(found, list) else [found]
    return " ".join(str(name) for each in several for name in getattr(each, "cats", [each]))


def _repeats(event: Any) -> bool:
    return "RRULE" in event or "RDATE" in event


def _period(event: Any, zone: ZoneInfo) -> tuple[datetime, datetime]:
    begins = event["DTSTART"].dt
    start = _instant(begins, zone)
    if "DTEND" in event:
        return start, _instant(event["DTEND"].dt, zone)
    if "DURATION" in event:
        return start, start + event["DURATION"].dt
    whole_day = not isinstance(begins, datetime)
    return start, _instant(begins + timedelta(days=1), zone) if whole_day else start


def _instant(at: date | datetime, zone: ZoneInfo) -> datetime:
    if not isinstance(at, datetime):
        return datetime.combine(at, MIDNIGHT, tzinfo=zone)
    return at if at.tzinfo is not None else at.replace(tzinfo=zone)
