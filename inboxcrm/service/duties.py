"""Enters the duty to answer: the promise, as it was expected, with the walk that explains it."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from inboxcrm.domain.expectation import Expectation
from inboxcrm.domain.office_hours import OfficeCalendar
from inboxcrm.domain.promise import made, warn_at
from inboxcrm.service import story
from inboxcrm.store import promises


def enter(
    connection: sqlite3.Connection,
    expectation: Expectation,
    *,
    calendar: OfficeCalendar,
    matter_id: int,
    message_id: int,
    contact_id: int | None,
    now: datetime,
) -> int:
    """A new promise for a message, silent until an acknowledgement tells it; answers its row."""
    duty = made(expectation.received_at, expectation.due_at)
    return promises.make(
        connection,
        duty,
        matter_id=matter_id,
        message_id=message_id,
        contact_id=contact_id,
        warn_at=warn_at(duty, calendar),
        target=expectation.target,
        walk=story.walk(expectation),
        now=now,
    )
