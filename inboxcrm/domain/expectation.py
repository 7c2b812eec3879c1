"""When the sender may expect the owner's answer, with the walk that explains it.

`exact_at` is the receipt plus the target in open time; `due_at` is what is stored and told, rounded up by the target
alone so that a later mail is never promised an earlier time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import takewhile

from inboxcrm.domain.office_hours import (
    HORIZON,
    NOTHING,
    ONE_DAY,
    Away,
    Interval,
    OfficeCalendar,
    Span,
    Stretch,
    Why,
    instant,
)

HALF_HOUR = timedelta(minutes=30)
MAIL_HOUR = timedelta(hours=1)
SHORT = timedelta(hours=2)
"""A target under this is told to the half hour."""

LONG = timedelta(hours=40)
"""A target over this is told to the end of the week."""

WORKING_DAYS = 5
"""Monday to Friday."""

FORESEEABLE = timedelta(days=366)
"""An absence that ends later than this has no return worth telling."""


class StepKind(StrEnum):
    """What one line of the walk says."""

    RECEIVED = "received"
    OPEN = "open"
    CLOSED = "closed"
    HOLIDAY = "holiday"
    EXCEPTION = "exception"
    AWAY = "away"
    CATCHING_UP = "catching-up"
    EXACT = "exact"
    MAIL_HOUR = "mail-hour"
    HALF_HOUR = "half-hour"
    CLOSE_OF_DAY = "close-of-day"
    CLOSE_OF_WEEK = "close-of-week"
    NO_DATE = "no-date"
    ASKED_FOR = "asked-for"


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the walk: a stretch that was counted or passed over, or a point the time was moved to.

    `counted` is the open time taken from this stretch and `left` what remains of the target after it; `name` is the
    holiday or the kind of absence.
    """

    kind: StepKind
    start: datetime
    end: datetime
    counted: timedelta
    left: timedelta
    name: str = ""


@dataclass(frozen=True, slots=True)
class AwayUntil:
    """The owner is away; `back_at` is the first office minute after it, None where the end is over a year off.

    `since_at` is when an absence began that this one continues, None where it continues none.
    """

    away: Away
    back_at: datetime | None
    since_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class HolidayOn:
    """An adopted public holiday lies on the way, on a day that is otherwise worked."""

    on: date
    name: str


@dataclass(frozen=True, slots=True)
class ClosedOn:
    """The owner closed a day that is otherwise worked."""

    on: date


@dataclass(frozen=True, slots=True)
class OutsideHours:
    """The mail came outside office hours; `opens_at` is the next opening."""

    opens_at: datetime


Because = AwayUntil | HolidayOn | ClosedOn | OutsideHours


@dataclass(frozen=True, slots=True)
class Expectation:
    """An expected answer time. `due_at` and `exact_at` are UTC; both are None when no date can honestly be told.

    `because` holds what explains the time to the sender, the strongest first.
    """

    received_at: datetime
    due_at: datetime | None
    exact_at: datetime | None
    target: timedelta
    walk: tuple[Step, ...]
    because: tuple[Because, ...]

    @property
    def by_end_of_day(self) -> bool:
        """Whether the told time is the close of a day, not an hour within it."""
        return bool(self.walk) and self.walk[-1].kind in {StepKind.CLOSE_OF_DAY, StepKind.CLOSE_OF_WEEK}


def expect(received_at: datetime, *, target: timedelta, calendar: OfficeCalendar) -> Expectation:
    """The time by which a mail received at this instant can be answered, `target` being open time."""
    received_at = received_at.astimezone(UTC)
    exact_at = calendar.add_open(received_at, target)
    until = exact_at or received_at + HORIZON
    stretches = tuple(calendar.stretches(received_at, until))
    walk = list(_counted(received_at, stretches, target))
    due_at = None
    if exact_at is None:
        walk.append(_point(StepKind.NO_DATE, until))
    else:
        walk.append(_point(StepKind.EXACT, exact_at))
        moves = list(_told(exact_at, target, calendar))
        walk.extend(moves)
        due_at = moves[-1].end
    return Expectation(received_at, due_at, exact_at, target, tuple(walk), _because(received_at, stretches, calendar))


def not_before(expected: Expectation, asked_at: datetime, until: datetime, *, day_only: bool) -> Expectation:
    """The expectation of somebody who asked for a later time: due at `until`, the end of what they asked for.

    `day_only`: a day was asked for and no hour. Who asks for an earlier time than can be promised is not promised it.
    """
    if expected.due_at is None or until <= expected.due_at:
        return expected
    asked = Step(StepKind.ASKED_FOR, asked_at, until, NOTHING, NOTHING)
    closing = (_point(StepKind.CLOSE_OF_DAY, until, asked_at),) if day_only else ()
    return replace(expected, due_at=until.astimezone(UTC), walk=(*expected.walk, asked, *closing))


def put_off(expected: Expectation, ordinarily: timedelta, calendar: OfficeCalendar) -> bool:
    """Whether what people do not know of puts the answer off past what they expect.

    That is absence, holidays, closed and shortened days, and the days from Monday to Friday on which nobody is ever
    there. What they expect is `ordinarily`, open time, told as any time is. A time that they asked for themselves puts
    nothing off.
    """
    week = _working_week(calendar.weekly)
    shortened = any(step.kind is StepKind.EXCEPTION for step in expected.walk)
    if week is calendar.weekly and not shortened and all(isinstance(each, OutsideHours) for each in expected.because):
        return False
    ordinary = replace(calendar, weekly=week, away=(), exceptions={}, holidays={}, half_days={})
    foreseen = expect(expected.received_at, target=ordinarily, calendar=ordinary).due_at
    told = [step.end for step in takewhile(_by_the_calendar, expected.walk) if step.kind in _TOLD]
    return not told or (foreseen is not None and told[-1] > foreseen)


def _working_week(weekly: Mapping[int, tuple[Interval, ...]]) -> Mapping[int, tuple[Interval, ...]]:
    """The hours of a week as who knows some of them would think: an office is open on five days."""
    worked = [hours for _, hours in sorted(weekly.items()) if hours]
    if not worked or len(worked) >= WORKING_DAYS:
        return weekly
    return {**weekly, **{day: weekly.get(day) or worked[0] for day in range(WORKING_DAYS)}}


_TOLD = frozenset((StepKind.MAIL_HOUR, StepKind.HALF_HOUR, StepKind.CLOSE_OF_DAY, StepKind.CLOSE_OF_WEEK))


def _by_the_calendar(step: Step) -> bool:
    return step.kind is not StepKind.ASKED_FOR


def _counted(received_at: datetime, stretches: tuple[Stretch, ...], target: timedelta) -> list[Step]:
    steps, left = [Step(StepKind.RECEIVED, received_at, received_at, NOTHING, target)], target
    for stretch in stretches:
        counted = stretch.span.length if stretch.why is Why.OPEN else NOTHING
        left -= counted
        name = stretch.away.kind if stretch.away is not None else stretch.name
        steps.append(Step(StepKind(stretch.why.value), stretch.span.start, stretch.span.end, counted, left, name))
    return steps


def _told(exact_at: datetime, target: timedelta, calendar: OfficeCalendar) -> list[Step]:
    """The moves from the exact to the told time; at least one."""
    moves: list[Step] = []
    at = _mail_hour_end(exact_at, calendar)
    if at is None:
        at = exact_at
    else:
        moves.append(_point(StepKind.MAIL_HOUR, at, exact_at))
    if target < SHORT:
        if not moves:
            moves.append(_point(StepKind.HALF_HOUR, _half_hour(at, calendar), at))
        return moves
    day = calendar.day_of(at)
    if target <= LONG:
        return [*moves, _point(StepKind.CLOSE_OF_DAY, calendar.open_on(day)[-1].end, at)]
    return [*moves, _point(StepKind.CLOSE_OF_WEEK, _close_of_week(day, calendar), at)]


def _half_hour(at: datetime, calendar: OfficeCalendar) -> datetime:
    local = at.astimezone(calendar.zone)
    past = timedelta(minutes=local.minute % 30, seconds=local.second, microseconds=local.microsecond)
    rounded = at + (HALF_HOUR - past if past else NOTHING)
    return min(rounded, _interval_of(at, calendar).end)


def _interval_of(at: datetime, calendar: OfficeCalendar) -> Span:
    return next(span for span in calendar.open_on(calendar.day_of(at)) if span.start <= at <= span.end)


def _close_of_week(day: date, calendar: OfficeCalendar) -> datetime:
    """The last closing of the ISO week of an open day."""
    sunday = day + ONE_DAY * (6 - day.weekday())
    week = (sunday - ONE_DAY * back for back in range(7))
    return next(spans[-1].end for spans in map(calendar.open_on, week) if spans)


def _mail_hour_end(at: datetime, calendar: OfficeCalendar) -> datetime | None:
    """The end of the mail hour that runs or comes next; None when no mail hour falls into open time."""
    if not calendar.mail_hours:
        return None
    day = calendar.day_of(at)
    for number in range(HORIZON.days + 1):
        ends = _mail_hour_ends(day + ONE_DAY * number, sorted(calendar.mail_hours), calendar)
        found = next((end for end in ends if end >= at), None)
        if found is not None:
            return found
    return None


def _mail_hour_ends(day: date, mail_hours: list[time], calendar: OfficeCalendar) -> list[datetime]:
    ends = []
    for wall in mail_hours:
        start = instant(day, wall, calendar.zone)
        overlaps = [
            min(span.end, start + MAIL_HOUR)
            for span in calendar.open_on(day)
            if span.start < start + MAIL_HOUR and start < span.end
        ]
        ends.extend(overlaps[-1:])
    return ends


def _because(received_at: datetime, stretches: tuple[Stretch, ...], calendar: OfficeCalendar) -> tuple[Because, ...]:
    """Absence by the latest return, then holidays and closed days in order, then the hour of receipt."""
    away = list(dict.fromkeys(stretch.away for stretch in stretches if stretch.away is not None))
    reasons = _absence(received_at, away, calendar)
    reasons += [HolidayOn(each.on, each.name) for each in stretches if each.why is Why.HOLIDAY]
    excepted = [each for each in stretches if each.why is Why.EXCEPTION]
    reasons += [ClosedOn(each.on) for each in excepted if calendar.closed_on(each.on)]
    if stretches and (stretches[0].why is Why.CLOSED or _in_a_shortened_day(stretches[0], calendar)):
        opens_at = calendar.next_opening(received_at)
        reasons += [] if opens_at is None else [OutsideHours(opens_at)]
    return tuple(reasons)


def _in_a_shortened_day(stretch: Stretch, calendar: OfficeCalendar) -> bool:
    """Whether it is closed only then on a day that is worked: nobody is told that such a day is closed."""
    return stretch.why is Why.EXCEPTION and not calendar.closed_on(stretch.on)


def _absence(received_at: datetime, absences: list[Away], calendar: OfficeCalendar) -> list[Because]:
    """The one that ends last; none from which the owner is back the same day, which explains no date."""
    for away in sorted(absences, key=lambda each: each.end_at, reverse=True):
        back_at = calendar.back_at(away) if away.end_at <= received_at + FORESEEABLE else None
        since_at = calendar.away_since(away)
        noticed_at = max(received_at, since_at)
        if back_at is None or _local_date(back_at, calendar) != _local_date(noticed_at, calendar):
            return [AwayUntil(away, back_at, since_at if since_at < away.start_at else None)]
    return []


def _local_date(at: datetime, calendar: OfficeCalendar) -> date:
    return at.astimezone(calendar.zone).date()


def _point(kind: StepKind, at: datetime, since: datetime | None = None) -> Step:
    return Step(kind, since or at, at, NOTHING, NOTHING)
