"""Which public holidays there are, which of them the owner has adopted, and the owner's word about the others."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from enum import StrEnum

from inboxcrm.domain import public_holidays
from inboxcrm.domain.public_holidays import PUBLIC, Holiday, Kind
from inboxcrm.errors import UserError
from inboxcrm.service import outlook
from inboxcrm.service.checks import Check
from inboxcrm.service.household import FORESEEN, Household
from inboxcrm.store import holidays, home

AHEAD = timedelta(days=426)
"""How far ahead holidays are shown: fourteen months, so that each kind is seen once and in good time."""


class Standing(StrEnum):
    """What a kind of holiday is to the office. A public one that nobody has decided about is proposed."""

    ADOPTED = "adopted"
    PROPOSED = "proposed"
    POSSIBLE = "possible"
    DROPPED = "dropped"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Listed:
    """A kind of holiday and the next day it falls on. `kind` is its name in the country's own language."""

    region: str
    on: date
    name: str
    kind: str
    category: str
    standing: Standing

    @property
    def closes(self) -> bool:
        """Whether it closes the office."""
        return self.standing is Standing.ADOPTED


def listed(household: Household, connection: sqlite3.Connection, *, now: datetime) -> list[Listed]:
    """The holidays of the next fourteen months, each kind once, in the order of their days, by region."""
    first = now.astimezone(household.config.owner.timezone).date()
    return [each for region in household.config.regions for each in _of_region(household, connection, region, first)]


def _of_region(household: Household, connection: sqlite3.Connection, region: str, first: date) -> Iterator[Listed]:
    household.adopted(connection, region)
    decided = holidays.decided(connection, region)
    refused = household.config.office.holidays_not_adopted
    years = range(first.year, (first + AHEAD).year + 1)
    seen: set[Kind] = set()
    for each in public_holidays.calendar(region, years, language=household.config.owner.language):
        if first <= each.on < first + AHEAD and each.kind not in seen:
            seen.add(each.kind)
            yield Listed(
                region, each.on, each.name, each.kind.name, each.kind.category, _standing(each, decided, refused)
            )


def _standing(each: Holiday, decided: dict[Kind, bool], refused: Sequence[str]) -> Standing:
    if any(each.is_called(name) for name in refused):
        return Standing.REFUSED
    if each.kind in decided:
        return Standing.ADOPTED if decided[each.kind] else Standing.DROPPED
    return Standing.PROPOSED if each.kind.category == PUBLIC else Standing.POSSIBLE


def proposed(household: Household, connection: sqlite3.Connection, *, now: datetime) -> list[Listed]:
    """The public holidays that come and that nobody has decided about."""
    return [each for each in listed(household, connection, now=now) if each.standing is Standing.PROPOSED]


def decide(
    household: Household,
    names: Collection[str],
    *,
    adopt: bool,
    category: str | None = None,
    region: str | None = None,
) -> list[tuple[str, Kind]]:
    """Adopt the kinds of these names, in any language their country has, or decide against them.

    In every region that has it or the one that is given. Answers what is different now. UserError for a name that no
    region has, naming the nearest; for one that config.toml refuses; and for one of several categories about which
    nothing was decided yet, unless `category` says which.
    """
    found = [
        (place, kind)
        for name in names
        for place, kind in _meant(household, name, adopt=adopt, category=category, region=region)
    ]
    now = household.clock.now()
    with household.database.write() as connection:
        for place, kind in found:
            holidays.decide(connection, place, [kind], adopt=adopt, at=now)
        detail = {"kinds": [f"{place}: {kind.name} ({kind.category})" for place, kind in found]}
        if found:
            home.journal(connection, "holidays-adopted" if adopt else "holidays-dropped", None, detail, now=now)
            outlook.look(household, connection, now=now)
    return found


def _meant(
    household: Household, name: str, *, adopt: bool, category: str | None, region: str | None
) -> list[tuple[str, Kind]]:
    """The kinds of this name about which something else holds, one for each region."""
    now = household.clock.now()
    meant: list[tuple[str, Kind]] = []
    known: dict[str, None] = {}
    seen = False
    for place in _regions(household, region):
        every = public_holidays.calendar(
            place, range(now.year - 1, now.year + FORESEEN), language=household.config.owner.language
        )
        known |= dict.fromkeys(each.name for each in every)
        called = [each for each in every if each.is_called(name) and category in (None, each.kind.category)]
        if adopt:
            _refuse_vetoed(household, called, name)
        with household.database.read() as connection:
            household.adopted(connection, place)
            decided = holidays.decided(connection, place)
        seen = seen or bool(called)
        kinds = [kind for kind in dict.fromkeys(each.kind for each in called) if decided.get(kind) is not adopt]
        if len(kinds) > 1:
            several = ", ".join(kind.category for kind in kinds)
            raise UserError(
                f"{name!r} is several things in {place}: {several}. Say which: --category {kinds[0].category}"
            )
        meant += [(place, kind) for kind in kinds]
    if not seen:
        near = get_close_matches(name, known, 3, 0.5)
        listing = f" Did you mean {', '.join(near)}?" if near else ""
        raise UserError(f"no holiday {name!r} in {', '.join(_regions(household, region))}.{listing}")
    return meant


def _regions(household: Household, region: str | None) -> tuple[str, ...]:
    every = household.config.regions
    if not every:
        raise UserError(f'no region is set. Write holidays = "CH-ZH" under [office] in {household.config.file}')
    if region is None:
        return every
    if region.upper() not in every:
        raise UserError(f"no region {region!r} in {household.config.file}; it has {', '.join(every)}")
    return (region.upper(),)


def _refuse_vetoed(household: Household, meant: Sequence[Holiday], name: str) -> None:
    refused = household.config.office.holidays_not_adopted
    vetoed = next((each for each in meant if any(each.is_called(other) for other in refused)), None)
    if vetoed is not None:
        raise UserError(
            f"{name!r} stands in holidays_not_adopted of {household.config.file}, which goes before. Take it out there."
        )


def check(household: Household) -> Check | None:
    """For `doctor`: what waits to be adopted; None where no region is set."""
    if not household.config.regions:
        return None
    now = household.clock.now()
    with household.database.read() as connection:
        every = listed(household, connection, now=now)
    adopted = sum(each.closes for each in every)
    waiting = [each for each in every if each.standing is Standing.PROPOSED]
    said = f"{adopted} adopted for {', '.join(household.config.regions)}"
    if not waiting:
        return Check("public holidays", ok=True, detail=said)
    names = ", ".join(f"{each.name} ({each.on})" for each in waiting[:3])
    more = f" and {len(waiting) - 3} more" if len(waiting) > 3 else ""
    hint = "Until you adopt it a day counts as an ordinary one. Type: inboxcrm holidays"
    return Check("public holidays", ok=True, detail=f"{said}; proposed: {names}{more}", hint=hint)
