"""The SQL of commitments: what was said, by whom, by when, and what became of it."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from datetime import date, datetime

from inboxcrm.store.times import to_instant, to_instant_or_none, to_text

SUGGESTED, OPEN, DONE, DISMISSED = "suggested", "open", "done", "dismissed"

_WRITTEN = {state: f"'{state}'" for state in (SUGGESTED, OPEN, DONE, DISMISSED)}
"""As they stand in a statement: SQLite compares a bound one with those of partial indexes, and prepares the statement
anew at each call for that.
"""

_LIVE = "state IN ('suggested', 'open')"
"""As the indexes of what is still to be done have it, which SQLite takes where this very term stands."""


@dataclass(frozen=True, slots=True)
class CommitmentRow:
    """One commitment as lists show it. `side` is "mine" or "theirs", `evidence_id` a mail that may have settled it."""

    id: int
    state: str
    side: str
    kind: str
    quote: str
    detail: str
    said_at: datetime
    due_on: date | None
    ended_at: datetime | None
    ended_how: str | None
    evidence_id: int | None
    message_id: int | None
    matter_id: int | None
    contact_id: int | None
    contact: str | None
    organisation_id: int | None
    organisation: str | None

    @property
    def live(self) -> bool:
        """Whether it is still to be done, confirmed or not."""
        return self.state in (SUGGESTED, OPEN)

    def overdue(self, today: date) -> bool:
        """Whether it is confirmed, still open, and its day has passed."""
        return self.state == OPEN and self.due_on is not None and self.due_on < today


def _row(row: sqlite3.Row) -> CommitmentRow:
    values = dict(row)
    values["said_at"] = to_instant(row["said_at"])
    values["due_on"] = None if row["due_on"] is None else date.fromisoformat(row["due_on"])
    values["ended_at"] = to_instant_or_none(row["ended_at"])
    return CommitmentRow(**values)


def add(
    connection: sqlite3.Connection,
    *,
    message_id: int | None,
    contact_id: int | None,
    matter_id: int | None,
    side: str,
    kind: str,
    quote: str,
    detail: str,
    said_at: datetime,
    due_on: date | None,
    state: str,
) -> int | None:
    """Enter a commitment; None where this sentence of this mail is on record already."""
    cursor = connection.execute(
        """
        INSERT OR IGNORE INTO commitments (message_id, contact_id, matter_id, side, kind, quote, detail, said_at,
                                           due_on, state)
        VALUES (:message_id, :contact_id, :matter_id, :side, :kind, :quote, :detail, :said_at, :due_on, :state)
        """,
        {
            "message_id": message_id,
            "contact_id": contact_id,
            "matter_id": matter_id,
            "side": side,
            "kind": kind,
            "quote": quote,
            "detail": detail,
            "said_at": to_text(said_at),
            "due_on": None if due_on is None else due_on.isoformat(),
            "state": state,
        },
    )
    return int(cursor.lastrowid or 0) if cursor.rowcount else None


def was_dismissed(connection: sqlite3.Connection, *, contact_id: int | None, kind: str, quote: str) -> bool:
    """Whether the owner has dismissed the same sentence of the same person before."""
    row = connection.execute(
        """
        SELECT 1
        FROM commitments
        WHERE contact_id IS ? AND kind = ? AND quote = ? AND state = 'dismissed'
        LIMIT 1
        """,
        (contact_id, kind, quote),
    ).fetchone()
    return row is not None


def by_id(connection: sqlite3.Connection, commitment_id: int) -> CommitmentRow | None:
    """One commitment."""
    row = connection.execute("SELECT * FROM commitment_list WHERE id = ?", (commitment_id,)).fetchone()
    return None if row is None else _row(row)


def decide(connection: sqlite3.Connection, commitment_id: int, state: str, *, at: datetime) -> None:
    """The owner confirms or dismisses a suggestion."""
    connection.execute(
        "UPDATE commitments SET state = ?, decided_at = ? WHERE id = ?", (state, to_text(at), commitment_id)
    )


def end(
    connection: sqlite3.Connection, commitment_id: int, *, how: str, at: datetime, evidence_id: int | None = None
) -> None:
    """It was done: `how` in words, `evidence_id` the mail that shows it."""
    connection.execute(
        """
        UPDATE commitments
        SET state = 'done', ended_at = :at, ended_how = :how, evidence_id = COALESCE(:evidence, evidence_id)
        WHERE id = :id
        """,
        {"at": to_text(at), "how": how, "evidence": evidence_id, "id": commitment_id},
    )


def suggest_again(connection: sqlite3.Connection, commitment_id: int) -> None:
    """What the owner confirmed is a suggestion again, where it has not ended."""
    connection.execute(
        "UPDATE commitments SET state = 'suggested', decided_at = NULL WHERE id = ? AND state = 'open'",
        (commitment_id,),
    )


def move(connection: sqlite3.Connection, commitment_id: int, due_on: date | None) -> None:
    """Give it another day, or none."""
    connection.execute(
        "UPDATE commitments SET due_on = ? WHERE id = ?",
        (None if due_on is None else due_on.isoformat(), commitment_id),
    )


def note_evidence(connection: sqlite3.Connection, commitment_id: int, message_id: int) -> None:
    """A mail may have settled it; the owner is asked."""
    connection.execute(
        "UPDATE commitments SET evidence_id = ? WHERE id = ? AND evidence_id IS NULL", (message_id, commitment_id)
    )


def listed(
    connection: sqlite3.Connection,
    *,
    contact_id: int | None = None,
    states: tuple[str, ...] = (SUGGESTED, OPEN),
    limit: int = 200,
) -> list[CommitmentRow]:
    """Commitments in these states, those with the nearest day first; of one contact where one is given."""
    named = ", ".join(_WRITTEN[state] for state in states)
    live = f"{_LIVE} AND" if {*states} <= {SUGGESTED, OPEN} else ""
    rows = connection.execute(
        f"""
        SELECT *
        FROM commitment_list
        WHERE {live} state IN ({named}) AND (? IS NULL OR contact_id = ?)
        ORDER BY state = 'suggested', due_on IS NULL, due_on, said_at DESC, id
        LIMIT ?
        """,  # noqa: S608 - states only
        (contact_id, contact_id, limit),
    )
    return [_row(row) for row in rows]


def live_of_matter(connection: sqlite3.Connection, matter_id: int) -> list[CommitmentRow]:
    """What is still to be done in a matter, oldest first."""
    rows = connection.execute(
        "SELECT * FROM commitment_list WHERE matter_id = ? AND state IN ('suggested', 'open') ORDER BY said_at, id",
        (matter_id,),
    )
    return [_row(row) for row in rows]


def instructions(
    connection: sqlite3.Connection, *, contact_id: int | None, organisation_id: int | None
) -> list[CommitmentRow]:
    """What a contact, or somebody of the same organisation, said about invoices to them, newest first."""
    rows = connection.execute(
        """
        SELECT *
        FROM commitment_list
        WHERE kind IN ('invoice', 'order-number') AND side = 'mine' AND state <> 'dismissed'
          AND (contact_id = :contact OR organisation_id = :organisation)
        ORDER BY said_at DESC, id DESC
        """,
        {"contact": contact_id, "organisation": organisation_id},
    )
    return [_row(row) for row in rows]


@dataclass(frozen=True, slots=True)
class ReadMail:
    """A mail of a person whose words are to be read, or which may settle something."""

    id: int
    direction: str
    received_at: datetime
    contact_id: int | None
    matter_id: int | None
    language: str | None
    timezone: str | None
    subject: str
    text: str
    attachments: tuple[tuple[str, str], ...]


def unread(connection: sqlite3.Connection, *, after: int, since: datetime, limit: int) -> list[ReadMail]:
    """The mails of people behind a row, oldest row first, that came since then."""
    rows = connection.execute(
        """
        SELECT messages.id, messages.direction, messages.received_at, messages.contact_id, messages.matter_id,
               COALESCE(
                 messages.language, contacts.language,
                 (SELECT other.language FROM messages AS other
                  WHERE other.contact_id = messages.contact_id AND other.language IS NOT NULL
                  ORDER BY other.id DESC LIMIT 1)) AS language, contacts.timezone, messages.subject,
               letters.text, messages.attachments
        FROM messages
        JOIN letters ON letters.message_id = messages.id
        LEFT JOIN contacts ON contacts.id = messages.contact_id
        WHERE messages.id > ? AND messages.class <> 'machine' AND messages.direction IN ('in', 'out')
          AND messages.received_at >= ?
        ORDER BY messages.id
        LIMIT ?
        """,
        (after, to_text(since), limit),
    )
    return [
        ReadMail(
            row["id"],
            row["direction"],
            to_instant(row["received_at"]),
            row["contact_id"],
            row["matter_id"],
            row["language"],
            row["timezone"],
            row["subject"],
            row["text"],
            _files(row["attachments"]),
        )
        for row in rows
    ]


def _files(listed: str) -> tuple[tuple[str, str], ...]:
    return tuple((each["name"] or "", each["type"] or "") for each in json.loads(listed))


@dataclass(frozen=True, slots=True)
class SentFiles:
    """A mail the owner sent with files on it."""

    message_id: int
    sent_at: datetime
    subject: str
    attachments: tuple[tuple[str, str], ...]


def sent_with_files(
    connection: sqlite3.Connection,
    *,
    contact_id: int | None,
    organisation_id: int | None,
    since: datetime,
    message_id: int | None = None,
) -> list[SentFiles]:
    """What the owner sent by hand, with files on it, to a contact's addresses or to their organisation; newest first.

    Only since then, and only the one mail where `message_id` names it.
    """
    rows = connection.execute(
        """
        SELECT DISTINCT messages.id, messages.received_at, messages.subject, messages.attachments
        FROM messages
        JOIN participants ON participants.message_id = messages.id AND participants.role IN ('to', 'cc')
        JOIN addresses ON addresses.key = participants.address_key
        LEFT JOIN contacts ON contacts.id = addresses.contact_id
        WHERE messages.direction = 'out' AND messages.received_at >= :since AND messages.attachments <> '[]'
          AND (:message IS NULL OR messages.id = :message)
          AND (addresses.contact_id = :contact
               OR COALESCE(addresses.organisation_id, contacts.organisation_id) = :organisation)
        ORDER BY messages.received_at DESC
        LIMIT 500
        """,
        {"since": to_text(since), "message": message_id, "contact": contact_id, "organisation": organisation_id},
    )
    return [
        SentFiles(row["id"], to_instant(row["received_at"]), row["subject"], _files(row["attachments"])) for row in rows
    ]
