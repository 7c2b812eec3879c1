"""Mails that are listed and not read yet: what becomes of the list with each batch, and how one of them is asked for.

A header field alone can lie, so nothing is decided by it. The list is for the owner's eyes, and whoever was erased is
not in it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import tzinfo

from inboxcrm.domain.erasure import Fate, fate
from inboxcrm.domain.message import Message
from inboxcrm.ports import Batch, Listed
from inboxcrm.service.household import Household
from inboxcrm.store import listings, tombstones
from inboxcrm.store.views import MailboxRow


def follow(
    household: Household, connection: sqlite3.Connection, folder_id: int, batch: Batch, read: Sequence[Message]
) -> None:
    """Within the transaction of a batch: what it brought, or told to be gone, is listed no longer; what it lists, is.

    `read` are the header fields of what it lists. Of a folder without a list this asks nothing.
    """
    if batch.unlisted:
        listings.forget(connection, folder_id)
    if batch.position.listed_below is None:
        return
    uids = [one.uid for one in batch.arrivals]
    uids += [uid for uid, *_ in batch.located]
    uids += [uid for uid, _ in batch.quarantined]
    listings.settle(connection, folder_id, batch.position, uids=uids, vanished=batch.vanished)
    if batch.listed:
        mails = list(zip(batch.listed, read, strict=True))
        if tombstones.any_laid(connection):
            mails = [
                (listed, message) for listed, message in mails if _is_shown(household, connection, listed, message)
            ]
        listings.enter(connection, folder_id, batch.position.uid_validity, mails)


def _is_shown(household: Household, connection: sqlite3.Connection, listed: Listed, message: Message) -> bool:
    """Whether nothing of a mail was erased; where something was, it is left out until it is read, and looked at."""
    secret = household.secret
    if tombstones.message_erased(connection, secret, message.message_id):
        return False
    author = None if message.author is None else message.author.key
    people = {each.key for each in (*message.from_, *message.recipients)}
    gone = tombstones.erased_addresses(connection, secret, people, received_at=listed.received_at)
    own = {key for key in people if household.is_own(key)}
    return fate(author=author, people=people, erased=gone, own=own) is Fate.UNTOUCHED


def ask_for(household: Household, row_id: int) -> listings.Place | None:
    """Have the daemon fetch a listed mail before others; where it will lie, or None where it is listed no longer."""
    with household.database.write() as connection:
        where = listings.place(connection, row_id)
        if where is not None:
            listings.want(connection, row_id, at=household.clock.now())
    return where


def arrived(household: Household, where: listings.Place) -> int | None:
    """The message that lies where a listed one lay; None while it is not read."""
    return household.database.reading(lambda connection: listings.message_at(connection, where))


def how_far(box: MailboxRow, zone: tzinfo) -> str:
    """How far the first reading of a mailbox is: "12,400 of 20,000 read, back to March 2019; the list is whole".

    Empty where nothing is left to read.
    """
    if not box.backlog:
        return ""
    back = "" if box.read_back_at is None else f", back to {box.read_back_at.astimezone(zone):%B %Y}"
    listed = f"; {box.listed:,} of the rest are listed" if box.listed else ""
    if box.listed_whole:
        listed = "; the list is whole"
    return f"{box.messages:,} of {box.messages + box.backlog:,} read{back}{listed}"
