"""Which Message-IDs are those of mail that went out from here, and what kind of mail each is."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from enum import Enum


def is_automatic(connection: sqlite3.Connection, mail_id: str) -> bool:
    """Whether a Message-ID is one of our automatic mails."""
    row = connection.execute("SELECT 1 FROM outbox WHERE mail_id = ? AND kind = 'auto'", (mail_id,)).fetchone()
    return row is not None


class Ours(Enum):
    """What kind of mail of this program's went out: by itself, for the owner with a new date, else for the owner."""

    AUTOMATIC = "automatic"
    NEW_DATE = "new date"
    OWNERS = "owner's"


def kind(connection: sqlite3.Connection, mail_id: str) -> Ours | None:
    """What went out under a Message-ID, if it was ours."""
    row = connection.execute("SELECT kind, promise_id FROM outbox WHERE mail_id = ?", (mail_id,)).fetchone()
    return None if row is None else _kind_of(row["kind"], row["promise_id"])


def kinds(connection: sqlite3.Connection, ids: Iterable[str]) -> dict[str, Ours]:
    """Of these Message-IDs, those under which something of ours went out, and what."""
    rows = connection.execute(
        "SELECT mail_id, kind, promise_id FROM outbox WHERE mail_id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(ids)),),
    )
    return {row["mail_id"]: _kind_of(row["kind"], row["promise_id"]) for row in rows}


def _kind_of(kind: str, promise_id: int | None) -> Ours:
    """What a row of the outbox is. The owner's apology with a new date answers nothing."""
    if kind == "auto":
        return Ours.AUTOMATIC
    return Ours.OWNERS if promise_id is None else Ours.NEW_DATE
