"""Contacts that may be one person: one key makes them one, another tells them apart."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from inboxcrm.domain.text import many
from inboxcrm.service import lookalike, merging
from inboxcrm.service.lookalike import Pair
from inboxcrm.store import views

from .. import paper
from ..messages import RowChosen
from ..widgets.rows import Rows
from ..words import EMPTY, MUTED, fit, said, short
from .contact import ContactScreen
from .split import SplitScreen


class DuplicatesScreen(SplitScreen):
    """Two lines for each pair: who would stay, who would come to them and why."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("y", "agree", "One person")]

    def __init__(self) -> None:
        super().__init__()
        self._pairs: list[Pair] = []

    def compose_list(self) -> Rows:
        """The pairs."""
        return Rows(self._paint, nothing="No two contacts look like one person.", id="pairs")

    def read_again(self) -> None:
        """The pairs as they are now."""
        super().read_again()
        self._pairs = self.desk.ask(lookalike.pairs)
        self.title_line(
            Content.styled(f"{many(len(self._pairs), 'pair')} may be one person", "bold $foreground")
            + Content.styled("   y one person   n two people   Enter the first's card", MUTED)
        )
        self.show_rows([(pair.kept.id, pair.merged.id) for pair in self._pairs])

    def _paint(self, index: int, width: int) -> Sequence[Content]:
        pair = self._pairs[index]
        because = said(", ".join(pair.because), MUTED)
        return (
            fit(said(pair.kept.name, "bold"), said(pair.kept.addresses, MUTED), width),
            fit(Content("= ") + said(f"{pair.merged.name} {pair.merged.addresses}"), because, width),
        )

    def show_sheet(self, index: int | None) -> None:
        """The latest mails of both."""
        if index is None or index >= len(self._pairs):  # the cursor of a list that has just become shorter
            self.lay(EMPTY, EMPTY)
            return
        pair, zone, now = self._pairs[index], self.desk.zone, self.desk.now()
        parts = []
        with self.desk.household.database.read() as connection:
            for row in (pair.kept, pair.merged):
                listed = [
                    Content.styled(f"{short(mail.received_at, zone, now):>12}  ", MUTED)
                    + said(mail.subject or "(no subject)")
                    for mail in views.timeline(connection, row.id, limit=6)
                ]
                touch = views.last_touch(connection, row.id)
                parts.append(paper.lines((paper.brief(row, touch, zone, now), *listed)))
        self.lay(said(", ".join(pair.because)), Content("\n\n").join(parts))

    def contact_here(self) -> int | None:
        """Who would stay."""
        index = self.rows.index
        return None if index is None else self._pairs[index].kept.id

    def key_says(self, action: str, words: str) -> str | None:
        """One person or two, where there is a pair."""
        if action in ("agree", "not_needed"):
            return None if self.rows.index is None else words if action == "agree" else "Two people"
        return super().key_says(action, words)

    def leading_keys(self) -> Sequence[str]:
        """The two answers."""
        return "agree", "not_needed"

    def on_row_chosen(self, message: RowChosen) -> None:
        """The card of who would stay."""
        self.app.push_screen(ContactScreen(self._pairs[message.index].kept.id))

    def action_agree(self) -> None:
        """They are one person."""
        index = self.rows.index
        if index is not None:
            pair = self._pairs[index]
            self.ask("One person?", f"{pair.merged.addresses} comes to {pair.kept.name}.", partial(self._merge, pair))

    def _merge(self, pair: Pair) -> str:
        merging.merge(self.desk.household, pair.kept.id, pair.merged.id)
        return f"One contact. To part them: inboxcrm contacts unmerge c{pair.merged.id}"

    def action_not_needed(self) -> None:
        """They are two people, and are not suggested again."""
        index = self.rows.index
        if index is None or not self.steady():
            return
        pair = self._pairs[index]

        def work() -> str:
            lookalike.tell_apart(self.desk.household, pair.kept.id, pair.merged.id)
            return "Two people: not asked again."

        self.act(work)
