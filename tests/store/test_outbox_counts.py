"""What the outbox is asked for with every mail is found by an index, however much was ever sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from sqlite3 import Connection

import pytest

from inboxcrm.domain.outbox import OutboxState
from inboxcrm.store import outbox, outbox_counts
from inboxcrm.store.database import Database

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ask", "by"),
    [
        (lambda asked: outbox_counts.sent_since(asked, "main", NOW - timedelta(minutes=1), NOW), "outbox_created"),
        (lambda asked: outbox_counts.went_to(asked, "bob@example.com", since=NOW), "outbox_created"),
        (lambda asked: outbox.stirring(asked, NOW), "outbox_state"),
        (lambda asked: outbox.in_state(asked, OutboxState.UNKNOWN), "outbox_state"),
    ],
    ids=["the provider's limit", "once a day", "what stirs", "what is in doubt"],
)
def test_a_question_walks_over_what_bears_on_it_only(ask: Callable[[Connection], object], by: str) -> None:
    asked: list[str] = []
    with Database(None).read() as connection:
        connection.set_trace_callback(asked.append)
        ask(connection)
        connection.set_trace_callback(None)
        plan = [row["detail"] for row in connection.execute(f"EXPLAIN QUERY PLAN {asked[0]}")]

    walked = [step for step in plan if " outbox" in step]
    assert walked
    assert all(step.startswith("SEARCH outbox") and by in step for step in walked)
