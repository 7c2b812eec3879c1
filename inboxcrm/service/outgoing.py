"""What a person decides about a mail of the outbox: each is one transaction and one line in the journal."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from inboxcrm.config import Mode
from inboxcrm.domain.outbox import OutboxEvent, OutboxState
from inboxcrm.errors import UserError
from inboxcrm.render import redated
from inboxcrm.service import doubt
from inboxcrm.service.household import Household
from inboxcrm.service.meant import NotFoundError
from inboxcrm.store import home, outbox


def item(household: Household, item_id: int) -> outbox.Item:
    """One mail of the outbox with its bytes. Raises NotFoundError."""
    return household.database.reading(lambda connection: _item(connection, item_id))


def approve(household: Household, item_id: int) -> OutboxState:
    """Let a waiting mail go. Raises NotFoundError, or UserError where it waits no longer or must not go.

    One that is queued already is left as it is.
    """
    now = household.clock.now()
    with household.database.write() as connection:
        item = _waiting(connection, item_id)
        _refuse_what_must_not_go(household, item, now)
        if item.state is OutboxState.QUEUED:
            return item.state
        raw = redated(item.raw, owner=household.config.owner, now=now)
        state = outbox.approve(connection, item, raw, at=now)
        home.journal(connection, OutboxEvent.APPROVE, f"outbox {item_id}", {}, now=now)
    return state


def reject(household: Household, item_id: int) -> OutboxState:
    """Drop a waiting mail; the promise stands, silently. NotFoundError, or UserError where it waits no longer."""
    now = household.clock.now()
    with household.database.write() as connection:
        return _happen(connection, _waiting(connection, item_id), OutboxEvent.REJECT, now)


def send_again(household: Household, item_id: int) -> OutboxState:
    """The owner wants a mail of their own writing, of which nobody knows whether it left, sent once more.

    Raises NotFoundError, or UserError: what the machine wrote is never sent a second time.
    """
    now = household.clock.now()
    with household.database.write() as connection:
        item = _doubtful(connection, item_id)
        if item.kind == "auto":
            raise UserError(f"item {item_id} was written by the machine and is never sent twice. inboxcrm dismiss it")
        if now >= item.expires_at:
            raise UserError(f"item {item_id} is too late to be of use; dismiss it, and write yourself")
        return _settle(connection, item, OutboxEvent.SEND_AGAIN, now)


def dismiss(household: Household, item_id: int) -> OutboxState:
    """The owner leaves a mail of unknown fate alone: it counts as not sent, but for the limits, since it may have left.

    Raises NotFoundError or UserError.
    """
    now = household.clock.now()
    with household.database.write() as connection:
        return _settle(connection, _doubtful(connection, item_id), OutboxEvent.DISMISS, now)


def _item(connection: sqlite3.Connection, item_id: int) -> outbox.Item:
    found = outbox.by_id(connection, item_id)
    if found is None:
        raise NotFoundError(f"no item {item_id} in the outbox. See: inboxcrm outbox --all")
    return found


def _waiting(connection: sqlite3.Connection, item_id: int) -> outbox.Item:
    item = _item(connection, item_id)
    if item.state not in (OutboxState.HELD, OutboxState.AWAITING, OutboxState.QUEUED):
        raise UserError(f"item {item_id} is {item.state} and cannot be decided about any more")
    return item


def _doubtful(connection: sqlite3.Connection, item_id: int) -> outbox.Item:
    item = _item(connection, item_id)
    if item.state is not OutboxState.UNKNOWN:
        raise UserError(f"item {item_id} is {item.state}: nobody doubts what became of it")
    return item


def _refuse_what_must_not_go(household: Household, item: outbox.Item, now: datetime) -> None:
    if household.config.acknowledge.mode is Mode.SHADOW:
        raise UserError(
            'the home is in shadow: nothing is sent. Set [acknowledge] mode = "approve" in config.toml first.'
        )
    if item.mode is Mode.SHADOW:
        raise UserError(f"item {item.id} was written in shadow, by the home's mode or a rule's: it is only shown")
    if now >= item.expires_at:
        raise UserError(f"item {item.id} is too late to be of use; answer it yourself")


def _happen(connection: sqlite3.Connection, item: outbox.Item, event: OutboxEvent, now: datetime) -> OutboxState:
    state = outbox.happen(connection, item, event, at=now, reply=f"{event} by the owner")
    home.journal(connection, event, f"outbox {item.id}", {}, now=now)
    return state


def _settle(connection: sqlite3.Connection, item: outbox.Item, event: OutboxEvent, now: datetime) -> OutboxState:
    """What sends it again leaves now."""
    state = _happen(connection, item, event, now)
    outbox.postpone(connection, item.id, now)
    doubt.calm(connection, item.id, now=now)
    return state
