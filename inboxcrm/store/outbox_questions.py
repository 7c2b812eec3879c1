"""What is asked of the outbox before one more mail about the same is written, or leaves."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from inboxcrm.domain.outbox import OutboxState
from inboxcrm.store.outbox import Item
from inboxcrm.store.times import to_instant_or_none, to_text


@dataclass(frozen=True, slots=True)
class Carrier:
    """The automatic mail that last told, or in shadow would have told, the date of a promise."""

    mailbox_id: int
    mailbox: str
    recipient: str
    stranger: bool
    form_lead: bool
    state: OutboxState
    due_at: datetime | None


def carrier(connection: sqlite3.Connection, promise_id: int) -> Carrier | None:
    """The newest automatic mail about a promise; None when there never was one."""
    row = connection.execute(
        """
        SELECT outbox.mailbox_id, mailboxes.name, outbox.recipient, outbox.stranger, outbox.form_lead, outbox.state,
               outbox.due_at
        FROM outbox
        JOIN mailboxes ON mailboxes.id = outbox.mailbox_id
        WHERE outbox.promise_id = ? AND outbox.kind = 'auto'
        ORDER BY outbox.id DESC
        LIMIT 1
        """,
        (promise_id,),
    ).fetchone()
    if row is None:
        return None
    mailbox_id, mailbox, recipient, stranger, form_lead, state, due_at = row
    return Carrier(
        mailbox_id,
        mailbox,
        recipient,
        bool(stranger),
        bool(form_lead),
        OutboxState(state),
        to_instant_or_none(due_at),
    )


def is_answer_leaving(connection: sqlite3.Connection, item: Item) -> bool:
    """Whether a letter that the owner let go since this was written, to the same person in the same matter, has not
    left yet, or may have.
    """
    row = connection.execute(
        """
        SELECT 1 FROM outbox
        WHERE matter_id = :matter AND kind = 'owner' AND promise_id IS NULL
          AND state IN ('queued', 'sending', 'unknown') AND LOWER(recipient) = LOWER(:recipient)
          AND approved_at >= (SELECT created_at FROM outbox WHERE id = :item)
        """,
        {"matter": item.matter_id, "recipient": item.recipient, "item": item.id},
    ).fetchone()
    return row is not None


def was_apology_dropped(connection: sqlite3.Connection, promise_id: int, at: datetime) -> bool:
    """Whether an owner's mail about a promise was cancelled at this instant."""
    row = connection.execute(
        "SELECT 1 FROM outbox WHERE promise_id = ? AND kind = 'owner' AND state = 'cancelled' AND ended_at = ?",
        (promise_id, to_text(at)),
    ).fetchone()
    return row is not None


def tells(connection: sqlite3.Connection, promise_id: int, due_at: datetime) -> bool:
    """Whether there is an automatic mail that tells this date of a promise, whatever became of it."""
    row = connection.execute(
        "SELECT 1 FROM outbox WHERE promise_id = ? AND kind = 'auto' AND due_at = ?", (promise_id, to_text(due_at))
    ).fetchone()
    return row is not None


def was_overtaken(connection: sqlite3.Connection, item: Item) -> bool:
    """Whether a mail that was written later has told a date of the same promise already."""
    row = connection.execute(
        "SELECT 1 FROM outbox WHERE promise_id = ? AND id > ? AND state = 'sent' AND due_at IS NOT NULL",
        (item.promise_id, item.id),
    ).fetchone()
    return row is not None


def was_sent_before(connection: sqlite3.Connection, mail_id: str) -> bool:
    """Whether a mail with this Message-ID of ours lies in Sent: a restored or copied home derives, or holds, the same.

    Or a mail lies there of which the provider says that this was its Message-ID until it gave it another one.
    """
    row = connection.execute(
        """
        SELECT 1 FROM messages WHERE message_id = :mail_id AND direction IN ('out', 'auto')
        UNION ALL
        SELECT 1
        FROM citations
        JOIN messages ON messages.id = citations.citing
        WHERE citations.cited = :mail_id AND messages.direction IN ('out', 'auto')
        """,
        {"mail_id": mail_id},
    ).fetchone()
    return row is not None


def was_entered(connection: sqlite3.Connection, dedupe_key: str) -> bool:
    """Whether a mail was ever entered under this key, whatever became of it."""
    return connection.execute("SELECT 1 FROM outbox WHERE dedupe_key = ?", (dedupe_key,)).fetchone() is not None


def count_for_promise(connection: sqlite3.Connection, promise_id: int) -> int:
    """How many mails about a promise there are, of whatever state."""
    row = connection.execute("SELECT COUNT(*) FROM outbox WHERE promise_id = ?", (promise_id,)).fetchone()
    return int(row[0])
