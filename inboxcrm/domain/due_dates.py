"""By which day does a sentence say that something will be done?

Relative phrases ("by Friday", "in zwei Wochen") are read by a small grammar of our own in eight languages
(data/times.toml), dates in figures and with the names of months by dateparser, which is loaded for them alone. Where a
phrase has two readings the earlier day is taken: a reminder that comes early costs less than one that comes late.
"""

from __future__ import annotations

import re
import tomllib
from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from importlib import resources
from typing import Any

from inboxcrm.domain.sentences import fold

FURTHEST = timedelta(days=550)
"""A date further ahead is no date for doing something."""

FRIDAY, WEEK = 4, timedelta(days=7)
_NUMERIC = re.compile(
    r"(?<![\d./-])\d{1,2}([./-])\d{1,2}(?:\1(?:\d{4}|\d{2})|\.)?(?![\d/-]|\.\d)|(?<!\d)20\d\d-\d\d-\d\d(?!\d)"
)
_ORDER = (
    *("explicit", "numeric", "named_month_end", "overmorrow", "next_week_begin", "next_week_weekday", "next_week"),
    *("month_end", "next_month", "ahead", "weekday", "tomorrow", "today", "week_end", "day_of_month"),
)
"""Which phrase speaks where several stand in a sentence: the more exact one."""


@dataclass(frozen=True, slots=True)
class _Grammar:
    """The phrases of one language, ready to search, and what its lists mean."""

    phrases: Mapping[str, tuple[re.Pattern[str], ...]]
    days: tuple[re.Pattern[str], ...]
    months: tuple[re.Pattern[str], ...]
    numbers: Mapping[str, int]
    units: Mapping[str, re.Pattern[str]]


def due_on(sentence: str, language: str, *, said_on: date, month_first: bool = False) -> date | None:
    """The day a sentence names, or None; `said_on` is the day of the mail where its writer was.

    `month_first` says that the writer puts the month before the day in figures (3/12 is 12 March). A day that has
    passed, or lies more than `FURTHEST` ahead, is none.
    """
    folded = fold(sentence)
    for kind in _ORDER:
        found = _read(kind, folded, language, said_on, month_first=month_first)
        if found is not None:
            return found if said_on <= found <= said_on + FURTHEST else None
    return None


EXACT = ("explicit", "numeric", "overmorrow", "next_week_weekday", "weekday", "tomorrow", "today")
"""The phrases that name one day, and not the last of several."""


def day_named(sentence: str, language: str, *, said_on: date, month_first: bool = False) -> date | None:
    """The one day a sentence names; None where it names none, a stretch of time ("next week"), or two weekdays."""
    folded = fold(sentence)
    grammar = _grammar(language)
    weekdays = {number for number, day in enumerate(grammar.days) if re.search(_whole(day.pattern, language), folded)}
    if len(weekdays) > 1:
        return None
    stretches = (kind for kind in ("next_week", "next_month", "month_end", "week_end") if grammar.phrases.get(kind))
    if not weekdays and any(pattern.search(folded) for kind in stretches for pattern in grammar.phrases[kind]):
        return None
    for kind in EXACT:
        found = _read(kind, folded, language, said_on, month_first=month_first)
        if found is not None:
            return found if said_on <= found <= said_on + FURTHEST else None
    return None


NEAR = ("overmorrow", "next_week_weekday", "weekday", "tomorrow", "today", "day_of_month")
"""The phrases that name one day by its distance from today."""


def near_day(folded: str, language: str, *, said_on: date) -> date | None:
    """The one day that folded words name by its distance from today ("tomorrow", "Friday", "on the 3rd"), or None."""
    return next(
        (found for kind in NEAR if (found := _read(kind, folded, language, said_on, month_first=False)) is not None),
        None,
    )


def months(language: str) -> tuple[re.Pattern[str], ...]:
    """How the months of a language are written, January first, for folded words."""
    return _grammar(language).months


def _whole(pattern: str, language: str) -> str:
    return pattern if language == "ja" else rf"(?<!\w)(?:{pattern})(?!\w)"


def _read(kind: str, folded: str, language: str, said_on: date, *, month_first: bool) -> date | None:
    if kind == "numeric":
        match = _NUMERIC.search(folded)
        return None if match is None else _by_dateparser(match[0], language, said_on, month_first=month_first)
    grammar = _grammar(language)
    for pattern in grammar.phrases.get(kind, ()):
        match = pattern.search(folded)
        if match is not None:
            found = _MEANINGS[kind](match, grammar, said_on, language)
            if found is not None:
                return found
    return None


def _by_dateparser(text: str, language: str, said_on: date, *, month_first: bool) -> date | None:
    import dateparser

    iso = text[:2] == "20" and text[4:5] == "-"
    read = dateparser.parse(
        text.rstrip("."),
        languages=[language],
        settings={
            "RELATIVE_BASE": datetime(said_on.year, said_on.month, said_on.day),  # noqa: DTZ001 - dateparser wants it naive
            "PREFER_DATES_FROM": "future",
            "DATE_ORDER": "YMD" if iso else ("MDY" if month_first else "DMY"),
        },
    )
    return None if read is None else read.date()


def _explicit(match: re.Match[str], grammar: _Grammar, said_on: date, language: str) -> date | None:
    if language != "ja":
        return _by_dateparser(match[0].replace(".", " "), language, said_on, month_first=False)
    del grammar
    year = int(match["y"]) if match["y"] else said_on.year
    found = _day(year, int(match["m"]), int(match["d"]))
    if found is not None and found < said_on and not match["y"]:
        found = _day(year + 1, int(match["m"]), int(match["d"]))
    return found


def _day(year: int, month: int, day: int) -> date | None:
    return date(year, month, day) if 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1] else None


def _last_of_month(day: date, months_on: int = 0) -> date:
    month = day.month - 1 + months_on
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, monthrange(year, month)[1])


def _this_friday(day: date) -> date:
    return day + timedelta(days=max(0, FRIDAY - day.weekday()))


def _next_monday(day: date) -> date:
    return day + timedelta(days=7 - day.weekday())


def _weekday(match: re.Match[str], grammar: _Grammar, said_on: date, language: str) -> date | None:
    del language
    wanted = next((n for n, day in enumerate(grammar.days) if day.fullmatch(match[1])), None)
    return None if wanted is None else said_on + timedelta(days=(wanted - said_on.weekday() - 1) % 7 + 1)


def _weekday_of_next_week(match: re.Match[str], grammar: _Grammar, said_on: date, language: str) -> date | None:
    del language
    wanted = next((n for n, day in enumerate(grammar.days) if day.fullmatch(match[1])), None)
    return None if wanted is None else _next_monday(said_on) + timedelta(days=wanted)


def _named_month_end(match: re.Match[str], grammar: _Grammar, said_on: date, language: str) -> date | None:
    del language
    month = next((n for n, name in enumerate(grammar.months, 1) if name.fullmatch(match[1])), None)
    if month is None:
        return None
    year = said_on.year + (month < said_on.month)
    return date(year, month, monthrange(year, month)[1])


def _ahead(match: re.Match[str], grammar: _Grammar, said_on: date, language: str) -> date | None:
    del language
    if match.re.groups < 2:
        return said_on + timedelta(days=3)
    number = int(match[1]) if match[1].isdigit() else grammar.numbers[match[1]]
    unit = next(name for name, spelled in grammar.units.items() if spelled.fullmatch(match[2]))
    if unit == "month":
        last = _last_of_month(said_on, number)
        return last.replace(day=min(said_on.day, last.day))
    return said_on + timedelta(days=number * (7 if unit == "week" else 1))


def _day_of_month(match: re.Match[str], grammar: _Grammar, said_on: date, language: str) -> date | None:
    del grammar, language
    wanted = int(match[1])
    this = _day(said_on.year, said_on.month, wanted)
    if this is not None and this >= said_on:
        return this
    following = _last_of_month(said_on, 1)
    return _day(following.year, following.month, wanted)


def _next_week(match: re.Match[str], grammar: _Grammar, said_on: date, language: str) -> date | None:
    """The weekday that is named beside it ("Tuesday next week"), else that week's Friday."""
    del language
    monday = _next_monday(said_on)
    for number, day in enumerate(grammar.days):
        if re.search(rf"(?:\b|^){day.pattern}(?:\b|$)", match.string):
            return monday + timedelta(days=number)
    return monday + timedelta(days=FRIDAY)


_MEANINGS: Mapping[str, Callable[[re.Match[str], _Grammar, date, str], date | None]] = {
    "explicit": _explicit,
    "named_month_end": _named_month_end,
    "overmorrow": lambda _match, _grammar, on, _language: on + timedelta(days=2),
    "next_week_begin": lambda _match, _grammar, on, _language: _next_monday(on) + timedelta(days=1),
    "next_week_weekday": _weekday_of_next_week,
    "next_week": _next_week,
    "month_end": lambda _match, _grammar, on, _language: _last_of_month(on),
    "next_month": lambda _match, _grammar, on, _language: _last_of_month(on, 1),
    "ahead": _ahead,
    "weekday": _weekday,
    "tomorrow": lambda _match, _grammar, on, _language: on + timedelta(days=1),
    "today": lambda _match, _grammar, on, _language: on,
    "week_end": lambda _match, _grammar, on, _language: _this_friday(on),
    "day_of_month": _day_of_month,
}


@cache
def _grammar(language: str) -> _Grammar:
    data = _data().get(language, {})
    lists = {
        "day": _any(data.get("days", ())),
        "month": _any(data.get("months", ())),
        "number": _any((r"\d{1,2}", *sorted(data.get("numbers", {}), key=len, reverse=True))),
        "unit": _any(data.get("units", {}).values()),
    }
    edge = ("", "") if language == "ja" else (r"(?<!\w)", r"(?!\w)")
    phrases = {
        kind: tuple(re.compile(edge[0] + _filled(each, lists) + edge[1]) for each in data.get(kind, ()))
        for kind in _MEANINGS
    }
    return _Grammar(
        phrases,
        tuple(re.compile(each) for each in data.get("days", ())),
        tuple(re.compile(each) for each in data.get("months", ())),
        data.get("numbers", {}),
        {name: re.compile(each) for name, each in data.get("units", {}).items()},
    )


def _any(alternatives: Iterable[str]) -> str:
    return "(?:" + "|".join(alternatives) + ")"


def _filled(text: str, lists: Mapping[str, str]) -> str:
    return re.sub(r"%(\w+)%", lambda match: lists[match[1]], text)


@cache
def _data() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(resources.files("inboxcrm.domain").joinpath("data/times.toml").read_text("utf-8"))
