"""What an expectation says beside its date: the reasons, the walk, and how it was rounded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from inboxcrm.domain.expectation import (
    AwayUntil,
    Because,
    ClosedOn,
    Expectation,
    HolidayOn,
    OutsideHours,
    StepKind,
    expect,
    not_before,
    put_off,
)
from inboxcrm.domain.office_hours import Away, Interval, OfficeCalendar
from inboxcrm.domain.wording import reason_phrase

ZURICH = ZoneInfo("Europe/Zurich")
HOUR = timedelta(hours=1)
DAY = dict.fromkeys(range(5), (Interval(time(9), time(17)),))
EASTER = {date(2026, 4, 3): "Good Friday", date(2026, 4, 5): "Easter Sunday", date(2026, 4, 6): "Easter Monday"}
FOUR_DAYS = {day: hours for day, hours in DAY.items() if day < 4}
SUNDAY_TO_THURSDAY = {**FOUR_DAYS, 6: DAY[0]}
CLOSED: dict[date, tuple[Interval, ...]] = {date(2026, 3, 4): ()}
SHORTENED = {date(2026, 3, 3): (Interval(time(9), time(12)),), date(2026, 3, 4): (Interval(time(9), time(10)),)}


def at(text: str) -> datetime:
    """A Zurich wall clock."""
    return datetime.fromisoformat(text).replace(tzinfo=ZURICH)


def away(start: str, end: str, buffer: timedelta = timedelta(0)) -> Away:
    """An absence by Zurich clocks."""
    return Away(at(start), at(end), "sailing", buffer=buffer)


SAILING, CATCHING_UP = away("2026-03-07", "2026-03-14"), away("2026-03-05", "2026-03-06", 6 * HOUR)
DENTIST, FOR_GOOD = away("2026-03-03 14:00", "2026-03-03 15:00"), away("2026-03-03 10:00", "2027-09-01")


def told(
    received: str,
    target: timedelta = HOUR,
    *,
    exceptions: Mapping[date, tuple[Interval, ...]] | None = None,
    holidays: Mapping[date, str] | None = None,
    absences: tuple[Away, ...] = (),
    mail_hours: tuple[time, ...] = (),
) -> Expectation:
    """The expectation of a nine-to-five office."""
    calendar = OfficeCalendar(ZURICH, DAY, exceptions or {}, holidays or {}, absences, mail_hours)
    return expect(at(received), target=target, calendar=calendar)


def kinds(expectation: Expectation) -> list[StepKind]:
    """The walk in short."""
    return [step.kind for step in expectation.walk]


def because(expectation: Expectation) -> list[type[Because]]:
    """The reasons in short."""
    return [type(reason) for reason in expectation.because]


def test_a_mail_in_office_hours_has_no_reason_but_the_target() -> None:
    assert told("2026-03-02 10:00").because == ()


def test_a_mail_after_hours_says_when_the_office_opens() -> None:
    assert told("2026-03-06 18:00").because == (OutsideHours(at("2026-03-09 09:00")),)


def test_a_mail_at_lunch_says_when_the_office_opens() -> None:
    calendar = OfficeCalendar(ZURICH, {0: (Interval(time(9), time(12)), Interval(time(13), time(17)))})

    expectation = expect(at("2026-03-02 12:00"), target=HOUR, calendar=calendar)

    assert expectation.because == (OutsideHours(at("2026-03-02 13:00")),)


def test_a_night_on_the_way_is_no_reason() -> None:
    assert told("2026-03-02 16:30").because == ()


def test_holidays_on_the_way_are_named_in_order_and_those_on_a_weekend_are_not() -> None:
    expectation = told("2026-04-02 16:30", holidays=EASTER)

    assert expectation.because == (
        HolidayOn(date(2026, 4, 3), "Good Friday"),
        HolidayOn(date(2026, 4, 6), "Easter Monday"),
    )


def test_a_holiday_behind_the_due_time_is_no_reason() -> None:
    assert told("2026-04-02 10:00", holidays=EASTER).because == ()


def test_closed_days_in_a_row_are_named_one_by_one() -> None:
    expectation = told("2026-03-03 16:30", exceptions={date(2026, 3, 4): (), date(2026, 3, 5): ()})

    assert expectation.because == (ClosedOn(date(2026, 3, 4)), ClosedOn(date(2026, 3, 5)))


def test_a_shortened_day_is_in_the_walk_and_nobody_is_told_that_it_is_closed() -> None:
    expectation = told("2026-03-02 15:00", 7 * HOUR, exceptions=SHORTENED)
    in_it = told("2026-03-03 14:00", exceptions=SHORTENED)

    shorter = [(step.start, step.end) for step in expectation.walk if step.kind is StepKind.EXCEPTION]
    assert shorter == [
        (at("2026-03-03 12:00"), at("2026-03-03 17:00")),
        (at("2026-03-04 10:00"), at("2026-03-04 17:00")),
    ]
    assert expectation.because == ()
    assert because(in_it) == [OutsideHours]


def test_an_absence_comes_before_holidays_and_these_before_the_hour() -> None:
    expectation = told("2026-04-02 18:00", holidays=EASTER, absences=(away("2026-04-07", "2026-04-09"),))

    assert because(expectation) == [AwayUntil, HolidayOn, HolidayOn, OutsideHours]


def test_the_return_is_the_first_office_minute_and_not_the_end_of_catching_up() -> None:
    sailing = away("2026-03-09", "2026-03-14", 4 * HOUR)

    assert told("2026-03-10 10:00", absences=(sailing,)).because == (AwayUntil(sailing, at("2026-03-16 09:00")),)


def test_a_return_in_the_middle_of_a_day_is_told_to_the_minute() -> None:
    sailing = away("2026-03-09", "2026-03-11 11:20")

    assert told("2026-03-10 10:00", absences=(sailing,)).because == (AwayUntil(sailing, at("2026-03-11 11:20")),)


def test_of_overlapping_absences_the_one_that_ends_last_is_told() -> None:
    short, long = away("2026-03-09", "2026-03-11"), away("2026-03-10", "2026-03-14")

    assert told("2026-03-09 10:00", absences=(short, long)).because == (
        AwayUntil(long, at("2026-03-16 09:00"), since_at=short.start_at),
    )


@pytest.mark.parametrize(
    ("first", "since"),
    [
        pytest.param(away("2026-03-04 12:00", "2026-03-06 08:00"), "2026-03-04 12:00", id="no office hour between"),
        pytest.param(away("2026-03-04 12:00", "2026-03-05 16:59"), None, id="back for a minute"),
        pytest.param(away("2026-03-05", "2026-03-20", HOUR), None, id="ends later: it is the one that is told"),
    ],
)
def test_an_absence_that_continues_another_is_told_from_the_beginning(first: Away, since: str | None) -> None:
    second = away("2026-03-06 09:00", "2026-03-14", HOUR)

    (reason,) = told("2026-03-04 11:30", absences=(first, second), target=9 * HOUR).because

    assert isinstance(reason, AwayUntil)
    assert reason.since_at == (None if since is None else at(since))


DAYS, THAT_DAY = away("2026-03-09", "2026-03-11"), away("2026-03-11 14:00", "2026-03-11 15:30")
FROM_THE_MORNING_ON = away("2026-03-11 08:00", "2026-03-11 10:00")


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        pytest.param(THAT_DAY, AwayUntil(DAYS, at("2026-03-11 09:00")), id="later that day"),
        pytest.param(
            FROM_THE_MORNING_ON,
            AwayUntil(FROM_THE_MORNING_ON, at("2026-03-11 10:00"), since_at=at("2026-03-09")),
            id="from the morning on",
        ),
    ],
)
def test_some_hours_after_an_absence_do_not_hide_it(hours: Away, expected: AwayUntil) -> None:
    assert told("2026-03-06 15:00", absences=(DAYS, hours), target=9 * HOUR).because == (expected,)


def test_who_is_away_already_is_not_said_to_leave_on_the_day_of_the_next_absence() -> None:
    calendar = OfficeCalendar(ZURICH, DAY, away=(away("2026-03-02", "2026-03-05"), away("2026-03-04", "2026-03-14")))

    said = reason_phrase(
        expect(at("2026-03-03 10:00"), target=HOUR, calendar=calendar), "en", owner_zone=ZURICH, owner_language="en"
    )

    assert said == "I am away and will be back on Monday 16 March."


def test_an_absence_of_some_hours_is_no_reason() -> None:
    assert told("2026-03-10 13:30", absences=(away("2026-03-10 14:00", "2026-03-10 15:30"),)).because == ()


def test_an_absence_that_ends_over_a_year_off_has_no_return() -> None:
    leaving = away("2026-03-01", "2027-06-01")

    expectation = told("2026-03-10 10:00", absences=(leaving,))

    assert (expectation.due_at, expectation.because) == (None, (AwayUntil(leaving, None),))


def test_a_return_behind_the_horizon_is_still_told() -> None:
    leaving = away("2026-03-01", "2026-07-01")

    expectation = told("2026-03-10 10:00", absences=(leaving,))

    assert (expectation.due_at, expectation.because) == (None, (AwayUntil(leaving, at("2026-07-01 09:00")),))


@pytest.mark.parametrize(
    ("calendar", "received", "expected"),
    [
        pytest.param(OfficeCalendar(ZURICH, DAY), "2026-03-06 16:00", False, id="a weekend is known to everybody"),
        pytest.param(OfficeCalendar(ZURICH, DAY, {}, EASTER), "2026-04-02 16:30", True, id="before a holiday"),
        pytest.param(OfficeCalendar(ZURICH, DAY, {}, EASTER), "2026-04-01 16:30", False, id="a holiday behind it"),
        pytest.param(OfficeCalendar(ZURICH, DAY, CLOSED), "2026-03-03 16:30", True, id="before a closed day"),
        pytest.param(OfficeCalendar(ZURICH, DAY, SHORTENED), "2026-03-03 11:00", True, id="shortened days"),
        pytest.param(OfficeCalendar(ZURICH, DAY, SHORTENED), "2026-03-04 09:30", False, id="short, and long enough"),
        pytest.param(OfficeCalendar(ZURICH, DAY, away=(SAILING,)), "2026-03-06 15:00", True, id="before an absence"),
        pytest.param(OfficeCalendar(ZURICH, DAY, away=(CATCHING_UP,)), "2026-03-04 16:00", True, id="catching up"),
        pytest.param(OfficeCalendar(ZURICH, DAY, away=(DENTIST,)), "2026-03-03 09:00", False, id="within the day"),
        pytest.param(OfficeCalendar(ZURICH, FOUR_DAYS), "2026-03-05 15:00", True, id="before a Friday off"),
        pytest.param(OfficeCalendar(ZURICH, FOUR_DAYS), "2026-03-04 15:00", False, id="a Friday off behind it"),
        pytest.param(OfficeCalendar(ZURICH, SUNDAY_TO_THURSDAY), "2026-03-05 15:00", False, id="another weekend"),
        pytest.param(OfficeCalendar(ZURICH, DAY, away=(FOR_GOOD,)), "2026-03-03 09:00", True, id="no date at all"),
    ],
)
def test_what_puts_an_answer_off_is_what_the_sender_cannot_know_of(
    calendar: OfficeCalendar, received: str, expected: bool
) -> None:
    expectation = expect(at(received), target=5 * HOUR, calendar=calendar)

    assert put_off(expectation, 8 * HOUR, calendar) is expected


def test_a_call_for_which_they_asked_is_not_put_off_by_a_holiday_before_it() -> None:
    calendar = OfficeCalendar(ZURICH, DAY, {}, {date(2026, 3, 4): "Feast"})
    expectation = expect(at("2026-03-03 16:30"), target=2 * HOUR, calendar=calendar)

    asked = not_before(expectation, at("2026-03-12 09:00"), at("2026-03-12 17:00"), day_only=True)

    assert put_off(asked, 16 * HOUR, calendar) is False


def test_the_walk_begins_with_the_receipt_and_ends_with_the_rounding() -> None:
    assert kinds(told("2026-03-06 16:30")) == [
        StepKind.RECEIVED,
        StepKind.OPEN,
        StepKind.CLOSED,
        StepKind.OPEN,
        StepKind.EXACT,
        StepKind.HALF_HOUR,
    ]


def test_the_walk_shows_absence_and_catching_up() -> None:
    expectation = told("2026-03-09 10:00", absences=(away("2026-03-09", "2026-03-10", 2 * HOUR),))

    assert kinds(expectation)[1:5] == [StepKind.AWAY, StepKind.CLOSED, StepKind.CATCHING_UP, StepKind.OPEN]
    assert expectation.walk[1].name == expectation.walk[3].name == "sailing"


def test_the_walk_without_a_date_says_so() -> None:
    expectation = expect(at("2026-03-02 10:00"), target=HOUR, calendar=OfficeCalendar(ZURICH, {}))

    assert kinds(expectation) == [StepKind.RECEIVED, StepKind.CLOSED, StepKind.NO_DATE]


def test_what_is_left_of_the_target_runs_down_to_nothing() -> None:
    opened = [step.left for step in told("2026-03-02 16:00", 10 * HOUR).walk if step.kind is StepKind.OPEN]

    assert opened == [9 * HOUR, HOUR, timedelta(0)]


def test_only_the_close_of_a_day_or_week_is_told_as_the_end_of_a_day() -> None:
    assert not told("2026-03-02 10:00").by_end_of_day
    assert not told("2026-03-02 10:00", mail_hours=(time(16),)).by_end_of_day
    assert told("2026-03-02 10:00", 8 * HOUR).by_end_of_day
    assert told("2026-03-02 10:00", 8 * HOUR, mail_hours=(time(16),)).by_end_of_day
    assert told("2026-03-02 10:00", 50 * HOUR).by_end_of_day


def test_instants_are_given_in_utc() -> None:
    expectation = told("2026-03-02 10:00")

    assert expectation.received_at.tzinfo is UTC
    assert expectation.due_at is not None
    assert expectation.due_at.tzinfo is UTC
