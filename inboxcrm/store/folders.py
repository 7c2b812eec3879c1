"""The SQL of mailboxes and folders: how far each has been read, and where each message lies."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from inboxcrm.ports import FolderRole, LostFolder, MailboxState, Position, Taken
from inboxcrm.store.times import to_instant, to_instant_or_none, to_text, to_text_or_none


@dataclass(frozen=True, slots=True)
class Folder:
    """One folder's row."""

    id: int
    mailbox_id: int
    name: str
    role: FolderRole
    position: Position


def enrol(connection: sqlite3.Connection, name: str, *, now: datetime) -> int:
    """The mailbox's row, made on first sight."""
    row = connection.execute("SELECT id FROM mailboxes WHERE name = ?", (name,)).fetchone()
    if row is not None:
        return int(row["id"])
    cursor = connection.execute("INSERT INTO mailboxes (name, enrolled_at) VALUES (?, ?)", (name, to_text(now)))
    return int(cursor.lastrowid or 0)


LEFT_OUT = "config.toml does not name it any more: it is not read"
"""The cause that is told of a mailbox that was taken out of the settings, or has another name there."""


def others(connection: sqlite3.Connection, names: Collection[str]) -> list[str]:
    """The mailboxes on record besides these."""
    rows = connection.execute(
        "SELECT name FROM mailboxes WHERE name NOT IN (SELECT value FROM json_each(?)) ORDER BY name",
        (json.dumps(list(names)),),
    )
    return [str(name) for (name,) in rows]


def leave_out(connection: sqlite3.Connection, name: str) -> None:
    """Nobody reads this mailbox any more, nor brings what of it is still to be read."""
    connection.execute(
        "UPDATE mailboxes SET state = ?, cause = ?, next_attempt_at = NULL, backlog = 0 WHERE name = ?",
        (MailboxState.OFFLINE, LEFT_OUT, name),
    )


def last_enrolled(connection: sqlite3.Connection) -> datetime | None:
    """When the newest mailbox was first seen."""
    return to_instant_or_none(connection.execute("SELECT MAX(enrolled_at) FROM mailboxes").fetchone()[0])


def mailbox_name(connection: sqlite3.Connection, mailbox_id: int) -> str | None:
    """What a mailbox is called in the settings; None where there is no such row."""
    row = connection.execute("SELECT name FROM mailboxes WHERE id = ?", (mailbox_id,)).fetchone()
    return None if row is None else str(row["name"])


def first_reading(connection: sqlite3.Connection, *, enrolled_after: datetime) -> bool:
    """Whether a mailbox that was enrolled after that has a folder with old mail still to be read."""
    found = connection.execute(
        """
        SELECT 1
        FROM mailboxes
        JOIN folders ON folders.mailbox_id = mailboxes.id
        WHERE mailboxes.enrolled_at > ? AND folders.backfill_below IS NOT NULL
        LIMIT 1
        """,
        (to_text(enrolled_after),),
    )
    return found.fetchone() is not None


def folder(connection: sqlite3.Connection, mailbox: str, name: str) -> Folder | None:
    """The folder as last committed, or None before its first batch."""
    row = connection.execute(
        """
        SELECT folders.*
        FROM folders
        JOIN mailboxes ON mailboxes.id = folders.mailbox_id
        WHERE mailboxes.name = :mailbox AND folders.name = :name
        """,
        {"mailbox": mailbox, "name": name},
    ).fetchone()
    if row is None:
        return None
    position = Position(
        row["uid_validity"],
        row["uid_next"],
        row["highest_modseq"],
        row["backfill_below"],
        row["baseline"],
        tuple(json.loads(row["pending"])),
        to_instant_or_none(row["checked_at"]),
        row["listed_below"],
        row["object_id"],
        to_instant_or_none(row["news_since"]),
    )
    return Folder(row["id"], row["mailbox_id"], row["name"], FolderRole(row["role"]), position)


def move_to(connection: sqlite3.Connection, mailbox_id: int, name: str, role: FolderRole, position: Position) -> int:
    """Record how far the folder has been read; answers its row id."""
    row = connection.execute(
        """
        INSERT INTO folders (mailbox_id, name, role, uid_validity, uid_next, highest_modseq, backfill_below, baseline,
                             pending, checked_at, listed_below, object_id, news_since)
        VALUES (:mailbox_id, :name, :role, :uid_validity, :uid_next, :highest_modseq, :backfill_below, :baseline,
                :pending, :checked_at, :listed_below, :object_id, :news_since)
        ON CONFLICT (mailbox_id, name) DO UPDATE
        SET role = :role, uid_validity = :uid_validity, uid_next = :uid_next, highest_modseq = :highest_modseq,
            backfill_below = :backfill_below, baseline = :baseline, pending = :pending, checked_at = :checked_at,
            listed_below = :listed_below, object_id = :object_id, news_since = :news_since
        RETURNING id
        """,
        {
            "mailbox_id": mailbox_id,
            "name": name,
            "role": role,
            "uid_validity": position.uid_validity,
            "uid_next": position.uid_next,
            "highest_modseq": position.highest_modseq,
            "backfill_below": position.backfill_below,
            "baseline": position.baseline,
            "pending": json.dumps(position.pending),
            "checked_at": to_text_or_none(position.checked_at),
            "listed_below": position.listed_below,
            "object_id": position.object_id,
            "news_since": to_text_or_none(position.news_since),
        },
    ).fetchone()
    return int(row["id"])


def uids(connection: sqlite3.Connection, mailbox: str, name: str) -> list[int]:
    """Every UID on record in the folder's present epoch, quarantined ones included, ascending."""
    found = folder(connection, mailbox, name)
    if found is None:
        return []
    rows = connection.execute(
        """
        SELECT uid FROM locations WHERE folder_id = :id AND uid_validity = :epoch
        UNION
        SELECT uid FROM quarantine WHERE folder_id = :id AND uid_validity = :epoch
        ORDER BY uid
        """,
        {"id": found.id, "epoch": found.position.uid_validity},
    )
    return [row[0] for row in rows]


def locate(
    connection: sqlite3.Connection, folder_id: int, epoch: int, places: Iterable[tuple[int, int, frozenset[str]]]
) -> None:
    """Record under which UIDs messages lie in a folder: (UID, message, flags). What was quarantined there came after
    all.
    """
    places = list(places)
    connection.executemany(
        """
        INSERT INTO locations (folder_id, uid_validity, uid, message_id, flags) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET message_id = excluded.message_id, flags = excluded.flags
        """,
        [(folder_id, epoch, uid, message_id, " ".join(sorted(flags))) for uid, message_id, flags in places],
    )
    connection.execute(
        """
        DELETE FROM quarantine
        WHERE folder_id = ? AND uid_validity = ? AND uid IN (SELECT value FROM json_each(?))
        """,
        (folder_id, epoch, json.dumps([uid for uid, *_ in places])),
    )


def number(connection: sqlite3.Connection, mailbox_id: int, numbers: Iterable[tuple[str, int]]) -> None:
    """Record by what numbers the server knows messages in all its folders: (number, message)."""
    connection.executemany(
        "INSERT OR REPLACE INTO server_ids VALUES (?, ?, ?)",
        [(mailbox_id, server_id, message_id) for server_id, message_id in numbers],
    )


def numbered(connection: sqlite3.Connection, mailbox: str, server_ids: Sequence[str]) -> frozenset[str]:
    """Of these numbers of the server, those of messages on record."""
    rows = connection.execute(
        """
        SELECT server_ids.server_id AS server_id
        FROM json_each(:asked) AS asked
        JOIN mailboxes ON mailboxes.name = :mailbox
        JOIN server_ids ON server_ids.mailbox_id = mailboxes.id AND server_ids.server_id = asked.value
        """,
        {"asked": json.dumps(list(server_ids)), "mailbox": mailbox},
    )
    return frozenset(row["server_id"] for row in rows)


def locate_numbered(
    connection: sqlite3.Connection,
    mailbox_id: int,
    folder_id: int,
    epoch: int,
    located: Iterable[tuple[int, str, frozenset[str]]],
) -> None:
    """Record that messages on record, named by the server's number, lie in a folder under these UIDs."""
    connection.executemany(
        """
        INSERT INTO locations (folder_id, uid_validity, uid, message_id, flags)
        SELECT :folder, :epoch, :uid, message_id, :flags
        FROM server_ids
        WHERE mailbox_id = :mailbox AND server_id = :server_id
        ON CONFLICT DO UPDATE SET message_id = excluded.message_id, flags = excluded.flags
        """,
        [
            {
                "folder": folder_id,
                "epoch": epoch,
                "uid": uid,
                "flags": " ".join(sorted(flags)),
                "mailbox": mailbox_id,
                "server_id": server_id,
            }
            for uid, server_id, flags in located
        ],
    )


def unknown(connection: sqlite3.Connection, mailbox: str, name: str, seen: Sequence[tuple[int, str, int]]) -> list[int]:
    """After a renumbering: of (UID, Message-ID, size), the UIDs that match no message of this folder for certain.

    Message-IDs are not always unique (devices and forms that send the same one each time, senders who forge one), and a
    second mail under a known one may have come meanwhile: the size must agree, there must be no more UIDs than places
    on record, and these must all hold the same mail. Where sizes of more than one id agree for less than half, they are
    estimates (Exchange does so) and tell nothing; nor does an id then that several mails on record share, wherever they
    lie.
    """
    found = folder(connection, mailbox, name)
    if found is None:
        return [uid for uid, _, _ in seen]
    places = _places(connection, found.id)
    named = [one for one in seen if one[1] in places]
    linked, left = _by_size(places, named)
    ids = {message_id for _, message_id, _ in left}
    if len(left) > len(linked) and len(ids) > 1:
        shared = _shared(connection, ids)
        linked |= _by_id(places, [one for one in left if one[1] not in shared])
    return [uid for uid, _, _ in seen if uid not in linked]


def _shared(connection: sqlite3.Connection, message_ids: Iterable[str]) -> set[str]:
    """Those of these that more than one mail on record has."""
    return {
        row["name"]
        for row in connection.execute(
            """
            SELECT message_id AS name
            FROM messages
            WHERE message_id IN (SELECT value FROM json_each(:names))
            GROUP BY message_id
            HAVING count(*) > 1
            """,
            {"names": json.dumps([*message_ids])},
        )
    }


def relink(connection: sqlite3.Connection, folder_id: int, epoch: int, seen: Iterable[tuple[int, str, int]]) -> None:
    """Link what the server renumbered, (UID, Message-ID, size), to messages on record; none of them is `unknown`."""
    places = _places(connection, folder_id)
    linked, left = _by_size(places, seen)
    linked |= _by_id(places, left)
    locate(connection, folder_id, epoch, [(uid, message, frozenset()) for uid, message in linked.items()])


_Places = dict[str, list[tuple[int, int]]]
"""Message-ID -> size and message of each place where one lies."""


def _places(connection: sqlite3.Connection, folder_id: int) -> _Places:
    places: _Places = {}
    for row in connection.execute(
        """
        SELECT messages.message_id AS name, messages.size AS size, messages.id AS id
        FROM locations
        JOIN messages ON messages.id = locations.message_id
        WHERE locations.folder_id = ? AND messages.message_id IS NOT NULL
        """,
        (folder_id,),
    ):
        places.setdefault(row["name"], []).append((row["size"], row["id"]))
    return places


def _by_size(
    places: _Places, seen: Iterable[tuple[int, str, int]]
) -> tuple[dict[int, int], list[tuple[int, str, int]]]:
    """Which message each UID is by Message-ID and size, using up its place, and those whose size no place has."""
    linked: dict[int, int] = {}
    left = []
    key = itemgetter(1, 2)
    for (message_id, size), alike in groupby(sorted(seen, key=key), key):
        there, group = places.get(message_id, []), [*alike]
        same = [one for one in there if one[0] == size]
        if not same:
            left += group
        elif (message := _the_one(same, group)) is not None:
            linked |= {uid: message for uid, _, _ in group}
            for place in same[: len(group)]:
                there.remove(place)
    return linked, left


def _by_id(places: _Places, seen: Iterable[tuple[int, str, int]]) -> dict[int, int]:
    """The same by Message-ID alone."""
    linked: dict[int, int] = {}
    key = itemgetter(1)
    for message_id, alike in groupby(sorted(seen, key=key), key):
        group = [*alike]
        if (message := _the_one(places.get(message_id, []), group)) is not None:
            linked |= {uid: message for uid, _, _ in group}
    return linked


def _the_one(places: Sequence[tuple[int, int]], group: Sequence[object]) -> int | None:
    """The message that lies in all these places; None where it may be another that some of the group are."""
    messages = {message for _, message in places}
    return messages.pop() if len(messages) == 1 and len(group) <= len(places) else None


SAMPLES = 8
"""Messages by which a folder under another name is recognised, and one under its own is known to have its numbers."""


def lost(
    connection: sqlite3.Connection, mailbox: str, uid_validity: int, *, listed: Collection[str]
) -> list[LostFolder]:
    """Folders on record with this UIDVALIDITY that are not among the names listed, with their newest Message-IDs."""
    rows = connection.execute(
        """
        SELECT folders.name AS name
        FROM folders
        JOIN mailboxes ON mailboxes.id = folders.mailbox_id
        WHERE mailboxes.name = ? AND folders.uid_validity = ?
        """,
        (mailbox, uid_validity),
    ).fetchall()
    gone = [folder(connection, mailbox, row["name"]) for row in rows if row["name"] not in listed]
    return [LostFolder(one.name, one.position, _samples(connection, one)) for one in gone if one is not None]


def newest(
    connection: sqlite3.Connection, mailbox: str, name: str, *, among: Sequence[int] | None = None
) -> list[tuple[int, str | None, datetime]]:
    """The newest few messages of a folder, or of these in it: (UID, Message-ID, when it was received)."""
    found = folder(connection, mailbox, name)
    if found is None:
        return []
    rows = connection.execute(
        """
        SELECT locations.uid AS uid, messages.message_id AS message_id, messages.received_at AS received_at
        FROM locations
        JOIN messages ON messages.id = locations.message_id
        WHERE locations.folder_id = :folder AND locations.uid_validity = :epoch
          AND (:among IS NULL OR locations.uid IN (SELECT value FROM json_each(:among)))
        ORDER BY locations.uid DESC
        LIMIT :most
        """,
        {
            "folder": found.id,
            "epoch": found.position.uid_validity,
            "among": None if among is None else json.dumps(list(among)),
            "most": SAMPLES,
        },
    )
    return [(row["uid"], row["message_id"], to_instant(row["received_at"])) for row in rows]


def _samples(connection: sqlite3.Connection, folder: Folder) -> list[tuple[int, str]]:
    """The newest few that have a Message-ID."""
    rows = connection.execute(
        """
        SELECT locations.uid AS uid, messages.message_id AS message_id
        FROM locations
        JOIN messages ON messages.id = locations.message_id
        WHERE locations.folder_id = ? AND locations.uid_validity = ? AND messages.message_id IS NOT NULL
        ORDER BY locations.uid DESC
        LIMIT ?
        """,
        (folder.id, folder.position.uid_validity, SAMPLES),
    )
    return [(row["uid"], row["message_id"]) for row in rows]


def rename(connection: sqlite3.Connection, mailbox_id: int, old: str, new: str) -> None:
    """Give a folder on record its new name, and keep the old one, by which the settings may know it."""
    names = {"mailbox": mailbox_id, "old": old, "new": new}
    connection.execute("UPDATE folders SET name = :new WHERE mailbox_id = :mailbox AND name = :old", names)
    connection.execute(
        "UPDATE followed_folders SET name = :new WHERE mailbox_id = :mailbox AND name = :old",
        names,
    )
    connection.execute("INSERT OR REPLACE INTO followed_folders VALUES (:mailbox, :old, :new)", names)


def followed(connection: sqlite3.Connection, mailbox: str) -> dict[str, str]:
    """The names that folders had once, and those they have now."""
    rows = connection.execute(
        """
        SELECT followed_folders.configured AS configured, followed_folders.name AS name
        FROM followed_folders
        JOIN mailboxes ON mailboxes.id = followed_folders.mailbox_id
        WHERE mailboxes.name = ?
        """,
        (mailbox,),
    )
    return {row["configured"]: row["name"] for row in rows}


def forget_other_epochs(connection: sqlite3.Connection, folder_id: int, epoch: int) -> None:
    """Drop the places of an earlier UIDVALIDITY; the messages stay."""
    connection.execute("DELETE FROM locations WHERE folder_id = ? AND uid_validity <> ?", (folder_id, epoch))
    connection.execute("DELETE FROM quarantine WHERE folder_id = ? AND uid_validity <> ?", (folder_id, epoch))


def set_flags(
    connection: sqlite3.Connection, folder_id: int, epoch: int, changed: Iterable[tuple[int, frozenset[str]]]
) -> None:
    """Record flags that the server reported."""
    connection.executemany(
        "UPDATE locations SET flags = ? WHERE folder_id = ? AND uid_validity = ? AND uid = ?",
        [(" ".join(sorted(flags)), folder_id, epoch, uid) for uid, flags in changed],
    )


def vanish(connection: sqlite3.Connection, folder_id: int, epoch: int, ranges: Iterable[tuple[int, int]]) -> None:
    """Forget places that the server emptied; the messages stay."""
    for table in ("locations", "quarantine"):
        connection.executemany(
            f"DELETE FROM {table} WHERE folder_id = ? AND uid_validity = ? AND uid BETWEEN ? AND ?",  # noqa: S608 - named here
            [(folder_id, epoch, low, high) for low, high in ranges],
        )


def quarantine(
    connection: sqlite3.Connection, folder_id: int, epoch: int, poisoned: Iterable[tuple[int, str]], *, now: datetime
) -> None:
    """Record messages that the server could not give."""
    connection.executemany(
        "INSERT OR REPLACE INTO quarantine (folder_id, uid_validity, uid, why, noticed_at) VALUES (?, ?, ?, ?, ?)",
        [(folder_id, epoch, uid, why, to_text(now)) for uid, why in poisoned],
    )


def last_checked_at(connection: sqlite3.Connection, mailbox: str) -> datetime | None:
    """When INBOX of a mailbox was last known to be read to its end; None where it never was."""
    row = connection.execute("SELECT last_checked_at FROM mailboxes WHERE name = ?", (mailbox,)).fetchone()
    return None if row is None else to_instant_or_none(row[0])


def last_read(connection: sqlite3.Connection, mailbox: str) -> tuple[datetime, datetime] | None:
    """When a mailbox was enrolled, and `last_checked_at`; None where its INBOX was never read to its end."""
    row = connection.execute(
        "SELECT enrolled_at, last_checked_at FROM mailboxes WHERE name = ? AND last_checked_at IS NOT NULL", (mailbox,)
    ).fetchone()
    return None if row is None else (to_instant(row["enrolled_at"]), to_instant(row["last_checked_at"]))


def note_check(
    connection: sqlite3.Connection,
    mailbox: str,
    *,
    state: str,
    cause: str | None,
    last_checked_at: datetime | None,
    last_mail_at: datetime | None,
    next_attempt_at: datetime | None,
    backlog: int,
    taken: Taken | None = None,
) -> bool:
    """Store how the mailbox fares, for `status`, the desk and the web; False before its first batch."""
    cursor = connection.execute(
        """
        UPDATE mailboxes
        SET state = :state, cause = :cause, next_attempt_at = :next_attempt_at, backlog = :backlog,
            last_checked_at = COALESCE(:last_checked_at, last_checked_at),
            last_mail_at = COALESCE(:last_mail_at, last_mail_at),
            taken_octets = :taken_octets, taken_until = :taken_until
        WHERE name = :mailbox
        """,
        {
            "mailbox": mailbox,
            "state": state,
            "cause": cause,
            "last_checked_at": to_text_or_none(last_checked_at),
            "last_mail_at": to_text_or_none(last_mail_at),
            "next_attempt_at": to_text_or_none(next_attempt_at),
            "backlog": backlog,
            "taken_octets": 0 if taken is None else taken.octets,
            "taken_until": None if taken is None else to_text(taken.until),
        },
    )
    return cursor.rowcount > 0


def taken(connection: sqlite3.Connection, mailbox: str) -> Taken | None:
    """What was read of the old mail of a mailbox whose provider gives so much in a day, as last noted."""
    row = connection.execute(
        "SELECT taken_octets, taken_until FROM mailboxes WHERE name = ? AND taken_until IS NOT NULL", (mailbox,)
    ).fetchone()
    return None if row is None else Taken(row["taken_octets"], to_instant(row["taken_until"]))
