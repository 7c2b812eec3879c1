"""Moves what time alone moves: promises that need a warning, and promises whose time has passed."""

from __future__ import annotations

import logging
import sqlite3
from datetime import datetime

from inboxcrm.domain.promise import Entry, Event
from inboxcrm.service.household import Household
from inboxcrm.store import home, promises

log = logging.getLogger("inboxcrm.sweep")

RULES_ALARM = "rules-fault"


async def sweep(household: Household) -> int:
    """Warn and break what is due, and read changed rules; answers how many promises moved."""
    moved = await household.write(_move, household.clock.now())
    if moved:
        log.info("promises.moved", extra={"count": moved})
    await _rules(household)
    return moved


async def _rules(household: Household) -> None:
    """Take changed rule files over; what is wrong with the rules is an alarm until they are read without a fault."""
    rules = household.rules_in_use
    if rules is None:
        return
    changed = await household.run(rules.reload_if_changed)
    troubles, now = rules.troubles, household.clock.now()
    if changed:
        await household.write(home.clear_alarms, RULES_ALARM, now=now)
    for trouble in troubles:
        await household.write(home.raise_alarm, RULES_ALARM, trouble, now=now)


def _move(connection: sqlite3.Connection, now: datetime) -> int:
    moved = 0
    for promise in promises.to_warn(connection, now):
        promises.happen(connection, promise, Entry(Event.WARNED, now, automatic=True))
        moved += 1
    for promise in promises.to_break(connection, now):
        promises.happen(connection, promise, Entry(Event.DUE_PASSED, promise.duty.due_at or now, automatic=True))
        moved += 1
    return moved
