"""Open time read off the clock on the wall, minute by minute: slow, and nothing in it is shared with the program.

The wall clock counts by the latest time it has shown: in the hour that comes twice it stands still, so that a door
opens when the clock first shows its hour and shuts when it first shows the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

from inboxcrm.domain.office_hours import OfficeCalendar

MINUTE = timedelta(minutes=1)
AT_MOST = timedelta(days=60)
LONGEST_STEP_BACK = timedelta(hours=3)


class MinuteByMinute:
    """A calendar read by the minute; what was read of a day (UTC) is kept, as many rows ask for the same days."""

    def __init__(self, calendar: OfficeCalendar) -> None:
        self._calendar = calendar
        self._read: dict[datetime, list[datetime]] = {}
        self._catching_up: list[tuple[datetime, datetime]] = []
        self._catching_up = [
            (away.end_at, self.after(away.end_at, away.buffer) or away.end_at + AT_MOST)
            for away in calendar.away
            if away.buffer
        ]

    def after(self, at: datetime, amount: timedelta) -> datetime | None:
        """When `amount` of open time has passed since `at`; None if it has not in sixty days."""
        left = amount
        for minute in self.open_minutes(at, at + AT_MOST):
            start = max(minute, at)
            if left <= minute + MINUTE - start:
                return start + left
            left -= minute + MINUTE - start
        return None

    def open_minutes(self, start: datetime, end: datetime) -> Iterator[datetime]:
        """The open minutes (UTC) that lie between two instants or reach in."""
        day = start.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        while day < end:
            if day not in self._read:
                self._read[day] = list(self._minutes_of(day))
            for minute in self._read[day]:
                inside = minute + MINUTE > start and minute < end
                if inside and not any(back <= minute < done for back, done in self._catching_up):
                    yield minute
            day += timedelta(days=1)

    def _minutes_of(self, day: datetime) -> Iterator[datetime]:
        minute = day - LONGEST_STEP_BACK
        shown = datetime.min  # noqa: DTZ901 - a wall clock
        while minute < day + timedelta(days=1):
            shown = max(shown, minute.astimezone(self._calendar.zone).replace(tzinfo=None))
            if minute >= day and self._door_is_open(shown) and not self._gone(minute):
                yield minute
            minute += MINUTE

    def _door_is_open(self, shown: datetime) -> bool:
        calendar, day, clock = self._calendar, shown.date(), shown.time()
        if day in calendar.exceptions:
            hours = calendar.exceptions[day]
        elif day in calendar.holidays or (day in calendar.half_days and clock >= calendar.half_day_ends):
            return False
        else:
            hours = calendar.weekly.get(day.weekday(), ())
        return any(each.start <= clock and (clock < each.end or each.end == time(0)) for each in hours)

    def _gone(self, minute: datetime) -> bool:
        return any(away.start_at <= minute < away.end_at for away in self._calendar.away)
