"""What is asked again and again is prepared once, and found by the index that was made for it.

SQLite compares a bound value with the constants of partial indexes, and prepares the statement anew at each call for
that; a state that is written out costs nothing, and only then may a partial index serve.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from sqlite3 import Connection

import pytest

from inboxcrm.store import commitments, notices, told_occasions, touches, views, workflows
from inboxcrm.store.database import Database

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ask", "by"),
    [
        pytest.param(notices.due, "notice_deliveries_waiting", id="notices that are due"),
        pytest.param(
            lambda asked, now: workflows.due(asked, now, office_open=True), "workflow_steps_waiting", id="steps"
        ),
        pytest.param(lambda asked, _: told_occasions.listed(asked), "told_occasions_open", id="days that were told"),
        pytest.param(
            lambda asked, _: views.outbox(asked, states=("awaiting",)), "outbox_state", id="what awaits a word"
        ),
        pytest.param(
            lambda asked, _: commitments.listed(asked, states=(commitments.SUGGESTED,)),
            "commitments_(live|matter)",
            id="what was said to be done",
        ),
        pytest.param(
            lambda asked, now: commitments.unread(asked, after=0, since=now, limit=10),
            "messages_language",
            id="letters to be read along, each with the language of its writer",
        ),
        pytest.param(
            lambda asked, now: touches.unclassed(asked, after=0, since=now, limit=10),
            "messages_language",
            id="letters of the owner's, each with the language of its reader",
        ),
    ],
)
def test_what_is_asked_again_and_again_is_prepared_once_and_walks_over_its_index(
    ask: Callable[[Connection, datetime], object], by: str
) -> None:
    said: list[str] = []
    prepared: list[int] = []

    def note(action: int, *_: object) -> int:
        prepared.append(action)
        return sqlite3.SQLITE_OK

    with Database(None).read() as connection:
        connection.set_authorizer(note)
        ask(connection, NOW)
        first = len(prepared)
        connection.set_trace_callback(said.append)
        ask(connection, NOW + timedelta(hours=1))
        again = len(prepared)
        connection.set_trace_callback(None)
        connection.set_authorizer(None)
        plan = [row["detail"] for row in connection.execute(f"EXPLAIN QUERY PLAN {said[0]}")]

    assert first > 0
    assert again == first
    assert any(re.search(by, step) for step in plan)
