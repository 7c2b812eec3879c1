"""The SQL of what address books said of contacts and nothing here reads: kept to be given back."""

from __future__ import annotations

import hashlib
import sqlite3
from datetime import datetime

from inboxcrm.domain.cards import KeptLine
from inboxcrm.store.times import to_text


def add(connection: sqlite3.Connection, contact_id: int, line: KeptLine, *, at: datetime) -> bool:
    """Keep a line of a card; False where the contact has it already, whatever its parameters."""
    cursor = connection.execute(
        """
        INSERT OR IGNORE INTO card_lines (contact_id, name, parameters, value, fingerprint, at)
        VALUES (?, ?, ?, ?, ?, ?)
        """,
        (contact_id, line.name, line.parameters, line.value, _fingerprint(line), to_text(at)),
    )
    return cursor.rowcount > 0


def of_contact(connection: sqlite3.Connection, contact_id: int) -> list[KeptLine]:
    """The lines kept of a contact, in the order in which they came."""
    rows = connection.execute(
        "SELECT name, parameters, value FROM card_lines WHERE contact_id = ? ORDER BY id", (contact_id,)
    )
    return [KeptLine(row["name"], row["parameters"], row["value"]) for row in rows]


def _fingerprint(line: KeptLine) -> str:
    return hashlib.sha256(f"{line.name}:{line.value}".encode()).hexdigest()
