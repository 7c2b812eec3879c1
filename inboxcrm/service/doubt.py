"""Settles mail of unknown fate by what was read from Sent meanwhile, however late its copy came there."""

from __future__ import annotations

import sqlite3

from inboxcrm.domain.outbox import OutboxEvent, OutboxState
from inboxcrm.service import renewal
from inboxcrm.service.household import Household
from inboxcrm.store import doubtful, home, outbox


async def settle_by_record(household: Household) -> None:
    """What lies in Sent was sent. The server is not asked: it is looked at a few times only, in the first minutes."""
    if await household.read(doubtful.lying_in_sent):
        await household.write(_settle, household)


def _settle(connection: sqlite3.Connection, household: Household) -> None:
    now = household.clock.now()
    for item_id in doubtful.lying_in_sent(connection):
        item = outbox.by_id(connection, item_id)
        if item is not None:
            outbox.happen(connection, item, OutboxEvent.FIND, at=now, reply="its copy was read from Sent")
            renewal.went_out(household, connection, item, now)
    if not outbox.in_state(connection, OutboxState.UNKNOWN):
        home.clear_alarms(connection, "in-doubt", now=now)
