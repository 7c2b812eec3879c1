"""What rules in time will do next, and when: the days and the silences they will be asked about, before they are."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from inboxcrm.config import Owner
from inboxcrm.domain.deeds import On
from inboxcrm.domain.rules import Word
from inboxcrm.domain.situation import Standing
from inboxcrm.service import in_time, keeping
from inboxcrm.service.household import Household
from inboxcrm.service.in_time import Thing
from inboxcrm.service.keeping import Coming
from inboxcrm.store import rhythms, rules_in_time
from inboxcrm.store.rhythms import RhythmRow

AHEAD = timedelta(days=30)
"""How far ahead is looked."""

MOST = 100
"""How many things of a kind are looked at."""


class Rules(Protocol):
    """The rules, as far as they are asked here."""

    def speak(self, situation: Standing, *, on: On) -> Word:
        """What they say of a standing."""
        ...


@dataclass(frozen=True, slots=True)
class Ahead:
    """One rule that will be asked about one thing: on which day, about what, what it will do, and unless what."""

    next_on: date
    asked_on: str
    rule: str
    contact_id: int
    contact: str
    about: str
    deeds: tuple[str, ...]
    unless: str

    @property
    def what(self) -> str:
        """What the rule will do, in words."""
        return f"{', '.join(self.deeds)} (unless {self.unless})"


def ahead(household: Household, connection: sqlite3.Connection, *, contact_id: int | None = None) -> list[Ahead]:
    """What the rules of a house will do about days and silences within `AHEAD`, the nearest first."""
    now = household.clock.now()
    return look(
        connection,
        household.rules,
        household.config.owner,
        now=now,
        is_open=keeping.open_days(household, connection, now),
        contact_id=contact_id,
    )


def look(
    connection: sqlite3.Connection,
    rules: Rules,
    owner: Owner,
    *,
    now: datetime,
    is_open: Callable[[date], bool],
    contact_id: int | None = None,
) -> list[Ahead]:
    """The same from rows and rules alone. What a rule has done already is not ahead of it."""
    today = now.astimezone(owner.timezone).date()
    returns = keeping.returns(connection, today, is_open, contact_id=contact_id, within=AHEAD)
    silent = rhythms.nearing(connection, by=now + AHEAD, contact_id=contact_id)
    found = [
        *(one for each in returns[:MOST] if not each.greeted for one in _return(connection, rules, owner, each, today)),
        *(one for row in silent[:MOST] for one in _silence(connection, rules, owner, row, today)),
    ]
    return sorted(found, key=lambda each: (each.next_on, each.contact, each.rule))


def _return(connection: sqlite3.Connection, rules: Rules, owner: Owner, each: Coming, today: date) -> Iterator[Ahead]:
    day = f"{each.turn.on:%a} {each.turn.on.day} {each.turn.on:%b}"
    about = f"{each.row.kind.replace('-', ' ')}, {day}"
    thing = in_time.of_return(connection, each, owner)
    yield from _of(connection, rules, thing, max(each.turn.remind_on, today), about, "greeted")


def _silence(
    connection: sqlite3.Connection, rules: Rules, owner: Owner, row: RhythmRow, today: date
) -> Iterator[Ahead]:
    if row.told_at is None:
        return
    often = "wrote once" if row.typical_days is None else f"writes about every {round(row.typical_days)} days"
    on = max(row.told_at.astimezone(owner.timezone).date(), today)
    yield from _of(connection, rules, in_time.of_silence(connection, row, owner), on, f"silence, {often}", "written")


def _of(
    connection: sqlite3.Connection, rules: Rules, thing: Thing, on: date, about: str, unless: str
) -> Iterator[Ahead]:
    done = rules_in_time.done(connection, thing.about)
    for follow in rules.speak(thing.standing, on=thing.on).follows:
        if follow.rule not in done:
            deeds = tuple(deed for step in follow.steps for deed in step.deeds.told())
            yield Ahead(on, str(thing.on), follow.rule, thing.contact_id, thing.contact, about, deeds, unless)
