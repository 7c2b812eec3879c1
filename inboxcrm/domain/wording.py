"""How a time is told to the sender: weekday and date always, the owner's clock, and the sender's where it differs.

Names of days, months and cities are CLDR's (babel), the sentences our own: CLDR's skeletons abbreviate and name
zones oddly, so a zone is named by its city. The year is said where it is not the year of `said_at`. A day that
closes at midnight is told as 24:00 of that day, so that nobody reads the wrong date.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from functools import lru_cache

from babel import Locale
from babel.core import get_global
from babel.lists import format_list

from inboxcrm.domain.expectation import AwayUntil, ClosedOn, Expectation, HolidayOn, OutsideHours
from inboxcrm.domain.salutation import Form
from inboxcrm.domain.wording_languages import PATTERNS, Patterns

LANGUAGES = tuple(PATTERNS)
MOST_DAYS = 3
"""How many holidays or closed days one sentence names."""

_MINUTE = timedelta(minutes=1)


class Precision(StrEnum):
    """Whether an hour is promised, or a day of which the hour is the close."""

    HOUR = "hour"
    DAY = "day"


class UnknownLanguageError(ValueError):
    """There are no patterns for this language."""


def spoken(language: str) -> str | None:
    """Our code for a language tag (`de-CH` is `de`), or None if it is not one of the eight."""
    code = language.replace("_", "-").split("-")[0].lower()
    return code if code in PATTERNS else None


def date_phrase(day: date, language: str, *, said_on: date | None = None) -> str:
    """A weekday and date: "Tuesday 3 March"; with its year unless that is the year of `said_on`."""
    return _date(day, language, said_on is not None and said_on.year == day.year)


@lru_cache(maxsize=64)
def _date(day: date, language: str, this_year: bool) -> str:
    patterns, names = _patterns(language), _locale(language)
    return (patterns.date if this_year else patterns.date_year).format(
        weekday=names.days["format"]["wide"][day.weekday()],
        day=patterns.first if day.day == 1 else day.day,
        month=names.months["format"]["wide"][day.month],
        year=day.year,
    )


def moment_phrase(
    at: datetime,
    language: str,
    *,
    owner_zone: tzinfo,
    sender_zone: tzinfo | None = None,
    said_at: datetime | None = None,
    form: Form = Form.FORMAL,
) -> str:
    """An instant in words: "Tuesday 3 March, 17:00 Zurich, 11:00 your time"."""
    local = at.astimezone(owner_zone)
    return _moment(at, local.date(), local.hour, language, owner_zone, sender_zone, said_at, form)


def due_phrase(
    due_at: datetime,
    language: str,
    *,
    owner_zone: tzinfo,
    sender_zone: tzinfo | None = None,
    precision: Precision = Precision.DAY,
    said_at: datetime | None = None,
    form: Form = Form.FORMAL,
) -> str:
    """By when: "by the end of Tuesday 3 March, 17:00 Zurich, 11:00 your time", to fit behind "my answer"."""
    local = due_at.astimezone(owner_zone)
    ends_day = (local.hour, local.minute) == (0, 0)
    day, hour = ((local - _MINUTE).date(), 24) if ends_day else (local.date(), local.hour)
    patterns = _patterns(language)
    pattern = patterns.by_day if precision is Precision.DAY else patterns.by_time
    return pattern.format(moment=_moment(due_at, day, hour, language, owner_zone, sender_zone, said_at, form))


def due_sentence(
    expectation: Expectation,
    language: str,
    *,
    owner_zone: tzinfo,
    sender_zone: tzinfo | None = None,
    with_reason: bool = True,
    owner_language: str | None = None,
    holiday_names: Mapping[date, str] | None = None,
) -> str:
    """The expectation as one or two sentences: the reason where it explains and is allowed, then the time.

    Without a date it says that there is none. See `reason_phrase` for the last two arguments.
    """
    patterns = _patterns(language)
    if expectation.due_at is None:
        told = patterns.no_date
    else:
        due = due_phrase(
            expectation.due_at,
            language,
            owner_zone=owner_zone,
            sender_zone=sender_zone,
            precision=Precision.DAY if expectation.by_end_of_day else Precision.HOUR,
            said_at=expectation.received_at,
        )
        told = patterns.answer.format(due=due)
    reason = ""
    if with_reason:
        reason = reason_phrase(
            expectation,
            language,
            owner_zone=owner_zone,
            owner_language=owner_language,
            holiday_names=holiday_names,
        )
    return patterns.space.join(filter(None, (reason, told)))


def reason_phrase(
    expectation: Expectation,
    language: str,
    *,
    owner_zone: tzinfo,
    owner_language: str | None = None,
    holiday_names: Mapping[date, str] | None = None,
) -> str:
    """Why it takes until then, as one sentence; empty where nothing but the target explains it.

    Absence comes before holidays, these before closed days, these before the hour. The owner's own wording of an
    absence is used where `owner_language` is the sender's or not known. `holiday_names` gives the names in the
    sender's language; the calendar's own stand in for what it lacks.
    """
    because, said_at = expectation.because, expectation.received_at
    if not because:
        return ""
    patterns, said_on = _patterns(language), said_at.astimezone(owner_zone).date()
    match because[0]:
        case AwayUntil(away, back_at, since_at):
            if away.wording and (owner_language is None or spoken(owner_language) == spoken(language)):
                return away.wording
            began_at = since_at or away.start_at
            return _back(began_at if began_at > said_at else None, back_at, language, owner_zone, said_on)
        case HolidayOn():
            named = {each.on: each.name for each in because if isinstance(each, HolidayOn)}
            named = {day: (holiday_names or {}).get(day, name) for day, name in _first(named.items())}
            items = [
                patterns.holiday_item.format(
                    date=date_phrase(day, language, said_on=said_on), name=name, on=patterns.on[day.weekday()]
                )
                for day, name in named.items()
            ]
            return (patterns.holiday if len(items) == 1 else patterns.holidays).format(days=_listed(items, language))
        case ClosedOn():
            days = [each.on for each in because if isinstance(each, ClosedOn)][:MOST_DAYS]
            items = [
                patterns.closed_item.format(
                    date=date_phrase(day, language, said_on=said_on), on=patterns.on[day.weekday()]
                )
                for day in days
            ]
            return patterns.closed.format(days=_listed(items, language))
        case OutsideHours(opens_at):
            moment = moment_phrase(opens_at, language, owner_zone=owner_zone, said_at=said_at)
            weekday = opens_at.astimezone(owner_zone).weekday()
            return patterns.outside_hours.format(moment=moment, on=patterns.on[weekday])


def received_phrase(
    received_at: datetime,
    language: str,
    *,
    owner_zone: tzinfo,
    sender_zone: tzinfo | None = None,
    said_at: datetime | None = None,
) -> str:
    """One sentence: "Your message arrived on Monday 2 March, 16:58 Zurich." `said_at` defaults to the receipt."""
    moment = moment_phrase(
        received_at,
        language,
        owner_zone=owner_zone,
        sender_zone=sender_zone,
        said_at=received_at if said_at is None else said_at,
    )
    patterns, weekday = _patterns(language), received_at.astimezone(owner_zone).weekday()
    return patterns.received.format(moment=moment, on=patterns.on[weekday])


def city(zone: tzinfo, language: str) -> str:
    """The city a zone is named after, in this language; "UTC" and the like for zones without one."""
    key = getattr(zone, "key", None)
    if not isinstance(key, str) or "/" not in key or key.startswith("Etc/"):
        return _offset_name(zone)
    return _city(key, _code(language))


def _moment(
    at: datetime,
    day: date,
    hour: int,
    language: str,
    owner_zone: tzinfo,
    sender_zone: tzinfo | None,
    said_at: datetime | None,
    form: Form,
) -> str:
    patterns = _patterns(language)
    local = at.astimezone(owner_zone)
    said_on = None if said_at is None else said_at.astimezone(owner_zone).date()
    yours = ""
    if sender_zone is not None and at.astimezone(sender_zone).utcoffset() != local.utcoffset():
        theirs = at.astimezone(sender_zone)
        clock = patterns.time.format(hour=theirs.hour, minute=theirs.minute)
        if theirs.date() != day:
            clock = patterns.date_time.format(date=date_phrase(theirs.date(), language, said_on=said_on), time=clock)
        yours = (patterns.yours_familiar if form is Form.FAMILIAR else patterns.yours).format(time=clock)
    return patterns.moment.format(
        date=date_phrase(day, language, said_on=said_on),
        time=patterns.time.format(hour=hour, minute=local.minute),
        city=city(owner_zone, language),
        yours=yours,
    )


def _back(start_at: datetime | None, back_at: datetime | None, language: str, owner_zone: tzinfo, said_on: date) -> str:
    """`start_at` is that of an absence still to come, of which nothing is said without a return."""
    patterns = _patterns(language)
    if back_at is None:
        return patterns.away if start_at is None else ""
    day = back_at.astimezone(owner_zone).date()
    told, on = date_phrase(day, language, said_on=said_on), patterns.on[day.weekday()]
    if start_at is None:
        return patterns.back.format(date=told, on=on)
    start = date_phrase(start_at.astimezone(owner_zone).date(), language, said_on=said_on)
    return patterns.back_later.format(start=start, date=told, on=on)


def _first(items: Iterable[tuple[date, str]]) -> list[tuple[date, str]]:
    return sorted(items)[:MOST_DAYS]


def _listed(items: list[str], language: str) -> str:
    return format_list(items, locale=_locale(language))


def _code(language: str) -> str:
    code = spoken(language)
    if code is None:
        raise UnknownLanguageError(f'no wording for the language "{language}"; there is {", ".join(LANGUAGES)}')
    return code


def _patterns(language: str) -> Patterns:
    return PATTERNS[_code(language)]


def _locale(language: str) -> Locale:
    return _parsed(_code(language))


@lru_cache(maxsize=len(PATTERNS))
def _parsed(code: str) -> Locale:
    return Locale.parse(code)


@lru_cache(maxsize=256)
def _city(key: str, code: str) -> str:
    aliases = get_global("zone_aliases")
    canonical = aliases.get(key, key)
    same = (key, canonical, *(alias for alias, target in aliases.items() if target == canonical))
    zones = _parsed(code).time_zones
    named = next((zones[each]["city"] for each in same if "city" in zones.get(each, {})), None)
    return str(named) if named else key.rpartition("/")[2].replace("_", " ")


def _offset_name(zone: tzinfo) -> str:
    offset = zone.utcoffset(datetime(2000, 1, 1)) or timedelta(0)  # noqa: DTZ001 - a fixed offset has no date
    if not offset:
        return "UTC"
    hours, minutes = divmod(round(abs(offset).total_seconds() / 60), 60)
    sign = "+" if offset > timedelta(0) else "−"
    return f"UTC{sign}{hours}" + (f":{minutes:02}" if minutes else "")
