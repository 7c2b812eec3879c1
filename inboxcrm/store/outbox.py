"""The SQL of the outbox."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from inboxcrm.domain.modes import Mode
from inboxcrm.domain.outbox import Draft, OutboxEvent, OutboxState, Step, move, recover
from inboxcrm.store.times import to_instant, to_instant_or_none, to_text, to_text_or_none


@dataclass(frozen=True, slots=True)
class Item:
    """One outgoing mail's row."""

    id: int
    kind: str
    mailbox: str
    message_id: int | None
    matter_id: int | None
    promise_id: int | None
    state: OutboxState
    step: Step | None
    hold: bool
    mail_id: str
    recipient: str
    envelope_from: str
    raw: bytes
    due_at: datetime | None
    send_after: datetime
    expires_at: datetime
    attempts: int
    mode: Mode
    approved_at: datetime | None
    template: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What the outbox must know of a draft besides its bytes; `stranger` and the keys feed the limits.

    `mode` is the strictest that bears on it now; a stricter one later counts as well.
    """

    kind: str
    mailbox_id: int
    message_id: int | None
    matter_id: int | None
    promise_id: int | None
    template: str
    state: OutboxState
    hold: bool
    mode: Mode
    dedupe_key: str
    recipient_base: str
    recipient_domain: str
    subject_key: str
    stranger: bool
    form_lead: bool
    due_at: datetime | None
    send_after: datetime
    expires_at: datetime


_ITEM = """
    SELECT outbox.id, outbox.kind, mailboxes.name, outbox.message_id, outbox.matter_id, outbox.promise_id, outbox.state,
           outbox.step, outbox.hold, outbox.mail_id, outbox.recipient, outbox.envelope_from, outbox.raw, outbox.due_at,
           outbox.send_after, outbox.expires_at, outbox.attempts, outbox.mode, outbox.approved_at, outbox.template
    FROM outbox
    JOIN mailboxes ON mailboxes.id = outbox.mailbox_id
"""
"""The fields of `Item` in their order.

States are written out in what is asked of the outbox: SQLite compares a bound one with those of the partial indexes,
and for that prepares the statement anew each time, which takes ten times as long as the answer.
"""


def _item(row: sqlite3.Row) -> Item:
    (
        item_id, kind, mailbox, message_id, matter_id, promise_id, state, step, hold, mail_id, recipient, envelope_from,
        raw, due_at, send_after, expires_at, attempts, mode, approved_at, template,
    ) = row  # fmt: skip
    return Item(
        item_id,
        kind,
        mailbox,
        message_id,
        matter_id,
        promise_id,
        OutboxState(state),
        None if step is None else Step(step),
        bool(hold),
        mail_id,
        recipient,
        envelope_from,
        raw,
        to_instant_or_none(due_at),
        to_instant(send_after),
        to_instant(expires_at),
        attempts,
        Mode(mode),
        to_instant_or_none(approved_at),
        template,
    )


def add(connection: sqlite3.Connection, entry: Entry, draft: Draft, *, now: datetime) -> int:
    """Enter a finished mail. A second one under the same dedupe key is refused by the database."""
    cursor = connection.execute(
        """
        INSERT INTO outbox (kind, mailbox_id, message_id, matter_id, promise_id, template, state, hold, mode,
                            dedupe_key, mail_id, recipient, recipient_base, recipient_domain, subject_key, stranger,
                            form_lead, envelope_from, subject, text, raw, created_at, due_at, send_after, expires_at)
        VALUES (:kind, :mailbox_id, :message_id, :matter_id, :promise_id, :template, :state, :hold, :mode,
                :dedupe_key, :mail_id, :recipient, :recipient_base, :recipient_domain, :subject_key, :stranger,
                :form_lead, :envelope_from, :subject, :text, :raw, :now, :due_at, :send_after, :expires_at)
        """,
        {
            "kind": entry.kind,
            "mailbox_id": entry.mailbox_id,
            "message_id": entry.message_id,
            "matter_id": entry.matter_id,
            "promise_id": entry.promise_id,
            "template": entry.template,
            "state": entry.state,
            "hold": entry.hold,
            "mode": entry.mode,
            "dedupe_key": entry.dedupe_key,
            "mail_id": draft.message_id,
            "recipient": draft.recipient,
            "recipient_base": entry.recipient_base,
            "recipient_domain": entry.recipient_domain,
            "subject_key": entry.subject_key,
            "stranger": entry.stranger,
            "form_lead": entry.form_lead,
            "envelope_from": draft.envelope_from,
            "subject": draft.subject,
            "text": draft.text,
            "raw": draft.raw,
            "now": to_text(now),
            "due_at": to_text_or_none(entry.due_at),
            "send_after": to_text(entry.send_after),
            "expires_at": to_text(entry.expires_at),
        },
    )
    return int(cursor.lastrowid or 0)


def by_id(connection: sqlite3.Connection, item_id: int) -> Item | None:
    """One item."""
    row = connection.execute(_ITEM + " WHERE outbox.id = ?", (item_id,)).fetchone()
    return None if row is None else _item(row)


def count_to_go(connection: sqlite3.Connection, mailbox: str) -> int:
    """How many of the owner's own mails wait to leave from a mailbox, let go or not."""
    row = connection.execute(
        """
        SELECT COUNT(*)
        FROM outbox
        JOIN mailboxes ON mailboxes.id = outbox.mailbox_id
        WHERE mailboxes.name = ? AND outbox.kind = 'owner' AND outbox.state IN ('held', 'awaiting', 'queued')
        """,
        (mailbox,),
    ).fetchone()
    return int(row[0])


def in_state(connection: sqlite3.Connection, state: OutboxState) -> list[Item]:
    """The items in a state, oldest first."""
    rows = connection.execute(f"{_ITEM} WHERE outbox.state = '{state}' ORDER BY outbox.id")
    return [_item(row) for row in rows]


def stirring(connection: sqlite3.Connection, now: datetime) -> list[Item]:
    """What a look at the outbox is about, oldest first: all that is queued, what was held until now, and what awaits a
    person's word and is too late to be of use.
    """
    rows = connection.execute(
        f"""
        {_ITEM}
        WHERE outbox.state = 'queued'
           OR (outbox.state = 'held' AND outbox.send_after <= :now)
           OR (outbox.state = 'awaiting' AND outbox.expires_at <= :now)
        ORDER BY outbox.id
        """,
        {"now": to_text(now)},
    )
    return [_item(row) for row in rows]


def next_due(connection: sqlite3.Connection) -> datetime | None:
    """When the next held or queued item stirs."""
    row = connection.execute(
        "SELECT MIN(MIN(send_after, expires_at)) FROM outbox WHERE state IN ('held', 'queued')"
    ).fetchone()
    return to_instant_or_none(row[0])


def happen(
    connection: sqlite3.Connection, item: Item, event: OutboxEvent, *, at: datetime, reply: str | None = None
) -> OutboxState:
    """Move an item by the table of moves; `reply` is what the server or the person said."""
    state = move(item.state, event)
    connection.execute(
        """
        UPDATE outbox
        SET state = :state, reply = COALESCE(:reply, reply), ended_at = CASE WHEN :ended THEN :at ELSE ended_at END
        WHERE id = :id
        """,
        {"id": item.id, "state": state, "reply": reply, "ended": state.ended, "at": to_text(at)},
    )
    return state


def approve(connection: sqlite3.Connection, item: Item, raw: bytes, *, at: datetime) -> OutboxState:
    """A person lets it go in these bytes, at once: no mode asks for a key again."""
    state = happen(connection, item, OutboxEvent.APPROVE, at=at, reply="approve by the owner")
    connection.execute(
        "UPDATE outbox SET approved_at = :at, send_after = :at, raw = :raw WHERE id = :id",
        {"at": to_text(at), "raw": raw, "id": item.id},
    )
    return state


def ask_again(connection: sqlite3.Connection, item: Item, *, at: datetime) -> OutboxState:
    """The person who let it go has thought better of it, and nobody has taken it for sending yet: it waits again."""
    state = happen(connection, item, OutboxEvent.ASK, at=at, reply="approval taken back by the owner")
    connection.execute("UPDATE outbox SET approved_at = NULL WHERE id = ?", (item.id,))
    return state


DISMISSED = "dismiss by the owner"
"""What is on record of a mail of unknown fate that was left alone: it has ended, and may have left all the same."""


def dedupe_key(connection: sqlite3.Connection, item_id: int) -> str:
    """The key under which an item was entered; its Message-ID follows from it."""
    row = connection.execute("SELECT dedupe_key FROM outbox WHERE id = ?", (item_id,)).fetchone()
    return str(row[0])


def reword(connection: sqlite3.Connection, item_id: int, draft: Draft) -> None:
    """Put other words in the place of those of an owner's mail that awaits the owner; of no other."""
    connection.execute(
        """
        UPDATE outbox
        SET subject = :subject, text = :text, raw = :raw
        WHERE id = :id AND kind = 'owner' AND state = 'awaiting' AND mail_id = :mail_id
        """,
        {"id": item_id, "subject": draft.subject, "text": draft.text, "raw": draft.raw, "mail_id": draft.message_id},
    )


def waiting_acknowledgements(connection: sqlite3.Connection, promise_id: int | None = None) -> list[Item]:
    """The acknowledgements that wait to tell a promise's time, or that of any promise, oldest first.

    Also those on their way to a server of which no octet has left: `call_back` takes them away from there.
    """
    rows = connection.execute(
        f"""
        {_ITEM}
        WHERE (outbox.state IN ('held', 'awaiting', 'queued') OR (outbox.state = 'sending' AND outbox.step <> 'body'))
          AND outbox.kind = 'auto'
          AND outbox.promise_id = COALESCE(:promise, outbox.promise_id)
          AND outbox.dedupe_key LIKE 'acknowledgement:%'
        ORDER BY outbox.id
        """,
        {"promise": promise_id},
    )
    return [_item(row) for row in rows]


def call_back(connection: sqlite3.Connection, item: Item, *, at: datetime) -> Item:
    """One that waits, as it is; one that was claimed and whose body has not begun waits from now on, as before.

    Who is sending it finds that before the body begins, and lets it be.
    """
    if item.state is not OutboxState.SENDING or item.step is Step.BODY:
        return item
    return replace(item, state=happen(connection, item, OutboxEvent.DEFER, at=at))


def renew(
    connection: sqlite3.Connection,
    item: Item,
    draft: Draft,
    *,
    template: str,
    due_at: datetime | None,
    expires_at: datetime,
) -> None:
    """Put other words, and the time they tell, into an automatic mail that has certainly not left.

    It keeps its Message-ID: whatever knows it by that, in Sent or after a restore, goes on to.
    """
    connection.execute(
        """
        UPDATE outbox
        SET subject = :subject, text = :text, raw = :raw, template = :template, due_at = :due_at,
            expires_at = :expires_at
        WHERE id = :id AND kind = 'auto' AND state IN ('held', 'awaiting', 'queued') AND mail_id = :mail_id
        """,
        {
            "id": item.id,
            "subject": draft.subject,
            "text": draft.text,
            "raw": draft.raw,
            "template": template,
            "due_at": to_text_or_none(due_at),
            "expires_at": to_text(expires_at),
            "mail_id": draft.message_id,
        },
    )


def claim(connection: sqlite3.Connection, item: Item, step: Step = Step.CONNECT) -> bool:
    """Take an item for sending, committed before the network is touched; False when it is no longer there to take.

    `step` is the furthest that may be reached before anything else is recorded.
    """
    cursor = connection.execute(
        "UPDATE outbox SET state = ?, step = ?, attempts = attempts + 1 WHERE id = ? AND state = ?",
        (move(item.state, OutboxEvent.CLAIM), step, item.id, item.state),
    )
    return cursor.rowcount > 0


def record_step(connection: sqlite3.Connection, item_id: int, step: Step) -> None:
    """Make the SMTP step that is about to begin durable."""
    connection.execute("UPDATE outbox SET step = ? WHERE id = ?", (step, item_id))


def postpone(connection: sqlite3.Connection, item_id: int, until: datetime) -> None:
    """Try again no sooner than this."""
    connection.execute("UPDATE outbox SET send_after = ? WHERE id = ?", (to_text(until), item_id))


STOPPED = "stopped while it was being sent"
"""What is on record of a mail whose process ended after the first octet of its body."""


def recover_all(connection: sqlite3.Connection) -> list[Item]:
    """After a crash: what was being sent is queued again or in doubt; answers the items in doubt."""
    doubtful = []
    for item in in_state(connection, OutboxState.SENDING):
        state = recover(item.state, item.step)
        why = STOPPED if state is OutboxState.UNKNOWN else None
        connection.execute(
            "UPDATE outbox SET state = ?, reply = COALESCE(?, reply) WHERE id = ?", (state, why, item.id)
        )
        if state is OutboxState.UNKNOWN:
            doubtful.append(item)
    return doubtful


def cancel_for_matter(
    connection: sqlite3.Connection, matter_id: int, *, at: datetime, why: str, but: int | None = None
) -> int:
    """Drop what waits to tell a matter a date that no longer matters, an apology too; answers how many.

    `but` is an item that tells one that does.
    """
    which = """
        outbox.matter_id = ? AND (outbox.kind = 'auto' OR outbox.promise_id IS NOT NULL) AND outbox.id IS NOT ?
    """
    return _drop(connection, which, (matter_id, but), at=at, why=why)


def _drop(connection: sqlite3.Connection, which: str, values: Iterable[object], *, at: datetime, why: str) -> int:
    """Cancel what waits; what is being sent at this moment is never tried again. Answers how much was cancelled."""
    states = "('held', 'awaiting', 'queued', 'sending')"
    rows = connection.execute(f"{_ITEM} WHERE outbox.state IN {states} AND {which}", tuple(values)).fetchall()
    waiting = [item for item in (_item(row) for row in rows) if item.state is not OutboxState.SENDING]
    for item in waiting:
        happen(connection, item, OutboxEvent.CANCEL, at=at, reply=why)
    connection.execute(
        f"UPDATE outbox SET expires_at = MIN(expires_at, ?) WHERE state = 'sending' AND {which}",  # noqa: S608 - ours
        (to_text(at), *values),
    )
    return len(waiting)


def ask_about(connection: sqlite3.Connection, promise_id: int, *, at: datetime, why: str) -> None:
    """Let no automatic mail that waits to tell this promise's time go without a person's key."""
    rows = connection.execute(
        f"""
        {_ITEM}
        WHERE outbox.promise_id = ? AND outbox.kind = 'auto'
          AND (outbox.state IN ('held', 'queued') OR (outbox.state = 'sending' AND outbox.step <> 'body'))
        """,
        (promise_id,),
    ).fetchall()
    for item in (_item(row) for row in rows):
        happen(connection, call_back(connection, item, at=at), OutboxEvent.ASK, at=at, reply=why)


def cancel_to_contact(connection: sqlite3.Connection, contact_id: int, *, at: datetime, why: str) -> int:
    """Drop the automatic mail that waits to answer a contact; answers how much."""
    which = """
        outbox.kind = 'auto'
        AND EXISTS (SELECT 1 FROM messages WHERE messages.id = outbox.message_id AND messages.contact_id = ?)
    """
    return _drop(connection, which, (contact_id,), at=at, why=why)


def cancel_answers_to(connection: sqlite3.Connection, message_ids: Iterable[str], *, at: datetime, why: str) -> int:
    """Drop the automatic mail that waits to answer one of these Message-IDs; answers how much."""
    which = """
        outbox.kind = 'auto'
        AND outbox.message_id IN (SELECT id FROM messages WHERE message_id IN (SELECT value FROM json_each(?)))
    """
    return _drop(connection, which, (json.dumps(list(message_ids)),), at=at, why=why)


def drop_waiting(connection: sqlite3.Connection, *, at: datetime, why: str) -> int:
    """Drop the automatic mail whose time to go has come and passed; answers how much.

    What tells a client who knows the former date where a promise stands now is not stale before that date.
    """
    rows = connection.execute(
        f"""
        {_ITEM}
        WHERE outbox.kind = 'auto' AND outbox.state IN ('held', 'queued') AND outbox.send_after <= ?
          AND NOT EXISTS (SELECT 1 FROM promises
                          WHERE promises.id = outbox.promise_id AND promises.state = 'extended'
                            AND promises.due_at = outbox.due_at AND promises.told_due_at <> promises.due_at)
        """,  # noqa: S608 - ours
        (to_text(at),),
    ).fetchall()
    for row in rows:
        happen(connection, _item(row), OutboxEvent.CANCEL, at=at, reply=why)
    return len(rows)
