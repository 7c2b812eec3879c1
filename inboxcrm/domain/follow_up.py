"""When to ask after a word that somebody owes the owner: by how long they usually take, else after some open days."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil

from inboxcrm.domain.office_hours import OfficeCalendar
from inboxcrm.domain.text import many

OPEN_DAYS = 5
"""How many of the owner's open days to wait where nothing is known of somebody's rhythm."""

ENOUGH = 4
"""How many answers make a rhythm."""

SHARE = 0.8
LONGEST = timedelta(days=30)
"""Nobody is waited for longer than this without being asked after, however slowly they write."""

HORIZON = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A day on which to ask after an answer (its first open minute), and why that day."""

    due_at: datetime
    because: str


def propose(since: datetime, waits: Sequence[timedelta], calendar: OfficeCalendar, *, open_days: int) -> FollowUp:
    """The day for a word asked at `since`. `waits` are how long this contact took for the last answers.

    With enough of them it is the open day after four answers in five would be here, not sooner than the next open day;
    else it is so many open days later. Where the calendar stays closed for two months it is that many ordinary days.
    """
    asked_on = calendar.day_of(since)
    if len(waits) >= ENOUGH:
        usual = min(sorted(waits)[ceil(SHARE * len(waits)) - 1], LONGEST)
        days = max(1, round(usual / timedelta(days=1)))
        at = _opens(max(calendar.day_of(since + usual), asked_on + timedelta(days=1)), calendar, 1)
        because = f"they usually answer within {many(days, 'day')}"
    else:
        at = _opens(asked_on + timedelta(days=1), calendar, open_days)
        because = f"{many(open_days, 'open day')} without a word"
    return FollowUp(at if at is not None else since + timedelta(days=open_days), because)


def _opens(first: date, calendar: OfficeCalendar, count: int) -> datetime | None:
    """When the `count`-th open day from `first` on begins; None within the horizon."""
    for ahead in range(HORIZON.days):
        open_then = calendar.open_on(first + timedelta(days=ahead))
        count -= bool(open_then)
        if open_then and count == 0:
            return open_then[0].start
    return None


_ASKS = re.compile(r"[?？؟](?=[\s\"'”’»)\]]|$)")


def asks(text: str) -> bool:
    """Whether somebody's own words ask something, in any language: a question mark that ends a word, not a link's."""
    return _ASKS.search(text) is not None
