"""Which absences a calendar file states (iCalendar, RFC 5545): its events with a word, repeating ones expanded.

It can be run as a program, `python -m inboxcrm.service.away_events`: whoever wrote the file decides how long reading it
takes, and a process of its own can be ended. The libraries for it are imported when they are needed.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from inboxcrm.domain.text import one_line
from inboxcrm.errors import UserError

AHEAD = timedelta(days=400)
"""How far ahead repeating events are expanded."""

MOST = 1000
"""More absences than these are none: the word is in every event, or somebody plays a trick."""

WORDS = 120
MIDNIGHT = time(0)
_OFTENER_THAN_DAILY = frozenset(("SECONDLY", "MINUTELY", "HOURLY"))
_PARTS_OF_A_DAY = frozenset(("BYHOUR", "BYMINUTE", "BYSECOND"))


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time that the owner is away. `event` names it for good, wherever the calendar moves it."""

    event: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """The absences within 400 days that are not over, and the names of events that no absence can be made of."""

    absences: tuple[Occurrence, ...]
    passed_over: tuple[str, ...] = ()


def absences(raw: bytes, *, word: str | None, zone: ZoneInfo, now: datetime) -> Found:
    """The events of a calendar file whose summary or category has this word, or all; cancelled ones left out.

    Whole days and floating times (RFC 5545 section 3.3.5) are the owner's. An exception to a series stands for itself:
    one that was renamed, moved or cancelled counts as it is. Events that repeat oftener than daily are passed over.
    Raises UserError for what is no calendar, or states too much.
    """
    import recurring_ical_events
    from icalendar import Calendar

    try:
        calendars = Calendar.from_ical(raw, multiple=True)
        if not calendars:
            raise UserError("this is no calendar that can be read (iCalendar, .ics): it is empty")
        passed: list[str] = []
        found: dict[str, Occurrence] = {}
        for calendar in calendars:
            repeating = _prepare(calendar, word, passed)
            occurrences = recurring_ical_events.of(calendar).between(now - timedelta(days=1), now + AHEAD)
            for each in occurrences:
                if _is_meant(each, word):
                    _add(found, _occurrence(each, zone, repeating), now)
    except (ValueError, KeyError, IndexError, AttributeError, TypeError, OverflowError) as error:
        raise UserError(
            f"this is no calendar that can be read (iCalendar, .ics): {one_line(str(error), 200)}"
        ) from None
    return Found(tuple(sorted(found.values(), key=lambda each: (each.start, each.end, each.event))), tuple(passed))


def _prepare(calendar: Any, word: str | None, passed: list[str]) -> frozenset[str]:
    """Leave only the series that may state an absence in the calendar; answers which of them repeat."""
    events = [each for each in calendar.subcomponents if each.name == "VEVENT"]
    others = [each for each in calendar.subcomponents if each.name == "VTIMEZONE"]
    for each in events:
        if "UID" not in each:
            each.add("uid", hashlib.sha256(each.to_ical()).hexdigest())
    wanted = {str(each["UID"]) for each in events if _is_meant(each, word)}
    hostile = {str(each["UID"]): each for each in events if str(each["UID"]) in wanted and _is_too_often(each)}
    passed += [one_line(str(each.get("SUMMARY", "?")), WORDS) for each in hostile.values()]
    kept = [each for each in events if str(each["UID"]) in wanted and str(each["UID"]) not in hostile]
    calendar.subcomponents = [*others, *kept]
    return frozenset(str(each["UID"]) for each in kept if _repeats(each))


def _add(found: dict[str, Occurrence], each: Occurrence, now: datetime) -> None:
    if not each.start < each.end or each.end <= now:
        return
    found[each.event] = each
    if len(found) > MOST:
        raise UserError(f"this calendar states more than {MOST} absences in 400 days; name a word that marks yours")


def _is_meant(event: Any, word: str | None) -> bool:
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return False
    if word is None:
        return True
    said = f"{event.get('SUMMARY', '')} {_categories(event)}"
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", said, re.IGNORECASE) is not None


def _categories(event: Any) -> str:
    found = event.get("CATEGORIES", [])
    several = found if isinstance(found, list) else [found]
    return " ".join(str(name) for each in several for name in getattr(each, "cats", [each]))


def _repeats(event: Any) -> bool:
    return "RRULE" in event or "RDATE" in event or "RECURRENCE-ID" in event


def _is_too_often(event: Any) -> bool:
    rules = event.get("RRULE", [])
    return any(_part_of_a_day(rule) for rule in (rules if isinstance(rules, list) else [rules]))


def _part_of_a_day(rule: Mapping[str, Iterable[object]]) -> bool:
    often = {str(each).upper() for each in rule.get("FREQ", ())} & _OFTENER_THAN_DAILY
    return bool(often or {name.upper() for name in rule} & _PARTS_OF_A_DAY)


def _occurrence(event: Any, zone: ZoneInfo, repeating: frozenset[str]) -> Occurrence:
    uid = str(event["UID"])
    begins = event["DTSTART"].dt
    ends = event["DTEND"].dt if "DTEND" in event else begins
    start, end = _instant(begins, zone), _instant(ends, zone)
    if start == end and not isinstance(begins, datetime):
        end = _instant(begins + timedelta(days=1), zone)
    key = f"{uid}/{event['RECURRENCE-ID'].dt.isoformat()}" if uid in repeating else uid
    return Occurrence(key, start, end)


def _instant(at: date | datetime, zone: ZoneInfo) -> datetime:
    if not isinstance(at, datetime):
        return datetime.combine(at, MIDNIGHT, tzinfo=zone)
    return at if at.tzinfo is not None else at.replace(tzinfo=zone)


def lines(found: Found) -> Iterator[str]:
    """What was found as lines of JSON, for another process."""
    for each in found.absences:
        yield json.dumps([each.event, each.start.isoformat(), each.end.isoformat()])


def from_lines(written: Iterable[str]) -> Found:
    """Back from them."""
    rows = [json.loads(line) for line in written if line.strip()]
    read = datetime.fromisoformat
    return Found(tuple(Occurrence(event, read(start), read(end)) for event, start, end in rows))


def main() -> int:
    """Read a calendar from standard input; the arguments are the zone, the present instant, and the word or nothing."""
    zone, now, *word = sys.argv[1:]
    try:
        found = absences(
            sys.stdin.buffer.read(),
            word=word[0] if word else None,
            zone=ZoneInfo(zone),
            now=datetime.fromisoformat(now),
        )
    except UserError as error:
        sys.stdout.write(str(error))
        return 2
    sys.stdout.writelines(f"{line}\n" for line in lines(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
