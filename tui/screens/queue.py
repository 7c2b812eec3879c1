"""The stack the assistant left on the desk: one row per person, the most urgent first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from inboxcrm.store.views import OwedRow, Pile

from ..messages import RowChosen
from ..widgets.rows import Rows
from ..words import BAD, DOT, EMPTY, GOOD, MUTED, SOON, badges, due, fit, join, many, said, told, urgency
from .split import SplitScreen

ORGANISATION_FROM = 52
"""Cells a row needs before the organisation is named in it."""


class QueueScreen(SplitScreen):
    """What is owed. Left and right turn through the sheets of one person."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "turn(-1)", "Sheet before", show=False),
        Binding("right", "turn(1)", "Next sheet", show=False),
        Binding("a", "approve", "Approve", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._piles: list[Pile] = []
        self._turned: dict[int | str, int] = {}

    def compose_list(self) -> Rows:
        """One row per person, two lines each."""
        return Rows(self._paint, nothing="Nobody waits for an answer.", id="queue")

    def read_again(self) -> None:
        """The queue as it is now; the cursor stays with its person."""
        super().read_again()
        self._piles = self.desk.piles()
        broken, today = sum(pile.broken for pile in self._piles), sum(pile.due_today for pile in self._piles)
        self.title_line(
            join(
                (
                    Content.styled(
                        f"{many(len(self._piles), 'person waits', 'people wait')} for you", "bold $foreground"
                    ),
                    Content.styled(f"{broken} broken" if broken else "", BAD),
                    Content.styled(f"{today - broken} due today" if today > broken else "", SOON),
                )
            )
            if self._piles
            else Content.styled("Nobody waits for you", GOOD)
        )
        self.rows.show([pile.person for pile in self._piles])

    def _owed(self, index: int) -> OwedRow | None:
        pile = self._piles[index]
        return self.desk.owed(pile.promise_ids[self._leaf(pile)])

    def _leaf(self, pile: Pile) -> int:
        return self._turned.get(pile.person, 0) % len(pile.promise_ids)

    def _paint(self, index: int, width: int) -> Sequence[Content]:
        row, pile = self._owed(index), self._piles[index]
        if row is None:
            return (Content.styled("…", MUTED),)
        zone, now = self.desk.zone, self.desk.now()
        bar = Content.styled("● " if urgency(row, zone, now) else "○ ", urgency(row, zone, now) or MUTED)
        who = said(row.contact, "bold")
        if row.organisation and width >= ORGANISATION_FROM:
            who += DOT + said(row.organisation, MUTED)
        if len(pile.promise_ids) > 1:
            who += Content.styled(f"  {self._leaf(pile) + 1}/{len(pile.promise_ids)}", "$text-accent")
        return (
            fit(bar + who, due(row, zone, now), width),
            fit(Content("  ") + said(row.subject or "(no subject)"), join((badges(row), told(row, zone, now))), width),
        )

    def show_sheet(self, index: int | None) -> None:
        """The mail the promise is about."""
        row = None if index is None or index >= len(self._piles) else self._owed(index)
        if index is None or row is None:
            self.lay_message(None)
            return
        several = len(self._piles[index].promise_ids)
        turn = f"{many(several - 1, 'more mail')} of theirs waits: ← → turn the pile" if several > 1 else ""
        self.lay_message(self.desk.sheet(row.message_id), Content.styled(turn, SOON) if turn else EMPTY)

    def message_here(self) -> int | None:
        """The mail the promise under the cursor is about."""
        index = self.rows.index
        row = None if index is None else self._owed(index)
        return None if row is None else row.message_id

    def action_turn(self, by: int) -> None:
        """Another sheet of the same person."""
        index = self.rows.index
        if index is not None:
            person = self._piles[index].person
            self._turned[person] = self._turned.get(person, 0) + by
            self.rows.repaint()
            self.show_sheet(index)

    def action_approve(self) -> None:
        """Approving needs the text before one's eyes: to the outbox, at this person's mail."""
        from .outbox import OutboxScreen

        self.app.push_screen(OutboxScreen(about=self.message_here()))

    def on_row_chosen(self, message: RowChosen) -> None:
        """Open the matter."""
        from .matter import MatterScreen

        row = self._owed(message.index)
        if row is not None:
            self.app.push_screen(MatterScreen(row.matter_id, row.message_id))
