"""What follows when a letter of the owner's has left: it answers what was asked, whatever becomes of its copy.

The copy in Sent, by which any other answer is noticed, may come late or never: there is no room for it, or the program
ended between the server's word and the filing.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime

from inboxcrm.domain.address import address, identity
from inboxcrm.domain.promise import answered
from inboxcrm.service import file
from inboxcrm.service.file import Person
from inboxcrm.store import contacts, matters, outbox, promises
from inboxcrm.store.outbox import Item


def has_left(connection: sqlite3.Connection, item: Item, now: datetime) -> None:
    """In the transaction that records that the server took it. A letter with a new date answers nothing."""
    if item.kind != "owner" or item.promise_id is not None or item.matter_id is None:
        return
    promise = promises.live_of_matter(connection, item.matter_id)
    if promise is None:
        return
    entry = contacts.entry(connection, identity(item.recipient))
    persons = [] if entry is None else [Person(entry.contact_id, entry.organisation_id)]
    if file.is_client(connection, promise, [address("", item.recipient)], persons):
        outbox.cancel_for_matter(connection, item.matter_id, at=now, why="the owner answered first")
        at = max(now, promise.duty.received_at)  # which is by the clock of the server it came to
        promises.happen(connection, promise, answered(promise.duty, at), how="mail")
        matters.set_turn(connection, item.matter_id, "theirs")
