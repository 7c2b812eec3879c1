"""What an address book elsewhere says of a person, whatever file it came in."""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST_VALUE = 1_000
MOST_VALUES = 50


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the year, with the year where it is known."""

    month: int
    day: int
    year: int | None = None

    def text(self) -> str:
        """`1980-03-07`, or `03-07` without a year."""
        short = f"{self.month:02}-{self.day:02}"
        return short if self.year is None else f"{self.year:04}-{short}"


@dataclass(frozen=True, slots=True)
class Labelled:
    """A value and what it is called: work, home, mobile; empty where it is not."""

    value: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class KeptLine:
    """A line of a vCard that nothing here reads, to be given back: name, parameters (`;TYPE=work`) and value."""

    name: str
    parameters: str
    value: str


@dataclass(frozen=True, slots=True)
class Card:
    """One person. `where` is the card's place in its file, for what is told of it."""

    name: str = ""
    addresses: tuple[Labelled, ...] = ()
    phones: tuple[Labelled, ...] = ()
    pages: tuple[str, ...] = ()
    organisation: str = ""
    language: str = ""
    timezone: str = ""
    birthday: Day | None = None
    anniversary: Day | None = None
    note: str = ""
    where: str = ""
    kept: tuple[KeptLine, ...] = ()


_DAY = re.compile(r"(?:(\d{4})-?|--)(\d{2})-?(\d{2})(?:[T ].*)?|(\d{1,2})-(\d{1,2})")


def read_day(text: str) -> Day | None:
    """A day as vCard writes it (RFC 6350 section 4.3.1: `19800307`, `--0307`) or as we do; None for anything else.

    The year 1604, which an address book puts where none is known, is none.
    """
    match = _DAY.fullmatch(text.strip())
    if match is None:
        return None
    year, month, day = match[1], int(match[2] or match[4]), int(match[3] or match[5])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return Day(month, day, None if year in (None, "1604") else int(year))
