"""How a page of the desk acts: on which message, through which action, and how it is told what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, cast

from textual.content import Content
from textual.screen import Screen

from inboxcrm.domain.text import visible
from inboxcrm.domain.when import future
from inboxcrm.errors import InboxcrmError
from inboxcrm.service.writing import Words
from inboxcrm.store.views import OwedRow

from ..desk import Desk, Sheet
from ..words import EMPTY, said
from .dialogs import Confirm, Form, Line, Read
from .writing import WritingDialog

if TYPE_CHECKING:
    from ..app import DeskApp


ACTS = "act"
"""The group of the workers that do something."""


class ActingScreen(Screen[None]):
    """What the keys of every page stand on."""

    @property
    def desk(self) -> Desk:
        """The reading side."""
        return cast("DeskApp", self.app).desk

    def message_here(self) -> int | None:
        """The message this page, or the row under the cursor, is about."""
        return None

    def sheet_here(self) -> Sheet | None:
        """That message with all that stands around it; says so where there is none."""
        message_id = self.message_here()
        sheet = None if message_id is None else self.desk.sheet(message_id)
        if sheet is None:
            self.tell("No message is chosen.", bad=True)
        return sheet

    def contact_here(self) -> int | None:
        """The contact of that message."""
        message_id = self.message_here()
        sheet = None if message_id is None else self.desk.sheet(message_id)
        return None if sheet is None else sheet.row.contact_id

    def owed_here(self) -> OwedRow | None:
        """What is owed for that message; says so where it is nothing."""
        message_id = self.message_here()
        sheet = None if message_id is None else self.desk.sheet(message_id)
        if sheet is None or sheet.owed is None:
            self.tell("Nothing is owed here.", bad=True)
            return None
        return sheet.owed

    def tell(self, words: str, *, bad: bool = False) -> None:
        """A note in the corner."""
        self.app.notify(visible(words), severity="error" if bad else "information", markup=False)

    @property
    def acting(self) -> bool:
        """Whether something is being done that the page does not show yet."""
        return any(worker.group == ACTS and not worker.is_finished for worker in self.app.workers)

    def act(self, work: Callable[[], str], *, after: Callable[[], None] | None = None) -> None:
        """Do something on the store's thread, tell what came of it, read anew; `after` follows where it was done."""
        self.app.run_worker(self._act(work, after), group=ACTS)

    async def _act(self, work: Callable[[], str], after: Callable[[], None] | None) -> None:
        try:
            words = await self.desk.household.run(work)
        except InboxcrmError as error:
            self.tell(str(error), bad=True)
            after = None
        else:
            self.tell(words)
        cast("DeskApp", self.app).read_again()
        if after is not None:
            after()

    def write(self, question: str, before: Words, keep: Callable[[Words], str], *, detail: str = "") -> None:
        """Have the owner write; `keep` keeps the words on the store's thread, `detail` says whom they reach."""
        run = self.desk.household.run
        self.app.push_screen(WritingDialog(question, before, lambda words: run(keep, words), said(detail)), self.done)

    def fill_in(self, question: str, lines: Sequence[Line], read: Read, *, detail: Content = EMPTY) -> None:
        """Have the owner fill in lines, do on the store's thread what `read` makes of them, tell what came of it."""
        self.app.push_screen(Form(question, lines, read, self.desk.household.run, detail=detail), self.done)

    def done(self, told: str | None) -> None:
        """A window over the page did something, and says what: tell it, read anew. None where it did nothing."""
        if told is not None:
            self.tell(told)
            cast("DeskApp", self.app).read_again()

    def ask(self, question: str, words: str, work: Callable[[], str]) -> None:
        """Do something after a yes."""

        def answered(agreed: bool | None) -> None:
            if agreed:
                self.act(work)

        self.app.push_screen(Confirm(question, said(words)), answered)

    def _until(self, text: str, *, day_ends: bool) -> datetime:
        return future(text, self.desk.zone, self.desk.now(), day_ends=day_ends)
