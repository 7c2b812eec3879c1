"""Clears away mail that is older than the owner wants to keep it; looked at first, and never by itself."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from inboxcrm.domain.retention import Kind, before, kind_of
from inboxcrm.domain.retention import nothing_before as oldest_kept
from inboxcrm.errors import UserError
from inboxcrm.service import upgrade
from inboxcrm.service.household import Household
from inboxcrm.store import home, listings, messages
from inboxcrm.store import retention as store
from inboxcrm.store.erasure import Erasing
from inboxcrm.store.retention import OldMail

AT_ONCE = 500
"""How many mails are cleared away in one transaction."""


@dataclass(frozen=True, slots=True)
class Due:
    """What one class comes to: `mails` and `octets` to be cleared away, and old ones `kept` because they are needed."""

    kind: str
    months: int
    before: datetime
    mails: int
    octets: int
    kept: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Class:
    kind: Kind
    months: int
    before: datetime


def nothing_before(household: Household) -> datetime | None:
    """The instant before which no mail is kept, whatever it is; a first reading leaves on the server what is older."""
    rules = household.config.retention
    return oldest_kept(household.clock.now(), (rules.robots, rules.lists, rules.social, rules.people))


def look(household: Household) -> list[Due]:
    """What would be cleared away now, by class; what is only listed as well. UserError where no class has a time."""
    classes = _classes(household)
    with household.database.read() as connection:
        return [*(each for each, _ in _due(connection, classes)), *_listed(household, connection)]


def apply(household: Household) -> list[Due]:
    """Clear it away; answers what was. Raises UserError where no class has a time.

    Of each mail a husk stays, so that it is not read from the server again; what was noted of people stays as well.
    The backups that were made before the home was brought up to date go: all of that mail is in them.
    """
    classes = _classes(household)
    now = household.clock.now()
    with household.database.read() as connection:
        found = _due(connection, classes)
    with household.database.shredding():
        with household.database.write() as connection:
            listed = _listed(household, connection)
            for each in listed:
                listings.drop(connection, listings.older(connection, each.before))
        for _, mails in found:
            for at in range(0, len(mails), AT_ONCE):
                _clear(household, classes, [mail.id for mail in mails[at : at + AT_ONCE]])
        with household.database.write() as connection:
            for due, _ in found:
                detail = {"months": due.months, "mails": due.mails, "kept": due.kept}
                home.journal(connection, "retention", due.kind, detail, now=now)
    upgrade.forget(household.config.home)
    return [*(each for each, _ in found), *listed]


LISTED = "listed"
"""How what is only listed is called among the classes."""


def _listed(household: Household, connection: sqlite3.Connection) -> list[Due]:
    """What is listed and will not be read, since it is older than anything is kept; empty where there is none."""
    limit = nothing_before(household)
    rows = [] if limit is None else listings.sizes(connection, listings.older(connection, limit))
    if limit is None or not rows:
        return []
    months = max(each.months for each in _classes(household))
    return [Due(LISTED, months, limit, len(rows), sum(size for size, _ in rows), 0, min(at for _, at in rows))]


def _classes(household: Household) -> list[_Class]:
    now, rules = household.clock.now(), household.config.retention
    months = {Kind.ROBOTS: rules.robots, Kind.LISTS: rules.lists, Kind.SOCIAL: rules.social, Kind.PEOPLE: rules.people}
    classes = [_Class(kind, each, before(now, each)) for kind, each in months.items() if each is not None]
    if not classes:
        raise UserError(
            f"{household.config.file}: [retention] sets no time, so everything is kept. Write, for example: "
            "[retention] with robots = 12, lists = 6 (months)"
        )
    return classes


def _due(
    connection: sqlite3.Connection, classes: Sequence[_Class], *, among: Sequence[int] | None = None
) -> list[tuple[Due, list[OldMail]]]:
    """Each class with the mails that are to go, as the database stands; of these rows only, where they are given."""
    going: dict[Kind, list[OldMail]] = {each.kind: [] for each in classes}
    kept = dict.fromkeys(going, 0)
    limits = {each.kind: each.before for each in classes}
    for mail in store.old(connection, before=max(limits.values()), among=among):
        kind = kind_of(
            direction=mail.direction,
            mail_class=mail.mail_class,
            social=mail.social,
            header=partial(messages.header, connection, mail.id),
        )
        if kind not in limits or mail.received_at >= limits[kind]:
            continue
        if mail.needed or (kind is Kind.PEOPLE and mail.last_at is not None and mail.last_at >= limits[kind]):
            kept[kind] += 1
        else:
            going[kind].append(mail)
    return [
        (
            Due(
                kind=each.kind,
                months=each.months,
                before=each.before,
                mails=len(going[each.kind]),
                octets=sum(mail.octets for mail in going[each.kind]),
                kept=kept[each.kind],
                oldest_at=going[each.kind][0].received_at if going[each.kind] else None,
            ),
            going[each.kind],
        )
        for each in classes
    ]


def _clear(household: Household, classes: Sequence[_Class], ids: Sequence[int]) -> None:
    """One transaction: what has come to be needed since it was looked at stays."""
    with household.database.write() as connection:
        still = [mail for _, mails in _due(connection, classes, among=ids) for mail in mails]
        erasing = Erasing(connection, household.clock.now(), people_stay=True)
        erasing.erase_messages([mail.id for mail in still])
        erasing.settle_matters(sorted({mail.matter_id for mail in still if mail.matter_id is not None}))
