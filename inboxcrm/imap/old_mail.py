"""Which piece of a mailbox's old mail comes next: what somebody waits for, the list of what takes long, the letters."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable
from functools import partial

from inboxcrm.imap.account import Account
from inboxcrm.imap.backlog import backfill, bring
from inboxcrm.imap.decisions import lists_first
from inboxcrm.imap.listing import list_more
from inboxcrm.imap.steps import FolderMemory, Pace
from inboxcrm.imap.work import FolderWork
from inboxcrm.ports import KnownFolders

Piece = tuple[FolderMemory, Callable[[FolderWork], Awaitable[None]]]
"""A folder, and what is to be done with it once it can be asked."""

LETTERS = backfill
"""The piece that brings the next letters in their turn."""

IN_ORDER = frozenset((backfill, list_more))
"""Pieces that go on from where they were, whether or not what they brought is on record yet."""

WHOLE = 1
"""Where a list ends that goes down to the first message of its folder."""

_IN_TURN = 5
"""Batches of a first reading that each folder brings before one is read to its end."""

_WISHES = 20
"""Messages that are read before their turn together."""


async def next_piece(account: Account, known: KnownFolders, among: Iterable[FolderMemory]) -> Piece | None:
    """What is most urgent; letters only of the folders `among`. None where there is nothing to do just now."""
    memories = account.memories.values()
    if any(one.listed_below is not None for one in memories):
        wished = await _wished(account, known)
        if wished is not None:
            return wished
    waits = account.old_mail_waits is not None
    unlisted = _unlisted(memories, waits=waits)
    if unlisted is not None:
        return unlisted, list_more
    reading = [one for one in among if one.unread and not one.first]
    if waits or not reading:
        return None
    return min(reading, key=lambda one: (one.all_mail, min(one.brought, _IN_TURN))), LETTERS


def wishes_wait(account: Account) -> bool:
    """Whether somebody may ask for a listed mail while no old mail is read in its turn."""
    return account.old_mail_waits is not None and any(one.listed_below is not None for one in account.memories.values())


async def _wished(account: Account, known: KnownFolders) -> Piece | None:
    """Those that somebody waits for, of the folder of the first wish."""
    wishes: dict[str, list[int]] = {}
    for name, uid in await known.wanted(account.name):
        memory = account.memories.get(name)
        if memory is None or memory.position is None or not memory.unread:
            continue
        if uid not in memory.listing.wished and uid not in memory.position.pending:
            wishes.setdefault(name, []).append(uid)
    for name, uids in wishes.items():
        return account.memories[name], partial(bring, uids=uids[:_WISHES])
    return None


def _unlisted(memories: Collection[FolderMemory], *, waits: bool) -> FolderMemory | None:
    """The folder whose list goes on: one whose list was begun, or any where all that is left takes long to read."""
    unread = [one for one in memories if one.unread and not one.first]
    open_lists = [one for one in unread if not one.listing.off and one.listed_below != WHOLE]
    pace = sum((one.pace for one in memories), Pace())
    worth = lists_first(
        mails=pace.mails,
        octets=pace.octets,
        seconds=pace.seconds,
        left=sum(one.remaining for one in unread),
        mean_size=pace.sized_octets / pace.sized if pace.sized else None,
        waits=waits,
    )
    choice = [one for one in open_lists if worth or one.listed_below is not None]
    return min(choice, key=lambda one: (one.all_mail, one.name != "INBOX"), default=None)
