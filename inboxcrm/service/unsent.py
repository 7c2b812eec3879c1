"""Tells the owner of a mail that will not leave after all, where somebody counts on it.

A letter that they let go is over then, and no list of what waits shows it any more; they think that it was sent. Where
a promise has moved, the client counts on the former date.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime

from inboxcrm.domain.outbox import OutboxState
from inboxcrm.domain.promise import State
from inboxcrm.store import home, promises
from inboxcrm.store.outbox import Item
from inboxcrm.store.promises import Promise

UNSENT = "letter-not-sent"
UNTOLD = "new-date-not-told"


def tell(connection: sqlite3.Connection, item: Item, why: str, *, now: datetime) -> None:
    """In the transaction that ends it; `item` as it stood before. Nothing of what nobody misses."""
    promise = None if item.promise_id is None else promises.by_id(connection, item.promise_id)
    if item.kind == "auto":
        if promise is not None and _tells_where_it_stands(item, promise):
            said = f"promise {promise.id}: {item.recipient} was told the former date and not the new one: {why}"
            home.raise_alarm(connection, UNTOLD, said, now=now)
    elif item.state is not OutboxState.AWAITING and (promise is None or promise.duty.state is State.BROKEN):
        said = f"item {item.id} to {item.recipient} has not left and will not: {why}. See: inboxcrm outbox --all"
        home.raise_alarm(connection, UNSENT, said, now=now)


def _tells_where_it_stands(item: Item, promise: Promise) -> bool:
    """Whether it tells the date at which a promise stands now to somebody who was told another."""
    due_at, told = promise.duty.due_at, promise.told_due_at
    return promise.duty.state is State.EXTENDED and item.due_at == due_at and told not in (None, due_at)
