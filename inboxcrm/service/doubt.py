"""Mail of unknown fate: the alarm that says what to type about it, and how it is settled by what was read from Sent
meanwhile, however late its copy came there.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime

from inboxcrm.domain.outbox import OutboxEvent, OutboxState
from inboxcrm.service import renewal
from inboxcrm.service.household import Household
from inboxcrm.store import doubtful, home, outbox

ALARM = "in-doubt"


def alarm(connection: sqlite3.Connection, item: outbox.Item, why: str, *, now: datetime) -> None:
    """Say that nobody knows whether a mail left, and with which commands the owner decides."""
    choices = (
        f"type inboxcrm dismiss {item.id} (what the machine wrote is never sent twice)"
        if item.kind == "auto"
        else f"type inboxcrm dismiss {item.id}, or inboxcrm send-again {item.id} (it may arrive twice)"
    )
    # the choices stand before what others wrote, which may be long: a banner shows the beginning only
    home.raise_alarm(connection, ALARM, f"{_about(item.id)} {choices}; {item.recipient}: {why}", now=now)


def calm(connection: sqlite3.Connection, item_id: int, *, now: datetime) -> None:
    """The alarm about a mail ends when nobody doubts any more what became of it; with the last doubt, all of them."""
    home.clear_alarms_about(connection, ALARM, _about(item_id), now=now)
    if not outbox.in_state(connection, OutboxState.UNKNOWN):
        home.clear_alarms(connection, ALARM, now=now)


def _about(item_id: int) -> str:
    return f"item {item_id}:"


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
            calm(connection, item_id, now=now)
