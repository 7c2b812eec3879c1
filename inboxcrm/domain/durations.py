"""How lengths of time are written by hand: `90s`, `10m`, `4h`, `2d`, or several together: `1d 4h`, `1h30m`.

A day is 24 hours, but where `shifted` counts from an instant. Whether the time meant is open office time is for the
setting that uses it to say.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1), "s": timedelta(seconds=1)}
FARTHEST = timedelta(days=36_525)
"""Nobody means a time that is more than a hundred years away."""

_ONE = re.compile(r"(\d{1,6})\s?([dhms])")
_ALL = re.compile(r"\d{1,6}\s?[dhms](?:\s?\d{1,6}\s?[dhms])*")


def parse_duration(text: str) -> timedelta:
    """The length a text such as `4h` or `1h 30m` names; a plain `0` is nothing. ValueError says what is expected."""
    written = text.strip().lower()
    if written == "0":
        return timedelta(0)
    pieces = _ONE.findall(written) if _ALL.fullmatch(written) else []
    units = [unit for _, unit in pieces]
    if not pieces or units != sorted(set(units), key=list(UNITS).index):
        raise ValueError(f'"{text}" is not a length of time; write it like 90s, 10m, 4h, 2d or 1h 30m')
    return sum((int(number) * UNITS[unit] for number, unit in pieces), timedelta(0))


def shifted(at: datetime, text: str, zone: ZoneInfo, *, back: bool = False) -> datetime:
    """The instant that lies a length such as `2d` after `at`, or before it (`back`).

    ValueError as `parse_duration`, and for more than `FARTHEST`.

    Days are those of the calendar in `zone`: the same hour two days on, though the clocks change in between. Hours and
    less are time that passes.
    """
    length = parse_duration(text)
    if length > FARTHEST:
        raise ValueError(f'"{text}" is more than a hundred years')
    days = sum(
        (timedelta(days=int(number)) for number, unit in _ONE.findall(text.lower()) if unit == "d"), timedelta(0)
    )
    sign = -1 if back else 1
    same_hour = (at.astimezone(zone) + sign * days).astimezone(UTC)
    return same_hour + sign * (length - days)


def thinkable(at: date) -> bool:
    """Whether somebody may mean this day: within the last century, this one or the next."""
    return 1900 <= at.year < 2200


def format_duration(length: timedelta) -> str:
    """The shortest writing of a length to the second, largest unit first: `1d 4h`; `0s` for nothing, `-` before less.

    `parse_duration` reads it back unless it is negative.
    """
    left = timedelta(seconds=round(abs(length).total_seconds()))
    written = []
    for unit, size in UNITS.items():
        number, left = divmod(left, size)
        if number:
            written.append(f"{number}{unit}")
    sign = "-" if length < timedelta(0) and written else ""
    return sign + (" ".join(written) or "0s")


def format_hours(length: timedelta) -> str:
    """The same in hours and minutes only, for open office time, where a day is no fixed length: `30h 15m`."""
    minutes = round(abs(length).total_seconds() / 60)
    written = [f"{number}{unit}" for number, unit in ((minutes // 60, "h"), (minutes % 60, "m")) if number]
    sign = "-" if length < timedelta(0) and written else ""
    return sign + (" ".join(written) or "0m")
