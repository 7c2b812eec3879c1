"""The SQL of public holidays: which kinds of a region were adopted, and which were decided against."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from inboxcrm.domain.public_holidays import Kind
from inboxcrm.store.times import to_text


def decided(connection: sqlite3.Connection, region: str) -> dict[Kind, bool]:
    """Every kind that was decided about, and whether it was adopted and closes the office; nothing where none was."""
    rows = connection.execute("SELECT kind, category, adopted FROM holidays WHERE region = ?", (region,))
    return {Kind(kind, category): bool(yes) for kind, category, yes in rows}


def decide(connection: sqlite3.Connection, region: str, kinds: Iterable[Kind], *, adopt: bool, at: datetime) -> None:
    """Adopt these kinds, or decide against them."""
    connection.executemany(
        "INSERT OR REPLACE INTO holidays (region, kind, category, adopted, at) VALUES (?, ?, ?, ?, ?)",
        [(region, kind.name, kind.category, adopt, to_text(at)) for kind in kinds],
    )
