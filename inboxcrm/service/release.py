"""Which mails of the outbox may leave now: grace times end here, and what is too late, or stands under a stricter mode,
is kept back.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from inboxcrm.domain.modes import Mode, strictest
from inboxcrm.domain.outbox import OutboxEvent, OutboxState, not_beyond_longest_pause
from inboxcrm.service import unsent
from inboxcrm.store import outbox, outbox_questions, whereabouts
from inboxcrm.store.outbox import Item
from inboxcrm.store.whereabouts import Whereabouts

TOO_LATE = "too late to be of use"
BEHIND_AN_ANSWER = timedelta(seconds=30)
"""How long an automatic mail waits until it is looked at again whether the owner's own has left."""


def released(connection: sqlite3.Connection, mode: Mode, now: datetime) -> list[Item]:
    """Move what time and the home's `mode` of this moment move; answers what is queued then and due, oldest first."""
    may_leave = []
    for item in outbox.stirring(connection, now):
        if item.state is OutboxState.HELD:
            state = outbox.happen(connection, item, _after_grace(item, mode, now), at=now)
            if state is OutboxState.QUEUED:
                may_leave.append(replace(item, state=state))
        elif now >= item.expires_at:
            too_late(connection, item, now)
        elif item.state is OutboxState.QUEUED and _may_go(connection, item, mode, now):
            may_leave.append(item)
    return may_leave


def too_late(connection: sqlite3.Connection, item: Item, now: datetime) -> None:
    """What waits for a key or its turn is of no use any more."""
    outbox.happen(connection, item, OutboxEvent.EXPIRE, at=now, reply=TOO_LATE)
    unsent.tell(connection, item, TOO_LATE, now=now)


def keep_back(connection: sqlite3.Connection, item: Item, mode: Mode, now: datetime) -> bool:
    """Whether a queued mail stays here after all, which is on record then.

    An automatic one waits while an answer that the owner let go is on its way to the same person: it is needless then.
    """
    if item.kind == "auto" and item.approved_at is None and outbox_questions.is_answer_leaving(connection, item):
        outbox.postpone(connection, item.id, now + BEHIND_AN_ANSWER)
        return True
    kept = why_kept(connection, item, mode)
    if kept is not None:
        outbox.happen(connection, item, kept.event, at=now, reply=kept.why)
        if kept.event is OutboxEvent.CANCEL:
            unsent.tell(connection, item, kept.why, now=now)
    return kept is not None


@dataclass(frozen=True, slots=True)
class Kept:
    """Why a mail stays here, and what is to happen to it for that."""

    event: OutboxEvent
    why: str


def why_kept(connection: sqlite3.Connection, item: Item, mode: Mode) -> Kept | None:
    """Why a mail stays here after all: the home is in shadow now, or in approve and nobody approved, or the mail it
    acknowledges was answered, thrown away, or has left the folders that are read.
    """
    if item.kind != "auto":
        return None
    match strictest(item.mode, mode):
        case Mode.SHADOW:
            return Kept(OutboxEvent.CANCEL, "the home was put into shadow")
        case _ if item.approved_at is not None:
            return None
        case Mode.APPROVE:
            return Kept(OutboxEvent.ASK, "the home asks before it sends")
        case _:
            return _no_longer_wanted(connection, item)


def _no_longer_wanted(connection: sqlite3.Connection, item: Item) -> Kept | None:
    """Keep back what acknowledges a mail that the owner, or a filter for spam, has dealt with in the mailbox meanwhile.

    Of a mail that is gone nobody knows whether it lies among spam: a stranger gets the acknowledgement by a key only.
    """
    where, stranger = whereabouts.of_acknowledged(connection, item.id)
    match where:
        case Whereabouts.ANSWERED:
            return Kept(OutboxEvent.CANCEL, "the mail is marked as answered")
        case Whereabouts.THROWN_AWAY:
            return Kept(OutboxEvent.CANCEL, "the mail was put among junk or trash")
        case Whereabouts.GONE if stranger:
            return Kept(OutboxEvent.ASK, "the mail has left the folders that are read: junk, or put away?")
        case _:
            return None


def _after_grace(item: Item, mode: Mode, now: datetime) -> OutboxEvent:
    """What the end of its grace time does to a mail; the stricter of its own mode and the home's counts."""
    if now >= item.expires_at:
        return OutboxEvent.EXPIRE
    stricter = strictest(item.mode, mode)
    if stricter is Mode.SHADOW:
        return OutboxEvent.SHOW
    return OutboxEvent.ASK if item.hold or stricter is Mode.APPROVE else OutboxEvent.RELEASE


def _may_go(connection: sqlite3.Connection, item: Item, mode: Mode, now: datetime) -> bool:
    return not keep_back(connection, item, mode, now) and _send_after(connection, item, now) <= now


def _send_after(connection: sqlite3.Connection, item: Item, now: datetime) -> datetime:
    """When a queued mail may go; nearer than planned where the clock was set back, lest it wait for the former time."""
    until = not_beyond_longest_pause(item.send_after, now)
    if until < item.send_after and (item.kind == "auto" or item.attempts):
        outbox.postpone(connection, item.id, until)
        return until
    return item.send_after
