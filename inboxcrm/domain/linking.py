"""Whose message is this?"""

from __future__ import annotations

from dataclasses import dataclass

from inboxcrm.domain.message import Address


@dataclass(frozen=True, slots=True)
class Entry:
    """What the address book holds under one address key."""

    contact_id: int | None
    organisation_id: int | None
    known: bool


@dataclass(frozen=True, slots=True)
class Known:
    """The address is in the book: a contact's, or an organisation's role address (then `contact_id` is None)."""

    contact_id: int | None
    organisation_id: int | None
    because: str


@dataclass(frozen=True, slots=True)
class NewContact:
    """A person seen for the first time; `organisation` is the domain to file them under, None on public mail."""

    address: Address
    organisation: str | None
    because: str


@dataclass(frozen=True, slots=True)
class RoleOf:
    """A role address such as accounts@ at a domain: it belongs to the organisation, not to a person."""

    address: Address
    organisation: str
    because: str


@dataclass(frozen=True, slots=True)
class Nobody:
    """No contact: a list, a robot, or no usable author."""

    because: str


Link = Known | NewContact | RoleOf | Nobody


def link(
    author: Address | None, entry: Entry | None, *, human: bool, role: bool, organisation: str | None, client: bool
) -> Link:
    """Decide whose message this is.

    `human`: the mail is of class human; only such mail makes contacts. `role`: the local part names an office, not a
    person. `organisation`: the author's organisational domain, None on public mail domains. `client`: somebody at that
    domain is in the book already; only then does a role address become the organisation's instead of a contact's.
    """
    if author is None:
        return Nobody("the mail names no single author")
    if entry is not None and (entry.contact_id is not None or entry.organisation_id is not None):
        return Known(entry.contact_id, entry.organisation_id, f"{author.key} is in the address book")
    if not human:
        return Nobody("lists and robots do not become contacts")
    if role and organisation is not None and client:
        return RoleOf(author, organisation, f"{author.local}@ is a role address of {organisation}")
    return NewContact(author, organisation, f"first mail from {author.key}")
