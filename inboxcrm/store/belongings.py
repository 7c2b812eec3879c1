"""Where the database says to whom something belongs: every column that names a contact, found in the schema.

So a table of the future is merged, parted and counted like the others without anybody thinking of it.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

LEADS = {"message_id": "messages", "interaction_id": "interactions", "matter_id": "matters"}
"""What leads to the person a row is about, the surest first, and the table it refers to."""

_OWN = frozenset((("contacts", "merged_into"), ("contact_merges", "kept_id"), ("contact_merges", "merged_id")))
"""What tells of the merging itself."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column that names a contact.

    `key`: the columns that tell one row of the table from another besides this one; none where a contact has at most
    one row (its rhythm). `follows`: by which other columns a row can be known to belong to the person behind a message,
    an interaction or a matter. `numbered`: later rows have higher numbers.
    """

    table: str
    name: str
    key: tuple[str, ...]
    follows: tuple[str, ...]
    numbered: bool

    @property
    def label(self) -> str:
        """How an image names it."""
        return f"{self.table}.{self.name}"


def columns(connection: sqlite3.Connection) -> tuple[Column, ...]:
    """Every column of a table that refers to contacts, or is called `contact_id`; by table and name."""
    tables = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND sql LIKE '%contact%' ORDER BY name"
    ).fetchall()
    return tuple(
        column for name, sql in tables for column in _of_table(connection, name, keyed="WITHOUT ROWID" in sql.upper())
    )


def _of_table(connection: sqlite3.Connection, table: str, *, keyed: bool) -> list[Column]:
    infos = connection.execute("SELECT name, pk FROM pragma_table_info(?) ORDER BY pk, cid", (table,)).fetchall()
    keys = connection.execute('SELECT "from" FROM pragma_foreign_key_list(?) WHERE "table" = \'contacts\'', (table,))
    naming = {str(row["from"]) for row in keys} | {"contact_id"}
    found = [str(row["name"]) for row in infos if row["name"] in naming and (table, row["name"]) not in _OWN]
    return [_column(table, name, infos, keyed=keyed) for name in sorted(found)]


def _column(table: str, name: str, infos: list[sqlite3.Row], *, keyed: bool) -> Column:
    primary = tuple(str(row["name"]) for row in infos if row["pk"])
    names = {str(row["name"]) for row in infos}
    return Column(
        table,
        name,
        tuple(each for each in primary if each != name) if primary else ("rowid",),
        follows=() if table in ("messages", "matters") else tuple(each for each in LEADS if each in names),
        numbered=not keyed and name not in primary,
    )
