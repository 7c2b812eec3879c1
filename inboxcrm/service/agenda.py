"""Promises and absences as a calendar that other programs subscribe to (iCalendar, RFC 5545)."""

from __future__ import annotations

import sqlite3
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Event

from inboxcrm.domain.office_hours import Away
from inboxcrm.domain.text import one_line
from inboxcrm.render import instance_token
from inboxcrm.service.household import Household
from inboxcrm.store import home, views

NAME = "inboxcrm"
WORDS = 120
"""How much of a subject a calendar shows."""

MIDNIGHT = time(0)


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
