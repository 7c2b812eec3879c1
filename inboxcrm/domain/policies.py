"""When a mail that may be acknowledged is acknowledged, and whose word on it stands."""

from __future__ import annotations

from enum import StrEnum


class Policy(StrEnum):
    """When a mail that may be acknowledged is acknowledged."""

    NEVER = "never"
    WHEN_SLOW = "when-slow"
    ALWAYS = "always"
    ONCE_A_DAY = "once-a-day"
