"""Which day of the year do words name, whether it lies ahead or behind: for what returns every year.

Other than a due date such a day may have passed, need have no year, and may be 29 February in a year that has none. It
is read here from figures and names of months alone; what is said by the distance from today comes from `due_dates`.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache

from inboxcrm.domain.due_dates import months, near_day

LEAP_YEAR = 2024
_ISO = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)")
_FIGURES = re.compile(r"(?<![\d./-])(\d{1,2})([./-])(\d{1,2})(?:\2(\d{4}))?\.?(?![\d/-]|\.\d)")
_JAPANESE = re.compile(r"(?:(\d{4})年)?(?<!\d)(\d{1,2})月(?:(\d{1,2})日)?")


@dataclass(frozen=True, slots=True)
class DayOfYear:
    """A day as it was told: `day` is None where only the month was named, `year` where none was."""

    month: int
    day: int | None
    year: int | None = None


def day_of_year(words: str, language: str, *, said_on: date, month_first: bool = False) -> DayOfYear | None:
    """The first day that folded words name, None where they name none.

    `month_first` says that the writer puts the month before the day in figures. A month without a day counts only
    behind its preposition ("in May"): "may" is a word too.
    """
    for found in _exact(words, language, month_first=month_first):
        if 1 <= found.month <= 12 and (found.day is None or 1 <= found.day <= monthrange(LEAP_YEAR, found.month)[1]):
            return found
    near = near_day(words, language, said_on=said_on)
    if near is not None:
        return DayOfYear(near.month, near.day)
    return _month_alone(words, language)


def _exact(words: str, language: str, *, month_first: bool) -> Iterator[DayOfYear]:
    if match := _ISO.search(words):
        yield DayOfYear(int(match[2]), int(match[3]), int(match[1]))
    if language == "ja":
        for match in _JAPANESE.finditer(words):
            if match[3]:
                yield DayOfYear(int(match[2]), int(match[3]), int(match[1]) if match[1] else None)
    else:
        for pattern in _named(language):
            if match := pattern.search(words):
                year = match.groupdict().get("year")
                yield DayOfYear(_month(match["month"], language), int(match["day"]), int(year) if year else None)
    if match := _FIGURES.search(words):
        one, other = int(match[1]), int(match[3])
        month, day = (one, other) if month_first else (other, one)
        yield DayOfYear(month, day, int(match[4]) if match[4] else None)


def _month_alone(words: str, language: str) -> DayOfYear | None:
    if language == "ja":
        match = _JAPANESE.search(words)
        return None if match is None or not 1 <= int(match[2]) <= 12 else DayOfYear(int(match[2]), None)
    match = _alone(language).search(words)
    return None if match is None else DayOfYear(_month(match["month"], language), None)


def _month(name: str, language: str) -> int:
    return next(number for number, each in enumerate(months(language), 1) if each.fullmatch(name))


@cache
def _named(language: str) -> tuple[re.Pattern[str], ...]:
    names = "|".join(each.pattern for each in months(language))
    year = r"(?:,? (?:de |del |of )?(?P<year>\d{4}))?(?!\w)"
    found = [rf"(?<![\w.])(?P<day>\d{{1,2}})(?:st|nd|rd|th|er|o|\.)?(?: of| de| di)? (?P<month>{names}){year}"]
    if language == "en":
        found.append(rf"(?<!\w)(?P<month>{names})\.? (?P<day>\d{{1,2}})(?:st|nd|rd|th)?{year}")
    return tuple(re.compile(each) for each in found)


@cache
def _alone(language: str) -> re.Pattern[str]:
    names = "|".join(each.pattern for each in months(language))
    return re.compile(rf"(?<!\w)(?:in|im|en|a|em|ad|nel)(?: the| (?:mes|mese) d[ei])? (?P<month>{names})(?!\w)")
