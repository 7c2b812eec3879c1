"""Moves what time alone moves: promises that need a warning, and promises whose time has passed.

It also looks whether the calendar was edited under open promises.
"""

from __future__ import annotations

import logging
import sqlite3
from datetime import datetime

from inboxcrm.domain.promise import Entry, Event
from inboxcrm.service import call_back, courtesy, faults, outlook, renewal, workflows
from inboxcrm.service.household import Household
from inboxcrm.service.reload import reload
from inboxcrm.store import home, outbox, promises
from inboxcrm.store.times import to_text_or_none

log = logging.getLogger("inboxcrm.sweep")


async def sweep(household: Household) -> int:
    """Warn and break what is due, read changed rules, and take their steps; answers how much moved."""
    moved = await household.write(_move, household, household.clock.now())
    if moved:
        log.info("promises.moved", extra={"count": moved})
    await reload(household)
    return moved + await workflows.sweep(household)


def _move(connection: sqlite3.Connection, household: Household, now: datetime) -> int:
    """Warnings go to the journal; a broken promise has its apology drafted, which waits for the owner."""
    moved = _put_right(connection, now) if faults.mind_the_clock(connection, now=now) else 0
    moved += renewal.give_dates(household, connection, now)
    outlook.look(household, connection, now=now)
    call_back.remind(household, connection, now)
    courtesy.draft_letters(household, connection, now)
    for promise in promises.to_warn(connection, now):
        promises.happen(connection, promise, Entry(Event.WARNED, now, automatic=True))
        due_at = to_text_or_none(promise.duty.due_at)
        home.journal(connection, "warned", f"promise {promise.id}", {"due_at": due_at}, now=now)
        warned = promises.by_id(connection, promise.id) if household.config.promise.auto_extend else None
        if warned is not None:
            renewal.propose(household, connection, warned, now)
        moved += 1
    for promise in promises.to_break(connection, now):
        promises.happen(connection, promise, Entry(Event.DUE_PASSED, promise.duty.due_at or now, automatic=True))
        broken = promises.by_id(connection, promise.id)
        if broken is not None:
            outbox.cancel_for_matter(connection, promise.matter_id, at=now, why="the date has passed")
            renewal.apologise(household, connection, broken, now)
        moved += 1
    return moved


def _put_right(connection: sqlite3.Connection, now: datetime) -> int:
    """What a clock that ran ahead broke is owed as before, and is not apologised for; its time breaks it anew."""
    early = promises.broken_early(connection, now + faults.CLOCK_SLACK)
    for promise in early:
        promises.happen(connection, promise, Entry(Event.NOT_DUE, now, automatic=True))
        outbox.cancel_for_matter(connection, promise.matter_id, at=now, why="the clock ran ahead: the date is to come")
        due_at = to_text_or_none(promise.duty.due_at)
        home.journal(connection, "not-due", f"promise {promise.id}", {"due_at": due_at}, now=now)
    return len(early)
