"""The owner's yes or no to what the program asks: each answer is one transaction with all that follows from it."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from inboxcrm.domain.promise import Event, answered
from inboxcrm.domain.text import many
from inboxcrm.service import actions
from inboxcrm.service.household import Household
from inboxcrm.service.meant import NotFoundError
from inboxcrm.service.regroup import split_off
from inboxcrm.store import home, matters, outbox, promises, questions, views
from inboxcrm.store.views import QuestionRow


def agree(household: Household, question_id: int) -> str:
    """Yes; answers in a sentence what came of it. Raises NotFoundError where nothing is asked under this number."""
    now = household.clock.now()
    with household.database.write() as connection:
        asked = _question(connection, question_id)
        questions.answer(connection, question_id, "yes", at=now)
        home.journal(connection, "agreed", f"question {question_id}", {"kind": asked.kind}, now=now)
        return _follow(household, connection, asked, now)


def decline(household: Household, question_id: int) -> str:
    """No: everything stays as it is. Raises NotFoundError."""
    now = household.clock.now()
    with household.database.write() as connection:
        asked = _question(connection, question_id)
        questions.answer(connection, question_id, "no", at=now)
        home.journal(connection, "declined", f"question {question_id}", {"kind": asked.kind}, now=now)
    return "It stays in its matter." if asked.kind == "new-matter" else "The answer is owed as before."


def _question(connection: sqlite3.Connection, question_id: int) -> QuestionRow:
    asked = views.question(connection, question_id)
    if asked is None:
        raise NotFoundError(f"nothing is asked under {question_id}. See: inboxcrm questions")
    return asked


def _follow(household: Household, connection: sqlite3.Connection, asked: QuestionRow, now: datetime) -> str:
    if asked.kind == "new-matter":
        found = split_off(household, connection, asked.message_id, only=False, now=now)
        return f"It is a matter of its own now ({many(found.moved, 'mail')})."
    promise = promises.by_id(connection, asked.promise_id) if asked.promise_id is not None else None
    if promise is None:
        raise NotFoundError("the promise is gone. See: inboxcrm questions")
    if asked.kind == "settled":
        state = actions.end(connection, promise, Event.WITHDRAWN, now=now)
        return f"The promise is {state}."
    return _kept_by_invitation(connection, promise, asked.message_id, now)


def _kept_by_invitation(
    connection: sqlite3.Connection, promise: promises.Promise, message_id: int, now: datetime
) -> str:
    """The time of the act is when the invitation was accepted."""
    row = views.message(connection, message_id)
    at = now if row is None else max(row.received_at, promise.duty.received_at)
    entry = answered(promise.duty, at)
    duty = promises.happen(connection, promise, entry, how="invitation", by_message=message_id)
    outbox.cancel_for_matter(connection, promise.matter_id, at=now, why="answered: invitation")
    matters.set_turn(connection, promise.matter_id, "nobody")
    return f"The promise is {duty.state.replace('_', ' ')}."
