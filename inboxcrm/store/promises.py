"""The SQL of the ledger: promises, and the events that moved them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from inboxcrm.domain import promise as ledger
from inboxcrm.domain.promise import Entry, Event, State
from inboxcrm.store.times import to_instant, to_instant_or_none, to_text, to_text_or_none


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise's row: the duty itself is `duty`. `told_due_at` is the time the sender was last told."""

    id: int
    matter_id: int
    message_id: int
    contact_id: int | None
    target: timedelta
    told_due_at: datetime | None
    duty: ledger.Promise


def _promise(row: sqlite3.Row) -> Promise:
    return Promise(
        row["id"],
        row["matter_id"],
        row["message_id"],
        row["contact_id"],
        timedelta(minutes=row["target_minutes"]),
        to_instant_or_none(row["told_due_at"]),
        ledger.Promise(
            received_at=to_instant(row["received_at"]),
            due_at=to_instant_or_none(row["due_at"]),
            counted_from=to_instant(row["counted_from"]),
            told=row["told_at"] is not None,
            state=State(row["state"]),
            warned_at=to_instant_or_none(row["warned_at"]),
            ended_at=to_instant_or_none(row["ended_at"]),
            extensions=row["extensions"],
            automatic_extensions=row["automatic_extensions"],
            chasers=row["chasers"],
        ),
    )


def by_id(connection: sqlite3.Connection, promise_id: int) -> Promise | None:
    """One promise."""
    row = connection.execute("SELECT * FROM promises WHERE id = ?", (promise_id,)).fetchone()
    return None if row is None else _promise(row)


def live_of_matter(connection: sqlite3.Connection, matter_id: int) -> Promise | None:
    """The promise that is owed in a matter."""
    row = connection.execute(
        "SELECT * FROM promises WHERE matter_id = ? AND state IN ('open', 'extended', 'broken')", (matter_id,)
    ).fetchone()
    return None if row is None else _promise(row)


def only_live_of_contact(connection: sqlite3.Connection, contact_id: int) -> Promise | None:
    """The promise that is owed to a contact, where it is the only one."""
    rows = connection.execute(
        "SELECT * FROM promises WHERE contact_id = ? AND state IN ('open', 'extended', 'broken') LIMIT 2", (contact_id,)
    ).fetchall()
    return _promise(rows[0]) if len(rows) == 1 else None


def live(connection: sqlite3.Connection) -> list[Promise]:
    """Every promise that is owed, the one due first at the head."""
    rows = connection.execute(
        "SELECT * FROM promises WHERE state IN ('open', 'extended', 'broken') ORDER BY due_at IS NULL, due_at"
    )
    return [_promise(row) for row in rows]


def make(
    connection: sqlite3.Connection,
    duty: ledger.Promise,
    *,
    matter_id: int,
    message_id: int,
    contact_id: int | None,
    warn_at: datetime | None,
    target: timedelta,
    walk: Sequence[Mapping[str, object]],
    now: datetime,
) -> int:
    """Enter a promise. It is silent until an acknowledgement has told it (`tell`)."""
    cursor = connection.execute(
        """
        INSERT INTO promises (matter_id, message_id, contact_id, state, received_at, due_at, warn_at, counted_from,
                              target_minutes, walk)
        VALUES (:matter_id, :message_id, :contact_id, :state, :received_at, :due_at, :warn_at, :counted_from, :target,
                :walk)
        """,
        {
            "matter_id": matter_id,
            "message_id": message_id,
            "contact_id": contact_id,
            "state": duty.state,
            "received_at": to_text(duty.received_at),
            "due_at": to_text_or_none(duty.due_at),
            "warn_at": to_text_or_none(warn_at),
            "counted_from": to_text(duty.counted_from),
            "target": round(target / timedelta(minutes=1)),
            "walk": json.dumps(walk),
        },
    )
    promise_id = int(cursor.lastrowid or 0)
    _append(connection, promise_id, "made", None, duty.state, now, {"due_at": to_text_or_none(duty.due_at)})
    return promise_id


def happen(
    connection: sqlite3.Connection,
    promise: Promise,
    entry: Entry,
    *,
    warn_at: datetime | None = None,
    how: str | None = None,
    by_message: int | None = None,
) -> ledger.Promise:
    """Move a promise by the table of moves and append the entry; answers the duty as it stands now.

    `warn_at` belongs to an extension. `how` and `by_message` belong to an end: "mail", "phone", "met" or the owner's
    own words, and the mail that did it. Raises NoSuchMoveError as `domain.promise.move` does.
    """
    duty = ledger.move(promise.duty, entry)
    connection.execute(
        """
        UPDATE promises
        SET state = :state, due_at = :due_at, counted_from = :counted_from, warned_at = :warned_at,
            ended_at = :ended_at, ended_how = :how, ended_by = :by_message, chasers = :chasers,
            extensions = :extensions, automatic_extensions = :automatic_extensions,
            warn_at = COALESCE(:warn_at, warn_at),
            snoozed_until = CASE WHEN :event IN ('chased', 'extended') THEN NULL ELSE snoozed_until END
        WHERE id = :id
        """,
        {
            "id": promise.id,
            "event": entry.event,
            "state": duty.state,
            "due_at": to_text_or_none(duty.due_at),
            "counted_from": to_text(duty.counted_from),
            "warned_at": to_text_or_none(duty.warned_at),
            "ended_at": to_text_or_none(duty.ended_at),
            "how": how,
            "by_message": by_message,
            "chasers": duty.chasers,
            "extensions": duty.extensions,
            "automatic_extensions": duty.automatic_extensions,
            "warn_at": to_text_or_none(warn_at),
        },
    )
    detail = {"how": how, "due_at": to_text_or_none(entry.due_at), "automatic": entry.automatic or None}
    kept = {name: value for name, value in detail.items() if value is not None}
    _append(connection, promise.id, entry.event, promise.duty.state, duty.state, entry.at, kept)
    return duty


def name_answer(connection: sqlite3.Connection, matter_id: int, message_id: int) -> None:
    """A copy of a letter that left from here was read: it is what ended the promise of its matter last."""
    connection.execute(
        """
        UPDATE promises SET ended_by = :message
        WHERE id = (SELECT id FROM promises WHERE matter_id = :matter AND ended_at IS NOT NULL
                    ORDER BY ended_at DESC LIMIT 1)
          AND ended_how = 'mail' AND ended_by IS NULL
        """,
        {"message": message_id, "matter": matter_id},
    )


def tell(connection: sqlite3.Connection, promise_id: int, due_at: datetime | None, *, at: datetime) -> None:
    """An acknowledgement carried this time to the sender: what is told is what counts."""
    connection.execute(
        "UPDATE promises SET told_at = ?, told_due_at = ? WHERE id = ?",
        (to_text(at), to_text_or_none(due_at), promise_id),
    )
    row = connection.execute("SELECT state FROM promises WHERE id = ?", (promise_id,)).fetchone()
    _append(connection, promise_id, "told", row["state"], State(row["state"]), at, {"due_at": to_text_or_none(due_at)})


def snooze(connection: sqlite3.Connection, promise_id: int, until: datetime | None) -> None:
    """Leave a promise out of sight for a while, or no longer (None); its date does not move."""
    connection.execute("UPDATE promises SET snoozed_until = ? WHERE id = ?", (to_text_or_none(until), promise_id))


def snoozed_until(connection: sqlite3.Connection, promise_id: int) -> datetime | None:
    """Until when a promise is out of sight, where it ever was put there."""
    row = connection.execute("SELECT snoozed_until FROM promises WHERE id = ?", (promise_id,)).fetchone()
    return to_instant_or_none(row["snoozed_until"])


TAKEN_BACK = "taken back"
"""Stands where other ends of a promise say how it was kept: the owner's key had slipped, and `resume` lives on."""


def ended_of_matter(connection: sqlite3.Connection, matter_id: int, *, how: str, at: datetime) -> Promise | None:
    """The promise of a matter that ended in this way at this instant, and whose end was not taken back."""
    row = connection.execute(
        "SELECT * FROM promises WHERE matter_id = ? AND ended_how = ? AND ended_at = ?", (matter_id, how, to_text(at))
    ).fetchone()
    return None if row is None else _promise(row)


def resume(connection: sqlite3.Connection, promise: Promise, *, at: datetime) -> int:
    """Take back the end of a promise: another one lives the same life again but for its end, and is answered here.

    The ledger is never edited, so the ended one stays, marked `TAKEN_BACK`, and counts nowhere. What hangs on the
    promise (calls, questions, workflows, outgoing mail) goes over. Raises sqlite3.IntegrityError where one is owed.
    """
    cursor = connection.execute(
        """
        INSERT INTO promises (matter_id, message_id, contact_id, state, received_at, due_at, warn_at, counted_from,
                              target_minutes, walk, told_at, told_due_at, chasers, extensions, automatic_extensions,
                              warned_at, unlikely)
        SELECT matter_id, message_id, contact_id, 'open', received_at, due_at, warn_at, counted_from,
               target_minutes, walk, told_at, told_due_at, chasers, extensions, automatic_extensions, warned_at,
               unlikely
        FROM promises
        WHERE id = ?
        """,
        (promise.id,),
    )
    resumed = int(cursor.lastrowid or 0)
    _live_again(connection, promise.id, resumed)
    happen(connection, promise, Entry(Event.TAKEN_BACK, at), how=TAKEN_BACK)
    for table in ("call_backs", "questions", "workflows", "outbox"):
        connection.execute(
            f"UPDATE {table} SET promise_id = ? WHERE promise_id = ?",  # noqa: S608 - a name from the line above
            (resumed, promise.id),
        )
    return resumed


def _live_again(connection: sqlite3.Connection, ended: int, resumed: int) -> None:
    """Enter for one promise what another has lived through but its end; it may have been told of after that."""
    stands = None
    events = connection.execute("SELECT * FROM promise_events WHERE promise_id = ? ORDER BY id", (ended,)).fetchall()
    for event in events:
        before, told = stands, event["event"] == "told"
        if not told and not State(event["to_state"]).live:
            continue
        stands = stands if told else event["to_state"]
        connection.execute("UPDATE promises SET state = ? WHERE id = ?", (stands, resumed))
        connection.execute(
            """
            INSERT INTO promise_events (promise_id, at, event, from_state, to_state, detail)
            SELECT ?, at, event, ?, ?, detail FROM promise_events WHERE id = ?
            """,
            (resumed, before, stands, event["id"]),
        )


@dataclass(frozen=True, slots=True)
class AnswerTime:
    """How long one mail waited for its answer, or waits still (`ended_at` None, or withdrawn before an answer).

    `own`: it is the contact's that was asked about; `of_plan`: its contact has the plan that was asked about.
    """

    received_at: datetime
    ended_at: datetime | None
    answered: bool
    own: bool
    of_plan: bool


def answers_to(connection: sqlite3.Connection, contact_id: int | None, *, now: datetime) -> tuple[int, datetime | None]:
    """How many of a contact's mails were answered by `now`, and when the promise that ended last of all did."""
    row = connection.execute(
        """
        SELECT (SELECT COUNT(*)
                FROM promises
                WHERE contact_id = :contact_id AND state IN ('kept', 'kept_late') AND ended_at <= :now),
               (SELECT MAX(ended_at) FROM promises)
        """,
        {"contact_id": contact_id, "now": to_text(now)},
    ).fetchone()
    return int(row[0]), to_instant_or_none(row[1])


def answer_times(
    connection: sqlite3.Connection,
    *,
    contact_id: int | None,
    plan: str,
    standard_plan: str,
    since: datetime,
    now: datetime,
    most: int,
    alone: bool = False,
) -> list[AnswerTime]:
    """The newest `most` promises between these instants, in all, of the contact and of the plan, as of `now`.

    `alone`: only those of the contact. What ended after `now` was open then. Mail that needed no answer after all is
    left out.
    """
    rows = connection.execute(
        """
        WITH newest AS (
          SELECT id FROM promises WHERE received_at BETWEEN :since AND :now ORDER BY received_at DESC LIMIT :of_others
        ),
        theirs AS (
          SELECT id
          FROM promises
          WHERE contact_id = :contact_id AND received_at BETWEEN :since AND :now
          ORDER BY received_at DESC
          LIMIT :most
        ),
        peers AS (
          SELECT id
          FROM promises
          WHERE :plan <> :standard_plan AND received_at BETWEEN :since AND :now
            AND contact_id IN (SELECT id FROM contacts WHERE plan = :plan
                               UNION ALL
                               SELECT contacts.id
                               FROM contacts
                               JOIN organisations ON organisations.id = contacts.organisation_id
                               WHERE contacts.plan IS NULL AND organisations.plan = :plan)
          ORDER BY received_at DESC
          LIMIT :of_others
        )
        SELECT promises.received_at AS received_at,
               CASE WHEN promises.ended_at <= :now THEN promises.ended_at END AS ended_at,
               COALESCE(promises.state IN ('kept', 'kept_late') AND promises.ended_at <= :now, 0) AS answered,
               COALESCE(promises.contact_id = :contact_id, 0) AS own,
               COALESCE(contacts.plan, organisations.plan, :standard_plan) = :plan AS of_plan
        FROM promises
        LEFT JOIN contacts ON contacts.id = promises.contact_id
        LEFT JOIN organisations ON organisations.id = contacts.organisation_id
        WHERE promises.id IN (SELECT id FROM newest UNION SELECT id FROM theirs UNION SELECT id FROM peers)
          AND promises.state <> 'moot' AND promises.ended_how IS NOT 'taken back'
        """,
        {
            "contact_id": contact_id,
            "plan": plan,
            "standard_plan": standard_plan,
            "since": to_text(since),
            "now": to_text(now),
            "most": most,
            "of_others": 0 if alone else most,
        },
    )
    return [
        AnswerTime(to_instant(received_at), to_instant_or_none(ended_at), bool(answered), bool(own), bool(of_plan))
        for received_at, ended_at, answered, own, of_plan in rows
    ]


def to_warn(connection: sqlite3.Connection, now: datetime) -> list[Promise]:
    """Promises whose warning is due."""
    rows = connection.execute(
        """
        SELECT * FROM promises
        WHERE state IN ('open', 'extended') AND warned_at IS NULL AND warn_at <= ? AND due_at > ?
        """,
        (to_text(now), to_text(now)),
    )
    return [_promise(row) for row in rows]


def to_break(connection: sqlite3.Connection, now: datetime) -> list[Promise]:
    """Promises whose time has passed."""
    rows = connection.execute(
        "SELECT * FROM promises WHERE state IN ('open', 'extended') AND due_at < ?", (to_text(now),)
    )
    return [_promise(row) for row in rows]


def without_date(connection: sqlite3.Connection) -> list[Promise]:
    """What is owed, and was promised for no day."""
    rows = connection.execute(
        "SELECT * FROM promises WHERE state IN ('open', 'extended', 'broken') AND due_at IS NULL ORDER BY id"
    )
    return [_promise(row) for row in rows]


def broken_early(connection: sqlite3.Connection, after: datetime) -> list[Promise]:
    """Broken promises whose time comes after this instant: the clock that broke them ran ahead."""
    rows = connection.execute("SELECT * FROM promises WHERE state = 'broken' AND due_at > ?", (to_text(after),))
    return [_promise(row) for row in rows]


def _append(
    connection: sqlite3.Connection,
    promise_id: int,
    event: str,
    before: str | None,
    after: State,
    at: datetime,
    detail: Mapping[str, object],
) -> None:
    connection.execute(
        "INSERT INTO promise_events (promise_id, at, event, from_state, to_state, detail) VALUES (?, ?, ?, ?, ?, ?)",
        (promise_id, to_text(at), event, before, after, json.dumps(detail)),
    )


@dataclass(frozen=True, slots=True)
class KeptByMail:
    """A promise to a contact that an answer by mail has kept."""

    message_id: int
    contact_id: int
    received_at: datetime
    answered_at: datetime


def kept_by_mail(connection: sqlite3.Connection, *, received_since: datetime) -> list[KeptByMail]:
    """The promises of mail received since then that were kept by mail, oldest first."""
    rows = connection.execute(
        """
        SELECT message_id, contact_id, received_at, ended_at
        FROM promises
        WHERE received_at >= ? AND state IN ('kept', 'kept_late') AND ended_how = 'mail' AND contact_id IS NOT NULL
        ORDER BY received_at
        """,
        (to_text(received_since),),
    )
    return [KeptByMail(row[0], row[1], to_instant(row[2]), to_instant(row[3])) for row in rows]
