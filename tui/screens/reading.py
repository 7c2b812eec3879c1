"""One mail on the whole page."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Static

from ..widgets.rows import Rows
from ..words import EMPTY
from .split import SplitScreen


class ReadingScreen(SplitScreen):
    """A sheet without a list beside it."""

    def __init__(self, message_id: int) -> None:
        super().__init__()
        self._message_id = message_id

    def compose_list(self) -> Rows:
        """No list: it stays empty and out of sight."""
        return Rows(lambda _index, _width: ())

    def body(self) -> ComposeResult:
        """The sheet alone."""
        yield Static("", markup=False, id="title")
        with Horizontal(id="split", classes="paper"):
            yield self.compose_list()
            with VerticalScroll(id="sheet"):
                yield Static("", markup=False, id="brief")
                yield Static("", markup=False, id="paper")

    def on_mount(self) -> None:
        """The keys scroll the sheet."""
        super().on_mount()
        self.query_one("#sheet").focus()

    def read_again(self) -> None:
        """The mail, and what is owed for it now."""
        super().read_again()
        self.title_line(EMPTY)
        self.show_sheet(0)

    def show_sheet(self, index: int | None) -> None:
        """The mail."""
        del index
        self.lay_message(self.desk.sheet(self._message_id))

    def message_here(self) -> int | None:
        """This mail."""
        return self._message_id
