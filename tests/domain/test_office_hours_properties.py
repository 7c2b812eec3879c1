"""What holds of open time and expectations for any calendar in any zone."""

from __future__ import annotations

import os
import time as stopwatch
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from inboxcrm.domain.expectation import expect
from inboxcrm.domain.office_hours import Away, Interval, OfficeCalendar, Why, instant
from tests.domain.by_the_minute import MinuteByMinute

pytestmark = pytest.mark.slow

ZONES = sorted(name for name in available_timezones() if not name.startswith(("posix", "right", "localtime")))
FIRST, LAST = datetime(2024, 1, 1, tzinfo=UTC), datetime(2028, 12, 31, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NOTHING = timedelta(0)
steady = settings(max_examples=int(os.environ.get("INBOXCRM_EXAMPLES", "60")))

zones = st.sampled_from(ZONES).map(ZoneInfo)
# One moment in each example that everything dated lies around; spread over five years nothing would ever meet.
around = st.shared(st.integers(0, (LAST - FIRST).days).map(lambda number: FIRST + timedelta(days=number)), key="around")
instants = st.builds(lambda day, minutes: day + minutes * MINUTE, around, st.integers(-20 * 24 * 60, 20 * 24 * 60))
clocks = st.integers(0, 95).map(lambda quarter: time(quarter // 4, quarter % 4 * 15))
intervals = st.builds(Interval, clocks, clocks)
days_hours = st.lists(intervals, max_size=3).map(tuple)
days = st.builds(lambda day, number: day.date() + timedelta(days=number), around, st.integers(-30, 60))
targets = st.one_of(
    st.integers(0, 180).map(lambda minutes: minutes * MINUTE),
    st.integers(0, 6000).map(lambda minutes: minutes * MINUTE),
)


@st.composite
def absences(draw: st.DrawFn) -> Away:
    start = draw(instants)
    length = draw(st.integers(0, 40 * 24 * 60))
    return Away(start, start + length * MINUTE, buffer=draw(st.integers(0, 600)) * MINUTE)


@st.composite
def runs(draw: st.DrawFn) -> dict[date, tuple[Interval, ...]]:
    """Exceptions in a row, as in Ramadan: the same other hours for up to forty days."""
    first, hours = draw(days), draw(days_hours)
    return {first + timedelta(days=number): hours for number in range(draw(st.integers(0, 40)))}


@st.composite
def scattered(draw: st.DrawFn) -> dict[date, str]:
    """A holiday every so many days round the moment, or a few anywhere near it."""
    if draw(st.booleans()):
        return draw(st.dictionaries(days, st.just("Founders' Day"), max_size=5))
    first, every = draw(days), draw(st.integers(1, 20))
    return {first + timedelta(days=number * every): "Market Day" for number in range(draw(st.integers(0, 20)))}


calendars = st.builds(
    OfficeCalendar,
    zones,
    st.dictionaries(st.integers(0, 6), days_hours, max_size=7),
    st.one_of(runs(), st.dictionaries(days, days_hours, max_size=8)),
    scattered(),
    st.lists(absences(), max_size=3).map(tuple),
    st.lists(clocks, max_size=2).map(tuple),
    scattered(),
    clocks,
)
working = st.builds(
    OfficeCalendar,
    zones,
    st.dictionaries(st.integers(0, 6), st.lists(intervals, min_size=1, max_size=3).map(tuple), min_size=3),
    away=st.lists(absences(), max_size=2).map(tuple),
    mail_hours=st.lists(clocks, max_size=2).map(tuple),
    half_days=scattered(),
    half_day_ends=clocks,
)
forward = st.builds(lambda one, other: Interval(min(one, other), max(one, other)), clocks, clocks)
# Open every day and halved on many: where half days, absence and catching up nearly always meet the open time.
busy = st.builds(
    OfficeCalendar,
    zones,
    st.lists(forward, min_size=1, max_size=2).map(lambda hours: dict.fromkeys(range(7), tuple(hours))),
    st.dictionaries(days, days_hours, max_size=4),
    away=st.lists(absences(), max_size=1).map(tuple),
    mail_hours=st.lists(clocks, max_size=2).map(tuple),
    half_days=st.builds(
        lambda day, every: {day.date() + timedelta(days=number): "Eve" for number in range(-30, 60, every)},
        around,
        st.integers(1, 3),
    ),
    half_day_ends=clocks,
)
any_calendar = st.one_of(busy, working, calendars)


@cache
def changes(zone: ZoneInfo) -> tuple[datetime, ...]:
    """The noons (UTC) of the days on which the clocks of a zone change."""
    noons = [FIRST + timedelta(days=number, hours=12) for number in range((LAST - FIRST).days)]
    offsets = [noon.astimezone(zone).utcoffset() for noon in noons]
    return tuple(noon for noon, (before, after) in zip(noons[1:], pairwise(offsets), strict=True) if before != after)


@steady
@given(working.filter(lambda calendar: bool(changes(calendar.zone))), st.data())
def test_all_of_it_holds_on_the_days_the_clocks_change(calendar: OfficeCalendar, data: st.DataObject) -> None:
    calendar = replace(calendar, away=())
    noon = data.draw(st.sampled_from(changes(calendar.zone)))
    at, later = sorted(noon + MINUTE * data.draw(st.integers(-36 * 60, 12 * 60)) for _ in range(2))
    target = MINUTE * data.draw(st.integers(0, 600))

    first, second = (expect(each, target=target, calendar=calendar) for each in (at, later))

    if first.exact_at is not None and first.due_at is not None:
        assert calendar.open_between(at, first.exact_at) == target
        assert calendar.is_open(first.due_at) or calendar.is_open(first.due_at - timedelta(microseconds=1))
        assert second.due_at is None or first.due_at <= second.due_at
    assert calendar.open_between(at, later) == sum(
        (each.span.length for each in calendar.stretches(at, later) if each.why is Why.OPEN), NOTHING
    )


@steady
@given(st.one_of(busy, any_calendar), instants, st.integers(0, 24 * 60).map(lambda minutes: 3 * 24 * 60 - 2 * minutes))
def test_open_time_is_what_the_clock_on_the_wall_shows_minute_by_minute(
    calendar: OfficeCalendar, start: datetime, minutes: int
) -> None:
    calendar = replace(calendar, away=tuple(replace(away, buffer=NOTHING) for away in calendar.away))
    end = start + minutes * MINUTE

    shown = sum(1 for _ in MinuteByMinute(calendar).open_minutes(start, end))

    assert calendar.open_between(start, end) == shown * MINUTE


@steady
@given(working, instants, targets, st.integers(0, 3000))
def test_catching_up_takes_its_open_time_out_of_the_calendar(
    calendar: OfficeCalendar, back: datetime, buffer: timedelta, later: int
) -> None:
    absence = Away(back - timedelta(days=3), back, buffer=buffer)
    gone = replace(calendar, away=(replace(absence, buffer=NOTHING),))
    until = back + later * MINUTE

    opened = replace(calendar, away=(absence,)).open_between(back, until)

    caught_up_at = gone.add_open(back, buffer)
    assume(caught_up_at is not None)
    assert opened == max(gone.open_between(back, until) - buffer, NOTHING)


@steady
@given(any_calendar, instants, targets)
def test_measuring_inverts_adding(calendar: OfficeCalendar, at: datetime, amount: timedelta) -> None:
    reached = calendar.add_open(at, amount)

    assume(reached is not None)
    assert reached is not None
    assert calendar.open_between(at, reached) == amount
    assert amount == NOTHING or calendar.open_between(at, reached - MINUTE) < amount


@steady
@given(any_calendar, instants, targets)
def test_measuring_inverts_subtracting(calendar: OfficeCalendar, at: datetime, amount: timedelta) -> None:
    since = calendar.subtract_open(at, amount)

    assume(since is not None)
    assert since is not None
    assert calendar.open_between(since, at) == amount


@steady
@given(any_calendar, instants, targets, targets)
def test_adding_twice_is_adding_the_sum(
    calendar: OfficeCalendar, at: datetime, first: timedelta, second: timedelta
) -> None:
    whole = calendar.add_open(at, first + second)
    middle = calendar.add_open(at, first)

    assume(whole is not None and middle is not None)
    assert middle is not None
    assert whole is not None
    assert second == NOTHING or calendar.add_open(middle, second) == whole


@steady
@given(any_calendar, instants, instants, instants)
def test_open_time_adds_up(calendar: OfficeCalendar, one: datetime, two: datetime, three: datetime) -> None:
    first, second, third = sorted((one, two, three))
    second, third = min(second, first + timedelta(days=90)), min(third, first + timedelta(days=180))

    parts = calendar.open_between(first, second) + calendar.open_between(second, third)

    assert parts == calendar.open_between(first, third)


@steady
@given(any_calendar, instants, targets)
def test_nothing_is_due_inside_closed_time(calendar: OfficeCalendar, at: datetime, target: timedelta) -> None:
    expectation = expect(at, target=target, calendar=calendar)

    for due in filter(None, (expectation.due_at, expectation.exact_at)):
        assert due >= at
        assert calendar.is_open(due) or calendar.is_open(due - timedelta(microseconds=1))


@steady
@given(any_calendar, instants, st.integers(0, 20_000), targets)
def test_a_later_mail_is_never_promised_an_earlier_time(
    calendar: OfficeCalendar, at: datetime, later: int, target: timedelta
) -> None:
    first = expect(at, target=target, calendar=calendar).due_at
    second = expect(at + later * MINUTE, target=target, calendar=calendar).due_at

    assume(first is not None and second is not None)
    assert first is not None
    assert second is not None
    assert first <= second


@steady
@given(any_calendar, instants, targets, targets)
def test_a_longer_target_is_never_promised_an_earlier_time(
    calendar: OfficeCalendar, at: datetime, one: timedelta, other: timedelta
) -> None:
    shorter = expect(at, target=min(one, other), calendar=calendar).due_at
    longer = expect(at, target=max(one, other), calendar=calendar).due_at

    assert longer is None or (shorter is not None and shorter <= longer)


@steady
@given(any_calendar, instants, targets)
def test_the_told_time_is_never_before_the_exact_one(calendar: OfficeCalendar, at: datetime, target: timedelta) -> None:
    expectation = expect(at, target=target, calendar=calendar)

    assert (expectation.due_at is None) is (expectation.exact_at is None)
    if expectation.due_at is not None and expectation.exact_at is not None:
        assert expectation.exact_at <= expectation.due_at


@steady
@given(any_calendar, instants, targets, st.integers(1, 94))
def test_splitting_an_interval_changes_nothing(
    calendar: OfficeCalendar, at: datetime, target: timedelta, quarter: int
) -> None:
    point = time(quarter // 4, quarter % 4 * 15)
    weekly = {day: split(hours, point) for day, hours in calendar.weekly.items()}
    exceptions = {day: split(hours, point) for day, hours in calendar.exceptions.items()}

    other = replace(calendar, weekly=weekly, exceptions=exceptions)

    assert expect(at, target=target, calendar=other) == expect(at, target=target, calendar=calendar)


def split(hours: tuple[Interval, ...], point: time) -> tuple[Interval, ...]:
    """The same hours, parted where the point lies inside one of them."""
    return tuple(part for each in hours for part in cut(each, point))


def cut(interval: Interval, point: time) -> tuple[Interval, ...]:
    """Two intervals where the point lies inside, else the one."""
    inside = interval.start < point and (point < interval.end or interval.end == time(0))
    return (Interval(interval.start, point), Interval(point, interval.end)) if inside else (interval,)


@steady
@given(any_calendar, instants, st.integers(0, 40 * 24 * 60))
def test_the_stretches_tile_the_time_and_agree_with_the_open_time(
    calendar: OfficeCalendar, start: datetime, minutes: int
) -> None:
    end = start + minutes * MINUTE

    stretches = list(calendar.stretches(start, end))

    assert all(before.span.end == after.span.start for before, after in pairwise(stretches))
    assert not stretches or (stretches[0].span.start, stretches[-1].span.end) == (start, end)
    opened = sum((each.span.length for each in stretches if each.why is Why.OPEN), NOTHING)
    assert opened == calendar.open_between(start, end)


@steady
@given(any_calendar, instants)
def test_the_next_opening_is_the_first_open_instant(calendar: OfficeCalendar, at: datetime) -> None:
    opening = calendar.next_opening(at)

    if opening is None:
        assert calendar.open_between(at, at + timedelta(days=60)) == NOTHING
    else:
        assert calendar.is_open(opening)
        assert calendar.open_between(at, opening) == NOTHING
        assert calendar.is_open(at) is (opening == at)


@steady
@given(zones, days, clocks)
def test_an_instant_is_the_first_at_which_the_clocks_show_the_time_or_later(
    zone: ZoneInfo, day: date, clock: time
) -> None:
    at = instant(day, clock, zone)

    shown, wanted = at.astimezone(zone).replace(tzinfo=None), datetime.combine(day, clock)
    assert shown >= wanted
    assert (at - timedelta(seconds=1)).astimezone(zone).replace(tzinfo=None) < wanted


@contextmanager
def host_in(zone: str) -> Iterator[None]:
    """Moves the host to a zone, and puts it back."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = zone
    stopwatch.tzset()
    try:
        yield
    finally:
        os.environ.pop("TZ")
        if before is not None:
            os.environ["TZ"] = before
        stopwatch.tzset()


@pytest.mark.skipif(not hasattr(stopwatch, "tzset"), reason="Windows cannot change the host's zone in a process")
@steady
@given(any_calendar, instants, targets, st.sampled_from(ZONES), st.sampled_from(ZONES))
def test_the_host_zone_does_not_matter(
    calendar: OfficeCalendar, at: datetime, target: timedelta, one: str, other: str
) -> None:
    with host_in(one):
        first = expect(at, target=target, calendar=replace(calendar))
    with host_in(other):
        second = expect(at, target=target, calendar=replace(calendar))

    assert first == second


ZURICH = ZoneInfo("Europe/Zurich")
ABSURD = {
    "nothing at all": OfficeCalendar(ZURICH, {}),
    "every interval backwards": OfficeCalendar(ZURICH, dict.fromkeys(range(7), (Interval(time(17), time(9)),))),
    "always away": OfficeCalendar(
        ZURICH,
        dict.fromkeys(range(7), (Interval(time(0), time(0)),)),
        away=(Away(datetime(1990, 1, 1, tzinfo=UTC), datetime(2090, 1, 1, tzinfo=UTC), buffer=timedelta(days=900)),),
    ),
    "every day a holiday": OfficeCalendar(
        ZURICH,
        dict.fromkeys(range(7), (Interval(time(9), time(17)),)),
        holidays={date(2026, 1, 1) + timedelta(days=number): "Feast" for number in range(400)},
    ),
    "every day a half holiday that leaves nothing": OfficeCalendar(
        ZURICH,
        dict.fromkeys(range(7), (Interval(time(13), time(17)),)),
        half_days={date(2026, 1, 1) + timedelta(days=number): "Eve" for number in range(400)},
    ),
    "a mail hour that never comes": OfficeCalendar(ZURICH, {}, mail_hours=(time(9),)),
    "a hundred absences without hours": OfficeCalendar(
        ZURICH,
        {},
        away=tuple(
            Away(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2 + number % 20, tzinfo=UTC), buffer=MINUTE)
            for number in range(100)
        ),
    ),
}


@pytest.mark.parametrize("calendar", ABSURD.values(), ids=ABSURD)
def test_an_absurd_calendar_ends_without_a_date(calendar: OfficeCalendar) -> None:
    at = datetime(2026, 3, 2, 10, tzinfo=UTC)

    expectation = expect(at, target=MINUTE, calendar=replace(calendar, mail_hours=(time(9),)))

    assert expectation.due_at is None


def test_every_zone_keeps_office_hours_on_its_wall_clock() -> None:
    weekly = dict.fromkeys(range(7), (Interval(time(9), time(17)),))

    for name in ZONES:
        zone = ZoneInfo(name)
        due = expect(
            datetime(2026, 7, 1, 8, tzinfo=zone), target=timedelta(hours=8), calendar=OfficeCalendar(zone, weekly)
        ).due_at
        assert due is not None
        assert due.astimezone(zone).replace(tzinfo=None) == datetime(2026, 7, 1, 17)  # noqa: DTZ001 - a wall clock
