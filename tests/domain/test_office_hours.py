"""Open time by example: what is open, what comes next, and what an absence does to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from inboxcrm.domain.office_hours import Away, Interval, OfficeCalendar, Span, Why, instant

ZURICH = ZoneInfo("Europe/Zurich")
HOUR = timedelta(hours=1)
LUNCH = (Interval(time(9), time(12)), Interval(time(13), time(17)))
CALENDAR = OfficeCalendar(ZURICH, dict.fromkeys(range(5), LUNCH), holidays={date(2026, 4, 3): "Good Friday"})


def at(text: str) -> datetime:
    """A Zurich wall clock."""
    return datetime.fromisoformat(text).replace(tzinfo=ZURICH)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-03-02 08:59", False),
        ("2026-03-02 09:00", True),
        ("2026-03-02 11:59", True),
        ("2026-03-02 12:00", False),
        ("2026-03-02 13:00", True),
        ("2026-03-02 17:00", False),
        ("2026-03-07 10:00", False),
        ("2026-04-03 10:00", False),
    ],
)
def test_the_minute_of_opening_is_open_and_that_of_closing_is_not(moment: str, is_open: bool) -> None:
    assert CALENDAR.is_open(at(moment)) is is_open


@pytest.mark.parametrize(
    ("moment", "opening"),
    [
        ("2026-03-02 10:00", "2026-03-02 10:00"),
        ("2026-03-02 12:00", "2026-03-02 13:00"),
        ("2026-03-06 17:00", "2026-03-09 09:00"),
        ("2026-04-02 17:00", "2026-04-06 09:00"),
    ],
)
def test_the_next_opening(moment: str, opening: str) -> None:
    assert CALENDAR.next_opening(at(moment)) == at(opening)


def test_the_open_time_of_a_week() -> None:
    assert CALENDAR.open_between(at("2026-03-02"), at("2026-03-09")) == 35 * HOUR


def test_the_open_time_backwards_is_nothing() -> None:
    assert CALENDAR.open_between(at("2026-03-09"), at("2026-03-02")) == timedelta(0)


@pytest.mark.parametrize(
    ("moment", "hours", "since"),
    [
        ("2026-03-02 17:00", 4, "2026-03-02 13:00"),
        ("2026-03-02 17:00", 5, "2026-03-02 11:00"),
        ("2026-03-09 10:00", 2, "2026-03-06 16:00"),
        ("2026-03-08 10:00", 0, "2026-03-06 17:00"),
    ],
)
def test_open_time_is_taken_away(moment: str, hours: int, since: str) -> None:
    assert CALENDAR.subtract_open(at(moment), hours * HOUR) == at(since)


def test_intervals_that_overlap_or_touch_are_counted_once() -> None:
    messy = (
        Interval(time(13), time(17)),
        Interval(time(9), time(12)),
        Interval(time(12), time(13)),
        Interval(time(10), time(14)),
    )
    calendar = replace(CALENDAR, weekly={0: messy})

    assert calendar.open_on(date(2026, 3, 2)) == (Span(at("2026-03-02 09:00"), at("2026-03-02 17:00")),)


def test_a_closing_at_midnight_belongs_to_the_day_it_ends() -> None:
    calendar = replace(CALENDAR, weekly={0: (Interval(time(18), time(0)),)})

    assert calendar.day_of(at("2026-03-03 00:00")) == date(2026, 3, 2)
    assert CALENDAR.day_of(at("2026-03-03 00:00")) == date(2026, 3, 3)


def test_an_absence_closes_the_office_and_catching_up_keeps_it_closed() -> None:
    away = Away(at("2026-03-09"), at("2026-03-10"), buffer=2 * HOUR)
    calendar = replace(CALENDAR, away=(away,))

    assert not calendar.is_open(at("2026-03-09 10:00"))
    assert not calendar.is_open(at("2026-03-10 10:59"))
    assert calendar.is_open(at("2026-03-10 11:00"))
    assert calendar.back_at(away) == at("2026-03-10 09:00")


def test_catching_up_after_one_absence_waits_for_the_end_of_the_next() -> None:
    # Two hours of catching up after Monday; away again from 10:00 on Tuesday to Wednesday 09:00: one hour is left.
    first = Away(at("2026-03-09"), at("2026-03-10"), buffer=2 * HOUR)
    second = Away(at("2026-03-10 10:00"), at("2026-03-11 09:00"))
    calendar = replace(CALENDAR, away=(first, second))

    assert calendar.next_opening(at("2026-03-09 10:00")) == at("2026-03-11 10:00")


def test_an_absence_that_ends_before_it_begins_is_none() -> None:
    calendar = replace(CALENDAR, away=(Away(at("2026-03-10"), at("2026-03-09"), buffer=8 * HOUR),))

    assert calendar.is_open(at("2026-03-10 10:00"))


def test_the_absence_in_which_a_moment_lies_is_the_one_that_ends_last() -> None:
    short, long = Away(at("2026-03-09"), at("2026-03-11")), Away(at("2026-03-10"), at("2026-03-14"))
    calendar = replace(CALENDAR, away=(short, long))

    assert calendar.away_at(at("2026-03-09 10:00")) == short
    assert calendar.away_at(at("2026-03-10 10:00")) == long
    assert calendar.away_at(at("2026-03-14 00:00")) is None


def test_a_day_is_explained_stretch_by_stretch() -> None:
    stretches = CALENDAR.stretches(at("2026-04-02 11:00"), at("2026-04-06 10:00"))

    assert [(each.why, each.span.end.astimezone(ZURICH), each.name) for each in stretches] == [
        (Why.OPEN, at("2026-04-02 12:00"), ""),
        (Why.CLOSED, at("2026-04-02 13:00"), ""),
        (Why.OPEN, at("2026-04-02 17:00"), ""),
        (Why.CLOSED, at("2026-04-03 00:00"), ""),
        (Why.HOLIDAY, at("2026-04-04 00:00"), "Good Friday"),
        (Why.CLOSED, at("2026-04-06 09:00"), ""),
        (Why.OPEN, at("2026-04-06 10:00"), ""),
    ]


@pytest.mark.parametrize(
    ("zone", "day", "wall", "expected"),
    [
        ("Europe/Zurich", date(2026, 3, 29), time(2, 30), "2026-03-29T01:00+00:00"),
        ("Europe/Zurich", date(2026, 10, 25), time(2, 30), "2026-10-25T00:30+00:00"),
        ("Africa/Cairo", date(2026, 4, 24), time(0), "2026-04-23T22:00+00:00"),
        ("America/Havana", date(2026, 11, 1), time(0), "2026-11-01T04:00+00:00"),
        ("Pacific/Apia", date(2011, 12, 30), time(12), "2011-12-30T10:00+00:00"),
        ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 10), "2026-10-03T15:30+00:00"),
    ],
    ids=["skipped", "twice", "midnight skipped", "midnight twice", "a day skipped", "half an hour skipped"],
)
def test_a_wall_time_becomes_its_first_instant_or_that_of_the_change(
    zone: str, day: date, wall: time, expected: str
) -> None:
    assert instant(day, wall, ZoneInfo(zone)) == datetime.fromisoformat(expected)


def test_the_answers_are_in_utc() -> None:
    for answer in (CALENDAR.next_opening(at("2026-03-02")), CALENDAR.add_open(at("2026-03-02"), HOUR)):
        assert answer is not None
        assert answer.tzinfo is UTC
