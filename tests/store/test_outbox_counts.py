"""What the outbox counts: how far back each limit looks, and by an index, however much was ever sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import timedelta
from sqlite3 import Connection

import pytest

from inboxcrm.domain.outbox import Draft, OutboxEvent, OutboxState
from inboxcrm.domain.safety.limits import Counts
from inboxcrm.store import folders, matters, outbox, outbox_counts
from inboxcrm.store.database import Database
from tests.store.entries import ENTRY, NOW

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("ask", "by"),
    [
        (lambda asked: outbox_counts.sent_lately(asked, "main", NOW), "outbox_created"),
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


DRAFT = Draft(b"", "", "bob@client.example", "<ours.1@example.org>", "Re: Offer", "Received.")


def test_every_limit_counts_a_mail_until_its_window_has_passed() -> None:
    database = Database(None)
    with database.write() as connection:
        folders.enrol(connection, "main", now=NOW)
        matter_id = matters.open_matter(
            connection,
            contact_id=None,
            organisation_id=None,
            subject="Offer",
            subject_key="offer",
            turn="mine",
            at=NOW,
            ids=(),
            people=(),
        )
        entry = replace(ENTRY, matter_id=matter_id)
        outbox.add(connection, entry, DRAFT, now=NOW)

    def counted(after: timedelta) -> set[str]:
        with database.read() as connection:
            found = outbox_counts.counts(connection, entry, away_text="away", now=NOW + after)
        return {name for name, count in asdict(found).items() if count}

    def end(name: str) -> timedelta:
        windows = (timedelta(minutes=10), timedelta(hours=1), timedelta(days=1), timedelta(days=4), timedelta(days=7))
        return next(one for one in windows if name in counted(one - SECOND) and name not in counted(one))

    assert {name: end(name) for name in asdict(Counts()) if name != "this_promise_version"} == {
        "matter_7_days": timedelta(days=7),
        "sender_10_minutes": timedelta(minutes=10),
        "sender_day": timedelta(days=1),
        "sender_away_4_days": timedelta(days=4),
        "domain_day": timedelta(days=1),
        "domain_subject_day": timedelta(days=1),
        "forms_day": timedelta(days=1),
        "total_hour": timedelta(hours=1),
        "total_day": timedelta(days=1),
        "new_strangers_day": timedelta(days=1),
    }


def test_what_was_dropped_or_refused_or_written_by_the_owner_is_no_automatic_mail_that_left() -> None:
    others = [replace(ENTRY, state=state) for state in (OutboxState.CANCELLED, OutboxState.EXPIRED, OutboxState.FAILED)]
    database = Database(None)
    with database.write() as connection:
        folders.enrol(connection, "main", now=NOW)
        for number, entry in enumerate([*others, replace(ENTRY, kind="owner")]):
            outbox.add(
                connection, replace(entry, dedupe_key=str(number)), replace(DRAFT, message_id=f"<{number}>"), now=NOW
            )

        found = outbox_counts.counts(connection, ENTRY, away_text="away", now=NOW)

    assert found == Counts()


def test_a_clock_that_was_set_back_does_not_take_what_is_dated_later_for_the_last_minute() -> None:
    database = Database(None)
    with database.write() as connection:
        folders.enrol(connection, "main", now=NOW)
        item_id = outbox.add(connection, replace(ENTRY, state=OutboxState.QUEUED), DRAFT, now=NOW)
        item = outbox.by_id(connection, item_id)
        assert item is not None
        outbox.claim(connection, item)
        outbox.happen(connection, replace(item, state=OutboxState.SENDING), OutboxEvent.ACCEPT, at=NOW)

        found = [outbox_counts.sent_lately(connection, "main", NOW - by) for by in (timedelta(0), timedelta(hours=20))]

    assert found == [(1, 1), (0, 1)]
