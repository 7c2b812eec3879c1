"""The line of keys at the bottom: as many whole ones as there is room for."""

from __future__ import annotations

from collections.abc import Iterable

from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Footer
from textual.widgets._footer import FooterKey  # the only name by which Textual has it

AROUND = 3
"""Cells around and within a key: one before, one between it and what it does, one behind."""


class KeyLine(Footer):
    """Textual's footer, which would cut the last key in the middle of its word."""

    _room = 0

    def compose(self) -> ComposeResult:
        """Keys, the first ones first, until there is no room."""
        self._room = self.app.size.width
        yield from whole(super().compose(), self._room)

    def on_resize(self) -> None:
        """More room, more keys."""
        if self._room != self.app.size.width:
            self.refresh(recompose=True)


def whole(keys: Iterable[Widget], width: int) -> Iterable[Widget]:
    """The first of them that fit into so many cells."""
    for key in keys:
        if isinstance(key, FooterKey):
            width -= Content(key.key_display).cell_length + Content(key.description).cell_length + AROUND
            if width < 0:
                return
        yield key
