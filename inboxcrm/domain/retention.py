"""How long is mail kept? By what it is: months for each class, and what is not named is kept for good."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Collection
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What mail is, for how long it is kept; named as in `[retention]`."""

    ROBOTS = "robots"
    LISTS = "lists"
    SOCIAL = "social"
    PEOPLE = "people"


_TO_MANY = re.compile(rb"^(?:list-[a-z-]+:|precedence:[ \t]*(?:bulk|list))", re.IGNORECASE | re.MULTILINE)
"""A field that only mail to many has (RFC 2369, RFC 2919). Of old mail the gate's reasons say only that it is old."""


def kind_of(*, direction: str, mail_class: str, social: bool, header: Callable[[], bytes]) -> Kind:
    """What a mail is; its `header` is asked for where that decides. Whatever may be a person's is theirs, and so is
    what went to one.
    """
    if direction != "in" or mail_class != "machine":
        return Kind.PEOPLE
    if social:
        return Kind.SOCIAL
    return Kind.LISTS if _TO_MANY.search(header()) else Kind.ROBOTS


def nothing_before(now: datetime, months: Collection[int | None]) -> datetime | None:
    """The instant before which no mail is kept, whatever it is; None while some class is kept for good."""
    times = [each for each in months if each is not None]
    return before(now, max(times)) if times and len(times) == len(months) else None


def before(now: datetime, months: int) -> datetime:
    """The instant so many months before `now`; the last day of a month that is too short for the day."""
    index = now.year * 12 + now.month - 1 - months
    year, month = divmod(index, 12)
    day = min(now.day, calendar.monthrange(year, month + 1)[1])
    return now.replace(year=year, month=month + 1, day=day)
