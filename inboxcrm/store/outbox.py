"""The SQL of the outbox and of the keys that say what was answered."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from inboxcrm.domain.modes import Mode
from inboxcrm.domain.outbox import Draft, OutboxEvent, OutboxState, Step, move, recover
from inboxcrm.domain.refusals import takes_no_mail
from inboxcrm.domain.safety import limits
from inboxcrm.store import home, tombstones
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
    SELECT outbox.*, mailboxes.name AS mailbox
    FROM outbox
    JOIN mailboxes ON mailboxes.id = outbox.mailbox_id
"""


def _item(row: sqlite3.Row) -> Item:
    return Item(
        row["id"],
        row["kind"],
        row["mailbox"],
        row["message_id"],
        row["matter_id"],
        row["promise_id"],
        OutboxState(row["state"]),
        None if row["step"] is None else Step(row["step"]),
        bool(row["hold"]),
        row["mail_id"],
        row["recipient"],
        row["envelope_from"],
        row["raw"],
        to_instant_or_none(row["due_at"]),
        to_instant(row["send_after"]),
        to_instant(row["expires_at"]),
        row["attempts"],
        Mode(row["mode"]),
        to_instant_or_none(row["approved_at"]),
        row["template"],
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


def in_state(connection: sqlite3.Connection, state: OutboxState) -> list[Item]:
    """The items in a state, oldest first."""
    rows = connection.execute(_ITEM + " WHERE outbox.state = ? ORDER BY outbox.id", (state,))
    return [_item(row) for row in rows]


def due(connection: sqlite3.Connection, state: OutboxState, now: datetime) -> list[Item]:
    """The items in a state whose time has come, oldest first."""
    rows = connection.execute(
        _ITEM + " WHERE outbox.state = ? AND outbox.send_after <= ? ORDER BY outbox.id", (state, to_text(now))
    )
    return [_item(row) for row in rows]


def sent_since(connection: sqlite3.Connection, mailbox: str, late: datetime, early: datetime) -> tuple[int, int]:
    """How many mails of a mailbox its server accepted since either of two instants, the later one first.

    No mail waits longer than two days to go.
    """
    row = connection.execute(
        """
        SELECT COUNT(*) FILTER (WHERE outbox.ended_at > :late), COUNT(*)
        FROM outbox
        JOIN mailboxes ON mailboxes.id = outbox.mailbox_id
        WHERE mailboxes.name = :mailbox AND outbox.state = :state
          AND outbox.created_at > :created AND outbox.ended_at > :early
        """,
        {
            "mailbox": mailbox,
            "state": OutboxState.SENT,
            "created": to_text(early - timedelta(days=7)),
            "late": to_text(late),
            "early": to_text(early),
        },
    ).fetchone()
    return int(row[0]), int(row[1])


def expired(connection: sqlite3.Connection, state: OutboxState, now: datetime) -> list[Item]:
    """The items in a state that are too late to be of use."""
    rows = connection.execute(_ITEM + " WHERE outbox.state = ? AND outbox.expires_at <= ?", (state, to_text(now)))
    return [_item(row) for row in rows]


def states_of_what_waits(connection: sqlite3.Connection) -> frozenset[OutboxState]:
    """Which of held, queued and awaiting have an item: mostly none, and the outbox is looked at often."""
    row = connection.execute(
        """
        SELECT EXISTS (SELECT 1 FROM outbox WHERE state = 'held') AS held,
               EXISTS (SELECT 1 FROM outbox WHERE state = 'queued') AS queued,
               EXISTS (SELECT 1 FROM outbox WHERE state = 'awaiting') AS awaiting
        """
    ).fetchone()
    return frozenset(OutboxState(state) for state in row.keys() if row[state])  # noqa: SIM118 - a Row iterates values


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


def approve(connection: sqlite3.Connection, item: Item, *, at: datetime) -> OutboxState:
    """A person lets it go, at once: no mode asks for a key again."""
    state = happen(connection, item, OutboxEvent.APPROVE, at=at, reply="approve by the owner")
    connection.execute(
        "UPDATE outbox SET approved_at = :at, send_after = :at WHERE id = :id", {"at": to_text(at), "id": item.id}
    )
    return state


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


def cancel_for_matter(connection: sqlite3.Connection, matter_id: int, *, at: datetime, why: str) -> int:
    """Drop what waits to tell a matter a date that no longer matters, an apology too; answers how many."""
    rows = connection.execute(
        _ITEM
        + """
        WHERE outbox.matter_id = ? AND (outbox.kind = 'auto' OR outbox.promise_id IS NOT NULL)
          AND outbox.state IN ('held', 'awaiting', 'queued')
        """,
        (matter_id,),
    ).fetchall()
    for row in rows:
        happen(connection, _item(row), OutboxEvent.CANCEL, at=at, reply=why)
    return len(rows)


def cancel_answers_to(connection: sqlite3.Connection, message_ids: Iterable[str], *, at: datetime, why: str) -> int:
    """Drop the automatic mail that waits to answer one of these Message-IDs; answers how much."""
    asked = list(message_ids)
    rows = connection.execute(
        f"""
        {_ITEM}
        WHERE outbox.kind = 'auto' AND outbox.state IN ('held', 'awaiting', 'queued')
          AND outbox.message_id IN (
            SELECT id FROM messages WHERE message_id IN ({", ".join("?" * len(asked))})
          )
        """,  # noqa: S608 - a constant and question marks
        asked,
    ).fetchall()
    for row in rows:
        happen(connection, _item(row), OutboxEvent.CANCEL, at=at, reply=why)
    return len(rows)


def drop_waiting(connection: sqlite3.Connection, *, at: datetime, why: str) -> int:
    """Drop the automatic mail whose time to go has come and passed; answers how much."""
    rows = connection.execute(
        _ITEM + " WHERE outbox.kind = 'auto' AND outbox.state IN ('held', 'queued') AND outbox.send_after <= ?",
        (to_text(at),),
    ).fetchall()
    for row in rows:
        happen(connection, _item(row), OutboxEvent.CANCEL, at=at, reply=why)
    return len(rows)


def is_ours(connection: sqlite3.Connection, mail_id: str) -> bool:
    """Whether a Message-ID is one of our automatic mails."""
    row = connection.execute("SELECT 1 FROM outbox WHERE mail_id = ? AND kind = 'auto'", (mail_id,)).fetchone()
    return row is not None


class Ours(Enum):
    """What kind of mail of this program's went out: by itself, for the owner with a new date, else for the owner."""

    AUTOMATIC = "automatic"
    NEW_DATE = "new date"
    OWNERS = "owner's"


def ours(connection: sqlite3.Connection, mail_id: str) -> Ours | None:
    """What went out under a Message-ID, if it was ours."""
    row = connection.execute("SELECT kind, promise_id FROM outbox WHERE mail_id = ?", (mail_id,)).fetchone()
    return None if row is None else _kind_of(row["kind"], row["promise_id"])


def ours_among(connection: sqlite3.Connection, ids: Iterable[str]) -> dict[str, Ours]:
    """Of these Message-IDs, those under which something of ours went out, and what."""
    rows = connection.execute(
        "SELECT mail_id, kind, promise_id FROM outbox WHERE mail_id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(ids)),),
    )
    return {row["mail_id"]: _kind_of(row["kind"], row["promise_id"]) for row in rows}


def _kind_of(kind: str, promise_id: int | None) -> Ours:
    """What a row of the outbox is. The owner's apology with a new date answers nothing."""
    if kind == "auto":
        return Ours.AUTOMATIC
    return Ours.OWNERS if promise_id is None else Ours.NEW_DATE


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


def automatic_among(connection: sqlite3.Connection, ids: Iterable[str]) -> frozenset[str]:
    """Of these Message-IDs, those of automatic mails of ours."""
    return frozenset(each for each in ids if is_ours(connection, each))


def has_key(connection: sqlite3.Connection, key: str, *, since: datetime | None = None) -> bool:
    """Whether a message under this dedupe key was decided about before (not earlier than `since`)."""
    row = connection.execute(
        "SELECT 1 FROM answered WHERE key = ? AND at >= ?", (key, "" if since is None else to_text(since))
    ).fetchone()
    return row is not None


def keep_keys(connection: sqlite3.Connection, keys: Iterable[str], message_id: int, *, at: datetime) -> None:
    """Remember that a message was decided about; never pruned below 400 days."""
    connection.executemany(
        "INSERT OR REPLACE INTO answered (key, at, message_id) VALUES (?, ?, ?)",
        [(key, to_text(at), message_id) for key in keys],
    )


_LEFT = "kind = 'auto' AND state NOT IN ('cancelled', 'expired', 'failed')"
"""Automatic mail that left, may have left, or still may; a shown one counts, so that shadow shows what would happen."""


def counts(connection: sqlite3.Connection, entry: Entry, *, away_texts: Sequence[str], now: datetime) -> limits.Counts:
    """What the ledger holds that limits one more automatic mail."""
    since = {name: to_text(now - within) for name, (within, _) in _COUNTED.items()}
    values = {f"since_{name}": moment for name, moment in since.items()}
    recent = connection.execute(
        _COUNT_RECENT,
        {
            **values,
            "earliest": min(since.values()),
            **_counted_as(connection, entry),
            "subject": entry.subject_key,
            "matter": entry.matter_id,
            "away": json.dumps(list(away_texts)),
        },
    ).fetchone()
    (of_this_version,) = connection.execute(
        f"SELECT COUNT(*) FROM outbox WHERE {_LEFT} AND promise_id = ? AND due_at IS ?",  # noqa: S608 - ours
        (entry.promise_id, to_text_or_none(entry.due_at)),
    ).fetchone()
    return limits.Counts(this_promise_version=of_this_version, **dict(zip(_COUNTED, recent, strict=True)))


def _counted_as(connection: sqlite3.Connection, entry: Entry) -> dict[str, str]:
    """Whose mail counts: the recipient's address and domain, and what stands for them since somebody was erased."""
    names = {"base": entry.recipient_base, "domain": entry.recipient_domain}
    if not tombstones.any_laid(connection):
        return names | {f"erased_{name}": value for name, value in names.items()}
    secret = home.secret(connection)
    return names | {f"erased_{name}": tombstones.stands_for(secret, value) for name, value in names.items()}


_COUNTED = {
    "matter_7_days": (limits.WITHIN_MATTER, "matter_id = :matter"),
    "sender_10_minutes": (limits.WITHIN_SENDER_PAUSE, "recipient_base IN (:base, :erased_base)"),
    "sender_day": (limits.WITHIN_DAY, "recipient_base IN (:base, :erased_base)"),
    "sender_away_4_days": (
        limits.WITHIN_AWAY,
        "recipient_base IN (:base, :erased_base) AND template IN (SELECT value FROM json_each(:away))",
    ),
    "domain_day": (limits.WITHIN_DAY, "recipient_domain IN (:domain, :erased_domain)"),
    "domain_subject_day": (
        limits.WITHIN_DAY,
        "recipient_domain IN (:domain, :erased_domain) AND subject_key = :subject",
    ),
    "forms_day": (limits.WITHIN_DAY, "form_lead"),
    "total_hour": (limits.WITHIN_HOUR, "1"),
    "total_day": (limits.WITHIN_DAY, "1"),
    "new_strangers_day": (limits.WITHIN_DAY, "stranger"),
}
"""What is counted by its field of `limits.Counts`: how far back, and which mails."""

_COUNTS = ", ".join(
    f"COUNT(*) FILTER (WHERE created_at > :since_{name} AND {condition})" for name, (_, condition) in _COUNTED.items()
)
_COUNT_RECENT = f"SELECT {_COUNTS} FROM outbox WHERE {_LEFT} AND created_at > :earliest"  # noqa: S608 - ours
"""One walk over the mails of the longest window: as many as the limits let through in a week."""


def waiting_for_approval(connection: sqlite3.Connection) -> int:
    """How many automatic mails wait for a person."""
    row = connection.execute(
        "SELECT COUNT(*) FROM outbox WHERE kind = 'auto' AND (state = 'awaiting' OR (state = 'held' AND hold))"
    ).fetchone()
    return int(row[0])


def was_sent_before(connection: sqlite3.Connection, mail_id: str) -> bool:
    """Whether a mail with this Message-ID of ours lies in Sent: a restored or copied home derives the same one."""
    row = connection.execute(
        "SELECT 1 FROM messages WHERE message_id = ? AND direction = 'auto'", (mail_id,)
    ).fetchone()
    return row is not None


def refusal_of_domain(connection: sqlite3.Connection, domain: str, *, since: datetime) -> str | None:
    """The reply by which our server told since then that a domain takes no mail at all; None where there is none."""
    rows = connection.execute(
        """
        SELECT reply FROM outbox
        WHERE state = 'failed' AND created_at >= ? AND LOWER(SUBSTR(recipient, INSTR(recipient, '@') + 1)) = ?
        ORDER BY id DESC
        """,
        (to_text(since), domain),
    )
    return next((reply for (reply,) in rows if reply is not None and takes_no_mail(reply)), None)


def went_to(connection: sqlite3.Connection, recipient: str, *, since: datetime) -> bool:
    """Whether an automatic mail to this recipient was entered since then and not dropped."""
    row = connection.execute(
        """
        SELECT 1 FROM outbox
        WHERE kind = 'auto' AND LOWER(recipient) = ? AND created_at >= ?
          AND state NOT IN ('cancelled', 'expired', 'failed')
        """,
        (recipient, to_text(since)),
    ).fetchone()
    return row is not None


def last_moment(connection: sqlite3.Connection) -> datetime | None:
    """When the ledger was last written: the clock cannot be much earlier."""
    row = connection.execute("SELECT MAX(at) FROM answered").fetchone()
    return to_instant_or_none(row[0])


def was_entered(connection: sqlite3.Connection, dedupe_key: str) -> bool:
    """Whether a mail was ever entered under this key, whatever became of it."""
    return connection.execute("SELECT 1 FROM outbox WHERE dedupe_key = ?", (dedupe_key,)).fetchone() is not None
