"""Mails that are not read yet: what their list says of them, below what is on record."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from inboxcrm.store.views.rows import PAGE, values
from inboxcrm.store.views.searching import LAST, decided
from inboxcrm.store.views.wanted import Wanted, wanted

MARK = "n"
"""What stands before the number of a mail that is not read yet."""

FOLDERS = 4
"""In how many folders one mail is expected to lie at most."""


@dataclass(frozen=True, slots=True)
class ListedRow:
    """One mail that is listed and not read yet; `wanted_at`: since when somebody waits for it."""

    id: int
    received_at: datetime
    sender: str
    recipients: str
    subject: str
    size: int
    message_id: str | None
    folder: str
    mailbox: str
    wanted_at: datetime | None

    @property
    def reference(self) -> str:
        """How a person names it."""
        return f"{MARK}{self.id}"


def number_of(reference: str) -> int | None:
    """The number of a mail that is not read yet, as a person names it ("n412"); None where they mean another."""
    digits = reference.strip().lower().removeprefix(MARK)
    meant = digits != reference.strip().lower() and digits.isascii() and digits.isdigit() and len(digits) < 19
    return int(digits) if meant else None


def listed_mail(connection: sqlite3.Connection, row_id: int) -> ListedRow | None:
    """One of them."""
    row = connection.execute("SELECT * FROM listing_list WHERE id = ?", (row_id,)).fetchone()
    return None if row is None else ListedRow(**values(row))


def listed(
    connection: sqlite3.Connection, words: str, *, limit: int = PAGE, offset: int = 0, zone: tzinfo = UTC
) -> list[ListedRow]:
    """The newest that hold all of these words in subject, sender or recipients; they ask as a search does."""
    asked = wanted(words, zone)
    if asked is None or limit < 1 or not any_listed(connection):
        return []
    return _rows(connection, *_condition(decided(connection, asked)), limit=limit, offset=offset)


def listed_of(
    connection: sqlite3.Connection, contact_id: int, *, limit: int = PAGE, offset: int = 0
) -> list[ListedRow]:
    """The newest that a contact wrote or got."""
    if not any_listed(connection):
        return []
    return _rows(connection, _OF_CONTACT, {"contact": contact_id}, limit=limit, offset=offset)


def count_listed(connection: sqlite3.Connection, contact_id: int) -> int:
    """How many mails that a contact wrote or got are listed and not read yet."""
    if not any_listed(connection):
        return 0
    count = connection.execute(
        f"SELECT COUNT(*) FROM listing_list WHERE {_OF_CONTACT}",  # noqa: S608 - a condition of our own
        {"contact": contact_id},
    )
    return int(count.fetchone()[0])


_OF_CONTACT = """
    id IN (SELECT listed_people.listing_id
           FROM addresses
           JOIN listed_people ON listed_people.address_key = addresses.key
           WHERE addresses.contact_id = :contact)
"""


def any_listed(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM listings LIMIT 1").fetchone() is not None


def _condition(asked: Wanted) -> tuple[str, dict[str, object]]:
    conditions = ["received_at >= :since", "received_at < :until"]
    if asked.terms:
        conditions.append("id IN (SELECT rowid FROM listing_search WHERE listing_search MATCH :words)")
    return " AND ".join(conditions), {
        "since": asked.since or "",
        "until": asked.until or LAST,
        "words": asked.expression,
    }


def _rows(
    connection: sqlite3.Connection, condition: str, asked: dict[str, object], *, limit: int, offset: int
) -> list[ListedRow]:
    """The newest, by going through the list from the newest on; what is shown once may be listed in a few folders."""
    rows = connection.execute(
        f"""
        WITH newest AS MATERIALIZED (
          SELECT id FROM listings INDEXED BY listings_received
          WHERE {condition}
          ORDER BY received_at DESC
          LIMIT :wide)
        SELECT * FROM listing_list
        WHERE id IN newest
        ORDER BY received_at DESC, id DESC
        LIMIT :limit OFFSET :offset
        """,  # noqa: S608 - conditions of our own
        {**asked, "limit": limit, "offset": offset, "wide": -1 if limit < 0 else FOLDERS * (limit + offset)},
    )
    return [ListedRow(**values(row)) for row in rows]
