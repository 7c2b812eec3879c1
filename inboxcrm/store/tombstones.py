"""The SQL of those who were erased: enough to know them again, and nothing that names them.

An address or Message-ID is kept as a keyed digest (HMAC-SHA256 with the home's secret). Whoever has the home can try
an address they know; nobody can read the addresses out of it.
"""

from __future__ import annotations

import hmac
import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from inboxcrm.store.times import to_instant, to_text

ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class Tombstone:
    """Of which kind what was erased is, its digest in hexadecimal, and when it was erased last."""

    kind: str
    digest: str
    erased_at: datetime


def digest(secret: bytes, kind: str, value: str) -> bytes:
    """The digest of an address key ("address") or a Message-ID ("message")."""
    return hmac.digest(secret, f"{kind}\0{value}".encode("utf-8", "surrogatepass"), "sha256")


def lay(connection: sqlite3.Connection, secret: bytes, kind: str, values: Iterable[str], *, at: datetime) -> None:
    """These are erased as of now."""
    connection.executemany(
        "INSERT OR REPLACE INTO tombstones (digest, kind, erased_at) VALUES (?, ?, ?)",
        [(digest(secret, kind, value), kind, to_text(at)) for value in values],
    )


def laid(connection: sqlite3.Connection) -> list[Tombstone]:
    """All there are."""
    rows = connection.execute("SELECT kind, digest, erased_at FROM tombstones ORDER BY erased_at, digest")
    return [Tombstone(kind, octets.hex(), to_instant(at)) for kind, octets, at in rows]


def lay_again(connection: sqlite3.Connection, stones: Iterable[Tombstone]) -> None:
    """These were erased at the times they bear, which are later than those of the same that are laid."""
    connection.executemany(
        "INSERT OR REPLACE INTO tombstones (digest, kind, erased_at) VALUES (?, ?, ?)",
        [(bytes.fromhex(each.digest), each.kind, to_text(each.erased_at)) for each in stones],
    )


def any_laid(connection: sqlite3.Connection) -> bool:
    """Whether anybody was ever erased."""
    return connection.execute("SELECT 1 FROM tombstones LIMIT 1").fetchone() is not None


def erased_addresses(
    connection: sqlite3.Connection, secret: bytes, keys: Collection[str], *, received_at: datetime
) -> frozenset[str]:
    """Of these address keys, those that were erased after a mail of that time had come."""
    return frozenset(
        key
        for key in keys
        if connection.execute(
            "SELECT 1 FROM tombstones WHERE digest = ? AND erased_at >= ?",
            (digest(secret, "address", key), to_text(received_at)),
        ).fetchone()
    )


def message_erased(connection: sqlite3.Connection, secret: bytes, message_id: str | None) -> bool:
    """Whether the mail with this Message-ID was erased."""
    if message_id is None:
        return False
    row = connection.execute("SELECT 1 FROM tombstones WHERE digest = ?", (digest(secret, "message", message_id),))
    return row.fetchone() is not None


def stands_for(secret: bytes, value: str) -> str:
    """What stands in the outbox for an address or a domain that was erased, so that the limits count on."""
    return f"erased:{digest(secret, 'limit', value).hex()}"
