"""Times as people type them at the desk and on the command line.

`now`, `2d`, `17:30`, `fri`, `tomorrow`, `2026-03-27`, `2026-03-27 16:30`, and any other time of ISO 8601: without an
offset it is read by the owner's clock.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from inboxcrm.domain.durations import shifted, thinkable

EXPECTED = "write it like 2d, 17:30, fri, tomorrow, 2026-03-27 or 2026-03-27 16:30"
Moment = TypeVar("Moment", date, datetime)

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCK = re.compile(r"(?:(.+?)[ t])?(\d{1,2}):(\d{2})")


def past(text: str, zone: ZoneInfo, now: datetime) -> datetime:
    """When something was done: empty and `now` are now, a length counts back. ValueError says what is expected."""
    written = text.strip().casefold()
    if written in ("", "now"):
        return now
    counted = _counted(written, zone, now, back=True)
    return counted or _instant(written, zone, now, backwards=True, day_ends=False)


def future(text: str, zone: ZoneInfo, now: datetime, *, day_ends: bool) -> datetime:
    """A time to come. A day without a time is its end or, for what begins, its beginning. ValueError as above."""
    written = text.strip().casefold()
    if written == "now":
        return now
    return _counted(written, zone, now) or _instant(written, zone, now, backwards=False, day_ends=day_ends)


def _counted(written: str, zone: ZoneInfo, now: datetime, *, back: bool = False) -> datetime | None:
    try:
        return shifted(now, written, zone, back=back)
    except ValueError:
        return None


def _instant(written: str, zone: ZoneInfo, now: datetime, *, backwards: bool, day_ends: bool) -> datetime:
    clock = _CLOCK.fullmatch(written)
    if clock is not None:
        day, hour, minute = clock[1] or "today", int(clock[2]), int(clock[3])
        if hour > 23 or minute > 59:
            raise ValueError(f"{written!r} is no time of day; {EXPECTED}")
        return datetime.combine(_day(day, now.astimezone(zone).date(), backwards), time(hour, minute), tzinfo=zone)
    exact = _exact(written)
    if exact is not None:
        return exact if exact.tzinfo is not None else exact.replace(tzinfo=zone)
    day_on = _day(written, now.astimezone(zone).date(), backwards)
    if day_ends:
        return datetime.combine(day_on + timedelta(days=1), time(0), tzinfo=zone)
    return datetime.combine(day_on, time(0), tzinfo=zone)


def _day(written: str, today: date, backwards: bool) -> date:
    near = {"today": 0, "tomorrow": 1, "yesterday": -1}
    if written in near:
        return today + timedelta(days=near[written])
    if written[:3] in _DAYS and written.isalpha():
        ahead = (_DAYS.index(written[:3]) - today.weekday()) % 7
        return today + timedelta(days=(ahead - 7 if backwards and ahead else ahead or (0 if backwards else 7)))
    day = _iso(date, written)
    if day is None:
        raise ValueError(f"{written!r} is no time; {EXPECTED}")
    return day


def _exact(written: str) -> datetime | None:
    """Day and time of day as ISO 8601 writes them, to the second and with an offset if they like; None for a day."""
    return None if _iso(date, written) is not None else _iso(datetime, written)


def _iso(kind: type[Moment], written: str) -> Moment | None:
    try:
        read = kind.fromisoformat(written.upper())
    except ValueError:
        return None
    if not thinkable(read):
        raise ValueError(f"nobody means the year {read.year}; {EXPECTED}")
    return read
