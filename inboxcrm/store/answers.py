"""Which mails of the owner, or of ours, answer a mail or are answered by it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from inboxcrm.store.times import to_instant, to_text


@dataclass(frozen=True, slots=True)
class Asker:
    """Who wrote a message, and for whom."""

    sender_key: str | None
    organisation_id: int | None


def sender_of(connection: sqlite3.Connection, row_id: int) -> Asker:
    """Who wrote this message: the address, and the organisation of the contact or of the role address."""
    row = connection.execute(
        """
        SELECT messages.sender_key AS sender_key,
               COALESCE(contacts.organisation_id, addresses.organisation_id) AS organisation_id
        FROM messages
        LEFT JOIN contacts ON contacts.id = messages.contact_id
        LEFT JOIN addresses ON addresses.key = messages.sender_key
        WHERE messages.id = ?
        """,
        (row_id,),
    ).fetchone()
    return Asker(row["sender_key"], row["organisation_id"])


def first_answer(
    connection: sqlite3.Connection, message_id: str, *, client: Asker, since: datetime | None
) -> tuple[int, datetime] | None:
    """The owner's earliest hand-written mail since then that cites this Message-ID, if it is on record already.

    Only one that went to the client's address or to somebody of the client's organisation is an answer.
    """
    rows = connection.execute(
        """
        SELECT messages.id, messages.received_at
        FROM citations
        JOIN messages ON messages.id = citations.citing
        WHERE citations.cited = :message_id AND messages.direction = 'out'
          AND (:since IS NULL OR messages.received_at >= :since)
          AND EXISTS (
            SELECT 1
            FROM participants
            LEFT JOIN addresses ON addresses.key = participants.address_key
            LEFT JOIN contacts ON contacts.id = addresses.contact_id
            WHERE participants.message_id = messages.id AND participants.role IN ('to', 'cc')
              AND (participants.address_key = :sender_key
                   OR COALESCE(addresses.organisation_id, contacts.organisation_id) = :organisation_id)
          )
        ORDER BY messages.received_at
        LIMIT 1
        """,
        {
            "message_id": message_id,
            "since": None if since is None else to_text(since),
            "sender_key": client.sender_key,
            "organisation_id": client.organisation_id,
        },
    )
    return _first(rows)


def first_under_subject(
    connection: sqlite3.Connection, subject_key: str, *, to: str, after: datetime
) -> tuple[int, datetime] | None:
    """The owner's earliest hand-written mail to this address after then in a matter of this subject.

    A letter that tells a new date answers nothing. Hardly anything is newer than a mail that has just come: so the walk
    is by time, not over all that was ever written to this address.
    """
    rows = connection.execute(
        """
        SELECT messages.id, messages.received_at
        FROM messages INDEXED BY messages_received
        CROSS JOIN matters ON matters.id = messages.matter_id AND matters.subject_key = :subject_key
        CROSS JOIN participants ON participants.message_id = messages.id
        WHERE messages.received_at > :after AND messages.direction = 'out'
          AND participants.role IN ('to', 'cc') AND participants.address_key = :to
          AND NOT EXISTS (
            SELECT 1 FROM outbox WHERE outbox.mail_id = messages.message_id AND outbox.promise_id IS NOT NULL
          )
        ORDER BY messages.received_at
        LIMIT 1
        """,
        {"subject_key": subject_key, "to": to, "after": to_text(after)},
    )
    return _first(rows)


def _first(rows: Iterable[sqlite3.Row]) -> tuple[int, datetime] | None:
    return next(((int(row_id), to_instant(at)) for row_id, at in rows), None)


def cite_all(connection: sqlite3.Connection, mails: Iterable[tuple[int, Sequence[str]]]) -> None:
    """Record which Message-IDs each of these mails of the owner's names."""
    connection.executemany(
        "INSERT OR IGNORE INTO citations (cited, citing) VALUES (?, ?)",
        [(cited, row_id) for row_id, ids in mails for cited in ids[:20]],
    )


def sent_by_hand_to(connection: sqlite3.Connection, ids: Sequence[str], address_key: str) -> frozenset[str]:
    """Of these Message-IDs, those of mails the owner wrote by hand to this address."""
    if not ids:
        return frozenset()
    rows = connection.execute(
        f"""
        SELECT DISTINCT messages.message_id
        FROM messages
        JOIN participants ON participants.message_id = messages.id
        WHERE messages.message_id IN ({", ".join("?" * len(ids))}) AND messages.direction = 'out'
          AND participants.role IN ('to', 'cc') AND participants.address_key = ?
        """,  # noqa: S608 - the marks are question marks
        (*ids, address_key),
    )
    return frozenset(row[0] for row in rows)


def sent_at_all(connection: sqlite3.Connection, ids: Collection[str]) -> frozenset[str]:
    """Of these Message-IDs, those of mails of ours of either kind."""
    if not ids:
        return frozenset()
    rows = connection.execute(
        """
        SELECT value FROM json_each(:ids)
        WHERE EXISTS (SELECT 1 FROM messages WHERE message_id = value AND direction IN ('out', 'auto'))
           OR EXISTS (SELECT 1 FROM outbox WHERE mail_id = value)
        """,
        {"ids": json.dumps(list(ids))},
    )
    return frozenset(row[0] for row in rows)


def recipients_by_hand(connection: sqlite3.Connection, ids: Collection[str]) -> dict[str, set[str]]:
    """Of these Message-IDs, those of mails the owner wrote by hand, each with the address keys it went to."""
    found: dict[str, set[str]] = {}
    rows = connection.execute(
        """
        SELECT messages.message_id, participants.address_key
        FROM json_each(?)
        JOIN messages ON messages.message_id = value AND messages.direction = 'out'
        JOIN participants ON participants.message_id = messages.id AND participants.role IN ('to', 'cc')
        """,
        (json.dumps(list(ids)),),
    )
    for message_id, key in rows:
        found.setdefault(message_id, set()).add(key)
    return found


@dataclass(frozen=True, slots=True)
class OurMail:
    """A mail of ours that a report names: its matter, and the address keys it went to."""

    mail_id: str
    matter_id: int | None
    recipients: frozenset[str]


def our_mail(connection: sqlite3.Connection, ids: Sequence[str]) -> OurMail | None:
    """The first of these Message-IDs that is a mail of ours, automatic or by hand."""
    for mail_id in ids:
        item = connection.execute("SELECT matter_id, recipient FROM outbox WHERE mail_id = ?", (mail_id,)).fetchone()
        if item is not None:
            return OurMail(mail_id, item["matter_id"], frozenset((item["recipient"].lower(),)))
        row = connection.execute(
            "SELECT id, matter_id FROM messages WHERE message_id = ? AND direction = 'out'", (mail_id,)
        ).fetchone()
        if row is not None:
            keys = connection.execute(
                "SELECT address_key FROM participants WHERE message_id = ? AND role IN ('to', 'cc')", (row["id"],)
            )
            return OurMail(mail_id, row["matter_id"], frozenset(key for (key,) in keys))
    return None
