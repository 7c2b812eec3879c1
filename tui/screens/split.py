"""A page with a list on the left and, where there is room, the sheet under the cursor on the right."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from .. import paper
from ..desk import Sheet
from ..messages import RowHighlighted
from ..widgets.rows import Rows
from ..words import EMPTY
from .base import DeskScreen

GLANCE = 0.5
"""Seconds in which nobody has seen that another row came under the cursor, far less read it."""


class SplitScreen(DeskScreen):
    """List and sheet. Tab goes between them; space turns the sheet's page from the list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "leaf(1)", "Page", show=False),
        Binding("backspace", "leaf(-1)", "Page back", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._shown: Content = EMPTY
        self._slipped_at = -GLANCE

    def compose_list(self) -> Rows:
        """The list."""
        raise NotImplementedError

    def body(self) -> ComposeResult:
        """Title, list, sheet."""
        yield Static("", markup=False, id="title")
        with Horizontal(id="split", classes="both"):
            yield self.compose_list()
            with VerticalScroll(id="sheet"):
                yield Static("", markup=False, id="brief")
                yield Static("", markup=False, id="paper")

    @property
    def rows(self) -> Rows:
        """The list."""
        return self.query_one(Rows)

    def show_rows(self, keys: Sequence[Hashable], *, onward: Hashable = None) -> None:
        """Show these rows, with the cursor where it was, or `onward`.

        Where another row came under it so, without the owner's doing, that is remembered for `steady`.
        """
        before = self.rows.key
        self.rows.show(keys)
        if onward is not None:
            self.rows.move_to(onward)
        if before is not None and self.rows.key not in (None, before):
            self._slipped_at = self.desk.household.clock.monotonic()

    def steady(self) -> bool:
        """Whether the key just pressed was meant for the row under the cursor: nothing is being done to it yet, and it
        was there long enough to be seen. Says so where it was not.
        """
        if self.acting:
            return False
        seen = self.desk.household.clock.monotonic() - self._slipped_at >= GLANCE
        if not seen:
            self.tell("Another one has come up just now: look at it first.", bad=True)
        return seen

    @property
    def sheet_width(self) -> int:
        """Cells across the sheet."""
        return self.query_one("#sheet").scrollable_content_region.width or 56

    def on_resize(self) -> None:
        """Fold the sheet anew."""
        if self.is_mounted:
            self.call_after_refresh(self._fold)

    def _fold(self) -> None:
        self.show_sheet(self.rows.index)

    def title_line(self, words: Content) -> None:
        """What this page shows, in one line."""
        line = self.query_one("#title", Static)
        line.update(words)
        line.display = bool(words.plain)

    def on_row_highlighted(self, message: RowHighlighted) -> None:
        """Another sheet, or the same one read anew; the list may have been read again since the message was posted."""
        message.stop()
        self.show_sheet(self.rows.index)
        self.say_keys()

    def key_says(self, action: str, words: str) -> str | None:
        """Nothing can be opened on an empty list."""
        if action == "choose" and self.rows.index is None:
            return None
        return super().key_says(action, words)

    def show_sheet(self, index: int | None) -> None:
        """Lay out what belongs to this row."""
        raise NotImplementedError

    def lay(self, brief: Content, sheet: Content) -> None:
        """Lay out a sheet; one that did not change keeps its place on the page."""
        strip = self.query_one("#brief", Static)
        strip.update(brief)
        strip.display = bool(brief.plain)
        if sheet.is_same(self._shown):
            return
        same_head = sheet.plain[:80] == self._shown.plain[:80]
        self._shown = sheet
        self.query_one("#paper", Static).update(sheet)
        if not same_head:
            self.query_one("#sheet", VerticalScroll).scroll_home(animate=False)

    def lay_message(self, sheet: Sheet | None, note: Content = EMPTY) -> None:
        """Lay out a message with what is owed for it."""
        if sheet is None:
            self.lay(EMPTY, EMPTY)
            return
        zone, now, width = self.desk.zone, self.desk.now(), self.sheet_width
        owed = EMPTY if sheet.owed is None else paper.promise(sheet.owed, zone, now, width)
        top = paper.lines((paper.head(sheet.row, zone, now, width), owed, note))
        self.lay(
            paper.lines((paper.brief(sheet.contact, sheet.touch, zone, now), paper.memory(sheet.memory, width - 2))),
            Content("\n\n").join((top, paper.letter(sheet.text))),
        )

    def action_leaf(self, by: int) -> None:
        """Turn the page of the sheet."""
        pane = self.query_one("#sheet", VerticalScroll)
        pane.scroll_relative(y=by * max(1, pane.size.height - 2), animate=False)
