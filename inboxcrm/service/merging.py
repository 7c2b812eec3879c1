"""Puts two contacts together, parts them again, and makes two of one; each is one transaction and one line of audit."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inboxcrm.domain.address import identity, organisational_domain
from inboxcrm.domain.merging import Conflict, Fill, Joined, join
from inboxcrm.domain.text import one_line, storable
from inboxcrm.errors import UserError
from inboxcrm.service import meant
from inboxcrm.service.household import Household
from inboxcrm.store import contacts, home, merging, parting, views
from inboxcrm.store.merging import Merge

LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a merge would do, or did: who stays, whose things come to them (by table), and what changes on the card."""

    kept: views.ContactRow
    merged: views.ContactRow
    moves: Mapping[str, int]
    fills: tuple[Fill, ...]
    conflicts: tuple[Conflict, ...]


def propose(household: Household, kept: int, merged: int) -> Proposal:
    """What merging the second contact into the first would do. Raises UserError where they are one already."""
    with household.database.read() as connection:
        return _propose(connection, kept, merged)[0]


def _propose(connection: sqlite3.Connection, kept: int, merged: int) -> tuple[Proposal, Joined]:
    ours, theirs = (meant.contact_of(connection, str(each)) for each in (kept, merged))
    if ours.id == theirs.id:
        raise UserError(f"{ours.name} (c{ours.id}) is one contact already")
    spelled = ours.name in (ours.addresses or "").split(", ")
    joined = join(merging.settings(connection, ours.id), merging.settings(connection, theirs.id), nameless=spelled)
    moves = merging.counted(connection, theirs.id)
    return Proposal(ours, theirs, moves, joined.fills, joined.conflicts), joined


def merge(household: Household, kept: int, merged: int) -> Proposal:
    """Put everything of the second contact to the first; `unmerge` takes it back. Raises UserError as `propose`."""
    now = household.clock.now()
    with household.database.write() as connection:
        proposal, joined = _propose(connection, kept, merged)
        merging.merge(connection, proposal.kept.id, proposal.merged.id, joined.fills, at=now)
        home.journal(
            connection,
            "contacts-merged",
            f"contact {proposal.kept.id}",
            {"merged": proposal.merged.id, "moved": dict(proposal.moves)},
            now=now,
        )
    return proposal


def unmerge(household: Household, contact_id: int) -> Merge:
    """Part a merged contact from the one that took it in.

    The id is that of the merged contact, or of the one that stands, where it has taken in exactly one.
    Raises UserError where no merge is meant, or several may be.
    """
    now = household.clock.now()
    with household.database.write() as connection:
        meant = _meant(connection, contact_id)
        parting.unmerge(connection, meant.id, at=now)
        home.journal(connection, "contacts-unmerged", f"contact {meant.kept_id}", {"merged": meant.merged_id}, now=now)
    return meant


def _meant(connection: sqlite3.Connection, contact_id: int) -> Merge:
    live = merging.merges(connection)
    named = [each for each in live if each.merged_id == contact_id] or [
        each for each in live if each.kept_id == contact_id
    ]
    if len(named) == 1:
        return named[0]
    if not named:
        raise UserError(f"c{contact_id} was not merged with anybody. See: inboxcrm contacts merges")
    several = ", ".join(f"c{each.merged_id} {each.merged}" for each in named)
    raise UserError(f"several were merged into c{contact_id}: {several}. Name the one to part.")


def split(household: Household, contact_id: int, addresses: Sequence[str], *, name: str | None = None) -> Divided:
    """Make a contact of its own of some addresses of another, with the mail that came from and went to them.

    Facts, commitments and the like go where their mail goes; what is in no mail stays.
    Raises UserError for an address that is not the contact's, or where none would be left.
    """
    now = household.clock.now()
    with household.database.write() as connection:
        old = meant.contact_of(connection, str(contact_id))
        held = contacts.addresses(connection, old.id)
        leaving = [row for row in held if row.key in {identity(each) for each in addresses}]
        unknown = [each for each in addresses if identity(each) not in {row.key for row in held}]
        if unknown or not leaving:
            raise UserError(f"{', '.join(unknown) or 'nothing'} is no address of {old.name}: {old.addresses}")
        if len(leaving) == len(held):
            raise UserError(f"{old.name} would be left without an address; nothing to part")
        named = one_line(storable(name or ""), LONGEST_NAME) or next((row.name for row in leaving if row.name), "")
        new = parting.split(connection, old.id, [row.key for row in leaving], name=named or leaving[0].spec, at=now)
        _file_under_organisation(household, connection, new, leaving[0].key)
        home.journal(
            connection, "contact-split", f"contact {old.id}", {"into": new, "addresses": len(leaving)}, now=now
        )
        made = meant.contact_of(connection, str(new))
        return Divided(meant.contact_of(connection, str(old.id)), made, merging.counted(connection, new))


@dataclass(frozen=True, slots=True)
class Divided:
    """The two contacts after a split, and what went to the new one, by table."""

    old: views.ContactRow
    new: views.ContactRow
    moves: Mapping[str, int]


def _file_under_organisation(household: Household, connection: sqlite3.Connection, contact_id: int, key: str) -> None:
    domain = key.rpartition("@")[2]
    if domain and not household.is_public(domain):
        organisation_id = contacts.organisation(connection, organisational_domain(domain))
        if organisation_id is not None:
            contacts.file_under(connection, contact_id, organisation_id)
