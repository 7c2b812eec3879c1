"""The keys that say whose turn it is: ask after them, wait no longer, an answer is owed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from inboxcrm.service import actions, turns

from ..words import full_moment, said
from .acting import ActingScreen
from .dialogs import Line, Work


class TurnKeys(ActingScreen):
    """Follow up, wait no longer, owed."""

    def action_follow_up(self) -> None:
        """It is their turn: have it back on a day when they have not answered."""
        message_id = self.message_here()
        if message_id is None:
            self.tell("No message is chosen.", bad=True)
            return

        def work(at: datetime | None) -> str:
            row = turns.follow_up_on(self.desk.household, str(message_id), at=at)
            return f"{row.contact} is asked after {full_moment(row.due_at, self.desk.zone, self.desk.now())}."

        def read(lines: Sequence[str]) -> Work:
            return partial(work, self._until(lines[0], day_ends=False) if lines[0].strip() else None)

        line = Line("on", hint="empty: by how long they usually take")
        detail = said("A real answer takes the day off; an ok or thanks does not.")
        self.fill_in("Their turn. Ask after them on", [line], read, detail=detail)

    def action_wait_no_longer(self) -> None:
        """Take the follow-up date off."""
        message_id = self.message_here()
        if message_id is None:
            self.tell("No message is chosen.", bad=True)
            return

        def work() -> str:
            turns.drop(self.desk.household, str(message_id))
            return "No word is waited for."

        self.act(work)

    def action_owe(self) -> None:
        """An answer is owed although a rule thought that none is."""
        message_id = self.message_here()
        if message_id is None:
            self.tell("No message is chosen.", bad=True)
            return

        def work() -> str:
            due_at = actions.owe(self.desk.household, str(message_id))
            if due_at is None:
                return "An answer is owed; no date can be given."
            return f"An answer is owed, due {full_moment(due_at, self.desk.zone, self.desk.now())}."

        self.act(work)
