"""Is what somebody once said of themselves still to be relied on?"""

from __future__ import annotations

from datetime import datetime, timedelta

KEEPS = timedelta(days=365)
"""How long a fact is believed without asking: people move, marry and change their minds."""

LONGEST = 500
"""Characters of a fact; more than that is a letter."""


def is_stale(said_at: datetime, confirmed_at: datetime | None, *, now: datetime) -> bool:
    """Whether a fact should be asked after: it was said, or last found true, more than a year ago."""
    return now - max(said_at, confirmed_at or said_at) > KEEPS


def lines_of(text: str, first: int, last: int) -> str:
    """The lines of a letter from `first` to `last`, counted from 1. Raises ValueError for lines that it has not."""
    lines = text.splitlines()
    if not 1 <= first <= last <= len(lines):
        raise ValueError(f"the letter has lines 1 to {len(lines)}")
    return "\n".join(line.rstrip() for line in lines[first - 1 : last]).strip("\n")
