"""The SQL of what looks alike: skeletons of addresses and names, and pairs of contacts that are not one person."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from inboxcrm.domain.duplicates import Person
from inboxcrm.domain.lookalike import Known, skeleton_of
from inboxcrm.store.reach import numbers_of_all
from inboxcrm.store.times import to_text

MOST_ALIKE = 5
"""How many known addresses of one likeness are told of."""


def draw_new(connection: sqlite3.Connection, *, limit: int) -> int:
    """Draw the skeletons of addresses that came since the last time; answers how many."""
    rows = connection.execute(
        """
        SELECT key, name FROM addresses
        WHERE NOT EXISTS (SELECT 1 FROM lookalikes WHERE lookalikes.address_key = addresses.key)
        LIMIT ?
        """,
        (limit,),
    ).fetchall()
    connection.executemany("INSERT INTO lookalikes VALUES (?, ?, ?, ?, ?, ?)", [_drawn(*row) for row in rows])
    return len(rows)


def _drawn(key: str, name: str) -> tuple[str, ...]:
    drawn = skeleton_of(key, name)
    return key, drawn.address, key.rpartition("@")[2], drawn.domain, name, drawn.name


def like(connection: sqlite3.Connection, key: str, name: str, *, besides: int | None) -> tuple[Known, ...]:
    """The known addresses that look like this one or its domain, or whose name looks like this name, and are others.

    `besides`: the contact whose address it is; those that the owner has told apart from it are left out too.
    """
    drawn = skeleton_of(key, name)
    given = {
        "key": key, "domain": key.rpartition("@")[2], "name": name, "besides": besides or 0, "most": MOST_ALIKE,
        "drawn": drawn.address, "domain_drawn": drawn.domain, "name_drawn": drawn.name,
    }  # fmt: skip
    rows = [row for statement in _LIKE for row in connection.execute(statement, given)]
    found = {row["key"]: Known(row["key"], row["name"], row["contact_id"], row["contact"]) for row in rows}
    return tuple(found.values())


_WHOSE = """
SELECT addresses.key, addresses.name, contacts.id AS contact_id, contacts.name AS contact
FROM lookalikes
JOIN addresses ON addresses.key = lookalikes.address_key
JOIN contacts ON contacts.id = addresses.contact_id
WHERE contacts.known_since IS NOT NULL AND contacts.id <> :besides
  AND NOT EXISTS (SELECT 1 FROM distinct_contacts
                  WHERE (one_id, other_id) IN (VALUES (:besides, contacts.id), (contacts.id, :besides)))
  AND {}
LIMIT :most
"""

_LIKE = tuple(
    _WHOSE.format(likeness)
    for likeness in (
        "lookalikes.drawn = :drawn AND lookalikes.address_key <> :key",
        "lookalikes.domain_drawn = :domain_drawn AND lookalikes.domain < :domain",
        "lookalikes.domain_drawn = :domain_drawn AND lookalikes.domain > :domain",
        ":name_drawn <> '' AND lookalikes.name_drawn = :name_drawn AND lookalikes.name < :name",
        ":name_drawn <> '' AND lookalikes.name_drawn = :name_drawn AND lookalikes.name > :name",
    )
)
"""Each by its own index: a domain that half of all contacts share is skipped, not read."""


def people(connection: sqlite3.Connection) -> Iterable[Person]:
    """Everybody who stands, as duplicates are looked for."""
    keys: dict[int, list[str]] = {}
    for row in connection.execute("SELECT contact_id, key FROM addresses WHERE contact_id IS NOT NULL"):
        keys.setdefault(row["contact_id"], []).append(row["key"])
    rows = connection.execute("SELECT id, name, organisation_id FROM contacts WHERE merged_into IS NULL")
    numbers = numbers_of_all(connection)
    return [
        Person(
            row["id"], row["name"], tuple(keys.get(row["id"], ())), numbers.get(row["id"], ()), row["organisation_id"]
        )
        for row in rows
    ]


def distinct_pairs(connection: sqlite3.Connection) -> frozenset[tuple[int, int]]:
    """The pairs that the owner has told apart, the lower id first."""
    rows = connection.execute("SELECT MIN(one_id, other_id), MAX(one_id, other_id) FROM distinct_contacts")
    return frozenset((int(one), int(other)) for one, other in rows)


def tell_apart(connection: sqlite3.Connection, one: int, other: int, *, at: datetime) -> None:
    """These two are not one person, however alike they look."""
    connection.execute(
        "INSERT OR IGNORE INTO distinct_contacts (one_id, other_id, at) VALUES (?, ?, ?)",
        (min(one, other), max(one, other), to_text(at)),
    )
