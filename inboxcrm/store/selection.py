"""The SQL of taking mail out: which messages a person means, and their octets."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from inboxcrm.store import messages
from inboxcrm.store.times import to_instant, to_text_or_none
from inboxcrm.store.views.searching import decided
from inboxcrm.store.views.wanted import Term, Wanted, wanted


@dataclass(frozen=True, slots=True)
class Selection:
    """Mail that has all of this; None asks for nothing.

    `contact_id` and `organisation_id`: one of their addresses wrote or got it. `since` is the first instant, `until`
    the one after the last. `folder` is a folder's name in any mailbox. `words` finds what a search for
    them would find, their days being those of `zone`.
    """

    contact_id: int | None = None
    organisation_id: int | None = None
    matter_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    folder: str | None = None
    words: str | None = None
    zone: tzinfo = UTC


@dataclass(frozen=True, slots=True)
class Stored:
    """A message's octets and what an archive says beside them. `flags` are those of its folders."""

    id: int
    raw: bytes
    sender_key: str
    received_at: datetime
    flags: frozenset[str]


_OF_CONTACT = """
    (contact_id = :contact_id OR EXISTS (
      SELECT 1 FROM participants
      JOIN addresses ON addresses.key = participants.address_key
      WHERE participants.message_id = messages.id AND addresses.contact_id = :contact_id))
"""

_OF_ORGANISATION = """
    EXISTS (
      SELECT 1 FROM participants
      JOIN addresses ON addresses.key = participants.address_key
      LEFT JOIN contacts ON contacts.id = addresses.contact_id
      WHERE participants.message_id = messages.id
        AND :organisation_id IN (addresses.organisation_id, contacts.organisation_id))
"""

_IN_FOLDER = """
    EXISTS (
      SELECT 1 FROM locations
      JOIN folders ON folders.id = locations.folder_id
      WHERE locations.message_id = messages.id AND folders.name = :folder)
"""


def ids(connection: sqlite3.Connection, selection: Selection) -> list[int]:
    """The rows of the messages that are meant, the oldest first."""
    conditions = {
        "contact_id": _OF_CONTACT,
        "organisation_id": _OF_ORGANISATION,
        "matter_id": "matter_id = (SELECT COALESCE(merged_into, id) FROM matters WHERE id = :matter_id)",
        "since": "received_at >= :since",
        "until": "received_at < :until",
        "folder": _IN_FOLDER,
        "words": "messages.id IN (SELECT rowid FROM search WHERE search MATCH :words)",
        "words_since": "received_at >= :words_since",
        "words_until": "received_at < :words_until",
    }
    asked = {
        "contact_id": selection.contact_id,
        "organisation_id": selection.organisation_id,
        "matter_id": selection.matter_id,
        "since": to_text_or_none(selection.since),
        "until": to_text_or_none(selection.until),
        "folder": selection.folder,
        **_words(connection, selection),
    }
    given = [condition for name, condition in conditions.items() if asked[name] is not None]
    rows = connection.execute(
        f"""
        SELECT messages.id FROM messages
        JOIN letters ON letters.message_id = messages.id
        WHERE {" AND ".join(given) or "1"}
        ORDER BY received_at, messages.id
        """,  # noqa: S608 - conditions of our own
        asked,
    )
    return [int(row[0]) for row in rows]


def _words(connection: sqlite3.Connection, selection: Selection) -> dict[str, str | None]:
    """What the words ask for; what asks for nothing finds nothing, as a search."""
    if selection.words is None:
        return {"words": None, "words_since": None, "words_until": None}
    asked = decided(connection, wanted(selection.words, selection.zone) or Wanted((Term(""),)))
    return {"words": asked.expression or None, "words_since": asked.since, "words_until": asked.until}


def folder_names(connection: sqlite3.Connection) -> list[str]:
    """The folders that were read, by name."""
    return [row[0] for row in connection.execute("SELECT DISTINCT name FROM folders ORDER BY name")]


def stored(connection: sqlite3.Connection, row_ids: Sequence[int]) -> Iterator[Stored]:
    """These messages, one at a time, in this order; one that is gone meanwhile is left out."""
    for row_id in row_ids:
        row = connection.execute("SELECT sender_key, received_at FROM messages WHERE id = ?", (row_id,)).fetchone()
        raw = messages.raw(connection, row_id)
        if row is None or raw is None:
            continue
        lying = connection.execute("SELECT flags FROM locations WHERE message_id = ?", (row_id,))
        flags = frozenset(flag for (listed,) in lying for flag in listed.split())
        yield Stored(row_id, raw, row["sender_key"] or "", to_instant(row["received_at"]), flags)
