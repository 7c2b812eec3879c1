"""The window in which lines of a letter are chosen, to be kept as a fact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, Label, Static

from inboxcrm.domain.quoting import new_text
from inboxcrm.domain.text import one_line

from ..messages import RowChosen
from ..widgets.rows import Rows
from ..words import MUTED, SOON
from .dialogs import DialogScreen

WIDEST = 500
AROUND = 14
"""Lines of the terminal that the letter leaves to the window around it."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is to be kept: `lines` of the letter from first to last, counted from 1, and the owner's `words` for it."""

    lines: tuple[int, int] | None
    words: str | None


class FactDialog(DialogScreen[Kept]):
    """The letter line by line; Space begins a choice, Enter ends and keeps it. Words of one's own may stand for it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "begin", "From here", show=False)]

    def __init__(self, question: str, letter: str, words: str) -> None:
        super().__init__(question)
        fresh = {line.strip() for line in new_text(letter).splitlines()}
        self._lines = [
            (number, one_line(line, WIDEST), line.strip() in fresh)
            for number, line in enumerate(letter.splitlines(), start=1)
            if line.strip()
        ]
        self._words = one_line(words, WIDEST)
        self._first: int | None = None

    def compose(self) -> ComposeResult:
        """The lines, and room for words."""
        with Vertical(id="dialog", classes="letter"):
            yield from self.head()
            yield Rows(self._paint, height=1, gap=0, nothing="The letter is empty: use your own words.", id="lines")
            with Horizontal(classes="line"):
                yield Label("words", markup=False)
                yield Input(self._words, placeholder="empty: as they wrote it", compact=True)
            yield Static(Content("Space from here  Enter keeps  Tab your words  Esc leaves"), markup=False, id="keys")

    def on_mount(self) -> None:
        """Begin with the letter's own first line."""
        rows = self.query_one(Rows)
        rows.styles.height = max(1, min(len(self._lines), self.app.size.height - AROUND))
        rows.show([number for number, _, _ in self._lines])
        own = next((number for number, _, fresh in self._lines if fresh), None)
        if own is not None:
            rows.move_to(own)
        rows.focus()

    def _paint(self, index: int, width: int) -> Sequence[Content]:
        number, line, fresh = self._lines[index]
        first, last = self._chosen()
        style = SOON if self._first is not None and first <= number <= last else ("" if fresh else MUTED)
        return (Content.styled(line, style).truncate(width, ellipsis=True, pad=True),)

    def _chosen(self) -> tuple[int, int]:
        index = self.query_one(Rows).index or 0
        here = self._lines[index][0]
        return (here, here) if self._first is None else (min(self._first, here), max(self._first, here))

    def action_begin(self) -> None:
        """The choice begins on this line; once more: it begins anew."""
        index = self.query_one(Rows).index
        self._first = None if index is None else self._lines[index][0]
        self.query_one(Rows).repaint()

    def on_row_highlighted(self) -> None:
        """What is chosen grows with the cursor."""
        if self._first is not None:
            self.query_one(Rows).repaint()

    def on_row_chosen(self, message: RowChosen) -> None:
        """Keep the lines, in their words or the owner's."""
        message.stop()
        self._keep()

    def on_input_submitted(self) -> None:
        """The same from the words."""
        self._keep()

    def _keep(self) -> None:
        words = self.query_one(Input).value.strip() or None
        lines = self._chosen() if self._lines else None
        if lines is not None or words is not None:
            self.dismiss(Kept(lines, words))
