"""The ruler measures what the calendar measures, only faster."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from inboxcrm.domain.office_hours import Away, Interval, OfficeCalendar
from inboxcrm.domain.ruler import Ruler

START = datetime(2026, 3, 2, tzinfo=UTC)
END = START + timedelta(days=60)
CALENDAR = OfficeCalendar(
    zone=ZoneInfo("Europe/Zurich"),
    weekly={day: (Interval(time(9), time(12, 30)), Interval(time(13, 30), time(0))) for day in range(5)},
    holidays={date(2026, 4, 3): "Good Friday"},
    away=(Away(START + timedelta(days=10), START + timedelta(days=14), buffer=timedelta(hours=5)),),
)
RULER = Ruler(CALENDAR, START, END)
INSTANTS = st.datetimes(START.replace(tzinfo=None), END.replace(tzinfo=None), timezones=st.just(UTC))


@settings(max_examples=150)
@given(INSTANTS, INSTANTS)
def test_between_two_instants_it_measures_what_the_calendar_does(one: datetime, other: datetime) -> None:
    assert RULER.between(one, other) == CALENDAR.open_between(one, other)


def test_what_lies_outside_of_it_is_closed() -> None:
    whole = CALENDAR.open_between(START, END)

    assert RULER.between(START - timedelta(days=99), END + timedelta(days=99)) == whole
