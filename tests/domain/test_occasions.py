"""On which day a date that returns falls, and when the owner hears of it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxcrm.domain.exchanges import back_and_forth, rather_call
from inboxcrm.domain.facts import is_stale, lines_of
from inboxcrm.domain.occasions import Kind, LeapDay, Occasion, falls_on, is_due, last_open_day, next_turn
from tests.service.house import MONDAY


def weekday(day: date) -> bool:
    return day.weekday() < 5


@pytest.mark.parametrize(
    ("leap_day", "year", "expected"),
    [
        (LeapDay.BEFORE, 2027, date(2027, 2, 28)),
        (LeapDay.AFTER, 2027, date(2027, 3, 1)),
        (LeapDay.BEFORE, 2028, date(2028, 2, 29)),
        (LeapDay.AFTER, 2028, date(2028, 2, 29)),
        (LeapDay.BEFORE, 2100, date(2100, 2, 28)),
    ],
)
def test_29_february_goes_where_the_person_puts_it(leap_day: LeapDay, year: int, expected: date) -> None:
    assert falls_on(Occasion(Kind.BIRTHDAY, 2, 29, leap_day=leap_day), year) == expected


@pytest.mark.parametrize(
    ("month", "day", "year"), [(2, 30, None), (13, 1, None), (2, 29, 2023), (4, 31, 2020), (0, 1, None)]
)
def test_a_day_that_no_calendar_has_is_refused(month: int, day: int, year: int | None) -> None:
    with pytest.raises(ValueError, match=r"day|February|month"):
        Occasion(Kind.BIRTHDAY, month, day, year)


def test_a_saturday_is_told_on_friday_and_stays_until_it_is_over() -> None:
    turn = next_turn(Occasion(Kind.BIRTHDAY, 3, 7, 1980), date(2026, 3, 2), weekday)

    assert (turn.on, turn.number, turn.remind_on) == (date(2026, 3, 7), 46, date(2026, 3, 6))
    assert [day for day in range(1, 12) if is_due(turn, date(2026, 3, day))] == [6, 7]


def test_an_open_day_is_told_on_itself() -> None:
    turn = next_turn(Occasion(Kind.GO_LIVE, 3, 2), date(2026, 3, 2), weekday)

    assert (turn.on, turn.number, turn.remind_on) == (date(2026, 3, 2), None, date(2026, 3, 2))


def test_the_year_turns() -> None:
    assert next_turn(Occasion(Kind.WEDDING, 1, 2), date(2026, 12, 30), weekday).on == date(2027, 1, 2)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Kind.WEDDING, (2026, 0)),
        (Kind.GO_LIVE, (2026, 0)),
        (Kind.FIRST_JOB, (2027, 1)),
        (Kind.CONTRACT_START, (2027, 1)),
    ],
)
def test_a_wedding_that_lies_ahead_is_an_occasion_itself(kind: Kind, expected: tuple[int, int]) -> None:
    turn = next_turn(Occasion(kind, 9, 12, 2026), date(2026, 6, 16), weekday)

    assert (turn.on.year, turn.number) == expected


def test_the_day_it_began_is_no_return() -> None:
    turn = next_turn(Occasion(Kind.CONTRACT_START, 3, 20, 2026), date(2026, 3, 2), weekday)

    assert (turn.on, turn.number) == (date(2027, 3, 20), 1)


def test_an_owner_away_for_weeks_hears_of_it_a_fortnight_before() -> None:
    assert last_open_day(date(2026, 3, 20), lambda _: False) == date(2026, 3, 6)


@settings(max_examples=100)
@given(
    st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    st.integers(1, 12),
    st.integers(1, 31),
    st.sampled_from(LeapDay),
)
def test_a_turn_lies_ahead_within_a_year_and_is_told_on_or_before(
    today: date, month: int, day: int, leap_day: LeapDay
) -> None:
    try:
        occasion = Occasion(Kind.BIRTHDAY, month, day, leap_day=leap_day)
    except ValueError:
        return

    turn = next_turn(occasion, today, weekday)

    assert today <= turn.on <= today + timedelta(days=366)
    assert turn.on - timedelta(days=2) <= turn.remind_on <= turn.on
    assert weekday(turn.remind_on)


@pytest.mark.parametrize(
    ("letters", "times", "call"),
    [("", 0, False), ("io", 1, False), ("iioo", 1, False), ("ioioio", 3, False), ("ioioioio", 4, True)],
)
def test_letters_that_go_back_and_forth_are_counted(letters: str, times: int, call: bool) -> None:
    went = [{"i": "in", "o": "out"}[each] for each in letters]

    assert (back_and_forth(went), rather_call(went)) == (times, call)


def test_a_fact_is_asked_after_a_year_from_when_it_was_last_found_true() -> None:
    year = timedelta(days=365)

    assert not is_stale(MONDAY, None, now=MONDAY + year)
    assert is_stale(MONDAY, None, now=MONDAY + year + timedelta(seconds=1))
    assert not is_stale(MONDAY, MONDAY + year, now=MONDAY + year + timedelta(days=30))


def test_lines_are_counted_from_one() -> None:
    assert lines_of("one\ntwo  \nthree", 2, 3) == "two\nthree"
    for first, last in ((0, 1), (2, 1), (1, 4)):
        with pytest.raises(ValueError, match="lines 1 to 3"):
            lines_of("one\ntwo\nthree", first, last)
