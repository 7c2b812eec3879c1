"""The SQL of workflows: what rules have under way, step by step, with the text each of them started with."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from inboxcrm.domain.deeds import Step, Unless, plain, step_of
from inboxcrm.store import home
from inboxcrm.store.times import to_instant, to_instant_or_none, to_text

_SENT_UNTIL = "workflows_sent_until"


@dataclass(frozen=True, slots=True)
class Begun:
    """What an instance is begun with. `since_at` is when the mail came or went; waits count from it."""

    rule: str
    origin: str
    condition: str
    asked_on: str
    message_id: int
    matter_id: int | None
    contact_id: int | None
    promise_id: int | None
    since_at: datetime


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step of an instance, with what it is about."""

    id: int
    workflow_id: int
    number: int
    rule: str
    origin: str
    asked_on: str
    step: Step
    state: str
    due_at: datetime
    ended_at: datetime | None
    outcome: str | None
    outbox_id: int | None
    since_at: datetime
    message_id: int
    matter_id: int | None
    contact_id: int | None
    contact: str
    subject: str


_STEP = """
    SELECT workflow_steps.*, workflows.rule, workflows.origin, workflows.asked_on, workflows.since_at,
           workflows.message_id, workflows.matter_id, workflows.contact_id,
           COALESCE(contacts.name, messages.sender) AS contact, messages.subject AS subject
    FROM workflow_steps
    JOIN workflows ON workflows.id = workflow_steps.workflow_id
    JOIN messages ON messages.id = workflows.message_id
    LEFT JOIN contacts ON contacts.id = workflows.contact_id
"""


def _step(row: sqlite3.Row) -> StepRow:
    return StepRow(
        id=row["id"],
        workflow_id=row["workflow_id"],
        number=row["number"],
        rule=row["rule"],
        origin=row["origin"],
        asked_on=row["asked_on"],
        step=step_of(json.loads(row["step"])),
        state=row["state"],
        due_at=to_instant(row["due_at"]),
        ended_at=to_instant_or_none(row["ended_at"]),
        outcome=row["outcome"],
        outbox_id=row["outbox_id"],
        since_at=to_instant(row["since_at"]),
        message_id=row["message_id"],
        matter_id=row["matter_id"],
        contact_id=row["contact_id"],
        contact=row["contact"],
        subject=row["subject"],
    )


def begin(
    connection: sqlite3.Connection, begun: Begun, steps: Iterable[tuple[Step, datetime]], *, now: datetime
) -> int | None:
    """Begin an instance with its steps and when each is due; None where this rule has begun one for this mail."""
    cursor = connection.execute(
        """
        INSERT OR IGNORE INTO workflows (rule, origin, condition, asked_on, message_id, matter_id, contact_id,
                                         promise_id, since_at, started_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        (
            begun.rule,
            begun.origin,
            begun.condition,
            begun.asked_on,
            begun.message_id,
            begun.matter_id,
            begun.contact_id,
            begun.promise_id,
            to_text(begun.since_at),
            to_text(now),
        ),
    )
    if not cursor.rowcount:
        return None
    workflow_id = int(cursor.lastrowid or 0)
    connection.executemany(
        """
        INSERT INTO workflow_steps (workflow_id, number, step, at_once, unless, due_at)
        VALUES (?, ?, ?, ?, ?, ?)
        """,
        [
            (
                workflow_id,
                number,
                json.dumps(plain(step)),
                step.wait.at_once,
                " ".join(step.unless),
                to_text(due_at),
            )
            for number, (step, due_at) in enumerate(steps, 1)
        ],
    )
    return workflow_id


def due(connection: sqlite3.Connection, now: datetime, *, office_open: bool) -> list[StepRow]:
    """The steps whose time has come, the longest due first; while the office is closed only those that do not wait."""
    rows = connection.execute(
        _STEP
        + """
        WHERE workflow_steps.state = 'waiting' AND workflow_steps.due_at <= ? AND (? OR workflow_steps.at_once)
        ORDER BY workflow_steps.due_at, workflow_steps.id
        """,
        (to_text(now), office_open),
    )
    return [_step(row) for row in rows]


def step(connection: sqlite3.Connection, step_id: int) -> StepRow | None:
    """One step."""
    row = connection.execute(_STEP + " WHERE workflow_steps.id = ?", (step_id,)).fetchone()
    return None if row is None else _step(row)


def listed(
    connection: sqlite3.Connection,
    *,
    everything: bool = False,
    contact_id: int | None = None,
    message_id: int | None = None,
    limit: int = 200,
) -> list[StepRow]:
    """The steps that wait, the next one first; with `everything` also those that have ended, the latest first."""
    rows = connection.execute(
        _STEP
        + """
        WHERE (:everything OR workflow_steps.state = 'waiting')
          AND (:contact_id IS NULL OR workflows.contact_id = :contact_id)
          AND (:message_id IS NULL OR workflows.message_id = :message_id)
        ORDER BY workflow_steps.state <> 'waiting',
                 CASE WHEN workflow_steps.state = 'waiting' THEN workflow_steps.due_at END,
                 workflow_steps.ended_at DESC, workflow_steps.id
        LIMIT :limit
        """,
        {"everything": everything, "contact_id": contact_id, "message_id": message_id, "limit": limit},
    )
    return [_step(row) for row in rows]


def end(
    connection: sqlite3.Connection,
    step_id: int,
    state: str,
    *,
    at: datetime,
    outcome: str,
    outbox_id: int | None = None,
) -> bool:
    """A step has ended: "done", "moot", "cancelled" or "failed"; answers whether it was waiting until now."""
    cursor = connection.execute(
        """
        UPDATE workflow_steps
        SET state = ?, ended_at = ?, outcome = ?, outbox_id = ?
        WHERE id = ? AND state = 'waiting'
        """,
        (state, to_text(at), outcome, outbox_id, step_id),
    )
    return cursor.rowcount > 0


_HAPPENED = {
    Unless.ANSWERED: """
        CASE workflows.asked_on
        WHEN 'sent' THEN EXISTS (
          SELECT 1 FROM messages AS later
          WHERE later.matter_id = workflows.matter_id AND later.direction = 'in' AND later.class <> 'machine'
            AND later.received_at > workflows.since_at)
        ELSE CASE
          WHEN workflows.promise_id IS NOT NULL THEN EXISTS (
            SELECT 1 FROM promises
            WHERE promises.id = workflows.promise_id AND promises.state NOT IN ('open', 'extended', 'broken'))
          ELSE EXISTS (
            SELECT 1 FROM messages AS later
            WHERE later.matter_id = workflows.matter_id AND later.direction = 'out'
              AND later.received_at > workflows.since_at)
          END
        END
    """,
    Unless.WRITTEN: """
        EXISTS (
          SELECT 1 FROM messages AS later
          WHERE later.contact_id = workflows.contact_id AND later.direction = 'in' AND later.class <> 'machine'
            AND later.received_at > workflows.since_at)
    """,
    Unless.SETTLED: """
        NOT EXISTS (
          SELECT 1 FROM promises
          WHERE promises.matter_id = workflows.matter_id AND promises.state IN ('open', 'extended', 'broken'))
    """,
}
"""For each thing that makes a step moot, the condition under which it has happened."""


def overtaken(connection: sqlite3.Connection) -> list[tuple[StepRow, Unless]]:
    """The steps that something has made moot: those that wait, and those whose draft still waits for the owner."""
    found: dict[int, tuple[StepRow, Unless]] = {}
    for unless, happened in _HAPPENED.items():
        rows = connection.execute(
            _STEP
            + f"""
            LEFT JOIN outbox ON outbox.id = workflow_steps.outbox_id
            WHERE (workflow_steps.state = 'waiting' OR outbox.state = 'awaiting')
              AND (' ' || workflow_steps.unless || ' ') LIKE ? AND {happened}
            """,
            (f"% {unless} %",),
        )
        for row in rows:
            found.setdefault(row["id"], (_step(row), unless))
    return list(found.values())


def of_workflow(connection: sqlite3.Connection, workflow_id: int) -> list[StepRow]:
    """Every step of one instance, in their order."""
    rows = connection.execute(
        _STEP + " WHERE workflow_steps.workflow_id = ? ORDER BY workflow_steps.number", (workflow_id,)
    )
    return [_step(row) for row in rows]


def sent_until(connection: sqlite3.Connection) -> int:
    """The row of the last of the owner's own mails that the rules were asked about."""
    return int(home.value(connection, _SENT_UNTIL) or 0)


def note_sent_until(connection: sqlite3.Connection, row_id: int) -> None:
    """The rules were asked about the owner's mail up to this row."""
    home.set_value(connection, _SENT_UNTIL, str(row_id))


def sent_after(connection: sqlite3.Connection, row_id: int, *, limit: int = 50) -> list[int]:
    """The owner's own mails that were found in Sent after this row, the oldest first."""
    rows = connection.execute(
        "SELECT id FROM messages WHERE id > ? AND direction = 'out' AND origin = 'live' ORDER BY id LIMIT ?",
        (row_id, limit),
    )
    return [int(row["id"]) for row in rows]


@dataclass(frozen=True, slots=True)
class Source:
    """The stored mail that an instance is about."""

    direction: str
    mail_class: str
    outcome: str | None
    mailbox_id: int | None
    language: str | None
    received_at: datetime
    matter_id: int | None


def source(connection: sqlite3.Connection, message_id: int, *, watched: Collection[str]) -> Source:
    """What is on record of the mail that began an instance. The mailbox is one of the names that are `watched`: one
    in which the mail lies, else any, None where none of them was read yet.
    """
    row = connection.execute(
        """
        SELECT messages.direction, messages.class, messages.outcome, messages.language, messages.received_at,
               messages.matter_id,
               COALESCE(
                 (SELECT folders.mailbox_id FROM locations
                  JOIN folders ON folders.id = locations.folder_id
                  JOIN mailboxes ON mailboxes.id = folders.mailbox_id
                  WHERE locations.message_id = messages.id AND mailboxes.name IN (SELECT value FROM json_each(:watched))
                  LIMIT 1),
                 (SELECT MIN(id) FROM mailboxes WHERE name IN (SELECT value FROM json_each(:watched)))) AS mailbox_id
        FROM messages
        WHERE messages.id = :message_id
        """,
        {"message_id": message_id, "watched": json.dumps(list(watched))},
    ).fetchone()
    return Source(
        row["direction"],
        row["class"],
        row["outcome"],
        row["mailbox_id"],
        row["language"],
        to_instant(row["received_at"]),
        row["matter_id"],
    )


def was_drafted(connection: sqlite3.Connection, mail_id: str | None) -> bool:
    """Whether a rule drafted the mail with this Message-ID."""
    row = connection.execute(
        """
        SELECT 1
        FROM workflow_steps
        JOIN outbox ON outbox.id = workflow_steps.outbox_id
        WHERE outbox.mail_id = ?
        """,
        (mail_id,),
    ).fetchone()
    return row is not None
