"""The SQL of imports: how far each source was read, what in it was no mail, and mails known by two sets of octets."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from inboxcrm.spool import Spool, fingerprint
from inboxcrm.store.times import to_instant, to_text

LONGEST_KEPT = 16 << 20
"""Octets of a quarantined piece that are kept."""


def mark(connection: sqlite3.Connection, source: str, size: int, stamp: str, position: int, *, at: datetime) -> None:
    """Remember how far a source has been filed."""
    connection.execute(
        "INSERT OR REPLACE INTO import_marks (source, size, stamp, position, at) VALUES (?, ?, ?, ?, ?)",
        (source, size, stamp, position, to_text(at)),
    )


def position(connection: sqlite3.Connection, source: str, size: int, stamp: str) -> int:
    """How far a source was filed when an import of it was broken off; 0 where it never was, or has changed since."""
    row = connection.execute(
        "SELECT position FROM import_marks WHERE source = ? AND size = ? AND stamp = ?", (source, size, stamp)
    ).fetchone()
    return 0 if row is None else int(row["position"])


def unmark(connection: sqlite3.Connection, sources: Iterable[str]) -> None:
    """An import of these is whole: another one begins anew."""
    connection.executemany("DELETE FROM import_marks WHERE source = ?", [(source,) for source in sources])


@dataclass(frozen=True, slots=True)
class Broken:
    """A piece of an archive that is no mail, and where it stood."""

    id: int
    source: str
    position: int
    why: str
    octets: int
    noticed_at: datetime


def quarantine(
    connection: sqlite3.Connection, source: str, position: int, why: str, raw: bytes | Spool, *, at: datetime
) -> None:
    """Keep what is no mail, once however often it is read."""
    octets = raw.head(LONGEST_KEPT) if isinstance(raw, Spool) else raw[:LONGEST_KEPT]
    place = f"{source}\0{position}".encode("utf-8", "surrogateescape")
    connection.execute(
        """
        INSERT OR IGNORE INTO import_quarantine (fingerprint, source, position, why, raw, noticed_at)
        VALUES (?, ?, ?, ?, ?, ?)
        """,
        (hashlib.sha256(place + fingerprint(raw)).digest(), source, position, why, octets, to_text(at)),
    )


def quarantined(connection: sqlite3.Connection) -> list[Broken]:
    """What was no mail, the oldest first."""
    rows = connection.execute(
        """
        SELECT id, source, position, why, LENGTH(raw) AS octets, noticed_at
        FROM import_quarantine
        ORDER BY id
        """
    )
    return [
        Broken(row["id"], row["source"], row["position"], row["why"], row["octets"], to_instant(row["noticed_at"]))
        for row in rows
    ]


def octets_of_broken(connection: sqlite3.Connection) -> Iterator[tuple[int, bytes]]:
    """What was no mail, as it stood there."""
    for row in connection.execute("SELECT id, raw FROM import_quarantine ORDER BY id"):
        yield row["id"], row["raw"]


def twin(connection: sqlite3.Connection, row_id: int, as_on_the_wire: bytes) -> None:
    """A mail is known by these octets too."""
    connection.execute("INSERT OR IGNORE INTO twins (fingerprint, message_id) VALUES (?, ?)", (as_on_the_wire, row_id))
