"""How instants are written in the database: UTC, to the second, sortable as text."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache


def to_text(instant: datetime) -> str:
    """An aware instant as `2026-03-27T15:30:00Z`."""
    return _written(instant.astimezone(UTC))


@lru_cache(maxsize=512)  # a mail writes some ten instants fifty times; in UTC no two that are equal differ (PEP 495)
def _written(instant: datetime) -> str:
    return instant.isoformat()[:19] + "Z"


def to_text_or_none(instant: datetime | None) -> str | None:
    """The same, and None stays None."""
    return None if instant is None else to_text(instant)


def to_instant(text: str) -> datetime:
    """Back to an aware instant in UTC."""
    return datetime.fromisoformat(text)


def to_instant_or_none(text: str | None) -> datetime | None:
    """The same, and None stays None."""
    return None if text is None else datetime.fromisoformat(text)
