"""The SQL of all that is kept of one person besides the mail: whatever table says whose its rows are.

Which tables those are is asked of the schema, so that none that comes later is forgotten.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

Record = Mapping[str, object]
"""A row by the names of its columns; texts that hold JSON are read."""

_ELSEWHERE = frozenset(("contacts", "messages", "matters", "addresses"))
"""What is told in other words: the card, the mail and the addresses themselves."""

OWNERS_OWN = frozenset(("holds", "contact_merges"))
"""What is the owner's own business with a contact, and no record about them; a merge by mistake holds another's."""


@dataclass(frozen=True, slots=True)
class Key:
    """A column that refers to another table's row by its `key`.

    `optional`: it may be empty; `of_contact`: the rows have a contact.
    """

    table: str
    column: str
    to: str
    key: str
    optional: bool
    of_contact: bool


def foreign_keys(connection: sqlite3.Connection) -> list[Key]:
    """Every reference between tables, of one column each."""
    rows = connection.execute(
        """
        SELECT tables.name AS name, keys."from" AS own, keys."table" AS target,
               COALESCE(keys."to", (SELECT named.name FROM pragma_table_info(keys."table") AS named WHERE named.pk = 1))
                 AS key,
               NOT columns."notnull" AND NOT columns.pk AS optional,
               EXISTS (SELECT 1 FROM pragma_table_info(tables.name) AS beside
                       WHERE beside.name = 'contact_id') AS of_contact
        FROM sqlite_master AS tables
        JOIN pragma_foreign_key_list(tables.name) AS keys
        JOIN pragma_table_info(tables.name) AS columns ON columns.name = keys."from"
        WHERE tables.type = 'table'
        ORDER BY tables.name, own
        """
    )
    return [
        Key(row["name"], row["own"], row["target"], row["key"], bool(row["optional"]), bool(row["of_contact"]))
        for row in rows
    ]


def records(connection: sqlite3.Connection, contact_id: int) -> dict[str, list[Record]]:
    """Everything about a contact by table, and what belongs to it: the years of an occasion, the steps of a promise."""
    keys = foreign_keys(connection)
    found: dict[str, list[Record]] = {}
    for key in keys:
        if key.to == "contacts" and key.table not in _ELSEWHERE | OWNERS_OWN:
            rows = _rows(connection, key.table, key.column, [contact_id])
            found.setdefault(key.table, []).extend(row for row in rows if row not in found.get(key.table, []))
    for key in keys:
        if key.to in found and key.table not in found and key.table not in _ELSEWHERE:
            ids = [row["id"] for row in found[key.to] if "id" in row]
            found[key.table] = list(_rows(connection, key.table, key.column, ids))
    return {table: rows for table, rows in sorted(found.items()) if rows}


def _rows(connection: sqlite3.Connection, table: str, column: str, ids: Iterable[object]) -> Iterator[Record]:
    rows = connection.execute(
        f'SELECT * FROM "{table}" WHERE "{column}" IN (SELECT value FROM json_each(?))',  # noqa: S608 - from the schema
        (json.dumps(list(ids)),),
    )
    for row in rows:
        yield {name: _read(row[name]) for name in row.keys() if not isinstance(row[name], bytes)}  # noqa: SIM118


def _read(value: object) -> object:
    if isinstance(value, str) and value[:1] in ("[", "{"):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def addresses(connection: sqlite3.Connection, contact_id: int) -> list[Record]:
    """A contact's addresses and what is known of each."""
    return [
        {"address": row["spec"], "name": row["name"], "known_since": row["known_since"],
         "undeliverable_at": row["undeliverable_at"], "undeliverable_why": row["undeliverable_why"]}
        for row in connection.execute("SELECT * FROM addresses WHERE contact_id = ? ORDER BY spec", (contact_id,))
    ]  # fmt: skip
