"""Whatever table comes to be about contacts: with a row in each of them an erasure leaves nothing, and no orphan."""

from __future__ import annotations

import re
import sqlite3

from inboxcrm.store import dossier
from tests.leaving.conftest import BOB, DEE, contact
from tests.leaving.test_erasing import erase, sound, where_it_says
from tests.service.house import House

MARK = "Quittenmus"
"""A word that stands in every text of the rows."""

BY_ITSELF = frozenset(("contacts", "messages", "matters", "promises", "addresses", "holds"))
"""What every erasure in other tests has, and what forbids one."""


def _value(connection: sqlite3.Connection, table: str, column: sqlite3.Row, people: dict[str, int]) -> object:
    name, kind = column["name"], column["type"]
    sql = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0]
    listed = re.search(rf"\b{name}\b[^,]*?CHECK \({name} IN \(([^)]*)\)", sql, re.DOTALL)
    target = next((key for key in dossier.foreign_keys(connection) if (key.table, key.column) == (table, name)), None)
    if target is not None and target.to == "contacts":
        return people["bob"] if name in ("contact_id", "kept_id", "one_id", "merged_into") else people["dee"]
    if target is not None:
        if target.optional:
            return None
        row = connection.execute(f'SELECT "{target.key}" FROM "{target.to}" ORDER BY 1 DESC LIMIT 1').fetchone()
        return None if row is None else row[0]
    if listed is not None:
        first = listed[1].split(",")[0].strip()
        return first.strip("'") if kind == "TEXT" else int(first)
    if name.endswith(("_at", "_until")) or name == "at":
        return "2026-03-02T09:00:00Z" if column["notnull"] else None
    if kind == "TEXT":
        return f"+{MARK} {name}"
    return 1 if kind in ("INTEGER", "REAL") else MARK.encode()


def _fill(connection: sqlite3.Connection, table: str, people: dict[str, int]) -> None:
    """One more row that is about Bob; where the table has one already it may not take another."""
    columns = [
        column
        for column in connection.execute(f'PRAGMA table_info("{table}")').fetchall()
        if not (column["name"] == "id" and column["pk"])
    ]
    values = [_value(connection, table, column, people) for column in columns]
    names = ", ".join(f'"{column["name"]}"' for column in columns)
    marks = ", ".join("?" for _ in columns)
    connection.execute(f'INSERT OR REPLACE INTO "{table}" ({names}) VALUES ({marks})', values)


async def test_a_row_of_every_table_about_a_contact_goes_with_them(house: House) -> None:
    people = {"bob": contact(house), "dee": contact(house, DEE)}
    with house.household.database.write() as connection:
        tables = sorted({key.table for key in dossier.foreign_keys(connection) if key.to == "contacts"} - BY_ITSELF)
        for table in tables:
            _fill(connection, table, people)
        connection.execute("UPDATE commitments SET state = 'dismissed', ended_at = at_ FROM (SELECT '2026' AS at_)")

    said = {each.partition(".")[0] for each in where_it_says(house, MARK)}
    erase(house)

    with house.household.database.read() as connection:
        left = [
            f"{key.table}.{key.column}"
            for key in dossier.foreign_keys(connection)
            if key.to == "contacts"
            and connection.execute(f'SELECT 1 FROM "{key.table}" WHERE "{key.column}" = ?', (people["bob"],)).fetchone()
        ]
    assert said >= {"facts", "interactions", "occasions", "phones", "preferences", "profiles", "relations", "workflows"}
    assert left == []
    assert where_it_says(house, MARK) == []
    assert where_it_says(house, BOB) == []
    sound(house)
