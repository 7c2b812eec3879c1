"""What became of a mail in its mailbox while its acknowledgement waited to leave, and where its answer may lie."""

from __future__ import annotations

import sqlite3
from enum import Enum

_UNWANTED_FOLDERS = frozenset({"junk", "trash"})
_UNWANTED_FLAGS = frozenset({"junk", "deleted"})


class Whereabouts(Enum):
    """Where it is now, by its folders and flags on record."""

    THERE = "there"
    ANSWERED = "answered"
    """A mail program says that the owner answered it."""
    THROWN_AWAY = "thrown away"
    """Wherever it lies, it lies among junk or what was deleted."""
    GONE = "gone"
    """It is in no folder that is read: most often junk or trash, which are not, or put away elsewhere."""


def of_acknowledged(connection: sqlite3.Connection, item_id: int) -> tuple[Whereabouts, bool]:
    """Where the mail is that an item of the outbox acknowledges, and whether its sender is a stranger.

    Any other item tells of a mail that may lie anywhere: that one is there.
    """
    rows = connection.execute(
        """
        SELECT outbox.stranger, folders.role, locations.flags
        FROM outbox
        LEFT JOIN locations ON locations.message_id = outbox.message_id
        LEFT JOIN folders ON folders.id = locations.folder_id
        WHERE outbox.id = ? AND outbox.message_id IS NOT NULL AND outbox.dedupe_key LIKE 'acknowledgement:%'
        """,
        (item_id,),
    ).fetchall()
    if not rows:
        return Whereabouts.THERE, False
    places = [(role, _names(flags)) for _, role, flags in rows if role is not None]
    return _where(places), bool(rows[0][0])


def _where(places: list[tuple[str, frozenset[str]]]) -> Whereabouts:
    if not places:
        return Whereabouts.GONE
    if any("answered" in flags for _, flags in places):
        return Whereabouts.ANSWERED
    if all(role in _UNWANTED_FOLDERS or flags & _UNWANTED_FLAGS for role, flags in places):
        return Whereabouts.THROWN_AWAY
    return Whereabouts.THERE


def _names(flags: str) -> frozenset[str]:
    return frozenset(flag.lstrip("\\$").casefold() for flag in flags.split())


LETTERS_LOOKED_AT = 200
"""How many of the newest mails with an address are looked at."""


def written_from(connection: sqlite3.Connection, address_key: str) -> list[str]:
    """The mailboxes in whose Sent lies a letter to this address, among the newest mails with it."""
    rows = connection.execute(
        """
        SELECT DISTINCT mailboxes.name
        FROM (
          SELECT message_id FROM participants
          WHERE address_key = :key AND role IN ('to', 'cc')
          ORDER BY message_id DESC
          LIMIT :most
        ) AS letters
        JOIN messages ON messages.id = letters.message_id AND messages.direction = 'out'
        JOIN locations ON locations.message_id = messages.id
        JOIN folders ON folders.id = locations.folder_id AND folders.role = 'sent'
        JOIN mailboxes ON mailboxes.id = folders.mailbox_id
        """,
        {"key": address_key, "most": LETTERS_LOOKED_AT},
    )
    return [row["name"] for row in rows]
