"""The SQL of matters: which conversation holds which Message-IDs and people, and whose turn it is."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from inboxcrm.domain.threads import Candidate
from inboxcrm.store.times import to_instant, to_text

ACKNOWLEDGED_WITHIN = timedelta(days=7)

CANDIDATE = """
    SELECT matters.id AS id, matters.last_at AS last_at, matters.subject_key AS subject_key,
           (SELECT promises.id FROM promises
            WHERE promises.matter_id = matters.id AND promises.state IN ('open', 'extended', 'broken')) AS promise_id,
           (SELECT COUNT(*) FROM outbox
            WHERE outbox.matter_id = matters.id AND outbox.kind = 'auto' AND outbox.created_at >= :since
              AND outbox.state NOT IN ('cancelled', 'expired', 'failed')) AS acknowledged
    FROM matters
"""

ADD_ID = "INSERT OR IGNORE INTO thread_ids (message_id, matter_id) VALUES (?, ?)"
ADD_PERSON = "INSERT OR IGNORE INTO matter_people (matter_id, address_key) VALUES (?, ?)"

_CITED = """
    SELECT matter_id FROM thread_ids WHERE message_id = :message_id
    UNION
    SELECT matter_id FROM outbox WHERE mail_id = :message_id AND matter_id IS NOT NULL
"""


def cited(
    connection: sqlite3.Connection, ids: Sequence[str], people: Iterable[str], *, now: datetime
) -> tuple[Candidate, ...]:
    """The matters that hold one of these Message-IDs, in the order of the ids; `people` are address keys.

    A mail of ours belongs to its matter from the moment it is written: its copy in Sent may come later, or never.
    """
    found: dict[int, Candidate] = {}
    for message_id in ids:
        rows = connection.execute(_CITED, {"message_id": message_id})
        for (matter_id,) in rows.fetchall():
            if matter_id not in found:
                found[matter_id] = _candidate(connection, matter_id, _shares(connection, matter_id, people), now)
    return tuple(found.values())


def _shares(connection: sqlite3.Connection, matter_id: int, people: Iterable[str]) -> bool:
    return any(
        connection.execute(
            "SELECT 1 FROM matter_people WHERE matter_id = ? AND address_key = ?", (matter_id, key)
        ).fetchone()
        for key in people
    )


def _candidate(connection: sqlite3.Connection, matter_id: int, shared: bool, now: datetime) -> Candidate:
    row = connection.execute(
        CANDIDATE + " WHERE matters.id = :id", {"id": matter_id, "since": to_text(now - ACKNOWLEDGED_WITHIN)}
    ).fetchone()
    return Candidate(
        row["id"], shared, to_instant(row["last_at"]), row["promise_id"], row["acknowledged"], row["subject_key"]
    )


def latest_of_subject(
    connection: sqlite3.Connection, contact_id: int, subject_key: str, *, now: datetime
) -> Candidate | None:
    """The contact's latest matter under this normalised subject; an empty subject continues nothing."""
    if not subject_key:
        return None
    row = connection.execute(
        """
        SELECT COALESCE(merged_into, id) AS id
        FROM matters
        WHERE contact_id = ? AND subject_key = ?
        ORDER BY last_at DESC
        LIMIT 1
        """,
        (contact_id, subject_key),
    ).fetchone()
    return None if row is None else _candidate(connection, row["id"], True, now)


def open_matter(
    connection: sqlite3.Connection,
    *,
    contact_id: int | None,
    organisation_id: int | None,
    subject: str,
    subject_key: str,
    turn: str,
    at: datetime,
    ids: Iterable[str] = (),
    people: Iterable[str] = (),
) -> int:
    """A new matter, with the Message-IDs and the address keys it begins with."""
    cursor = connection.execute(
        """
        INSERT INTO matters (contact_id, organisation_id, subject, subject_key, turn, opened_at, last_at)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """,
        (contact_id, organisation_id, subject, subject_key, turn, to_text(at), to_text(at)),
    )
    matter_id = int(cursor.lastrowid or 0)
    _add(connection, matter_id, ids, people)
    return matter_id


def _add(connection: sqlite3.Connection, matter_id: int, ids: Iterable[str], people: Iterable[str]) -> None:
    connection.executemany(ADD_ID, [(each, matter_id) for each in ids])
    connection.executemany(ADD_PERSON, [(matter_id, key) for key in people])


def extend(
    connection: sqlite3.Connection,
    matter_id: int,
    *,
    ids: Iterable[str],
    people: Iterable[str],
    at: datetime,
    turn: str | None,
    by_person: bool,
    contact_id: int | None,
) -> None:
    """Add a message's ids and people to a matter. `turn` None leaves the turn where it is: automatic mail, an "ok".

    Only what was written `by_person` moves the time of the last contact.

    A mail older than the matter's last one (a backlog is read newest first) does not change whose turn it is.
    """
    _add(connection, matter_id, ids, people)
    connection.execute(
        """
        UPDATE matters
        SET turn = CASE WHEN :turn IS NOT NULL AND (:at >= last_at OR turn = 'nobody') THEN :turn ELSE turn END,
            contact_id = COALESCE(contact_id, :contact_id),
            opened_at = MIN(opened_at, :at),
            last_at = CASE WHEN :by_person THEN MAX(last_at, :at) ELSE last_at END
        WHERE id = :id
        """,
        {"id": matter_id, "turn": turn, "by_person": by_person, "at": to_text(at), "contact_id": contact_id},
    )


def turn(connection: sqlite3.Connection, matter_id: int) -> str:
    """Whose word is next: "mine", "theirs" or "nobody"."""
    return str(connection.execute("SELECT turn FROM matters WHERE id = ?", (matter_id,)).fetchone()["turn"])


def set_turn(connection: sqlite3.Connection, matter_id: int, turn: str) -> None:
    """Say by hand, or by a kept promise, whose turn it is."""
    connection.execute("UPDATE matters SET turn = ? WHERE id = ?", (turn, matter_id))
