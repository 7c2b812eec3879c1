"""The SQL of clearing away old mail: which is old enough, and which is still needed."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from inboxcrm.store.times import to_instant, to_text


@dataclass(frozen=True, slots=True)
class OldMail:
    """A mail that came before an instant. `needed`: something about it, its matter or its people is not over.

    `last_at` is when somebody last wrote in its matter.
    """

    id: int
    matter_id: int | None
    direction: str
    mail_class: str
    social: bool
    octets: int
    received_at: datetime
    last_at: datetime | None
    needed: bool


_LIVE_MATTERS = """
    SELECT matter_id FROM promises WHERE state IN ('open', 'extended', 'broken')
    UNION
    SELECT matter_id FROM follow_ups WHERE ended_at IS NULL
    UNION
    SELECT matter_id FROM commitments WHERE state IN ('open', 'suggested') AND matter_id IS NOT NULL
    UNION
    SELECT matter_id FROM outbox
    WHERE state IN ('held', 'awaiting', 'queued', 'sending', 'unknown') AND matter_id IS NOT NULL
    UNION
    SELECT workflows.matter_id
    FROM workflow_steps
    JOIN workflows ON workflows.id = workflow_steps.workflow_id
    WHERE workflow_steps.state = 'waiting' AND workflows.matter_id IS NOT NULL
    UNION
    SELECT messages.matter_id
    FROM messages
    WHERE messages.matter_id IS NOT NULL
      AND messages.id IN (SELECT message_id FROM unowed WHERE settled_at IS NULL
                          UNION
                          SELECT message_id FROM questions WHERE answered_at IS NULL)
"""

_LIVE_MESSAGES = """
    SELECT message_id FROM commitments WHERE state IN ('open', 'suggested') AND message_id IS NOT NULL
    UNION
    SELECT message_id FROM told_occasions WHERE state = 'suggested' AND message_id IS NOT NULL
    UNION
    SELECT message_id FROM social_notices WHERE closed_at IS NULL AND due_at IS NOT NULL
    UNION
    SELECT message_id FROM outbox
    WHERE state IN ('held', 'awaiting', 'queued', 'sending', 'unknown') AND message_id IS NOT NULL
    UNION
    SELECT workflows.message_id
    FROM workflow_steps
    JOIN workflows ON workflows.id = workflow_steps.workflow_id
    WHERE workflow_steps.state = 'waiting'
    UNION
    SELECT participants.message_id
    FROM holds
    JOIN addresses ON addresses.contact_id = holds.contact_id
    JOIN participants ON participants.address_key = addresses.key
    UNION
    SELECT messages.id FROM holds JOIN messages ON messages.contact_id = holds.contact_id
"""


def old(connection: sqlite3.Connection, *, before: datetime, among: Sequence[int] | None = None) -> Iterator[OldMail]:
    """The mail that came before an instant, the oldest first; only of these rows where they are given."""
    rows = connection.execute(
        f"""
        WITH live_matters AS MATERIALIZED ({_LIVE_MATTERS}), live_messages AS MATERIALIZED ({_LIVE_MESSAGES})
        SELECT messages.id AS id, messages.matter_id AS matter_id, messages.direction AS direction,
               messages.class AS class, messages.size AS size,
               messages.received_at AS received_at, matters.last_at AS last_at,
               EXISTS (SELECT 1 FROM social_notices WHERE social_notices.message_id = messages.id) AS social,
               COALESCE(messages.matter_id IN live_matters, 0) OR messages.id IN live_messages AS needed
        FROM messages
        LEFT JOIN matters ON matters.id = messages.matter_id
        WHERE messages.received_at < :before AND messages.erased_at IS NULL
          AND (:among IS NULL OR messages.id IN (SELECT value FROM json_each(:among)))
        ORDER BY messages.received_at, messages.id
        """,  # noqa: S608 - statements of our own
        {"before": to_text(before), "among": None if among is None else json.dumps(list(among))},
    )
    for row in rows:
        yield OldMail(
            id=row["id"],
            matter_id=row["matter_id"],
            direction=row["direction"],
            mail_class=row["class"],
            social=bool(row["social"]),
            octets=row["size"],
            received_at=to_instant(row["received_at"]),
            last_at=None if row["last_at"] is None else to_instant(row["last_at"]),
            needed=bool(row["needed"]),
        )
