"""What the `[office]` table may hold: weekly hours, exceptions, adopted holidays and mail hours."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time, timedelta
from itertools import pairwise
from pathlib import Path

from inboxcrm.config import AwayCalendar, Office, Proxy
from inboxcrm.configuration import values
from inboxcrm.configuration.mailboxes import read_proxy
from inboxcrm.configuration.problems import nearest
from inboxcrm.configuration.table import Convert, Refused, Table, shown
from inboxcrm.domain import public_holidays

DEFAULT_HOURS: Mapping[int, tuple[values.Interval, ...]] = dict.fromkeys(
    range(5), ((time(9), time(12, 30)), (time(13, 30), time(18)))
)
"""Monday to Friday, eight hours a day."""

HOLIDAY_YEARS = range(2024, 2034)
"""The years in which a kind of holiday is looked for when its name is checked: moveable days fall apart in some."""


def read_office(table: Table, language: str) -> Office:
    """The `[office]` table; `language` is the owner's, in which holidays may be named."""
    region, hours = table.read("holidays", holiday_region, None), read_hours(table)
    office = Office(
        hours=DEFAULT_HOURS if hours is None else hours,
        exceptions=_exceptions(table.table("exceptions")),
        holidays=region,
        holidays_not_adopted=table.read_list("holidays_not_adopted", _kind_in(region, language)),
        half_day_ends=table.read("half_day_ends", values.clock, Office(hours={}).half_day_ends),
        mail_hours=tuple(sorted(set(table.read_list("mail_hours", values.clock)))),
    )
    if office.holidays_not_adopted and "holidays" not in table.values:
        table.problem("holidays_not_adopted", "found names", 'need a region: holidays = "CH-ZH"')
    table.close()
    return office


def read_hours(table: Table) -> Mapping[int, tuple[values.Interval, ...]] | None:
    """Weekly hours, `hours` of this table: a day that is not written is closed. None where there are none at all."""
    week = table.table("hours")
    hours = {weekday: _intervals(week, name) for weekday, name in enumerate(values.DAYS)}
    week.close()
    if "hours" not in table.values:
        return None
    return {weekday: intervals for weekday, intervals in hours.items() if intervals}


def _exceptions(table: Table) -> Mapping[date, tuple[values.Interval, ...]]:
    exceptions = {}
    for written in table.values:
        intervals = _intervals(table, written)
        try:
            exceptions[values.day(written)] = intervals
        except Refused as refused:
            table.problem(written, f"found the key {shown(written)}", refused.allowed)
    return exceptions


def _intervals(table: Table, key: str) -> tuple[values.Interval, ...]:
    """A day's intervals in ascending order; the ones that overlap are reported."""
    intervals = sorted(set(table.read_list(key, values.interval)))
    for (_, end), (start, _) in pairwise(intervals):
        if end == time(0) or start < end:
            table.problem(key, f"found hours that overlap at {start:%H:%M}", "each must end before the next begins")
    return tuple(intervals)


def read_away_calendar(table: Table, home: Path, everyones: Proxy | None = None) -> AwayCalendar:
    """One `[[away_calendar]]`; a relative path is relative to the home, and `webcal:` is another word for https.

    Where it names no proxy it has `everyones`.
    """
    standard = AwayCalendar("")
    path = table.read("path", values.text, None)
    calendar = AwayCalendar(
        name=table.require("name", values.mailbox_name, "", needs='a short name such as "team" is needed'),
        path=None if path is None else home / Path(path).expanduser(),
        url=table.read("url", _calendar_address, None),
        word=table.read("word", values.text, None),
        kind=table.read("kind", values.text, standard.kind),
        wording=table.read("wording", values.text, None),
        buffer=table.read("buffer", values.duration, standard.buffer),
        refresh=table.read("refresh", _refresh, standard.refresh),
        proxy=read_proxy(table, everyones),
    )
    if ("path" in table.values) is ("url" in table.values):
        table.problem("path", "needs one of two", 'either path = "away.ics" or url = "https://..." is needed')
    table.close()
    return calendar


def _calendar_address(value: object) -> str:
    written = values.text(value)
    return values.web_address(f"https{written[len('webcal') :]}" if written.startswith("webcal://") else written)


def _refresh(value: object) -> timedelta:
    length = values.duration(value)
    if length < timedelta(minutes=1):
        raise Refused('must be at least "1m"')
    return length


def plan_holidays(value: object) -> bool | str:
    """Whether the office's holidays close a plan too, or the region whose days do."""
    if isinstance(value, bool):
        return value
    try:
        return holiday_region(value)
    except Refused as refused:
        raise Refused(f"must be true, false, or a region; {refused.allowed}", nearest=refused.nearest) from refused


def holiday_region(value: object) -> str:
    """A country or a country and region whose public holidays are known, in upper case."""
    name = values.text(value)
    try:
        public_holidays.check_region(name)
    except public_holidays.UnknownRegionError as error:
        said, _, hint = str(error).partition(" Did you mean ")
        allowed = 'must be a country or a country and region such as "CH", "CH-ZH" or "US-CA"'
        raise Refused(f"{allowed} ({said.rstrip('.')})", nearest=hint.rstrip("?") or None) from error
    return name.upper()


def _kind_in(region: str | None, language: str) -> Convert[str]:
    """A holiday of a region. A misspelt one would quietly stay adopted and move promises, so it is looked up."""

    def convert(value: object) -> str:
        name = values.text(value)
        if region is None:
            return name
        every = public_holidays.calendar(region, HOLIDAY_YEARS, language=language)
        if not any(each.is_called(name) for each in every):
            english = public_holidays.calendar(region, HOLIDAY_YEARS)
            known = dict.fromkeys(each.name for each in (*every, *english))
            examples = ", ".join(f'"{each}"' for each in list(known)[:5])
            raise Refused(f"must be a holiday of {region}, such as {examples}", nearest=nearest(name, known))
        return name

    return convert
