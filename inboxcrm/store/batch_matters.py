"""The matters of a batch of old mail, kept in memory: found, opened and extended there, written at once."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from inboxcrm.domain.threads import Candidate
from inboxcrm.store.matters import ACKNOWLEDGED_WITHIN, ADD_ID, ADD_PERSON, CANDIDATE
from inboxcrm.store.times import to_instant, to_text


@dataclass(slots=True)
class _Matter:
    """One matter as it stands within the batch; instants as the database writes them."""

    id: int
    contact_id: int | None
    organisation_id: int | None
    subject: str
    subject_key: str
    turn: str
    opened_at: str
    last_at: str
    merged_into: int | None = None
    promise_id: int | None = None
    acknowledged: int = 0
    people: set[str] = field(default_factory=set)


class BatchMatters:
    """Answers as `store.matters` does, mail by mail; nothing is in the database before `store`.

    `ids` are the Message-IDs that will be asked about.
    """

    def __init__(self, connection: sqlite3.Connection, ids: Iterable[str]) -> None:
        self._connection = connection
        self._next = int(connection.execute("SELECT COALESCE(MAX(id), 0) + 1 FROM matters").fetchone()[0])
        self._threads = self._read_threads(ids)
        self._known: dict[int, _Matter] = {}
        self._of_subject: dict[tuple[int, str], set[int]] = {}
        self._opened: dict[int, _Matter] = {}
        self._changed: dict[int, _Matter] = {}
        self._ids: list[tuple[str, int]] = []
        self._people: list[tuple[int, str]] = []

    def forget(self) -> None:
        """Read again what somebody else may have changed; only after `store`."""
        self._known.clear()
        self._of_subject.clear()

    def cited(self, ids: Sequence[str], people: Iterable[str], *, now: datetime) -> tuple[Candidate, ...]:
        """See `matters.cited`."""
        found: dict[int, Candidate] = {}
        others = frozenset(people)
        for message_id in ids:
            for matter_id in self._holding(message_id):
                if matter_id not in found:
                    matter = self._matter(matter_id, now)
                    found[matter_id] = _candidate(matter, shared=not matter.people.isdisjoint(others))
        return tuple(found.values())

    def latest_of_subject(self, contact_id: int, subject_key: str, *, now: datetime) -> Candidate | None:
        """See `matters.latest_of_subject`; of two of the same instant the later row, as the index has it."""
        if not subject_key:
            return None
        same = self._of_subject.get((contact_id, subject_key))
        if same is None:
            same = self._of_subject[contact_id, subject_key] = self._read_subject(contact_id, subject_key)
        if not same:
            return None
        latest = max((self._matter(one, now) for one in same), key=lambda one: (one.last_at, one.id))
        return _candidate(self._matter(latest.merged_into or latest.id, now), shared=True)

    def owes(self, matter_id: int, now: datetime) -> bool:
        """Whether a promise is live in a matter."""
        return self._matter(matter_id, now).promise_id is not None

    def open(
        self,
        *,
        contact_id: int | None,
        organisation_id: int | None,
        subject: str,
        subject_key: str,
        turn: str,
        at: datetime,
    ) -> int:
        """See `matters.open_matter`."""
        when = to_text(at)
        matter = _Matter(self._next, contact_id, organisation_id, subject, subject_key, turn, when, when)
        self._next += 1
        self._known[matter.id] = self._opened[matter.id] = matter
        self._note_subject(matter)
        return matter.id

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
        now: datetime,
    ) -> None:
        """See `matters.extend`."""
        matter, when = self._matter(matter_id, now), to_text(at)
        for message_id in ids:
            holding = self._holding(message_id)
            if matter_id not in holding:
                holding.append(matter_id)
                holding.sort()
            self._ids.append((message_id, matter_id))
        for key in people:
            if key not in matter.people:
                matter.people.add(key)
                self._people.append((matter_id, key))
        if turn is not None and (when >= matter.last_at or matter.turn == "nobody"):
            matter.turn = turn
        matter.opened_at = min(matter.opened_at, when)
        if by_person:
            matter.last_at = max(matter.last_at, when)
        if matter.contact_id is None:
            matter.contact_id = contact_id
        self._note_subject(matter)
        if matter_id not in self._opened:
            self._changed[matter_id] = matter

    def store(self) -> None:
        """Write what was opened and extended."""
        run = self._connection.executemany
        run(
            """
            INSERT INTO matters (id, contact_id, organisation_id, subject, subject_key, turn, opened_at, last_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                (one.id, one.contact_id, one.organisation_id, one.subject, one.subject_key, one.turn, one.opened_at,
                 one.last_at)
                for one in self._opened.values()
            ],
        )  # fmt: skip
        run(
            "UPDATE matters SET turn = ?, contact_id = ?, opened_at = ?, last_at = ? WHERE id = ?",
            [(one.turn, one.contact_id, one.opened_at, one.last_at, one.id) for one in self._changed.values()],
        )
        run(ADD_ID, self._ids)
        run(ADD_PERSON, self._people)
        self._opened, self._changed, self._ids, self._people = {}, {}, [], []

    # -- reading, each thing once

    def _holding(self, message_id: str) -> list[int]:
        if message_id not in self._threads:
            self._threads |= self._read_threads([message_id])
        return self._threads[message_id]

    def _read_threads(self, ids: Iterable[str]) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {one: [] for one in ids}
        rows = self._connection.execute(
            """
            SELECT value, thread_ids.matter_id
            FROM json_each(:ids)
            JOIN thread_ids ON thread_ids.message_id = value
            UNION
            SELECT value, outbox.matter_id
            FROM json_each(:ids)
            JOIN outbox ON outbox.mail_id = value
            WHERE outbox.matter_id IS NOT NULL
            ORDER BY 2
            """,
            {"ids": json.dumps(list(found))},
        )
        for message_id, matter_id in rows:
            found[message_id].append(matter_id)
        return found

    def _matter(self, matter_id: int, now: datetime) -> _Matter:
        found = self._known.get(matter_id)
        if found is None:
            found = self._known[matter_id] = self._read(matter_id, now)
        return found

    def _read(self, matter_id: int, now: datetime) -> _Matter:
        ask = self._connection.execute
        values = {"id": matter_id, "since": to_text(now - ACKNOWLEDGED_WITHIN)}
        row = ask(CANDIDATE + " WHERE matters.id = :id", values).fetchone()
        rest = ask(
            """
            SELECT contact_id, organisation_id, subject, turn, opened_at, merged_into
            FROM matters
            WHERE id = ?
            """,
            (matter_id,),
        ).fetchone()
        people = ask("SELECT address_key FROM matter_people WHERE matter_id = ?", (matter_id,))
        return _Matter(
            matter_id,
            rest["contact_id"],
            rest["organisation_id"],
            rest["subject"],
            row["subject_key"],
            rest["turn"],
            rest["opened_at"],
            row["last_at"],
            rest["merged_into"],
            row["promise_id"],
            row["acknowledged"],
            {key for (key,) in people},
        )

    def _read_subject(self, contact_id: int, subject_key: str) -> set[int]:
        """Those that may be the latest: the latest on record, and what the batch has touched."""
        rows = self._connection.execute(
            "SELECT id FROM matters WHERE contact_id = ? AND subject_key = ? ORDER BY last_at DESC LIMIT 1",
            (contact_id, subject_key),
        )
        touched = (*self._opened.values(), *self._changed.values())
        here = {one.id for one in touched if one.contact_id == contact_id and one.subject_key == subject_key}
        return here | {row[0] for row in rows}

    def _note_subject(self, matter: _Matter) -> None:
        """Where the contact's subject was read already, this may be its latest matter now."""
        same = None if matter.contact_id is None else self._of_subject.get((matter.contact_id, matter.subject_key))
        if same is not None:
            same.add(matter.id)


def _candidate(matter: _Matter, *, shared: bool) -> Candidate:
    return Candidate(
        matter.id, shared, to_instant(matter.last_at), matter.promise_id, matter.acknowledged, matter.subject_key
    )
