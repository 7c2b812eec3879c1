"""The SQL of mails that are only listed: what a first reading will bring, until it does.

Nothing here is a message: no contact, matter, verdict or promise refers to a row, and every row goes in the
transaction that brings the mail, or says that it is gone.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from inboxcrm.domain.message import Message
from inboxcrm.ports import Listed, Position
from inboxcrm.store.messages import people
from inboxcrm.store.times import to_instant, to_text


def enter(connection: sqlite3.Connection, folder_id: int, epoch: int, mails: Iterable[tuple[Listed, Message]]) -> None:
    """List these mails of a folder, each with what its header fields say; one that is listed already stays as it is."""
    last = int(connection.execute("SELECT COALESCE(MAX(id), 0) FROM listings").fetchone()[0])
    involved: list[tuple[int, str]] = []
    for listed, message in mails:
        cursor = connection.execute(
            """
            INSERT OR IGNORE INTO listings (folder_id, uid_validity, uid, received_at, size, flags, message_id,
                                            sender_key, sender, recipients, subject)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            (
                folder_id,
                epoch,
                listed.uid,
                to_text(listed.received_at),
                listed.size,
                " ".join(sorted(listed.flags)),
                message.message_id,
                message.author.key if message.author is not None else None,
                people(message.from_),
                people(message.recipients),
                message.subject,
            ),
        )
        if cursor.rowcount:
            row_id = int(cursor.lastrowid or 0)
            involved.extend((row_id, each.key) for each in (*message.from_, *message.recipients))
    connection.executemany("INSERT OR IGNORE INTO listed_people VALUES (?, ?)", involved)
    connection.execute(
        """
        INSERT INTO listing_search (rowid, subject, sender, recipients)
        SELECT id, subject, sender, recipients FROM listings WHERE id > ?
        """,
        (last,),
    )


def settle(
    connection: sqlite3.Connection,
    folder_id: int,
    position: Position,
    *,
    uids: Collection[int],
    vanished: Sequence[tuple[int, int]],
) -> None:
    """Take out what is on record now, what is gone, and whatever the reading has passed; what it will ask for again
    stays.
    """
    where = {"folder": folder_id, "epoch": position.uid_validity}
    found = _ids(
        connection,
        """
        SELECT id FROM listings
        WHERE folder_id = :folder AND uid_validity = :epoch AND uid IN (SELECT value FROM json_each(:uids))
        UNION
        SELECT id FROM listings
        WHERE folder_id = :folder AND uid_validity = :epoch AND uid >= :passed
          AND uid NOT IN (SELECT value FROM json_each(:pending))
        """,
        **where,
        uids=json.dumps(list(uids)),
        passed=position.backfill_below or 0,
        pending=json.dumps(position.pending),
    )
    for low, high in vanished:
        found += _ids(
            connection,
            """
            SELECT id FROM listings
            WHERE folder_id = :folder AND uid_validity = :epoch AND uid BETWEEN :low AND :high
            """,
            **where,
            low=low,
            high=high,
        )
    drop(connection, found)


def forget(connection: sqlite3.Connection, folder_id: int) -> None:
    """Nothing of a folder is listed any longer."""
    drop(connection, _ids(connection, "SELECT id FROM listings WHERE folder_id = :folder", folder=folder_id))
    if connection.execute("SELECT 1 FROM listings LIMIT 1").fetchone() is None:
        connection.execute("INSERT INTO listing_search (listing_search) VALUES ('delete-all')")


def forget_others(connection: sqlite3.Connection, mailbox: str, watched: Collection[str]) -> None:
    """Of folders of a mailbox that are not watched any longer nothing is listed."""
    rows = connection.execute(
        """
        SELECT folders.id
        FROM folders
        JOIN mailboxes ON mailboxes.id = folders.mailbox_id
        WHERE mailboxes.name = :mailbox AND folders.listed_below IS NOT NULL
          AND folders.name NOT IN (SELECT value FROM json_each(:watched))
        """,
        {"mailbox": mailbox, "watched": json.dumps(list(watched))},
    ).fetchall()
    for (folder_id,) in rows:
        forget(connection, folder_id)
        connection.execute("UPDATE folders SET listed_below = NULL WHERE id = ?", (folder_id,))


def drop(connection: sqlite3.Connection, ids: Collection[int]) -> int:
    """Take rows out; answers how many. FTS5 keeps no text of its own and must be told what it was given."""
    if not ids:
        return 0
    asked = (json.dumps(list(ids)),)
    connection.execute(
        """
        INSERT INTO listing_search (listing_search, rowid, subject, sender, recipients)
        SELECT 'delete', id, subject, sender, recipients
        FROM listings
        WHERE id IN (SELECT value FROM json_each(?))
        """,
        asked,
    )
    connection.execute("DELETE FROM listed_people WHERE listing_id IN (SELECT value FROM json_each(?))", asked)
    return connection.execute("DELETE FROM listings WHERE id IN (SELECT value FROM json_each(?))", asked).rowcount


def about(connection: sqlite3.Connection, keys: Collection[str], addresses: Collection[str]) -> list[int]:
    """The rows that name somebody: as a writer or recipient by these keys, or by an address in the subject."""
    found = _ids(
        connection,
        "SELECT listing_id FROM listed_people WHERE address_key IN (SELECT value FROM json_each(:keys))",
        keys=json.dumps(list(keys)),
    )
    for address in addresses:
        found += _ids(
            connection, "SELECT id FROM listings WHERE INSTR(LOWER(subject), LOWER(:address))", address=address
        )
    return sorted({*found})


def older(connection: sqlite3.Connection, than: datetime) -> list[int]:
    """The rows of mails that came before an instant."""
    return _ids(connection, "SELECT id FROM listings WHERE received_at < :than", than=to_text(than))


def sizes(connection: sqlite3.Connection, ids: Collection[int]) -> list[tuple[int, datetime]]:
    """How large the mails of these rows are, and when they came."""
    rows = connection.execute(
        "SELECT size, received_at FROM listings WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(list(ids)),)
    )
    return [(int(row["size"]), to_instant(row["received_at"])) for row in rows]


# -- what somebody waits for


@dataclass(frozen=True, slots=True)
class Place:
    """Where a listed mail lies; by that it is known once it is on record."""

    folder_id: int
    uid_validity: int
    uid: int


def place(connection: sqlite3.Connection, row_id: int) -> Place | None:
    """Where a listed mail lies; None where it is listed no longer."""
    row = connection.execute("SELECT folder_id, uid_validity, uid FROM listings WHERE id = ?", (row_id,)).fetchone()
    return None if row is None else Place(row["folder_id"], row["uid_validity"], row["uid"])


def message_at(connection: sqlite3.Connection, where: Place) -> int | None:
    """The message on record that lies there."""
    row = connection.execute(
        "SELECT message_id FROM locations WHERE folder_id = ? AND uid_validity = ? AND uid = ?",
        (where.folder_id, where.uid_validity, where.uid),
    ).fetchone()
    return None if row is None else int(row["message_id"])


def want(connection: sqlite3.Connection, row_id: int, *, at: datetime) -> None:
    """Somebody waits for this mail; who asked first is served first."""
    connection.execute(
        "UPDATE listings SET wanted_at = COALESCE(wanted_at, ?) WHERE id = ?",
        (to_text(at), row_id),
    )


def wanted(connection: sqlite3.Connection, mailbox: str) -> list[tuple[str, int]]:
    """The mails of a mailbox that somebody waits for: (folder, UID), the first wish first."""
    rows = connection.execute(
        """
        SELECT folders.name AS folder, listings.uid AS uid
        FROM listings INDEXED BY listings_wanted
        JOIN folders ON folders.id = listings.folder_id AND folders.uid_validity = listings.uid_validity
        JOIN mailboxes ON mailboxes.id = folders.mailbox_id
        WHERE listings.wanted_at IS NOT NULL AND mailboxes.name = ?
        ORDER BY listings.wanted_at
        """,
        (mailbox,),
    )
    return [(row["folder"], row["uid"]) for row in rows]


def _ids(connection: sqlite3.Connection, statement: str, **values: object) -> list[int]:
    return [row[0] for row in connection.execute(statement, values)]
