"""Where a folder of the settings lies now, when it is no longer there under its name."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial

from inboxcrm.config import folder_of
from inboxcrm.imap.connection import Connection
from inboxcrm.imap.errors import FolderMissingError
from inboxcrm.imap.folders import Choice, role_of
from inboxcrm.imap.link import Link
from inboxcrm.imap.names import Listed
from inboxcrm.imap.renaming import holds
from inboxcrm.ports import FolderRole, KnownFolders, LostFolder


async def renamed(
    link: Link, known: KnownFolders, mailbox: str, choice: Choice, *, listed: Sequence[Listed]
) -> dict[str, str]:
    """Of the folders that are configured and missing, those found under another name: name in the settings -> name now.

    What was found before is on record. Else each folder that nobody reads and that has no role of its own is compared
    with what is on record of the missing one, since a server leaves a renamed folder its UIDVALIDITY and its UIDs.
    """
    followed = await known.followed(mailbox)
    found = {name: followed[name] for name in choice.missing if followed.get(name) in choice.there}
    sought = {followed.get(name, name): name for name in choice.missing if name not in found}
    sought = {last: name for last, name in sought.items() if await known.position(mailbox, last) is not None}
    taken = {name for name, _ in choice.watched} | {*found.values()}
    plain = {one.name for one in listed if role_of(one) is FolderRole.OTHER} & choice.there
    if sought:
        now = await _search(link, known, mailbox, sought, sorted(plain - taken), listed=choice.there)
        found |= {sought[last]: name for last, name in now.items()}
    return found


def replaced(configured: Sequence[str], found: dict[str, str]) -> list[str]:
    """The entries of the settings, with the names that hold now."""
    return [entry.replace(name, found[name]) if (name := folder_of(entry)) in found else entry for entry in configured]


async def _search(
    link: Link,
    known: KnownFolders,
    mailbox: str,
    sought: Collection[str],
    free: Sequence[str],
    *,
    listed: frozenset[str],
) -> dict[str, str]:
    """The name on record -> the one folder that is it; where two could be, none is."""
    fits: dict[str, list[str]] = {}
    for name in free:
        told = await link.run(partial(Connection.status_or_nothing, folder=name))
        validity = told.get("UIDVALIDITY")
        if validity is None:
            continue
        for lost in await known.lost(mailbox, validity, listed=listed):
            if lost.name in sought and await link.run(partial(_is_same, lost=lost, folder=name)):
                fits.setdefault(lost.name, []).append(name)
    return {name: places[0] for name, places in fits.items() if len(places) == 1}


def _is_same(connection: Connection, *, lost: LostFolder, folder: str) -> bool:
    try:
        opened = connection.examine(folder)
    except FolderMissingError:
        return False
    return opened.uid_validity == lost.position.uid_validity and holds(connection, opened, lost)
