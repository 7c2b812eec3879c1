"""How much open time lies between many pairs of instants: the calendar is walked once, then only looked up."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from itertools import accumulate

from inboxcrm.domain.office_hours import NOTHING, OfficeCalendar


class Ruler:
    """The open time of one calendar from `start` to `end`; what lies outside of them counts as closed."""

    def __init__(self, calendar: OfficeCalendar, start: datetime, end: datetime) -> None:
        spans = tuple(calendar.open_spans(start, end))
        self._starts = [span.start for span in spans]
        self._ends = [span.end for span in spans]
        self._before = list(accumulate((span.length for span in spans), initial=NOTHING))

    def between(self, start: datetime, end: datetime) -> timedelta:
        """The open time from `start` to `end`; nothing when `end` is not later."""
        return max(self._until(end) - self._until(start), NOTHING)

    def _until(self, at: datetime) -> timedelta:
        at = at.astimezone(UTC)
        begun = bisect_right(self._starts, at)
        if begun == 0:
            return NOTHING
        return self._before[begun - 1] + min(at, self._ends[begun - 1]) - self._starts[begun - 1]
