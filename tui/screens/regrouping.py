"""Splitting a matter in two and merging two, by key: what was put together wrongly, or belongs together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from inboxcrm.domain.text import many
from inboxcrm.service import regroup
from inboxcrm.store import views
from inboxcrm.store.views import MatterRow, MessageRow

from ..desk import Desk
from ..messages import RowChosen
from ..widgets.rows import Rows
from ..words import MUTED, fit, full_moment, join, said, short
from .dialogs import Choice, DialogScreen
from .split import SplitScreen

OFFERED = 50
"""How many other matters of a contact may be chosen from."""

AROUND = 12
"""Lines of the terminal that the list leaves to the window around it."""


class MatterDialog(DialogScreen[MatterRow]):
    """Which of the contact's other matters it belongs to."""

    def __init__(self, question: str, matters: Sequence[MatterRow], desk: Desk) -> None:
        super().__init__(question, said("The promise due first stays; the other counts as asked again."))
        self._matters, self._desk = matters, desk

    def compose(self) -> ComposeResult:
        """One line for each."""
        with Vertical(id="dialog", classes="letter"):
            yield from self.head()
            yield Rows(self._paint, height=1, gap=0, id="matters")
            yield Static(Content("Enter puts them together    Esc leaves"), markup=False, id="keys")

    def on_mount(self) -> None:
        """The latest first."""
        rows = self.query_one(Rows)
        rows.styles.height = max(1, min(len(self._matters), self.app.size.height - AROUND))
        rows.show([matter.id for matter in self._matters])
        rows.focus()

    def _paint(self, index: int, width: int) -> Sequence[Content]:
        matter = self._matters[index]
        last = short(matter.last_at, self._desk.zone, self._desk.now())
        right = join((said(many(matter.messages, "mail"), MUTED), said(last, MUTED)))
        return (fit(said(matter.subject or "(no subject)"), right, width),)

    def on_row_chosen(self, message: RowChosen) -> None:
        """This one."""
        message.stop()
        self.dismiss(self._matters[message.index])


class RegroupScreen(SplitScreen):
    """A page on one matter, whose mails may be split off it or put to another's."""

    def mail_under_cursor(self) -> MessageRow | None:
        """The mail that is meant."""
        raise NotImplementedError

    def show_matter(self, message_id: int) -> None:
        """The matter that this mail belongs to now, with the cursor on it."""
        raise NotImplementedError

    def action_split(self) -> None:
        """A matter of its own, from this mail on or of this mail only."""
        row = self.mail_under_cursor()
        if row is None:
            self.tell("No message is chosen.", bad=True)
            return

        def work(*, only: bool) -> str:
            made = regroup.split(self.desk.household, str(row.id), only=only)
            owed = ""
            if made.due_at is not None:
                owed = f" An answer is owed in it, due {full_moment(made.due_at, self.desk.zone, self.desk.now())}."
            return f"A new matter with {many(made.moved, 'mail')}.{owed} Z takes it back."

        def chosen(only: bool | None) -> None:
            if only is not None:
                self.act(partial(work, only=only), after=partial(self.show_matter, row.id))

        options = [("f", "from here on", False), ("o", "only this mail", True)]
        detail = said(f"{row.subject or '(no subject)'}: its promise goes with it.")
        self.app.push_screen(Choice("Make a new matter of it?", options, detail), chosen)

    def action_merge(self) -> None:
        """Put this matter to another of the same contact."""
        row = self.mail_under_cursor()
        if row is None or row.contact_id is None or row.matter_id is None:
            self.tell("Only the matters of one contact can be put together.", bad=True)
            return
        contact_id, here = row.contact_id, row.matter_id
        found = self.desk.ask(lambda connection: views.matters_of(connection, contact_id, limit=OFFERED + 1))
        others = [matter for matter in found if matter.id != here][:OFFERED]
        if not others:
            self.tell("They have no other matter.", bad=True)
            return

        def work(into: MatterRow) -> str:
            first = self.desk.ask(lambda connection: views.of_matter(connection, into.id, limit=1))
            made = regroup.merge(self.desk.household, str(row.id), str(first[0].id))
            return f"One matter now: {many(made.moved, 'mail')} moved. Z takes it back."

        def chosen(into: MatterRow | None) -> None:
            if into is not None:
                self.act(partial(work, into), after=partial(self.show_matter, row.id))

        self.app.push_screen(MatterDialog("Which matter does it belong to?", others, self.desk), chosen)
