"""What the program asks the owner."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from inboxcrm.store.views.rows import values

QUESTIONS = {
    "settled": "They say that it is settled?",
    "invitation": "Does your yes to the invitation answer it?",
    "new-matter": "Is this a new matter?",
}
"""Each kind of question in words."""


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """One question about one mail, and why it is asked. `promise_id` is the promise that a yes would end."""

    id: int
    kind: str
    because: str
    asked_at: datetime
    message_id: int
    promise_id: int | None
    matter_id: int | None
    contact_id: int | None
    contact: str
    organisation: str | None
    subject: str

    @property
    def words(self) -> str:
        """What is asked."""
        return QUESTIONS[self.kind]


def questions(connection: sqlite3.Connection) -> list[QuestionRow]:
    """What waits for a yes or a no, oldest first; a question whose promise has ended is no longer asked."""
    return [QuestionRow(**values(row)) for row in connection.execute("SELECT * FROM question_list ORDER BY id")]


def question(connection: sqlite3.Connection, question_id: int) -> QuestionRow | None:
    """One question that waits."""
    row = connection.execute("SELECT * FROM question_list WHERE id = ?", (question_id,)).fetchone()
    return None if row is None else QuestionRow(**values(row))
