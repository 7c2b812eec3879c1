"""Whether a mail lies in Sent, and putting a copy there that does not."""

from __future__ import annotations

import re
from datetime import datetime
from functools import partial

from inboxcrm.domain.identifiers import ORIGINAL, message_ids
from inboxcrm.imap.account import Account
from inboxcrm.imap.connection import Connection
from inboxcrm.imap.names import quoted


async def find(account: Account, message_id: str) -> bool:
    """Whether Sent, or All Mail, holds a mail with this Message-ID. FolderMissingError where neither exists."""
    async with account.errand() as link:
        choice = await account.discover(link)
        places = [place for place in (choice.sent, choice.all_mail) if place is not None]
        if not places:
            await account.sent(link)
        for place in places:
            if await link.run(partial(_holds, folder=place, message_id=message_id)):
                return True
    return False


async def file(account: Account, raw: bytes, sent_at: datetime) -> None:
    """Append a copy to Sent, marked seen, unless it is there already."""
    own_id = _own_id(raw)
    async with account.errand() as link:
        folder = (await account.sent(link)).name

        def append(connection: Connection) -> None:
            if own_id is None or not _holds(connection, folder=folder, message_id=own_id):
                connection.append_seen(folder, raw, sent_at)

        await link.run(append)


_MESSAGE_ID_FIELD = re.compile(rb"^message-id:((?:[^\r\n]|\r?\n[ \t])*)", re.IGNORECASE | re.MULTILINE)


def _own_id(raw: bytes) -> str | None:
    """The Message-ID in the header block of finished bytes."""
    head = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[0]
    match = _MESSAGE_ID_FIELD.search(head)
    found = message_ids(match[1].decode("ascii", "replace")) if match else ()
    return found[0] if found else None


_ID_FIELDS = ("message-id", ORIGINAL)
"""Microsoft 365 gives sent mail a new Message-ID and keeps ours in the second."""


def _holds(connection: Connection, *, folder: str, message_id: str) -> bool:
    """Whether a folder holds a mail with this Message-ID. A search finds parts of words too, so the hits are read."""
    connection.examine(folder)
    if not message_ids(message_id):
        return False
    for name in _ID_FIELDS:
        hits = connection.search_uids(b"HEADER " + name.encode("ascii") + b" " + quoted(message_id))
        if not hits:
            continue
        for one in connection.fetch_uids(hits[-20:], f"(UID BODY.PEEK[HEADER.FIELDS ({name.upper()})])"):
            block = next(iter(one.sections.values()), None) or b""
            if message_id.encode("ascii") in b"".join(block.split()):
                return True
    return False
