"""What the present settings would have promised to the stored mail, and whether the answers would have kept it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import chain

from inboxcrm.domain.plan import Acknowledge, MakePromise
from inboxcrm.domain.promise import State
from inboxcrm.service import rehearse
from inboxcrm.service.household import Household
from inboxcrm.service.rehearse import Replayed
from inboxcrm.store import answers, views


class Fate(StrEnum):
    """What would have become of a promise."""

    KEPT = "kept"
    LATE = "late"
    UNANSWERED = "unanswered"
    OPEN = "open"
    NO_DATE = "no date"


@dataclass(frozen=True, slots=True)
class Simulated:
    """One mail that would have made a promise. `told`: an acknowledgement would have said so, `template` which."""

    id: int
    received_at: datetime
    sender: str
    subject: str
    due_at: datetime | None
    told: bool
    because: str
    answered_at: datetime | None
    fate: Fate


def simulate(
    house: Household, connection: sqlite3.Connection, *, since: datetime, now: datetime
) -> Iterator[Simulated]:
    """Every stored mail since then that would have made a promise, oldest first; nothing is sent or stored.

    Mail that was there before the mailbox was added, or was imported, is judged as if it had come live. A matter in
    which an answer was owed already makes no second promise.
    """
    replayed = chain(
        rehearse.replay(house, connection, since=since), rehearse.replay_filed(house, connection, since=since)
    )
    open_until: dict[int, datetime | None] = {}
    for each in sorted(replayed, key=_received):
        row = views.message(connection, each.id)
        plan = each.rehearsal.plan
        if row is None or not isinstance(plan.promise, MakePromise):
            continue
        if row.matter_id in open_until:
            until = open_until[row.matter_id]
            if until is None or until > row.received_at:
                continue
        answered_at = _answered_at(connection, row)
        if row.matter_id is not None:
            open_until[row.matter_id] = answered_at
        due_at = plan.promise.expectation.due_at
        yield Simulated(
            id=row.id,
            received_at=row.received_at,
            sender=row.contact or row.sender,
            subject=row.subject,
            due_at=due_at,
            told=isinstance(plan.speech, Acknowledge),
            because=plan.speech.because,
            answered_at=answered_at,
            fate=_fate(due_at, answered_at, now),
        )


def _received(each: Replayed) -> tuple[datetime, int]:
    return each.rehearsal.situation.received_at, each.id


def _answered_at(connection: sqlite3.Connection, row: views.MessageRow) -> datetime | None:
    """By the ledger, which knows calls and meetings too; else the first mail of the owner's that answers it."""
    for promise in views.promises_of_message(connection, row.id):
        if promise.state in (State.KEPT, State.KEPT_LATE):
            return promise.ended_at
    if row.message_id is None:
        return None
    client = answers.sender_of(connection, row.id)
    found = answers.first_answer(connection, row.message_id, client=client, since=row.received_at)
    return None if found is None else found[1]


def _fate(due_at: datetime | None, answered_at: datetime | None, now: datetime) -> Fate:
    if due_at is None:
        return Fate.NO_DATE
    if answered_at is not None:
        return Fate.KEPT if answered_at <= due_at else Fate.LATE
    return Fate.OPEN if due_at > now else Fate.UNANSWERED
