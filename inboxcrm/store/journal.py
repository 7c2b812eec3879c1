"""Reads the journal back: what the owner did last, and has not taken back."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from inboxcrm.store.times import to_instant

TAKEN_BACK = "taken-back"
"""The kind of a line that takes another one back; its subject names that one."""


@dataclass(frozen=True, slots=True)
class Deed:
    """One line of the journal. `number` is that of the row it is about ("promise 12"), 0 where it is about none."""

    id: int
    at: datetime
    kind: str
    number: int
    detail: Mapping[str, Any]


def newest(connection: sqlite3.Connection, kinds: Collection[str]) -> Deed | None:
    """The newest line of one of these kinds that was not taken back, nor written because a mail showed it ("by")."""
    rows = connection.execute(
        """
        SELECT id, at, kind, subject, detail
        FROM events
        WHERE kind = :taken_back
           OR (kind IN (SELECT value FROM json_each(:kinds)) AND JSON_EXTRACT(detail, '$.by') IS NULL)
        ORDER BY id DESC
        """,
        {"taken_back": TAKEN_BACK, "kinds": json.dumps(sorted(kinds))},
    )
    taken_back = set()
    for row in rows:
        number = int(str(row["subject"] or "0").rpartition(" ")[2])
        if row["kind"] == TAKEN_BACK:
            taken_back.add(number)
        elif row["id"] not in taken_back:
            return Deed(row["id"], to_instant(row["at"]), row["kind"], number, json.loads(row["detail"]))
    return None
