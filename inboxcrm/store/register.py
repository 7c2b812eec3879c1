"""What filing a mail asks about people, matters and mails on record, and where it writes what it found, one at a time.

A batch of old mail has a register of its own (`batch_register`), which answers the same from memory.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from inboxcrm.domain.linking import Entry
from inboxcrm.domain.message import Address, Message
from inboxcrm.domain.threads import Candidate
from inboxcrm.spool import Spool
from inboxcrm.store import (
    answers,
    automatic,
    contacts,
    ledger_keys,
    matters,
    messages,
    ours,
    promises,
    tombstones,
)
from inboxcrm.store.messages import Filed
from inboxcrm.store.ours import Ours


class Register:
    """Every answer is asked of the database when it is wanted, every word is written at once."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self._entries: dict[str, Entry | None] = {}
        self._organisations: dict[str, int | None] = {}

    def begin(self) -> None:
        """Another mail is filed: ask about people anew."""
        self._entries.clear()
        self._organisations.clear()

    def flush(self) -> None:
        """Have everything in the database that was said so far."""

    def anybody_erased(self) -> bool:
        """Whether anybody was ever erased from the home."""
        return tombstones.any_laid(self.connection)

    # -- people

    def entry(self, key: str) -> Entry | None:
        """What the address book holds under an address key."""
        if key not in self._entries:
            self._entries[key] = contacts.entry(self.connection, key)
        return self._entries[key]

    def organisation(self, domain: str) -> int | None:
        """The organisation filed under a domain."""
        if domain not in self._organisations:
            self._organisations[domain] = contacts.organisation(self.connection, domain)
        return self._organisations[domain]

    def found_organisation(self, domain: str) -> int:
        """The organisation of a domain, founded on first sight."""
        found = self.organisation(domain) or contacts.found_organisation(self.connection, domain)
        self._organisations[domain] = found
        return found

    def add_contact(self, address: Address, organisation_id: int | None, *, now: datetime) -> int:
        """A new contact with one address."""
        self._entries.pop(address.key, None)
        return contacts.add_contact(self.connection, address, organisation_id, now=now)

    def add_role_address(self, address: Address, organisation_id: int) -> None:
        """An address that belongs to an organisation."""
        self._entries.pop(address.key, None)
        contacts.add_role_address(self.connection, address, organisation_id)

    def make_known(self, key: str, *, because: str, at: datetime) -> None:
        """Since this time, if not earlier, the address is no stranger's."""
        self._entries.pop(key, None)
        contacts.make_known(self.connection, key, because=because, at=at)

    # -- matters

    def cited(self, ids: Sequence[str], people: Iterable[str], *, now: datetime) -> tuple[Candidate, ...]:
        """The matters that hold one of these Message-IDs, in the order of the ids; `people` are address keys."""
        return matters.cited(self.connection, ids, people, now=now)

    def latest_of_subject(self, contact_id: int, subject_key: str, *, now: datetime) -> Candidate | None:
        """The contact's latest matter under this normalised subject."""
        return matters.latest_of_subject(self.connection, contact_id, subject_key, now=now)

    def open_matter(
        self,
        *,
        contact_id: int | None,
        organisation_id: int | None,
        subject: str,
        subject_key: str,
        turn: str,
        at: datetime,
        ids: Iterable[str],
        people: Iterable[str],
    ) -> int:
        """A new matter, with the Message-IDs and the address keys it begins with."""
        return matters.open_matter(
            self.connection,
            contact_id=contact_id,
            organisation_id=organisation_id,
            subject=subject,
            subject_key=subject_key,
            turn=turn,
            at=at,
            ids=ids,
            people=people,
        )

    def extend(
        self,
        matter_id: int,
        *,
        ids: Iterable[str],
        people: Iterable[str],
        at: datetime,
        turn: str | None,
        by_person: bool,
        contact_id: int | None,
    ) -> None:
        """Add a message's ids and people to a matter (see `matters.extend`)."""
        matters.extend(
            self.connection,
            matter_id,
            ids=ids,
            people=people,
            at=at,
            turn=turn,
            by_person=by_person,
            contact_id=contact_id,
        )

    def owed(self, matter_id: int) -> promises.Promise | None:
        """The promise that is owed in a matter."""
        return promises.live_of_matter(self.connection, matter_id)

    # -- mails

    def insert(self, message: Message, raw: bytes | Spool, filed: Filed) -> int:
        """A message with its bytes, people and text; answers its row id."""
        return messages.insert(self.connection, message, raw, filed)

    def cite(self, row_id: int, ids: Sequence[str]) -> None:
        """Record which Message-IDs a mail of the owner's names: those it answers, or one that it had before."""
        answers.cite_all(self.connection, [(row_id, ids)])

    def keep_keys(self, keys: Iterable[str], row_id: int, *, at: datetime) -> None:
        """Remember that a message was decided about."""
        ledger_keys.keep(self.connection, keys, row_id, at=at)

    def ours(self, message_id: str | None) -> Ours | None:
        """What kind of mail of this program's went out under a Message-ID; None where none did."""
        return None if message_id is None else ours.kind(self.connection, message_id)

    def sent_by_hand_to(self, ids: Sequence[str], key: str) -> frozenset[str]:
        """Of these Message-IDs, those of mails the owner wrote by hand to this address."""
        return answers.sent_by_hand_to(self.connection, ids, key)

    def automatic_among(self, ids: Iterable[str]) -> frozenset[str]:
        """Of these Message-IDs, those of automatic mails of ours."""
        return automatic.automatic_among(self.connection, ids)

    def sent_at_all(self, ids: Collection[str]) -> frozenset[str]:
        """Of these Message-IDs, those of mails of ours of either kind."""
        return answers.sent_at_all(self.connection, ids)

    def last_moment(self) -> datetime | None:
        """When the ledger was last written."""
        return ledger_keys.last_moment(self.connection)
