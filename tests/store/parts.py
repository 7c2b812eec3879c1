"""Mails whose words lie in many parts of the full-text index."""

from __future__ import annotations

from inboxcrm.store import messages
from inboxcrm.store.database import Database

WORDS = ("zorg", "blum", "krim", "fost", "wulp")


def file_in_parts(database: Database, parts: int, each: int = 2) -> None:
    """Mails of which a few are entered at once, so that the index has as many parts."""
    for _ in range(parts):
        with database.write(durable=False) as connection:
            (last,) = connection.execute("SELECT COALESCE(MAX(id), 0) FROM messages").fetchone()
            rows = range(last + 1, last + 1 + each)
            connection.executemany(
                """
                INSERT INTO messages (id, fingerprint, origin, direction, class, received_at, sender, recipients,
                                      subject, preview, size)
                VALUES (?, ?, 'backlog', 'in', 'human', '2026-03-02T09:00:00Z', '', '', '', '', 1)
                """,
                [(row, f"part {row}".encode()) for row in rows],
            )
            connection.executemany(
                "INSERT INTO letters (message_id, raw, text) VALUES (?, x'', ?)",
                [(row, " ".join([*WORDS[: row % 5 + 1], *(f"own{row}x{n}" for n in range(500))])) for row in rows],
            )
            messages.index(connection)
