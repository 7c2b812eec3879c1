"""What was agreed: what the owner is to do and what others are, the nearest day first.

Days that people mentioned, and that are not kept yet, stand before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from inboxcrm.domain.text import many
from inboxcrm.service import commitments as service
from inboxcrm.store import commitments, told_occasions
from inboxcrm.store.commitments import OPEN, SUGGESTED, CommitmentRow
from inboxcrm.store.told_occasions import ToldRow

from .. import asides
from ..messages import RowChosen
from ..widgets.rows import Rows
from ..words import ACCENT, BAD, EMPTY, MUTED, SOON, fit, join, said, short
from .split import SplitScreen


class AgreedScreen(SplitScreen):
    """One row for each commitment; those that only seem to be one are marked and answered with y or n."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "agree", "Yes"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[CommitmentRow | ToldRow] = []

    def compose_list(self) -> Rows:
        """Two lines each."""
        return Rows(self._paint, nothing="Nothing is agreed on record. t keeps something.", id="agreed")

    def read_again(self) -> None:
        """What is to be done as of now."""
        super().read_again()
        agreed = self.desk.ask(commitments.listed)
        told = self.desk.ask(told_occasions.listed)
        self._rows = [*told, *agreed]
        overdue = sum(row.overdue(self._today()) for row in agreed)
        asked = sum(row.state == SUGGESTED for row in self._rows)
        self.title_line(
            join(
                (
                    Content.styled("What was agreed", "bold $foreground"),
                    said(many(len(self._rows) - asked, "commitment")),
                    Content.styled(f"{overdue} overdue" if overdue else "", BAD),
                    Content.styled(f"{asked} to confirm" if asked else "", ACCENT),
                )
            )
        )
        self.show_rows([(type(row).__name__, row.id) for row in self._rows])

    def _today(self) -> date:
        return self.desk.now().astimezone(self.desk.zone).date()

    def _paint(self, index: int, width: int) -> Sequence[Content]:
        row = self._rows[index]
        if isinstance(row, ToldRow):
            return asides.paint(row, self.desk.zone, self.desk.now(), width)
        whose = "you" if row.side == "mine" else "they"
        sign = Content.styled("? " if row.state == SUGGESTED else "  ", ACCENT)
        until = Content.styled("no day", MUTED)
        if row.due_on is not None:
            style = BAD if row.overdue(self._today()) else SOON if row.due_on == self._today() else MUTED
            until = Content.styled(f"by {row.due_on:%a} {row.due_on.day} {row.due_on:%b}", style)
        return (
            fit(sign + said(row.contact or "nobody on record", "bold"), join((said(whose, ACCENT), until)), width),
            fit(Content("  ") + said(row.quote), said(row.detail, MUTED), width),
        )

    def show_sheet(self, index: int | None) -> None:
        """The mail it was said in."""
        if index is None or index >= len(self._rows):
            self.lay(EMPTY, EMPTY)
            return
        row = self._rows[index]
        if isinstance(row, ToldRow):
            zone, now = self.desk.zone, self.desk.now()
            if row.message_id is None:
                self.lay(EMPTY, asides.page(row, zone, now))
            else:
                self.lay_message(self.desk.sheet(row.message_id), asides.note(row, zone, now))
            return
        keys = "Was it meant?  y yes   n no" if row.state == SUGGESTED else "d done   n it no longer matters"
        if row.evidence_id is not None and row.state == OPEN:
            keys = f"A mail of yours may have settled it.  {keys}"
        if row.message_id is None:
            heard = f"Heard {short(row.said_at, self.desk.zone, self.desk.now())}: {row.quote}"
            self.lay(EMPTY, said(heard) + Content("\n\n") + said(keys, SOON))
            return
        self.lay_message(self.desk.sheet(row.message_id), said(f"{row.quote}  {keys}", SOON))

    def _here(self) -> CommitmentRow | ToldRow | None:
        index = self.rows.index
        return None if index is None else self._rows[index]

    def message_here(self) -> int | None:
        """The mail it was said in."""
        row = self._here()
        return None if row is None else row.message_id

    def contact_here(self) -> int | None:
        """Whose word it is, or to whom it was given."""
        row = self._here()
        return None if row is None else row.contact_id

    def key_says(self, action: str, words: str) -> str | None:
        """The answers to what only seems agreed, or the end of what is."""
        row = self._here()
        asked = row is not None and row.state == SUGGESTED
        said_here = {
            "agree": words if asked else None,
            "not_needed": None if row is None else "No" if asked else "No longer matters",
            "elsewhere": None if row is None or asked else words,
        }
        return said_here[action] if action in said_here else super().key_says(action, words)

    def leading_keys(self) -> Sequence[str]:
        """What becomes of the one under the cursor."""
        return "agree", "elsewhere", "not_needed"

    def action_agree(self) -> None:
        """It was meant."""
        row = self._here()
        if not self.steady():
            return
        if row is None or row.state != SUGGESTED:
            self.tell("Nothing is asked here.", bad=True)
            return
        if isinstance(row, ToldRow):
            self.keep_day(row)
            return

        def work() -> str:
            service.confirm(self.desk.household, row.id)
            return f"Kept: {row.quote}"

        self.act(work)

    def action_not_needed(self) -> None:
        """It was not meant, or no longer matters."""
        row = self._here()
        if row is None or not self.steady():
            return
        if isinstance(row, ToldRow):
            self.act(asides.dismissed(row, self.desk.household))
            return

        def work() -> str:
            service.dismiss(self.desk.household, row.id)
            return "Dismissed; the same sentence is not suggested again."

        self.act(work)

    def action_elsewhere(self) -> None:
        """It is done."""
        row = self._here()
        if row is None:
            return
        if isinstance(row, ToldRow) or row.state == SUGGESTED:
            self.tell("Say first whether it was meant: y or n.", bad=True)
            return

        def work() -> str:
            service.done(self.desk.household, row.id, how="said at the desk")
            return "Done."

        self.ask("Is it done?", f"{row.contact or ''}: {row.quote}", work)

    def on_row_chosen(self, message: RowChosen) -> None:
        """The conversation it was said in."""
        from .matter import MatterScreen
        from .reading import ReadingScreen

        row = self._rows[message.index]
        if row.message_id is None:
            self.tell("It was heard, not written.")
        elif isinstance(row, ToldRow) or row.matter_id is None:
            self.app.push_screen(ReadingScreen(row.message_id))
        else:
            self.app.push_screen(MatterScreen(row.matter_id, row.message_id))
