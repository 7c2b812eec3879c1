"""All mail by its date: what is on record, and in its place what is only listed yet."""

from __future__ import annotations

import json
import sqlite3

from inboxcrm.store.views.listed import ListedRow, any_listed
from inboxcrm.store.views.messages import MessageRow, newest
from inboxcrm.store.views.rows import PAGE, values


def newest_of_all(
    connection: sqlite3.Connection, *, limit: int = PAGE, offset: int = 0
) -> list[MessageRow | ListedRow]:
    """The newest mails, whether they are read or only listed."""
    if not any_listed(connection):
        return list(newest(connection, limit=limit, offset=offset))
    # Both halves are walked along their index by date, without the columns that are shown.
    page = connection.execute(
        """
        SELECT received_at, 0 AS unread, id FROM messages WHERE erased_at IS NULL
        UNION ALL
        SELECT received_at, 1 AS unread, id FROM listing_shown
        ORDER BY received_at DESC, unread, id DESC
        LIMIT :limit OFFSET :offset
        """,
        {"limit": limit, "offset": offset},
    ).fetchall()
    read, unread = ([row["id"] for row in page if row["unread"] == kind] for kind in (0, 1))
    found: dict[tuple[int, int], MessageRow | ListedRow] = {}
    for row in connection.execute(_THESE.format("message_list"), (json.dumps(read),)):
        found[0, row["id"]] = MessageRow(**values(row))
    for row in connection.execute(_THESE.format("listing_list"), (json.dumps(unread),)):
        found[1, row["id"]] = ListedRow(**values(row))
    keys = ((row["unread"], row["id"]) for row in page)
    return [found[key] for key in keys if key in found]  # what was listed may have been read since


_THESE = "SELECT * FROM {} WHERE id IN (SELECT value FROM json_each(?))"
