"""Which Message-IDs are those of automatic mails of ours: as we sent them, or as they lie in Sent.

Microsoft 365 gives what is sent another Message-ID, and it is that one which an answer names.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Collection, Iterable

from inboxcrm.store import messages, ours

_AUTOMATIC = re.compile(rb"^auto-submitted:\s*(?!no\b)\S", re.IGNORECASE | re.MULTILINE)


def automatic_among(connection: sqlite3.Connection, ids: Iterable[str]) -> frozenset[str]:
    """Of these Message-IDs, those of automatic mails of ours, or of another machine's in the owner's name."""
    asked = frozenset(ids)
    if not asked:
        return asked
    known = frozenset(one for one in asked if ours.is_automatic(connection, one))
    return known | lying_in_sent(connection, asked - known)


def lying_in_sent(connection: sqlite3.Connection, ids: Collection[str]) -> frozenset[str]:
    """Mail found in Sent that a machine wrote; a calendar's reply, which carries no such mark, is a person's."""
    rows = connection.execute(
        """
        SELECT messages.id AS id, messages.message_id AS message_id
        FROM json_each(?)
        JOIN messages ON messages.message_id = value AND messages.direction = 'auto'
        """,
        (json.dumps(sorted(ids)),),
    ).fetchall()
    return frozenset(row["message_id"] for row in rows if _AUTOMATIC.search(messages.header(connection, row["id"])))
