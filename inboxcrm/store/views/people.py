"""The contacts, and when the owner last turned to one."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from inboxcrm.store.contacts import holder
from inboxcrm.store.patterns import held
from inboxcrm.store.times import to_instant
from inboxcrm.store.views.rows import PAGE, values


@dataclass(frozen=True, slots=True)
class ContactRow:
    """One contact as the card and the list show it; `known_since` is None for a stranger.

    `plan` is the one that holds, `own_plan` the one set on the contact and not on the organisation.
    """

    id: int
    name: str
    organisation: str | None
    organisation_id: int | None
    addresses: str
    plan: str | None
    own_plan: str | None
    policy: str | None
    language: str | None
    timezone: str | None
    known_since: datetime | None
    known_because: str | None
    away_until: datetime | None
    undeliverable_at: datetime | None
    last_at: datetime | None
    messages: int
    owed: int
    form: str | None = None


def contacts(connection: sqlite3.Connection, *, like: str = "", limit: int = PAGE, offset: int = 0) -> list[ContactRow]:
    """Contacts whose name, address or organisation holds these words, the latest correspondents first."""
    rows = connection.execute(
        """
        SELECT * FROM contact_list
        WHERE :like = '' OR name LIKE :pattern ESCAPE '\\' OR addresses LIKE :pattern ESCAPE '\\'
           OR organisation LIKE :pattern ESCAPE '\\'
        ORDER BY last_at DESC, name
        LIMIT :limit OFFSET :offset
        """,
        {"like": like, "pattern": held(like), "limit": limit, "offset": offset},
    )
    return [ContactRow(**values(row)) for row in rows]


def contact(connection: sqlite3.Connection, contact_id: int) -> ContactRow | None:
    """One contact; the one that it was merged into, where it was."""
    row = connection.execute("SELECT * FROM contact_list WHERE id = ?", (holder(connection, contact_id),)).fetchone()
    return None if row is None else ContactRow(**values(row))


@dataclass(frozen=True, slots=True)
class Touch:
    """When and how the owner last turned to a contact: "mail", "phone", "met" or another channel."""

    at: datetime
    how: str


def last_touch(connection: sqlite3.Connection, contact_id: int) -> Touch | None:
    """The last mail the owner wrote to a contact by hand, or the last word by another channel."""
    row = connection.execute(
        """
        SELECT received_at AS at, 'mail' AS how
        FROM messages
        WHERE contact_id = :id AND direction = 'out'
        UNION ALL
        SELECT ended_at AS at, ended_how AS how
        FROM promises
        WHERE contact_id = :id AND state IN ('kept', 'kept_late') AND ended_how NOT IN ('mail', 'taken back')
        UNION ALL
        SELECT at, channel AS how
        FROM interactions
        WHERE contact_id = :id AND from_owner
        ORDER BY at DESC
        LIMIT 1
        """,
        {"id": contact_id},
    ).fetchone()
    return None if row is None else Touch(to_instant(row["at"]), row["how"])
