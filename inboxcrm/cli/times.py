"""Times as people type them on the command line."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from inboxcrm.domain.durations import shifted, thinkable
from inboxcrm.errors import UserError


def instant(text: str, zone: ZoneInfo, *, option: str) -> datetime:
    """An ISO 8601 date or time; without an offset it is read by the owner's clock. Raises UserError."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise UserError(
            f"{option} {text!r} is no time. Write it like 2026-03-27, 2026-03-27T16:30 or 2026-03-27T16:30+01:00."
        ) from None
    if not thinkable(read):
        raise UserError(f"{option} {text!r}: nobody means the year {read.year}.")
    return read if read.tzinfo is not None else read.replace(tzinfo=zone)


def until(text: str, zone: ZoneInfo, now: datetime, *, option: str) -> datetime:
    """A time, a date (then the end of that day), or a length of time from now such as `2d`. Raises UserError."""
    try:
        return shifted(now, text, zone)
    except ValueError:
        pass
    at = instant(text, zone, option=option)
    if len(text) == len("2026-03-27"):
        return datetime.combine(at.date() + timedelta(days=1), time(0), tzinfo=zone)
    return at


def beginning(text: str, zone: ZoneInfo, now: datetime, *, option: str) -> datetime:
    """A time, a date (then the beginning of that day), or a length of time from now such as `5d`. Raises UserError."""
    try:
        return shifted(now, text, zone)
    except ValueError:
        return instant(text, zone, option=option)
