"""The line of keys at the bottom: those that do something here, the page's own first, as many as there is room for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Footer
from textual.widgets._footer import FooterKey  # the only name by which Textual has it

Says = Callable[[str, str], str | None]
"""Answers what is to be said of an action that its binding describes so; None for one that would do nothing."""

Leading = Callable[[], Sequence[str]]
"""Answers the actions for which one comes to this page, or to this row: their keys stand before all others."""

OPEN, LEAVE = "choose", "app.quit"

AROUND = 3
"""Cells around and within a key: one before, one between it and what it does, one behind."""


class KeyLine(Footer):
    """Textual's footer, which would cut the last key in the middle of its word."""

    _room = 0

    def __init__(self, says: Says, leading: Leading) -> None:
        super().__init__(show_command_palette=False)
        self._says, self._leading = says, leading

    def compose(self) -> ComposeResult:
        """Keys, the first ones first, until there is no room."""
        self._room = self.app.size.width
        yield from whole(said(super().compose(), self._says, self._leading()), self._room)

    def on_resize(self) -> None:
        """More room, more keys."""
        if self._room != self.app.size.width:
            self.refresh(recompose=True)


def said(keys: Iterable[Widget], says: Says, leading: Sequence[str]) -> Iterable[Widget]:
    """Those of which there is something to say, saying it: what opens, the leading ones, the others, what leaves."""
    order = [OPEN, *leading]

    def place(key: Widget) -> int:
        action = key.action.partition("(")[0] if isinstance(key, FooterKey) else ""
        return order.index(action) if action in order else len(order) + (action == LEAVE)

    for key in sorted(keys, key=place):
        if isinstance(key, FooterKey):
            words = says(key.action.partition("(")[0], key.description)
            if words is None:
                continue
            key.description = words
        yield key


def whole(keys: Iterable[Widget], width: int) -> Iterable[Widget]:
    """The first of them that fit into so many cells."""
    for key in keys:
        if isinstance(key, FooterKey):
            width -= Content(key.key_display).cell_length + Content(key.description).cell_length + AROUND
            if width < 0:
                return
        yield key
