"""The register of a batch of old mail: what bears on it is read once, what becomes of it is written once, at the end.

Its answers are those that the `Register` of single mails would give, mail by mail in the order of the batch, because
the transaction is ours alone and everything that the batch changes is kept here. That saves some fifteen statements a
mail, most of what filing one costs.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from inboxcrm.domain.identifiers import sent_as
from inboxcrm.domain.linking import Entry
from inboxcrm.domain.message import Message
from inboxcrm.domain.safety.facts import token
from inboxcrm.domain.threads import Candidate
from inboxcrm.spool import Spool
from inboxcrm.store import answers, automatic, contacts, ledger_keys, ours, promises
from inboxcrm.store.batch_matters import BatchMatters
from inboxcrm.store.messages import Filed, Pile
from inboxcrm.store.ours import Ours
from inboxcrm.store.register import Register


class BatchRegister(Register):
    """Holds what it is told until `flush`. `mails` are those that will be filed, `quoted` Message-IDs in their words
    that `sent_at_all` will be asked about; `now` is the time of the transaction.
    """

    def __init__(
        self, connection: sqlite3.Connection, mails: Sequence[Message], *, quoted: Iterable[str] = (), now: datetime
    ) -> None:
        super().__init__(connection)
        ids = {one for mail in mails for one in (mail.message_id, *mail.ancestors, *sent_as(mail)) if one is not None}
        keys = {one.key for mail in mails for one in (*mail.from_, *mail.reply_to, *mail.to, *mail.cc)}
        asked = ids.union(quoted)
        self._now = now
        self._matters = BatchMatters(connection, ids)
        self._pile = Pile(connection)
        self._entries = {**dict.fromkeys(keys), **contacts.entries(connection, keys)}
        self._ours = ours.kinds(connection, asked)
        self._automatic = {one for one, kind in self._ours.items() if kind is Ours.AUTOMATIC}
        self._automatic |= automatic.lying_in_sent(connection, ids)
        self._sent = set(answers.sent_at_all(connection, asked))
        self._by_hand = answers.recipients_by_hand(connection, self._sent)
        self._last_moment = ledger_keys.last_moment(connection)
        self._known: dict[str, tuple[datetime, str]] = {}
        self._cited: list[tuple[int, Sequence[str]]] = []
        self._keys: list[tuple[Iterable[str], int, datetime]] = []

    def begin(self) -> None:
        """Nothing: what was asked for the whole batch holds for all of it, and what is written is noted here."""

    def flush(self) -> None:
        """Write everything that was said, parents before children."""
        for key, (at, because) in self._known.items():
            contacts.make_known(self.connection, key, because=because, at=at)
        self._matters.store()
        self._pile.store()
        answers.cite_all(self.connection, self._cited)
        for keys, row_id, at in self._keys:
            ledger_keys.keep(self.connection, keys, row_id, at=at)
        self._known, self._cited, self._keys = {}, [], []

    def anybody_erased(self) -> bool:
        """Never: there is a register for a batch only where nobody was."""
        return False

    # -- people

    def make_known(self, key: str, *, because: str, at: datetime) -> None:
        """Only the earliest time of a batch is written: it is what the times together come to."""
        if key not in self._known or at < self._known[key][0]:
            self._known[key] = (at, because)
        entry = self.entry(key)
        if entry is not None and not entry.known:
            self._entries[key] = Entry(entry.contact_id, entry.organisation_id, known=True)

    # -- matters

    def cited(self, ids: Sequence[str], people: Iterable[str], *, now: datetime) -> tuple[Candidate, ...]:
        return self._matters.cited(ids, people, now=now)

    def latest_of_subject(self, contact_id: int, subject_key: str, *, now: datetime) -> Candidate | None:
        return self._matters.latest_of_subject(contact_id, subject_key, now=now)

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
        matter_id = self._matters.open(
            contact_id=contact_id,
            organisation_id=organisation_id,
            subject=subject,
            subject_key=subject_key,
            turn=turn,
            at=at,
        )
        self._matters.extend(
            matter_id, ids=ids, people=people, at=at, turn=None, by_person=False, contact_id=None, now=self._now
        )
        return matter_id

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
        self._matters.extend(
            matter_id,
            ids=ids,
            people=people,
            at=at,
            turn=turn,
            by_person=by_person,
            contact_id=contact_id,
            now=self._now,
        )

    def owed(self, matter_id: int) -> promises.Promise | None:
        """What is owed is about to be kept, which moves more than this register knows of: so all is written first."""
        if not self._matters.owes(matter_id, self._now):
            return None
        self.flush()
        self._matters.forget()
        return super().owed(matter_id)

    # -- mails

    def insert(self, message: Message, raw: bytes | Spool, filed: Filed) -> int:
        if isinstance(raw, Spool):
            self._matters.store()
        row_id = self._pile.add(message, raw, filed)
        if filed.direction in ("out", "auto") and message.message_id is not None:
            self._sent.add(message.message_id)
            if any(token(value) != "no" for value in message.all("auto-submitted")):
                self._automatic.add(message.message_id)
            if filed.direction == "out":
                keys = self._by_hand.setdefault(message.message_id, set())
                keys.update(address.key for address in message.recipients)
        return row_id

    def cite(self, row_id: int, ids: Sequence[str]) -> None:
        self._cited.append((row_id, ids))

    def keep_keys(self, keys: Iterable[str], row_id: int, *, at: datetime) -> None:
        self._keys.append((keys, row_id, at))
        self._last_moment = max(at, self._last_moment or at)

    def ours(self, message_id: str | None) -> Ours | None:
        return None if message_id is None else self._ours.get(message_id)

    def sent_by_hand_to(self, ids: Sequence[str], key: str) -> frozenset[str]:
        return frozenset(one for one in ids if key in self._by_hand.get(one, ()))

    def automatic_among(self, ids: Iterable[str]) -> frozenset[str]:
        return frozenset(self._automatic.intersection(ids))

    def sent_at_all(self, ids: Collection[str]) -> frozenset[str]:
        return frozenset(self._sent.intersection(ids))

    def last_moment(self) -> datetime | None:
        return self._last_moment
