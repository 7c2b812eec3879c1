"""Recognising a folder that was given another name, so that nothing of it is read twice."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from inboxcrm.imap.connection import Connection
from inboxcrm.imap.decisions import Advance
from inboxcrm.imap.examined import Opened
from inboxcrm.imap.renumbering import message_ids_of
from inboxcrm.imap.work import FolderWork
from inboxcrm.ports import LostFolder


async def take_over(work: FolderWork, opened: Opened) -> bool:
    """Whether the folder is one on record under a name that is gone; its position and all its places are taken over.

    A server gives a renamed folder no new UIDVALIDITY. It may have given two folders the same one, so the number that a
    folder keeps for good must be the same or, where the server has none, a few Message-IDs must be found under the UIDs
    they had.
    """
    memory = work.memory
    for lost in await work.known.lost(work.mailbox, opened.uid_validity, listed=memory.listed):
        if await work.link.run(partial(holds, opened=opened, lost=lost)):
            position = replace(
                lost.position, highest_modseq=None, object_id=opened.object_id or lost.position.object_id
            )  # all flags are asked for once
            await work.offer(
                work.step(Advance(fresh=position), uid_validity=opened.uid_validity, renamed_from=lost.name)
            )
            return True
    return False


def holds(connection: Connection, opened: Opened, lost: LostFolder) -> bool:
    """Whether the open folder, whose UIDVALIDITY is that on record, is this one: by its own number (MAILBOXID, RFC 8474
    section 4.1, which outlives a renaming), else by its mail.

    One that was empty, and into which nothing came since, is known by its numbers: there is nothing to confuse.
    """
    if opened.object_id is not None and lost.position.object_id is not None:
        return opened.object_id == lost.position.object_id
    if not lost.samples:
        return opened.exists == 0 and opened.uid_next == lost.position.uid_next
    there = message_ids_of(connection, [uid for uid, _ in lost.samples])
    found = [there[uid] == message_id for uid, message_id in lost.samples if uid in there]
    return bool(found) and all(found)
