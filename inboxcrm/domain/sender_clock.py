"""What does the sender's clock show, of whom nothing is known but the offset that their mail was written under?

An offset is of the day: between a mail and what is told in it the clocks may change, where the sender is or where the
owner is. So what cannot be known is not told.
"""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo

_CHANGING = (
    *("America/Adak", "America/Anchorage", "America/Los_Angeles", "America/Denver", "America/Chicago"),
    *("America/New_York", "America/Havana", "America/Halifax", "America/St_Johns", "America/Miquelon", "America/Nuuk"),
    *("America/Santiago", "Pacific/Easter", "Atlantic/Azores", "Africa/Casablanca", "Europe/London", "Europe/Berlin"),
    *("Europe/Athens", "Europe/Chisinau", "Africa/Cairo", "Asia/Beirut", "Asia/Gaza", "Asia/Jerusalem"),
    *("Australia/Adelaide", "Australia/Sydney", "Australia/Lord_Howe", "Pacific/Norfolk", "Pacific/Auckland"),
    "Pacific/Chatham",
)
"""Places that stand for all whose clocks change in the year: one for each offset and rule (IANA time zones)."""


def zone_of(written: datetime, *, home: ZoneInfo) -> tzinfo | None:
    """The zone of whoever wrote a mail at this moment by their own clock; None where that says nothing.

    Who lives by the same clock as the owner that day is taken to go on doing so, whatever the clocks do. An offset of
    zero says nothing: servers of any country stamp it.
    """
    offset = written.utcoffset()
    if not offset:
        return None
    return home if written.astimezone(home).utcoffset() == offset else written.tzinfo


def holds(zone: tzinfo, *, since: datetime, at: datetime) -> bool:
    """Whether a zone says for certain what the sender's clock shows at an instant; `since` their mail was written.

    A zone with a name does. An offset does where no clock that showed it then shows another time now.
    """
    if isinstance(zone, ZoneInfo):
        return True
    then = since.astimezone(zone).utcoffset()
    return all(_offset(each, at) == then for each in _CHANGING if _offset(each, since) == then)


def _offset(name: str, at: datetime) -> timedelta | None:
    return at.astimezone(_zone(name)).utcoffset()


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
