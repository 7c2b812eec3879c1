"""The owner's yes to an invitation, found in Sent: it may be the answer that is owed, so the owner is asked."""

from __future__ import annotations

import re
import sqlite3
from datetime import datetime

from inboxcrm.domain import contents
from inboxcrm.domain.message import Message
from inboxcrm.spool import Spool
from inboxcrm.store import promises, questions

LONGEST = 100_000
"""How many octets of a calendar part are read."""

_FOLD = re.compile(rb"\r?\n[ \t]")
_YES = re.compile(rb"^ATTENDEE\b[^\r\n]*;PARTSTAT=\"?ACCEPTED\b", re.IGNORECASE | re.MULTILINE)


def accepts(message: Message, raw: bytes | Spool) -> bool:
    """Whether a mail is the reply that accepts an invitation (RFC 5546 section 3.2.3, PARTSTAT of RFC 5545).

    A mail that is too large to be held is none.
    """
    if isinstance(raw, Spool):
        return False
    for each in message.parts:
        if each.method != "reply":
            continue
        found = contents.part(raw, each.path)
        if found is not None and _YES.search(_FOLD.sub(b"", found[1][:LONGEST])):
            return True
    return False


def ask(
    connection: sqlite3.Connection, row_id: int, *, matter_id: int | None, contact_id: int | None, at: datetime
) -> None:
    """Ask whether a yes keeps the promise of its matter, or the only promise that is owed to the one who invited."""
    owed = promises.live_of_matter(connection, matter_id) if matter_id is not None else None
    if owed is None and contact_id is not None:
        owed = promises.only_live_of_contact(connection, contact_id)
    if owed is not None and at >= owed.duty.received_at:
        because = "you accepted their invitation"
        questions.ask(connection, "invitation", row_id, because=because, at=at, promise_id=owed.id)
