"""The SQL of copies of shipped templates: what each was copied from."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from inboxcrm.store.times import to_text


@dataclass(frozen=True, slots=True)
class Origin:
    """The shipped text that a copy was made from. `digest` is the SHA-256 of its UTF-8, in hexadecimal digits."""

    digest: str
    shipped: str
    copied_at: datetime


def keep(
    connection: sqlite3.Connection, name: str, language: str, *, digest: str, shipped: str, copied_at: datetime
) -> None:
    """This copy stands on this shipped text from now on."""
    connection.execute(
        """
        INSERT INTO template_copies (name, language, digest, shipped, copied_at)
        VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (name, language) DO UPDATE
        SET digest = excluded.digest, shipped = excluded.shipped, copied_at = excluded.copied_at
        """,
        (name, language, digest, shipped, to_text(copied_at)),
    )


def forget(connection: sqlite3.Connection, name: str, language: str) -> None:
    """The copy is gone."""
    connection.execute("DELETE FROM template_copies WHERE name = ? AND language = ?", (name, language))


def origin(connection: sqlite3.Connection, name: str, language: str) -> Origin | None:
    """What a copy was made from; None where nobody recorded it."""
    row = connection.execute(
        "SELECT digest, shipped, copied_at FROM template_copies WHERE name = ? AND language = ?", (name, language)
    ).fetchone()
    if row is None:
        return None
    return Origin(row["digest"], row["shipped"], datetime.fromisoformat(row["copied_at"]))
