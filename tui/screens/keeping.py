"""The keys that keep a promise, end it, or give it a later time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from inboxcrm.domain.when import past
from inboxcrm.errors import UserError
from inboxcrm.service import actions, turns, writing
from inboxcrm.service.writing import Words
from inboxcrm.store.views import OwedRow

from ..words import full_moment, moment, said
from .acting import ActingScreen
from .dialogs import Line, Work

WHEN = Line("when", "now", "now, 20m (ago), 14:30, yesterday 16:00")


class KeepingKeys(ActingScreen):
    """Phoned, met, done, not needed, settled, extend, snooze."""

    def action_answer(self) -> None:
        """Write an answer to the mail here; it waits in the outbox."""
        sheet = self.sheet_here()
        if sheet is None:
            return
        house, reference = self.desk.household, str(sheet.row.id)
        try:
            before, goes = writing.answer_to(house, reference), writing.reaches(house, reference)
        except UserError as error:
            self.tell(str(error), bad=True)
            return

        def keep(words: Words) -> str:
            item = writing.answer(house, reference, words)
            return f"Your answer waits in the outbox (2): a lets it go, E changes it. It is item {item}."

        self.write(f"Answer to {sheet.row.contact or sheet.row.sender}", before, keep, detail=goes)

    def action_answered(self, how: str, verb: str) -> None:
        """The owner answered by another channel; when is asked."""
        owed = self.owed_here()
        if owed is None:
            return

        def read(lines: Sequence[str]) -> Work:
            return partial(self._done, owed, how, past(lines[0], self.desk.zone, self.desk.now()))

        self.fill_in(f"You {verb} {owed.contact}. When?", [WHEN], read, detail=said(owed.subject))

    def action_other(self) -> None:
        """The owner answered in a way of their own."""
        owed = self.owed_here()
        if owed is None:
            return

        def read(lines: Sequence[str]) -> Work:
            if not lines[0].strip():
                raise ValueError("say in a word or two how you answered, such as: by letter")
            return partial(self._done, owed, lines[0].strip(), past(lines[1], self.desk.zone, self.desk.now()))

        self.fill_in(f"How did you answer {owed.contact}?", [Line("how", hint="by letter"), WHEN], read)

    def action_elsewhere(self) -> None:
        """It is done, nobody needs to know how."""
        owed = self.owed_here()
        if owed is not None:
            words = f"{owed.contact}: {owed.subject}"
            self.ask("Done elsewhere?", words, partial(self._done, owed, "elsewhere", self.desk.now()))

    def _done(self, owed: OwedRow, how: str, at: datetime) -> str:
        state = actions.done(self.desk.household, str(owed.message_id), how=how, at=min(at, self.desk.now()))
        return f"{owed.contact}: the promise is {state.replace('_', ' ')}. Z takes it back."

    def action_not_needed(self) -> None:
        """No answer is owed after all."""
        self._end("No answer needed?", actions.not_needed)

    def action_settled(self) -> None:
        """They say that it is settled; or, where nothing is owed, nobody owes a word any more."""
        message_id = self.message_here()
        sheet = None if message_id is None else self.desk.sheet(message_id)
        if sheet is None or sheet.owed is not None or sheet.row.matter_id is None:
            self._end("They say that it is settled?", actions.withdraw)
            return

        def work() -> str:
            turns.close(self.desk.household, str(message_id))
            return "The matter is closed: nobody owes a word."

        self.ask("Is this matter over?", f"{sheet.row.subject}: nobody owes a word.", work)

    def _end(self, question: str, action: Callable[..., str]) -> None:
        owed = self.owed_here()
        if owed is None:
            return

        def work() -> str:
            return (
                f"{owed.contact}: the promise is {action(self.desk.household, str(owed.message_id))}. Z takes it back."
            )

        self.ask(question, f"{owed.contact}: {owed.subject}", work)

    def action_extend(self) -> None:
        """Give the promise a later time."""
        owed = self.owed_here()
        if owed is None:
            return

        def work(until: datetime | None) -> str:
            renewed = actions.extend_and_tell(self.desk.household, str(owed.message_id), until=until)
            due = full_moment(renewed.due_at, self.desk.zone, self.desk.now())
            return f"Now due {due}. {renewed.sentence(owed.contact)}"

        def read(lines: Sequence[str]) -> Work:
            return partial(work, self._until(lines[0], day_ends=True) if lines[0].strip() else None)

        due = "no date" if owed.due_at is None else moment(owed.due_at, self.desk.zone, self.desk.now())
        line = Line("until", hint="empty: what can honestly be expected from now")
        detail = said(f"{owed.subject} · stands at {due}")
        self.fill_in(f"Extend the promise to {owed.contact}", [line], read, detail=detail)

    def action_snooze(self) -> None:
        """Out of sight for a while; the promise keeps its date."""
        owed = self.owed_here()
        if owed is None:
            return

        def work(until: datetime) -> str:
            actions.snooze(self.desk.household, str(owed.message_id), until=until)
            return f"{owed.contact} comes back {full_moment(until, self.desk.zone, self.desk.now())}."

        def read(lines: Sequence[str]) -> Work:
            return partial(work, self._until(lines[0], day_ends=False))

        detail = said("The promise keeps its date.")
        self.fill_in(f"Snooze {owed.contact} until", [Line("until", "1d")], read, detail=detail)
