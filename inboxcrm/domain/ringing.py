"""When a notice may reach the owner: at once, or after quiet hours and caps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Calm:
    """What the owner allows. `quiet` is a span of the clock in `zone`, over midnight where it ends before it begins."""

    zone: ZoneInfo
    quiet: tuple[time, time] | None
    urgent_in_quiet: int
    per_hour: int
    per_day: int


@dataclass(frozen=True, slots=True)
class Wait:
    """Not before this instant, and why."""

    until: datetime
    because: str


def wait(now: datetime, *, urgent: bool, rang_at: Sequence[datetime], calm: Calm, counted: bool = False) -> Wait | None:
    """How long a notice has to wait, None when it may go now.

    `rang_at`: when notices went out during the last day or in the quiet hours of now. `counted`: this one is among
    them, and is only tried again. A cap of 0 keeps everything back.
    """
    quiet = quiet_span(now, calm)
    if quiet is not None and (not urgent or _urgent_enough(rang_at, quiet, calm, counted=counted)):
        return Wait(quiet[1], "quiet hours")
    if counted:
        return None
    for within, most, name in ((HOUR, calm.per_hour, "hour"), (DAY, calm.per_day, "day")):
        recent = sorted(at for at in rang_at if at > now - within)
        if len(recent) >= most:
            free_at = recent[-most] + within if most else now + within
            return Wait(free_at, f"{most} an hour" if name == "hour" else f"{most} a day")
    return None


def _urgent_enough(rang_at: Sequence[datetime], quiet: tuple[datetime, datetime], calm: Calm, *, counted: bool) -> bool:
    return not counted and sum(quiet[0] <= at < quiet[1] for at in rang_at) >= calm.urgent_in_quiet


def quiet_span(now: datetime, calm: Calm) -> tuple[datetime, datetime] | None:
    """The quiet hours around `now`, as aware instants; None outside them. The wall clock counts, also across DST."""
    if calm.quiet is None:
        return None
    begins, ends = calm.quiet
    today = now.astimezone(calm.zone).date()
    for day in (today - timedelta(days=1), today):
        last = day if ends > begins else day + timedelta(days=1)
        start = datetime.combine(day, begins, calm.zone)
        end = datetime.combine(last, ends, calm.zone)
        if start <= now < end:
            return start, end
    return None
