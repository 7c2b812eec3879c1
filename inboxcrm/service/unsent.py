"""Tells the owner of a letter of theirs that they let go and that will not leave after all.

It is over then, and no list of what waits shows it any more; they think that it was sent.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime

from inboxcrm.domain.promise import State
from inboxcrm.store import home, promises
from inboxcrm.store.outbox import Item

UNSENT = "letter-not-sent"


def tell(connection: sqlite3.Connection, item: Item, why: str, *, now: datetime) -> None:
    """In the transaction that ends it. Nothing where the machine wrote it, or where it is not wanted any more: the
    apology for a promise that was kept or moved meanwhile.
    """
    if item.kind != "owner":
        return
    promise = None if item.promise_id is None else promises.by_id(connection, item.promise_id)
    if promise is not None and promise.duty.state is not State.BROKEN:
        return
    said = f"item {item.id} to {item.recipient} has not left and will not: {why}. See: inboxcrm outbox --all"
    home.raise_alarm(connection, UNSENT, said, now=now)
