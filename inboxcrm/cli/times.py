"""Times as people type them on the command line, which are those of the desk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from inboxcrm.domain import when
from inboxcrm.errors import UserError


def past(text: str, zone: ZoneInfo, now: datetime, *, option: str) -> datetime:
    """When something was done: a length counts back, a day is the last one of that name. Raises UserError."""
    return _read(option, lambda: when.past(text, zone, now))


def until(text: str, zone: ZoneInfo, now: datetime, *, option: str) -> datetime:
    """The end of something: a length counts from now, a day without a time is its end. Raises UserError."""
    return _read(option, lambda: when.future(text, zone, now, day_ends=True))


def beginning(text: str, zone: ZoneInfo, now: datetime, *, option: str) -> datetime:
    """When something is to begin: the same, but of a day without a time its beginning. Raises UserError."""
    return _read(option, lambda: when.future(text, zone, now, day_ends=False))


def _read(option: str, read: Callable[[], datetime]) -> datetime:
    try:
        return read()
    except ValueError as error:
        raise UserError(f"{option}: {error}") from None
