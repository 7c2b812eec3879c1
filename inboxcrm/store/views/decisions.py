"""What was decided about a mail when it came, and why."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from inboxcrm.store.times import to_instant, to_text


def decision(connection: sqlite3.Connection, message_id: int) -> Mapping[str, Any] | None:
    """The stored reasons of a message: verdict row by row, link, placement, rules, walk, speech."""
    row = connection.execute("SELECT story FROM decisions WHERE message_id = ?", (message_id,)).fetchone()
    return None if row is None else dict(json.loads(row["story"]))


@dataclass(frozen=True, slots=True)
class JudgedRow:
    """One live mail with what was decided about it when it came.

    `recipient` is whom an acknowledgement would have gone to, as the address is written. `chased`: an answer was owed
    in its matter already.
    """

    id: int
    received_at: datetime
    mail_class: str
    outcome: str
    reasons: tuple[str, ...]
    language: str | None
    matter_id: int | None
    authenticated: bool
    recipient: str | None
    chased: bool
    said: str


def judged(connection: sqlite3.Connection, *, since: datetime) -> list[JudgedRow]:
    """The live mails that came since then and were decided about, oldest first."""
    rows = connection.execute(
        """
        SELECT messages.id, messages.received_at, messages.class, messages.outcome, messages.reasons,
               messages.language, messages.matter_id, decisions.story
        FROM messages
        JOIN decisions ON decisions.message_id = messages.id
        WHERE messages.direction = 'in' AND messages.origin = 'live' AND messages.received_at >= ?
          AND messages.outcome IS NOT NULL
        ORDER BY messages.received_at, messages.id
        """,
        (to_text(since),),
    )
    return [_judged(row) for row in rows]


def _judged(row: sqlite3.Row) -> JudgedRow:
    story = json.loads(row["story"])
    speech = story["speech"]
    return JudgedRow(
        id=row["id"],
        received_at=to_instant(row["received_at"]),
        mail_class=row["class"],
        outcome=row["outcome"],
        reasons=tuple(json.loads(row["reasons"])),
        language=row["language"],
        matter_id=row["matter_id"],
        authenticated=bool(story["gate"].get("authenticated")),
        recipient=story["gate"].get("recipient"),
        chased=story["expectation"] is not None and not story["promise"]["made"],
        said=f'acknowledged with "{speech["template"]}"' if speech["acknowledge"] else f"not: {speech['because']}",
    )
