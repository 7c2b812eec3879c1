"""Who may be one person, and who only looks like one: suggestions for the owner, never done by itself."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice

from inboxcrm.domain.address import parse_addresses
from inboxcrm.domain.duplicates import Person, suggest
from inboxcrm.domain.lookalike import Caution, cautions, imitates
from inboxcrm.errors import UserError
from inboxcrm.service import meant
from inboxcrm.service.household import Household
from inboxcrm.store import contacts, home, lookalikes, views
from inboxcrm.store.views import ContactRow

AT_ONCE = 500
"""Addresses drawn in one transaction."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two contacts that may be one. `kept` would stay: the one known longer, or the one with more mail."""

    kept: ContactRow
    merged: ContactRow
    score: float
    because: tuple[str, ...]


def pairs(connection: sqlite3.Connection, *, limit: int = 200) -> list[Pair]:
    """The contacts that may be one person, the likeliest first.

    One that imitates the other, or anybody known, is no suggestion but a warning, see `cautions_of`.
    """
    people = {person.id: person for person in lookalikes.people(connection)}
    found = suggest(people.values(), lookalikes.distinct_pairs(connection))
    genuine = cache(lambda contact_id: not any(each.like for each in cautions_of(connection, contact_id)))
    row = cache(lambda contact_id: meant.contact_of(connection, str(contact_id)))
    unsuspected = (
        each for each in found
        if not _one_imitates(people, each.one, each.other) and genuine(each.one) and genuine(each.other)
    )  # fmt: skip
    return [_pair(row(each.one), row(each.other), each.score, each.because) for each in islice(unsuspected, limit)]


def _one_imitates(people: Mapping[int, Person], one: int, other: int) -> bool:
    return any(imitates(ours, theirs) for ours in people[one].keys for theirs in people[other].keys)


def _pair(one: ContactRow, other: ContactRow, score: float, because: tuple[str, ...]) -> Pair:
    first, second = sorted((one, other), key=lambda row: (row.known_since is None, -row.messages, row.id))
    return Pair(first, second, score, because)


def tell_apart(household: Household, one: int, other: int) -> tuple[ContactRow, ContactRow]:
    """These two are not one person: neither suggested nor warned of again. Raises UserError where they are one."""
    now = household.clock.now()
    with household.database.write() as connection:
        first, second = (meant.contact_of(connection, str(each)) for each in (one, other))
        if first.id == second.id:
            raise UserError(f"{first.name} (c{first.id}) is one contact. To make two of it: inboxcrm contacts split")
        lookalikes.tell_apart(connection, first.id, second.id, at=now)
        home.journal(connection, "contacts-told-apart", f"contact {first.id}", {"other": second.id}, now=now)
    return first, second


def cautions_of(connection: sqlite3.Connection, contact_id: int) -> tuple[Caution, ...]:
    """What is to be looked at twice in a contact's addresses and names, each thing once."""
    found = [
        caution
        for held in contacts.addresses(connection, contact_id)
        for caution in cautions_about(connection, held.key, held.name, contact_id=contact_id)
    ]
    return tuple(dict.fromkeys(found))


def cautions_about(
    connection: sqlite3.Connection, key: str, name: str, *, contact_id: int | None
) -> tuple[Caution, ...]:
    """The same of one address and the name that stands before it, whoever's it is."""
    return cautions(key, name, lookalikes.like(connection, key, name, besides=contact_id))


def cautions_about_message(connection: sqlite3.Connection, row: views.MessageRow | None) -> tuple[Caution, ...]:
    """The same of whom a mail names as its sender; nothing of the owner's own mail."""
    if row is None or row.direction != "in":
        return ()
    found = [
        caution
        for sender in parse_addresses(row.sender).addresses
        for caution in cautions_about(connection, sender.key, sender.name, contact_id=row.contact_id)
    ]
    return tuple(dict.fromkeys(found))


async def draw_new(household: Household) -> None:
    """Draw the skeletons of new addresses, beside the mail."""
    while await household.jot(lookalikes.draw_new, limit=AT_ONCE) == AT_ONCE:
        pass
