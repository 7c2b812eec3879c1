"""The list before the letters: who wrote what and when, of old mail that will take long to come, newest first.

A listed mail is on no record: nothing is judged, answered or learnt by its header fields, which are shown until its
octets come. So a list may lack a mail, and what cannot be listed is passed over.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime

from inboxcrm.imap.backlog import reopened, to_come
from inboxcrm.imap.connection import Connection
from inboxcrm.imap.decisions import Advance
from inboxcrm.imap.errors import (
    ClosingError,
    CommandRefusedError,
    ConnectionLostError,
    TokenExpiredError,
    concerns_more,
)
from inboxcrm.imap.responses import Fetched
from inboxcrm.imap.work import FolderWork, is_draft
from inboxcrm.ports import Listed

WINDOW = 500
"""Messages listed at once; live mail has its turn between two windows."""

MOST = 1 << 14
"""Octets of header fields that are read of a message: who writes to a thousand people is listed with some of them."""

_FIELDS = f"BODY.PEEK[HEADER.FIELDS (DATE FROM TO CC SUBJECT MESSAGE-ID)]<0.{MOST}>"
_USUAL = 600
"""Octets of one answer, by which the time allowed for a window is reckoned."""

_LEAST = 32
"""Messages that are passed over together when the server refuses them."""

_LOSSES = 2
"""How often the connection may end over one window before it is passed over."""

_SKIPPED = 3
"""Windows passed over for that before the folder is listed no further."""


async def list_more(work: FolderWork) -> None:
    """List the next window of what a first reading of the folder still has to bring."""
    memory, position = work.memory, work.memory.position
    if position is None or position.backfill_below is None:
        return
    if not await reopened(work, position):
        memory.listing.off = True  # until it is known what the numbers mean now
        return
    backlog = await to_come(work, position)
    end = len(backlog) if memory.listed_below is None else bisect_left(backlog, memory.listed_below)
    window = backlog[max(0, end - WINDOW) : end]
    found = await _listed(work, window) if window else ()
    if found is None:
        return
    memory.listing.below = below = window[0] if end > WINDOW else 1
    await work.offer(work.step(Advance(listed_below=below), listed=found, uid_validity=position.uid_validity))


async def _listed(work: FolderWork, window: Sequence[int]) -> Sequence[Listed] | None:
    """What the server says of these, newest first; nothing where it was asked in vain before.

    None where the connection ended over it: the next one may tell, and what else there is to do goes on meanwhile.
    """
    progress = work.memory.listing
    if progress.losses >= _LOSSES:
        progress.losses, progress.skipped = 0, progress.skipped + 1
        progress.off = progress.skipped >= _SKIPPED
        return ()
    now = work.clock.now()
    try:
        found = await work.link.run(lambda c: _told(c, window))
    except CommandRefusedError as refusal:
        if concerns_more(refusal):
            raise
        progress.off = True
        return ()
    except (ClosingError, TokenExpiredError):
        raise
    except ConnectionLostError:
        progress.losses += 1
        return None
    progress.losses = 0
    ids = [one.server_id for one in found if one.server_id is not None]
    known = await work.known.by_server_id(work.mailbox, ids) if ids else frozenset()
    kept = [one for one in found if one.server_id not in known and not (work.memory.all_mail and is_draft(one))]
    kept.sort(key=lambda one: one.uid or 0, reverse=True)
    return [_of(one, now) for one in kept]


def _told(connection: Connection, uids: Sequence[int]) -> list[Fetched]:
    """On the connection's thread; what the server refuses is halved, and passed over where that does not help."""
    try:
        return connection.fetch_uids(uids, connection.items(_FIELDS), octets=_USUAL * len(uids))
    except CommandRefusedError as refusal:
        if refusal.status == "BAD" or concerns_more(refusal):
            raise
        if len(uids) <= _LEAST:
            return []
    half = len(uids) // 2
    return _told(connection, uids[:half]) + _told(connection, uids[half:])


def _of(one: Fetched, seen_at: datetime) -> Listed:
    fields = next((value for name, value in one.sections.items() if name.startswith("BODY[HEADER")), None) or b""
    if len(fields) >= MOST:
        fields = fields[: fields.rfind(b"\n", 0, MOST) + 1]  # half an address would be another one
    return Listed(one.uid or 0, one.internal_date or seen_at, one.flags or frozenset(), one.size or 0, fields)
