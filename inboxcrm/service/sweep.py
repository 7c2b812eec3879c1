"""Moves what time alone moves: promises that need a warning, and promises whose time has passed."""

from __future__ import annotations

import logging
import sqlite3
from datetime import datetime

from inboxcrm.domain.promise import Entry, Event
from inboxcrm.service.household import Household
from inboxcrm.store import promises

log = logging.getLogger("inboxcrm.sweep")


async def sweep(household: Household) -> int:
    """Warn and break what is due; answers how many promises moved."""
    moved = await household.write(_move, household.clock.now())
    if moved:
        log.info("promises.moved", extra={"count": moved})
    return moved


def _move(connection: sqlite3.Connection, now: datetime) -> int:
    moved = 0
    for promise in promises.to_warn(connection, now):
        promises.happen(connection, promise, Entry(Event.WARNED, now, automatic=True))
        moved += 1
    for promise in promises.to_break(connection, now):
        promises.happen(connection, promise, Entry(Event.DUE_PASSED, promise.duty.due_at or now, automatic=True))
        moved += 1
    return moved
