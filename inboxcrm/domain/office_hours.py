"""When the owner works: adds, measures and explains open time across zones, holidays, absence and clock changes.

Hours are read as the wall clock of the owner's zone and become instants before anything is added or subtracted, so
the days on which the clocks change are as long as they really are. Open time is half-open, `[start, end)`: a mail at
the very minute of closing belongs to the next interval. An interval runs from the instant the clock first shows its
start to the instant it first shows its end; a wall time that the clocks skip stands for the instant of the change.
Splitting an interval in two therefore changes nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

HORIZON = timedelta(days=60)
"""How far ahead open time is looked for; beyond it there is no date to tell."""

MIDNIGHT = time(0)
ONE_DAY = timedelta(days=1)
NOTHING = timedelta(0)


@dataclass(frozen=True, slots=True)
class Interval:
    """Hours of one day by the wall clock. An end of 00:00 is the midnight that ends the day.

    An end that is not after its start opens nothing; hours that run past midnight are written as two intervals.
    """

    start: time
    end: time


@dataclass(frozen=True, slots=True)
class Away:
    """A period of absence from `start_at` to `end_at` (aware instants).

    `buffer` is open time after the return in which the owner catches up and nothing new is counted. `kind` is a word
    such as "holiday" or "illness"; `wording` is the owner's own sentence for the sender, or None.
    """

    start_at: datetime
    end_at: datetime
    kind: str = "away"
    wording: str | None = None
    buffer: timedelta = NOTHING


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of instants in UTC, `[start, end)`."""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        """How long it is, in real time."""
        return self.end - self.start


class Why(StrEnum):
    """What a stretch of time is to the office."""

    OPEN = "open"
    CLOSED = "closed"
    HOLIDAY = "holiday"
    EXCEPTION = "exception"
    AWAY = "away"
    CATCHING_UP = "catching-up"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A span and its explanation: `on` is its first local date, `name` a holiday's name, `away` the absence."""

    why: Why
    span: Span
    on: date
    name: str = ""
    away: Away | None = None


@dataclass(frozen=True, slots=True)
class OfficeCalendar:
    """Office hours in one zone: weekly (Monday 0), dated exceptions, holidays by name, absence, mail hours.

    An exception replaces the whole day, holiday or not; `()` closes it. On a half holiday the office closes at
    `half_day_ends`. `mail_hours` are the starts of the hours in which the owner answers mail; empty means all day.
    Time away, and the catching up after it, is not open.
    """

    zone: ZoneInfo
    weekly: Mapping[int, tuple[Interval, ...]]
    exceptions: Mapping[date, tuple[Interval, ...]] = field(default_factory=dict)
    holidays: Mapping[date, str] = field(default_factory=dict)
    away: tuple[Away, ...] = ()
    mail_hours: tuple[time, ...] = ()
    half_days: Mapping[date, str] = field(default_factory=dict)
    half_day_ends: time = time(12)
    _catching_up: tuple[tuple[Span, Away], ...] = field(default=(), init=False, repr=False, compare=False)
    _absent: tuple[Span, ...] = field(default=(), init=False, repr=False, compare=False)
    _blocked: tuple[Span, ...] = field(default=(), init=False, repr=False, compare=False)
    _known_days: dict[date, tuple[tuple[Span, ...], tuple[Span, ...]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """The hours of days that were asked for, and what of them is open: a calendar is kept for many mails."""

    _known_pieces: dict[date, tuple[Stretch, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        absent = _merged([Span(away.start_at.astimezone(UTC), away.end_at.astimezone(UTC)) for away in self.away])
        object.__setattr__(self, "_absent", absent)
        object.__setattr__(self, "_blocked", absent)
        catching_up = [
            (Span(away.end_at.astimezone(UTC), self._caught_up_at(away)), away)
            for away in self.away
            if away.buffer > NOTHING and away.start_at < away.end_at
        ]
        object.__setattr__(self, "_catching_up", tuple(catching_up))
        object.__setattr__(self, "_blocked", _merged([*absent, *(span for span, _ in catching_up)]))
        self._known_days.clear()  # they were worked out with what is caught up after absences still open

    def is_open(self, at: datetime) -> bool:
        """Whether open time is running at this instant."""
        return any(span.start <= at < span.end for span in self.open_on(self._local_date(at)))

    def next_opening(self, at: datetime, *, within: timedelta = HORIZON) -> datetime | None:
        """The first open instant at or after `at` (UTC), or None if there is none within the time."""
        return next((span.start for span in self.open_spans(at, at + within)), None)

    def add_open(self, at: datetime, amount: timedelta, *, within: timedelta = HORIZON) -> datetime | None:
        """The earliest instant (UTC) by which `amount` of open time has passed since `at`; None beyond the time.

        Nothing to add gives the next opening, so the answer is never inside closed time.
        """
        left = max(amount, NOTHING)
        for span in self.open_spans(at, at + within):
            if left <= span.length:
                return span.start + left
            left -= span.length
        return None

    def subtract_open(self, at: datetime, amount: timedelta, *, within: timedelta = HORIZON) -> datetime | None:
        """The latest instant (UTC) since which `amount` of open time has passed until `at`; None beyond the time."""
        left = max(amount, NOTHING)
        for span in reversed(tuple(self.open_spans(at - within, at))):
            if left <= span.length:
                return span.end - left
            left -= span.length
        return None

    def open_between(self, start: datetime, end: datetime) -> timedelta:
        """The open time from `start` to `end`; nothing when `end` is not later."""
        return sum((span.length for span in self.open_spans(start, end)), NOTHING)

    def open_spans(self, start: datetime, end: datetime) -> Iterator[Span]:
        """The open stretches between two instants, in order, cut at both ends and at local midnights."""
        if start >= end:
            return
        start, end = start.astimezone(UTC), end.astimezone(UTC)
        for day in _days(self._local_date(start), self._local_date(end)):
            for span in self.open_on(day):
                if span.start < end and start < span.end:
                    yield Span(max(span.start, start), min(span.end, end))

    def open_on(self, day: date) -> tuple[Span, ...]:
        """The open stretches of one local date, absence and catching up taken out; none touch."""
        return self._day(day)[1]

    def day_of(self, at: datetime) -> date:
        """The local date whose open time holds this instant; a closing at midnight belongs to the day it ends."""
        day = self._local_date(at)
        before = self.open_on(day - ONE_DAY)
        return day - ONE_DAY if before and before[-1].end == at else day

    def stretches(self, start: datetime, end: datetime) -> Iterator[Stretch]:
        """All of the time between two instants, in order and without gaps, each stretch with its reason.

        Neighbours with the same reason are one stretch; every holiday and closed day stays its own.
        """
        last: Stretch | None = None
        for piece in self._pieces(start.astimezone(UTC), end.astimezone(UTC)):
            if last is not None and _same_reason(last, piece):
                last = Stretch(last.why, Span(last.span.start, piece.span.end), last.on, last.name, last.away)
                continue
            if last is not None:
                yield last
            last = piece
        if last is not None:
            yield last

    def back_at(self, away: Away, *, within: timedelta = HORIZON) -> datetime | None:
        """The first office minute (UTC) at or after the end of an absence, catching up or not."""
        end_at = away.end_at.astimezone(UTC)
        for day in _days(self._local_date(end_at), self._local_date(end_at + within)):
            for span in _without(self._by_hours(day), self._absent):
                if span.end > end_at:
                    return max(span.start, end_at)
        return None

    def away_since(self, away: Away) -> datetime:
        """When the owner was in the office last before an absence ends: the start of it, or of those it continues.

        One continues another where no office minute lies between them.
        """
        since = away.start_at.astimezone(UTC)
        for span in reversed(self._absent):
            if span.start >= since:
                continue
            if span.end < since and self._worked(Span(span.end, since)):
                break
            since = span.start
        return since

    def _worked(self, gap: Span) -> bool:
        days = _days(self._local_date(gap.start), self._local_date(gap.end))
        return any(hours.start < gap.end and gap.start < hours.end for day in days for hours in self._by_hours(day))

    def away_at(self, at: datetime) -> Away | None:
        """The absence this instant lies in; the one that ends last where they overlap."""
        covering = [away for away in self.away if away.start_at <= at < away.end_at]
        return max(covering, key=lambda away: away.end_at, default=None)

    def _pieces(self, start: datetime, end: datetime) -> Iterator[Stretch]:
        for day in _days(self._local_date(start), self._local_date(end)):
            if day not in self._known_pieces:
                self._known_pieces[day] = tuple(self._pieces_of(day))
            for piece in self._known_pieces[day]:
                span = piece.span
                if start <= span.start and span.end <= end:
                    yield piece
                elif start < end and span.start < end and start < span.end:
                    cut = Span(max(span.start, start), min(span.end, end))
                    yield Stretch(piece.why, cut, piece.on, piece.name, piece.away)

    def _pieces_of(self, day: date) -> Iterator[Stretch]:
        """One local date from midnight to midnight, with its reasons."""
        first, last = instant(day, MIDNIGHT, self.zone), instant(day + ONE_DAY, MIDNIGHT, self.zone)
        hours = self._by_hours(day)
        edges = {first, last, *(edge for span in hours for edge in (span.start, span.end)), *self._edges_of_absences()}
        if self._halved(day):
            edges.add(instant(day, self.half_day_ends, self.zone))
        if day in self.exceptions:
            edges.update(edge for span in self._weekly_hours(day) for edge in (span.start, span.end))
        for one, other in pairwise(sorted(edge for edge in edges if first <= edge <= last)):
            yield self._explained(Span(one, other), day, any(_holds(span, one) for span in hours))

    def _edges_of_absences(self) -> Iterator[datetime]:
        spans = (*(Span(away.start_at, away.end_at) for away in self.away), *(span for span, _ in self._catching_up))
        return (edge.astimezone(UTC) for span in spans for edge in (span.start, span.end))

    def _explained(self, span: Span, day: date, by_hours: bool) -> Stretch:
        away = self.away_at(span.start)
        if away is not None:
            return Stretch(Why.AWAY, span, day, away=away)
        if by_hours:
            blocker = next((away for block, away in self._catching_up if _holds(block, span.start)), None)
            return Stretch(Why.OPEN if blocker is None else Why.CATCHING_UP, span, day, away=blocker)
        if self.weekly.get(day.weekday()) and self.closed_on(day):
            if day in self.exceptions:
                return Stretch(Why.EXCEPTION, span, day)
            if day in self.holidays:
                return Stretch(Why.HOLIDAY, span, day, name=self.holidays[day])
        if day in self.exceptions and any(_holds(hours, span.start) for hours in self._weekly_hours(day)):
            return Stretch(Why.EXCEPTION, span, day)
        if self._halved(day) and span.start >= instant(day, self.half_day_ends, self.zone):
            return Stretch(Why.HOLIDAY, span, day, name=self.half_days[day])
        return Stretch(Why.CLOSED, span, day)

    def closed_on(self, day: date) -> bool:
        """Whether no hour of this local date is worked, absence aside."""
        return not self._by_hours(day)

    def _by_hours(self, day: date) -> tuple[Span, ...]:
        return self._day(day)[0]

    def _day(self, day: date) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
        known = self._known_days.get(day)
        if known is None:
            hours = self._hours_of(day)
            known = self._known_days[day] = hours, _without(hours, self._blocked)
        return known

    def _hours_of(self, day: date) -> tuple[Span, ...]:
        if day in self.exceptions:
            intervals = self.exceptions[day]
        else:
            intervals = () if day in self.holidays else self.weekly.get(day.weekday(), ())
            if day in self.half_days:
                intervals = _until(self.half_day_ends, intervals)
        return self._spans(day, intervals)

    def _weekly_hours(self, day: date) -> tuple[Span, ...]:
        """The hours of this local date, were it a day like any other of its name."""
        return self._spans(day, self.weekly.get(day.weekday(), ()))

    def _spans(self, day: date, intervals: tuple[Interval, ...]) -> tuple[Span, ...]:
        spans = []
        for interval in intervals:
            ends_on = day + ONE_DAY if interval.end == MIDNIGHT else day
            if interval.end == MIDNIGHT or interval.start < interval.end:
                start = instant(day, interval.start, self.zone)
                spans.append(Span(start, instant(ends_on, interval.end, self.zone)))
        return _merged(spans)

    def _halved(self, day: date) -> bool:
        """Whether a half holiday takes hours from this day."""
        if day not in self.half_days or day in self.exceptions or day in self.holidays:
            return False
        hours = self.weekly.get(day.weekday(), ())
        return _until(self.half_day_ends, hours) != hours

    def _caught_up_at(self, away: Away) -> datetime:
        back = away.end_at.astimezone(UTC)
        ever_open = any(self.weekly.values()) or any(self.exceptions.values())
        return (self.add_open(back, away.buffer) if ever_open else None) or back + HORIZON

    def _local_date(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()


@lru_cache(maxsize=8192)  # a walk asks for the same openings again and again
def instant(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """The first instant (UTC) at which clocks in `zone` show this date and time, or the change that skipped it."""
    local = datetime.combine(day, wall, tzinfo=zone)
    before, after = _offset(local), _offset(local.replace(fold=1))
    if before >= after:
        return local.replace(tzinfo=UTC) - before
    return _clock_change(local.replace(tzinfo=UTC) - after, local.replace(tzinfo=UTC) - before, before, zone)


def _clock_change(low: datetime, high: datetime, before: timedelta, zone: ZoneInfo) -> datetime:
    """The second at which the offset stops being `before`, known to lie after `low` and not after `high`."""
    first, last = int(low.timestamp()), int(high.timestamp())
    while last - first > 1:
        middle = (first + last) // 2
        if _offset(datetime.fromtimestamp(middle, zone)) == before:
            first = middle
        else:
            last = middle
    return datetime.fromtimestamp(last, UTC)


def _offset(at: datetime) -> timedelta:
    return at.utcoffset() or NOTHING


def _until(end: time, intervals: tuple[Interval, ...]) -> tuple[Interval, ...]:
    """What is left of these hours before a time of the day; hours that open nothing are left alone."""
    left = []
    for each in intervals:
        opens = each.end == MIDNIGHT or each.start < each.end
        past = opens and (each.end == MIDNIGHT or end < each.end)
        if not past:
            left.append(each)
        elif each.start < end:
            left.append(Interval(each.start, end))
    return tuple(left)


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def _same_reason(one: Stretch, other: Stretch) -> bool:
    by_the_day = one.why in {Why.HOLIDAY, Why.EXCEPTION} and one.on != other.on
    return (one.why, one.name, one.away) == (other.why, other.name, other.away) and not by_the_day


def _holds(span: Span, at: datetime) -> bool:
    return span.start <= at < span.end


def _merged(spans: list[Span]) -> tuple[Span, ...]:
    merged: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, span.end)):
        if span.start >= span.end:
            continue
        if merged and span.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return tuple(merged)


def _without(spans: tuple[Span, ...], blocked: tuple[Span, ...]) -> tuple[Span, ...]:
    """What is left of the spans outside of the blocked ones; both in order, none of them touching."""
    if not spans or not blocked:
        return spans
    for block in blocked[bisect_right(blocked, spans[0].start, key=_end) :]:
        if block.start >= spans[-1].end:
            break
        cut = [
            part
            for span in spans
            for part in (Span(span.start, min(span.end, block.start)), Span(max(span.start, block.end), span.end))
        ]
        spans = tuple(part for part in cut if part.start < part.end)
        if not spans:
            break
    return spans


def _end(span: Span) -> datetime:
    return span.end
