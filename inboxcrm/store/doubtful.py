"""The SQL of mail of unknown fate that was found after all."""

from __future__ import annotations

import sqlite3


def lying_in_sent(connection: sqlite3.Connection) -> list[int]:
    """The outbox's items in doubt of which a copy was read from Sent since, oldest first.

    Also under another Message-ID, where the provider says which it was sent with (citations).
    """
    rows = connection.execute(
        """
        SELECT outbox.id
        FROM outbox
        WHERE outbox.state = 'unknown'
          AND EXISTS (
            SELECT 1 FROM messages WHERE messages.message_id = outbox.mail_id AND messages.direction IN ('out', 'auto')
            UNION ALL
            SELECT 1
            FROM citations
            JOIN messages ON messages.id = citations.citing
            WHERE citations.cited = outbox.mail_id AND messages.direction IN ('out', 'auto')
          )
        ORDER BY outbox.id
        """
    )
    return [row["id"] for row in rows]
