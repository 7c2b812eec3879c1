"""Fills any table with a plausible row by what the schema says of it: types, references, and lists of allowed words."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping
from typing import Any

AT = "2026-03-02T09:00:00Z"
_ALLOWED = re.compile(r"(\w+) IN \((?:'([^']*)'|(\d+))")


def allowed(connection: sqlite3.Connection, table: str) -> dict[str, str | int]:
    """For each column of a table with a list of allowed values, the first of them."""
    (sql,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    return {name: int(number) if number else word for name, word, number in _ALLOWED.findall(sql)}


def fill(connection: sqlite3.Connection, table: str, given: Mapping[str, Any], number: int) -> None:
    """Insert a row with the given columns; of the others only those that need a value. `number` makes it unique."""
    words = allowed(connection, table)
    references = {
        row["from"]: row["table"] for row in connection.execute("SELECT * FROM pragma_foreign_key_list(?)", (table,))
    }
    values = dict(given)
    for row in connection.execute("SELECT * FROM pragma_table_info(?)", (table,)).fetchall():
        name, needed = row["name"], row["notnull"] or (row["pk"] and row["type"] != "INTEGER")
        if name in values or not needed or row["dflt_value"] is not None:
            continue
        if name in words:
            values[name] = words[name]
        elif name in references:
            values[name] = _somebody(connection, references[name], number)
        else:
            values[name] = _value(name, row["type"], number)
    columns, places = ", ".join(values), ", ".join("?" for _ in values)
    connection.execute(f"INSERT INTO {table} ({columns}) VALUES ({places})", tuple(values.values()))


def _somebody(connection: sqlite3.Connection, table: str, number: int) -> Any:
    """Some row of the table that is referred to, made where there is none."""
    wanted = "AND merged_into IS NULL" if table == "contacts" else ""
    found = connection.execute(f"SELECT rowid FROM {table} WHERE 1 {wanted} ORDER BY rowid LIMIT 1").fetchone()
    if found is None:
        fill(connection, table, {}, number)
        found = connection.execute(f"SELECT MAX(rowid) FROM {table}").fetchone()
    return found[0]


def _value(name: str, kind: str, number: int) -> Any:
    if name == "number":
        return f"+4144{number:07}"
    if kind == "TEXT":
        return AT if name.endswith("_at") or name == "at" else f"{name} {number}"
    if kind == "BLOB":
        return number.to_bytes(16, "big")
    return 1 + number % 12
