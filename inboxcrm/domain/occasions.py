"""On which day does a date that returns every year fall this time, and when must the owner hear of it?"""

from __future__ import annotations

from calendar import isleap
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

LOOKED_BACK = 14
"""Days before an occasion in which an open day is looked for; an owner away for longer hears of it on the first."""

ANY_LEAP_YEAR = 2024
ONE_DAY = timedelta(days=1)


class Kind(StrEnum):
    """What returns."""

    BIRTHDAY = "birthday"
    ANNIVERSARY = "anniversary"
    WEDDING = "wedding"
    CONTRACT_START = "contract-start"
    GO_LIVE = "go-live"
    FIRST_JOB = "first-job"


BEGINNINGS = frozenset((Kind.WEDDING, Kind.GO_LIVE))
"""Of these the day itself is an occasion, and not only its returns."""


class LeapDay(StrEnum):
    """Where 29 February goes in a year that has none; people differ, and are asked."""

    BEFORE = "28-feb"
    AFTER = "1-mar"


@dataclass(frozen=True, slots=True)
class Occasion:
    """A day of the year, with the year in which it began where that is known."""

    kind: Kind
    month: int
    day: int
    year: int | None = None
    leap_day: LeapDay = LeapDay.BEFORE

    def __post_init__(self) -> None:
        """Raises ValueError for a day that no calendar has."""
        date(ANY_LEAP_YEAR, self.month, self.day)
        if self.year is not None:
            if (self.month, self.day) == (2, 29) and not isleap(self.year):
                raise ValueError(f"{self.year} had no 29 February")
            date(self.year, self.month, self.day)


@dataclass(frozen=True, slots=True)
class Turn:
    """One return of an occasion: on which day, which one it is (None where the year is unknown), told from when.

    The beginning itself is number 0.
    """

    on: date
    number: int | None
    remind_on: date


def falls_on(occasion: Occasion, year: int) -> date:
    """The day of an occasion in a year."""
    if (occasion.month, occasion.day) == (2, 29) and not isleap(year):
        return date(year, 2, 28) if occasion.leap_day is LeapDay.BEFORE else date(year, 3, 1)
    return date(year, occasion.month, occasion.day)


def next_turn(occasion: Occasion, today: date, is_open: Callable[[date], bool]) -> Turn:
    """The next return of an occasion, today included; `is_open` says whether the owner works on a day.

    It is told on the last open day on or before it, and on the day itself. A first return lies a year after the
    beginning at the earliest, but for what is itself congratulated on: a wedding, a go-live.
    """
    first = None if occasion.year is None else occasion.year + (occasion.kind not in BEGINNINGS)
    year = today.year
    while (on := falls_on(occasion, year)) < today or (first is not None and year < first):
        year += 1
    number = None if occasion.year is None else year - occasion.year
    return Turn(on, number, last_open_day(on, is_open))


def last_open_day(on: date, is_open: Callable[[date], bool]) -> date:
    """The last open day on or before a day; where `LOOKED_BACK` days have none, the first of them."""
    for back in range(LOOKED_BACK + 1):
        if is_open(on - back * ONE_DAY):
            return on - back * ONE_DAY
    return on - LOOKED_BACK * ONE_DAY


def is_due(turn: Turn, today: date) -> bool:
    """Whether the owner hears of it today: from the last open day before it until it is over."""
    return turn.remind_on <= today <= turn.on
