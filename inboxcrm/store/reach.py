"""The SQL of how people are reached besides mail, how they stand to one another, and what they are in a matter."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from inboxcrm.domain.phones import Number
from inboxcrm.domain.relations import Relation
from inboxcrm.store.times import to_text

SUGGESTED, KEPT, DISMISSED = "suggested", "kept", "dismissed"


@dataclass(frozen=True, slots=True)
class PhoneRow:
    """One number of a contact; suggested ones stood below a letter, `message_id`."""

    id: int
    contact_id: int
    contact: str
    number: str
    national: str
    international: str
    region: str | None
    label: str
    state: str
    message_id: int | None

    def shown(self, region: str | None) -> str:
        """As it is dialled from this region."""
        number = self.national if self.region is not None and self.region == region else self.international
        return f"{number} ({self.label})" if self.label else number


def add_phone(
    connection: sqlite3.Connection,
    contact_id: int,
    number: Number,
    *,
    state: str,
    at: datetime,
    message_id: int | None = None,
) -> bool:
    """Enter a number; answers whether anything changed. A suggestion changes nothing that is on record."""
    given = {
        "contact_id": contact_id, "number": number.e164, "national": number.national, "region": number.region,
        "international": number.international, "label": number.label, "state": state, "message_id": message_id,
        "at": to_text(at), "kept": state == KEPT,
    }  # fmt: skip
    cursor = connection.execute(
        """
        INSERT INTO phones (contact_id, number, national, international, region, label, state, message_id, at)
        VALUES (:contact_id, :number, :national, :international, :region, :label, :state, :message_id, :at)
        ON CONFLICT (contact_id, number) DO UPDATE
        SET state = 'kept', label = IIF(:label = '', label, :label)
        WHERE :kept AND (phones.state <> 'kept' OR :label NOT IN ('', phones.label))
        """,
        given,
    )
    return cursor.rowcount > 0


def drop_phone(connection: sqlite3.Connection, contact_id: int, number: str) -> bool:
    """It is not theirs, or no more: not shown and not suggested again. Answers whether it was on record."""
    cursor = connection.execute(
        "UPDATE phones SET state = 'dismissed' WHERE contact_id = ? AND number = ? AND state <> 'dismissed'",
        (contact_id, number),
    )
    return cursor.rowcount > 0


def phones(
    connection: sqlite3.Connection, contact_id: int | None = None, *, state: str | None = None
) -> list[PhoneRow]:
    """The numbers of a contact, or of everybody, those kept first; dismissed ones only when asked for."""
    rows = connection.execute(
        """
        SELECT phones.id, contact_id, contacts.name AS contact, number, national, international, region, label, state,
               message_id
        FROM phones
        JOIN contacts ON contacts.id = phones.contact_id
        WHERE (:contact IS NULL OR contact_id = :contact)
          AND state = COALESCE(:state, IIF(state = 'dismissed', '', state))
        ORDER BY contacts.name, contact_id, state = 'suggested', phones.id
        """,
        {"contact": contact_id, "state": state},
    )
    return [PhoneRow(**dict(row)) for row in rows]


def numbers_of_all(connection: sqlite3.Connection) -> dict[int, tuple[str, ...]]:
    """The numbers of every contact that were not dismissed."""
    found: dict[int, tuple[str, ...]] = {}
    for row in connection.execute("SELECT contact_id, number FROM phones WHERE state <> 'dismissed'"):
        found[row["contact_id"]] = (*found.get(row["contact_id"], ()), row["number"])
    return found


def pages(connection: sqlite3.Connection, contact_id: int) -> list[str]:
    """The pages of a contact on networks and elsewhere."""
    rows = connection.execute("SELECT url FROM profiles WHERE contact_id = ? ORDER BY url", (contact_id,))
    return [str(row["url"]) for row in rows]


def drop_page(connection: sqlite3.Connection, contact_id: int, url: str) -> bool:
    """It is not theirs; answers whether it was on record."""
    cursor = connection.execute("DELETE FROM profiles WHERE contact_id = ? AND url = ?", (contact_id, url))
    return cursor.rowcount > 0


@dataclass(frozen=True, slots=True)
class RelationRow:
    """How a contact stands to another, in words said of this one; `other_id` is the other."""

    contact_id: int
    other_id: int
    other: str
    words: str


def relate(connection: sqlite3.Connection, one: int, other: int, relation: Relation, *, at: datetime) -> bool:
    """Enter a relation; answers False where it is on record, from either side."""
    cursor = connection.execute(
        """
        INSERT INTO relations (contact_id, other_id, kind, back, at)
        SELECT :one, :other, :kind, :back, :at
        WHERE NOT EXISTS (SELECT 1 FROM relations
                          WHERE (contact_id, other_id, kind) IN (VALUES (:one, :other, :kind), (:other, :one, :back)))
        """,
        {"one": one, "other": other, "kind": relation.words, "back": relation.back, "at": to_text(at)},
    )
    return cursor.rowcount > 0


def unrelate(connection: sqlite3.Connection, one: int, other: int) -> int:
    """Forget how two stand to one another, from both sides; answers how many relations there were."""
    cursor = connection.execute(
        "DELETE FROM relations WHERE (contact_id, other_id) IN (VALUES (:one, :other), (:other, :one))",
        {"one": one, "other": other},
    )
    return cursor.rowcount


def relations(connection: sqlite3.Connection, contact_id: int) -> list[RelationRow]:
    """How a contact stands to others, from both sides, by name."""
    rows = connection.execute(
        """
        SELECT relations.other_id AS other_id, contacts.name AS other, kind, back, 1 AS of_one
        FROM relations JOIN contacts ON contacts.id = relations.other_id
        WHERE contact_id = :id
        UNION ALL
        SELECT relations.contact_id, contacts.name, kind, back, 0
        FROM relations JOIN contacts ON contacts.id = relations.contact_id
        WHERE other_id = :id
        ORDER BY other, kind
        """,
        {"id": contact_id},
    )
    return [_relation(contact_id, row) for row in rows]


def _relation(contact_id: int, row: sqlite3.Row) -> RelationRow:
    found = Relation(row["kind"], row["back"])
    words = found.said_of_one(row["other"]) if row["of_one"] else found.said_of_other(row["other"])
    return RelationRow(contact_id, row["other_id"], row["other"], words)


@dataclass(frozen=True, slots=True)
class RoleRow:
    """What somebody is in a matter ("decides", "pays", or the owner's words)."""

    matter_id: int
    subject: str
    contact_id: int
    contact: str
    role: str


def give_role(connection: sqlite3.Connection, matter_id: int, contact_id: int, role: str, *, at: datetime) -> bool:
    """Enter a role; answers False where it is on record."""
    cursor = connection.execute(
        """
        INSERT INTO matter_roles (matter_id, contact_id, role, at)
        SELECT :matter, :contact, :role, :at
        WHERE NOT EXISTS (SELECT 1 FROM matter_roles
                          WHERE matter_id = :matter AND contact_id = :contact AND role = :role)
        """,
        {"matter": matter_id, "contact": contact_id, "role": role, "at": to_text(at)},
    )
    return cursor.rowcount > 0


def take_roles(connection: sqlite3.Connection, matter_id: int, contact_id: int) -> int:
    """Forget what somebody is in a matter; answers how many roles there were."""
    cursor = connection.execute(
        "DELETE FROM matter_roles WHERE matter_id = ? AND contact_id = ?", (matter_id, contact_id)
    )
    return cursor.rowcount


def roles(
    connection: sqlite3.Connection, *, matter_id: int | None = None, contact_id: int | None = None
) -> list[RoleRow]:
    """Who is what in a matter, or what somebody is in their matters, the latest matters first."""
    rows = connection.execute(
        """
        SELECT DISTINCT matter_id, matters.subject AS subject, matter_roles.contact_id AS contact_id,
               contacts.name AS contact, role
        FROM matter_roles
        JOIN matters ON matters.id = matter_roles.matter_id
        JOIN contacts ON contacts.id = matter_roles.contact_id
        WHERE (:matter IS NULL OR matter_id = :matter) AND (:contact IS NULL OR matter_roles.contact_id = :contact)
        ORDER BY matters.last_at DESC, contact, role
        """,
        {"matter": matter_id, "contact": contact_id},
    )
    return [RoleRow(**dict(row)) for row in rows]
