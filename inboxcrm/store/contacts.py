"""The SQL of people: contacts, their addresses, their organisations."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from inboxcrm.domain.address import mixed_script, shown_label
from inboxcrm.domain.linking import Entry
from inboxcrm.domain.message import Address
from inboxcrm.store.times import to_instant_or_none, to_text


def holder(connection: sqlite3.Connection, contact_id: int) -> int:
    """The contact that stands for this one now: itself, or the one it was merged into."""
    row = connection.execute(
        """
        WITH RECURSIVE way (id, next) AS (
          SELECT id, merged_into FROM contacts WHERE id = ?
          UNION
          SELECT contacts.id, contacts.merged_into FROM contacts JOIN way ON contacts.id = way.next
        )
        SELECT id FROM way WHERE next IS NULL
        """,
        (contact_id,),
    ).fetchone()
    return contact_id if row is None else int(row["id"])


_ENTRY = """
    SELECT addresses.key, addresses.contact_id, addresses.known_since,
           COALESCE(addresses.organisation_id, contacts.organisation_id) AS organisation_id
    FROM addresses
    LEFT JOIN contacts ON contacts.id = addresses.contact_id
"""


def entry(connection: sqlite3.Connection, key: str) -> Entry | None:
    """What the address book holds under an address key."""
    row = connection.execute(_ENTRY + " WHERE addresses.key = ?", (key,)).fetchone()
    return None if row is None else _entry(row)


def entries(connection: sqlite3.Connection, keys: Iterable[str]) -> dict[str, Entry]:
    """What it holds under those of these keys that are in it."""
    rows = connection.execute(_ENTRY + " JOIN json_each(?) ON addresses.key = value", (json.dumps(list(keys)),))
    return {row["key"]: _entry(row) for row in rows}


def _entry(row: sqlite3.Row) -> Entry:
    return Entry(row["contact_id"], row["organisation_id"], row["known_since"] is not None)


def organisation(connection: sqlite3.Connection, domain: str) -> int | None:
    """The organisation filed under a domain."""
    row = connection.execute("SELECT id FROM organisations WHERE domain = ?", (domain,)).fetchone()
    return None if row is None else int(row["id"])


def organisations_called(connection: sqlite3.Connection, name: str) -> list[int]:
    """The organisations of this name; capitals outside ASCII count."""
    rows = connection.execute("SELECT id FROM organisations WHERE name = ? COLLATE NOCASE", (name,))
    return [int(row["id"]) for row in rows]


def file_under(connection: sqlite3.Connection, contact_id: int, organisation_id: int) -> None:
    """A contact belongs to this organisation."""
    connection.execute("UPDATE contacts SET organisation_id = ? WHERE id = ?", (organisation_id, contact_id))


@dataclass(frozen=True, slots=True)
class Held:
    """One address of a contact: its key, how it is written, and the name it first came with."""

    key: str
    spec: str
    name: str


def addresses(connection: sqlite3.Connection, contact_id: int) -> list[Held]:
    """The addresses of a contact, by key."""
    rows = connection.execute("SELECT key, spec, name FROM addresses WHERE contact_id = ? ORDER BY key", (contact_id,))
    return [Held(*row) for row in rows]


def found_organisation(connection: sqlite3.Connection, domain: str, *, called: str = "") -> int:
    """The organisation of a domain, founded on first sight: as it is called, else under the domain's own name."""
    known = organisation(connection, domain)
    if known is not None:
        return known
    name = called or _called_by(domain)
    cursor = connection.execute("INSERT INTO organisations (name, domain) VALUES (?, ?)", (name, domain))
    return int(cursor.lastrowid or 0)


def _called_by(domain: str) -> str:
    """The domain's own name as its people write it; as it travels where its letters are those of a forgery."""
    travels = domain.partition(".")[0]
    label = travels if mixed_script(domain) else shown_label(travels)
    return label if label.startswith("xn--") else label.replace("-", " ").title()


def add_contact(connection: sqlite3.Connection, address: Address, organisation_id: int | None, *, now: datetime) -> int:
    """A new contact with one address."""
    cursor = connection.execute(
        "INSERT INTO contacts (name, organisation_id, created_at) VALUES (?, ?, ?)",
        (address.name or address.spec, organisation_id, to_text(now)),
    )
    contact_id = int(cursor.lastrowid or 0)
    connection.execute(
        """
        INSERT INTO addresses (key, spec, name, contact_id) VALUES (?, ?, ?, ?)
        ON CONFLICT (key) DO UPDATE SET contact_id = excluded.contact_id
        """,
        (address.key, address.spec, address.name, contact_id),
    )
    return contact_id


def add_address(connection: sqlite3.Connection, contact_id: int, address: Address) -> bool:
    """One more address of a contact; answers False where it is on record, theirs or somebody else's."""
    cursor = connection.execute(
        """
        INSERT INTO addresses (key, spec, name, contact_id) VALUES (?, ?, ?, ?)
        ON CONFLICT (key) DO UPDATE SET contact_id = excluded.contact_id
        WHERE addresses.contact_id IS NULL AND addresses.organisation_id IS NULL
        """,
        (address.key, address.spec, address.name, contact_id),
    )
    return cursor.rowcount > 0


def rename(connection: sqlite3.Connection, contact_id: int, name: str) -> None:
    """A contact goes by this name."""
    connection.execute("UPDATE contacts SET name = ? WHERE id = ?", (name, contact_id))


def add_role_address(connection: sqlite3.Connection, address: Address, organisation_id: int) -> None:
    """An address such as accounts@ that belongs to an organisation."""
    connection.execute(
        """
        INSERT INTO addresses (key, spec, name, organisation_id) VALUES (?, ?, ?, ?)
        ON CONFLICT (key) DO UPDATE SET organisation_id = excluded.organisation_id
        """,
        (address.key, address.spec, address.name, organisation_id),
    )


def make_known(connection: sqlite3.Connection, key: str, *, because: str, at: datetime) -> None:
    """The owner wrote to, imported or confirmed this address at that time: since its first time it is no stranger's."""
    values = {"at": to_text(at), "because": because, "key": key}
    connection.execute(
        "UPDATE addresses SET known_since = :at WHERE key = :key AND (known_since IS NULL OR known_since > :at)", values
    )
    connection.execute(
        """
        UPDATE contacts SET known_since = :at, known_because = :because
        WHERE id = (SELECT contact_id FROM addresses WHERE key = :key) AND (known_since IS NULL OR known_since > :at)
        """,
        values,
    )


def mark_undeliverable(connection: sqlite3.Connection, key: str, *, why: str, at: datetime) -> None:
    """A bounce of a mail of ours said that this address takes no mail."""
    connection.execute(
        "UPDATE addresses SET undeliverable_at = ?, undeliverable_why = ? WHERE key = ?", (to_text(at), why, key)
    )


def mark_away(connection: sqlite3.Connection, contact_id: int, until: datetime) -> None:
    """The contact's out-of-office mail says when they are back."""
    connection.execute("UPDATE contacts SET away_until = ? WHERE id = ?", (to_text(until), contact_id))


def away_until(connection: sqlite3.Connection, contact_id: int) -> datetime | None:
    """When an out-of-office mail said the contact is back, if one did."""
    row = connection.execute("SELECT away_until FROM contacts WHERE id = ?", (contact_id,)).fetchone()
    return None if row is None else to_instant_or_none(row["away_until"])


def set_terms(
    connection: sqlite3.Connection,
    contact_id: int,
    *,
    plan: str | None,
    policy: str | None,
    language: str | None,
    timezone: str | None,
    form: str | None,
) -> None:
    """Set what holds for one contact; None leaves a setting to the organisation or the default."""
    connection.execute(
        "UPDATE contacts SET plan = ?, policy = ?, language = ?, timezone = ?, form = ? WHERE id = ?",
        (plan, policy, language, timezone, form, contact_id),
    )


@dataclass(frozen=True, slots=True)
class Card:
    """What texts and rules say of a contact, and what is set for it; empty where nothing is known.

    `plan` is the contact's or, where that is silent, the organisation's.
    """

    name: str = ""
    language: str = ""
    timezone: str = ""
    organisation: str = ""
    plan: str = ""
    form: str = ""
    policy: str = ""


def card(connection: sqlite3.Connection, contact_id: int | None) -> Card:
    """The contact in a few words; empty for nobody."""
    if contact_id is None:
        return Card()
    row = connection.execute(
        """
        SELECT contacts.name, contacts.language, contacts.timezone, organisations.name AS organisation,
               COALESCE(contacts.plan, organisations.plan) AS plan, contacts.form, contacts.policy
        FROM contacts
        LEFT JOIN organisations ON organisations.id = contacts.organisation_id
        WHERE contacts.id = ?
        """,
        (contact_id,),
    ).fetchone()
    return Card(*(value or "" for value in row))


def card_of_address(connection: sqlite3.Connection, key: str) -> Card:
    """The contact behind an address key in a few words; empty for a stranger."""
    found = entry(connection, key)
    return Card() if found is None else card(connection, found.contact_id)


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation and how many people of it are on record. `plan` is None where none was set."""

    id: int
    name: str
    domain: str
    plan: str | None
    contacts: int


def organisations(connection: sqlite3.Connection, *, like: str = "") -> list[Organisation]:
    """Organisations by name; `like` narrows them to those whose id is it, or whose name or domain holds it."""
    rows = connection.execute(
        """
        SELECT organisations.id, organisations.name, domain, organisations.plan, COUNT(contacts.id) AS contacts
        FROM organisations
        LEFT JOIN contacts ON contacts.organisation_id = organisations.id AND contacts.merged_into IS NULL
        WHERE :like = '' OR CAST(organisations.id AS TEXT) = :like
          OR INSTR(LOWER(organisations.name), LOWER(:like)) OR INSTR(domain, LOWER(:like))
        GROUP BY organisations.id
        ORDER BY organisations.name, domain
        """,
        {"like": like},
    )
    return [Organisation(*row) for row in rows]


def set_plan_of_organisation(connection: sqlite3.Connection, organisation_id: int, plan: str | None) -> None:
    """Set the plan that holds for its people who have none of their own; None takes it back."""
    connection.execute("UPDATE organisations SET plan = ? WHERE id = ?", (plan, organisation_id))
