"""The SQL of decisions: for every live mail, what was asked, seen and decided, so that the reasons answer later."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from datetime import datetime

from inboxcrm.store.times import to_text

_ENCODER = json.JSONEncoder(check_circular=False)


def keep(connection: sqlite3.Connection, message_id: int, story: Mapping[str, object], *, at: datetime) -> None:
    """Store why a message was decided about as it was."""
    connection.execute(
        "INSERT INTO decisions (message_id, decided_at, story) VALUES (?, ?, ?)",
        (message_id, to_text(at), _ENCODER.encode(story)),
    )
