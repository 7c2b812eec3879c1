"""Erases a person for good: counted first, refused while something is owed, done in one transaction, never undone.

Nothing is deleted on the server: this program opens folders read-only.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from inboxcrm import spool
from inboxcrm.domain.address import base_key, organisational_domain
from inboxcrm.domain.erasure import Fate, fate
from inboxcrm.domain.promise import Entry, Event
from inboxcrm.domain.text import one_line, storable
from inboxcrm.errors import UserError
from inboxcrm.home import spool_folder
from inboxcrm.service import erased_file, upgrade
from inboxcrm.service.household import Household
from inboxcrm.store import erased_people, home, promises, tombstones, views
from inboxcrm.store.erased_people import Letter
from inboxcrm.store.erasure import Erasing, writable_history


@dataclass(frozen=True, slots=True)
class Count:
    """What was, or would be, done to how many rows of a table: deleted, emptied, redacted or cancelled."""

    table: str
    deed: str
    rows: int


@dataclass(frozen=True, slots=True)
class Erasure:
    """What erasing a contact comes to. `held` are the reasons why it is refused; `mentions` are letters of others that
    hold an address of theirs in the text, and stay as they are.
    """

    contact_id: int
    contact: str
    done: bool
    held: tuple[str, ...]
    erased: int
    redacted: int
    mentions: int
    counts: tuple[Count, ...]


class _PreviewError(Exception):
    """Ends the transaction of a preview: nothing of it stays."""


def preview(household: Household, contact: views.ContactRow) -> Erasure:
    """What erasing a contact would do, to the row: it is done, counted, and taken back."""
    found: list[Erasure] = []
    try:
        with household.database.write(durable=False) as connection:
            found.append(_erase(household, connection, contact, done=False))
            raise _PreviewError
    except _PreviewError:
        return found[0]


def erase(household: Household, contact: views.ContactRow) -> Erasure:
    """Erase a contact. Raises UserError where it is held, naming each reason.

    Large mails that are half read go too, whoever wrote them: they are read from the server again, and looked at then.
    So do the backups that were made before the home was brought up to date: the person is in them.
    """
    with household.database.shredding(), household.database.write() as connection:
        done = _erase(household, connection, contact, done=True)
        if done.held:
            raise UserError(f"{contact.name} cannot be erased: " + "; ".join(done.held))
    spool.clear(spool_folder(household.config.home))
    upgrade.forget(household.config.home)
    erased_file.keep(household)
    return done


def erase_again(household: Household, connection: sqlite3.Connection, contact: views.ContactRow) -> None:
    """Erase a contact who was erased before, and came back with an older database; what was owed then ends."""
    now = household.clock.now()
    for promise in promises.live(connection):
        if promise.contact_id == contact.id:
            promises.happen(connection, promise, Entry(Event.NEEDLESS, now), how="needless")
    _erase(household, connection, contact, done=True, before=True)


def _erase(
    household: Household,
    connection: sqlite3.Connection,
    contact: views.ContactRow,
    *,
    done: bool,
    before: bool = False,
) -> Erasure:
    """`before`: they were erased before, and nothing holds them any more."""
    now = household.clock.now()
    keys, addresses = erased_people.keys_of(connection, contact.id)
    fates = _fates(household, erased_people.letters(connection, contact.id), keys)
    going = [letter for letter, what in fates if what is Fate.ERASED]
    staying = [letter for letter, what in fates if what is Fate.REDACTED]
    ids = [letter.id for letter in going]
    held = () if before else tuple(erased_people.reasons_to_keep(connection, contact.id, ids))
    erasing = Erasing(connection, now)
    if not (held and done):
        with writable_history(connection):
            _carry_out(household, erasing, contact, keys, addresses, going, staying)
        detail = {"erased": len(going), "redacted": len(staying)}
        home.journal(connection, "erase-contact", f"contact {contact.id}", detail, now=now)
    counts = tuple(Count(table, deed, rows) for (table, deed), rows in sorted(erasing.counts.items()) if rows)
    return Erasure(
        contact_id=contact.id,
        contact=contact.name,
        done=done and not held,
        held=held,
        erased=len(going),
        redacted=len(staying),
        mentions=erased_people.mentions(connection, [*keys, *addresses]),
        counts=counts,
    )


def _fates(household: Household, letters: Sequence[Letter], keys: Sequence[str]) -> list[tuple[Letter, Fate]]:
    def of(letter: Letter) -> Fate:
        if letter.speaks:
            return Fate.ERASED
        own = {key for key in (*letter.people, letter.author) if key is not None and household.is_own(key)}
        return fate(author=letter.author, people=letter.people, erased=keys, own=own)

    return [(letter, of(letter)) for letter in letters]


def _carry_out(
    household: Household,
    erasing: Erasing,
    contact: views.ContactRow,
    keys: Sequence[str],
    addresses: Sequence[str],
    going: Sequence[Letter],
    staying: Sequence[Letter],
) -> None:
    connection, secret, now = erasing.connection, household.secret, erasing.at
    ids = [letter.id for letter in going]
    named = [*dict.fromkeys((*addresses, *keys))]
    subjects = _journal_subjects(connection, erasing, contact.id, going)
    matters = {letter.matter_id for letter in (*going, *staying) if letter.matter_id is not None}
    matters.update(erased_people.matters_of(connection, contact.id))
    tombstones.lay(connection, secret, "address", keys, at=now)
    tombstones.lay(connection, secret, "message", [each.message_id for each in going if each.message_id], at=now)
    home.set_value(connection, erased_file.HEEDED, None)  # the file does not know of it yet
    erased_people.cancel_waiting(erasing, contact.id, ids)
    erasing.erase_messages(ids)
    for letter in staying:
        erasing.redact_message(letter.id, keys, named, contact.id)
    erased_people.empty_outbox(erasing, keys, _digests(household, keys))
    erased_people.leave_matters(erasing, keys)
    erased_people.leave_lists(erasing, keys, named)
    organisation = erased_people.organisation_of(connection, contact.id)
    erased_people.drop_contact(erasing, contact.id)
    erasing.settle_matters(sorted(matters))
    if organisation is not None:
        erased_people.drop_organisation(erasing, organisation)
    erased_people.blank_journal(erasing, subjects)
    erased_people.scrub_texts(erasing, named, contact.name)


def _digests(household: Household, keys: Sequence[str]) -> list[tuple[str, str]]:
    """What the limits count a person's mail by, and what they count it by from now on."""
    bases = {base_key(key) for key in keys}
    domains = {organisational_domain(key.rpartition("@")[2]) for key in keys}
    return [(each, tombstones.stands_for(household.secret, each)) for each in sorted(bases | domains)]


def _journal_subjects(
    connection: sqlite3.Connection, erasing: Erasing, contact_id: int, going: Sequence[Letter]
) -> set[str]:
    """How the journal calls what goes: the contact, the rows about them, their mail and their matters."""
    found = {f"contact {contact_id}"}
    found.update(f"message {letter.id}" for letter in going)
    found.update(f"matter {letter.matter_id}" for letter in going if letter.matter_id is not None)
    found.update(letter.message_id for letter in going if letter.message_id)
    for key in erasing.keys:
        if key.to == "contacts":
            found.update(erased_people.names_in_journal(connection, key, contact_id))
    return found


def hold(household: Household, contact: views.ContactRow, because: str) -> str:
    """Keep a contact from being erased. Raises UserError without a reason."""
    reason = one_line(storable(because), 300)
    if not reason:
        raise UserError("--because needs a reason: whoever asks later must find one")
    now = household.clock.now()
    with household.database.write() as connection:
        erased_people.hold(connection, contact.id, reason, at=now)
        home.journal(connection, "hold", f"contact {contact.id}", {}, now=now)
    return f"{contact.name} is held: {reason}"


def lift(household: Household, contact: views.ContactRow) -> str:
    """Let a contact go that was held. Raises UserError where it was not."""
    now = household.clock.now()
    with household.database.write() as connection:
        if not erased_people.lift(connection, contact.id):
            raise UserError(f"{contact.name} is not held. See: inboxcrm hold")
        home.journal(connection, "hold-lifted", f"contact {contact.id}", {}, now=now)
    return f"{contact.name} is not held any longer."
