"""Which message, contact or organisation a person means by what they typed."""

from __future__ import annotations

import sqlite3

from inboxcrm.errors import UserError
from inboxcrm.service.household import Household
from inboxcrm.store import contacts, views


class NotFoundError(UserError):
    """The reference names nothing on record."""


def message_of(household: Household, reference: str) -> int:
    """The message a person means by a row id or a Message-ID. Raises NotFoundError."""
    found = household.database.reading(lambda connection: views.find(connection, reference))
    if found is None and views.number_of(reference) is not None:
        raise NotFoundError(f"{reference} is not read yet. inboxcrm show {reference} has it read before all others")
    if found is None:
        raise NotFoundError(
            f"no message {reference!r} in {household.config.database}. A reference is a row id or a Message-ID: "
            "inboxcrm queue and inboxcrm search list them."
        )
    return found


def contact_of(connection: sqlite3.Connection, who: str) -> views.ContactRow:
    """The contact a person means by an id (12, c12), an address or a name. NotFoundError names those it may be."""
    if who.removeprefix("c").isdecimal():
        found = views.contact(connection, int(who.removeprefix("c")))
        matching = [found] if found is not None else []
    else:
        matching = views.contacts(connection, like=who, limit=6)
        exact = [row for row in matching if who.casefold() in (row.name.casefold(), row.addresses.casefold())]
        matching = exact or matching
    if not matching:
        raise NotFoundError(f"no contact answers to {who!r}. See: inboxcrm contacts")
    if len(matching) > 1:
        several = ", ".join(f"{row.id} {row.name}" for row in matching)
        raise NotFoundError(f"{who!r} may be several contacts: {several}. Give the id.")
    return matching[0]


def organisation_of(connection: sqlite3.Connection, who: str) -> contacts.Organisation:
    """The organisation a person means by an id, a domain or a name. Raises NotFoundError, naming those it may be."""
    found = contacts.organisations(connection, like=who)
    exact = [row for row in found if who.casefold() in (str(row.id), row.domain.casefold(), row.name.casefold())]
    found = exact or found
    if not found:
        raise NotFoundError(f"no organisation answers to {who!r}. See: inboxcrm organisation")
    if len(found) > 1:
        several = ", ".join(f"{row.id} {row.name} ({row.domain})" for row in found[:6])
        raise NotFoundError(f"{who!r} may be several organisations: {several}. Give the id.")
    return found[0]
