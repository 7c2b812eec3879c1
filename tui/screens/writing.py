"""The window in which the owner writes: the words of a draft, or of an answer. Nothing is sent from here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, Label, Static, TextArea

from inboxcrm.domain.text import one_line, visible
from inboxcrm.errors import InboxcrmError
from inboxcrm.service.writing import Words

from ..words import EMPTY
from .dialogs import Confirm, DialogScreen

LONGEST_SUBJECT = 500


Keep = Callable[[Words], Awaitable[str]]
"""Keeps the words and answers what came of it; an InboxcrmError says why they cannot be kept."""


class WritingDialog(DialogScreen[str]):
    """Subject and text. It ends with what came of keeping them; what cannot be kept stays in the window.

    What was written is thrown away after a yes only.
    """

    AUTO_FOCUS = "TextArea"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+s", "keep", "Keep", show=False, priority=True)]

    def __init__(self, question: str, words: Words, keep: Keep, detail: Content = EMPTY) -> None:
        super().__init__(question, detail)
        self._keep = keep
        self._before = Words(one_line(words.subject, LONGEST_SUBJECT), words.text)

    def compose(self) -> ComposeResult:
        """The two, and the keys."""
        with Vertical(id="dialog", classes="writing"):
            yield from self.head()
            with Horizontal(classes="line"):
                yield Label("subject", markup=False)
                yield Input(self._before.subject, compact=True, select_on_focus=False)
            yield TextArea(self._before.text, soft_wrap=True, tab_behavior="focus", compact=True)
            yield Static("", markup=False, id="wrong")
            yield Static(
                Content("Ctrl+S keeps it in the outbox    Tab subject or text    Esc leaves"), markup=False, id="keys"
            )

    def _words(self) -> Words:
        return Words(self.query_one(Input).value, self.query_one(TextArea).text)

    def on_input_submitted(self) -> None:
        """From the subject to the text."""
        self.query_one(TextArea).focus()

    async def action_keep(self) -> None:
        """Keep what is written, or say what is wrong with it."""
        try:
            told = await self._keep(self._words())
        except InboxcrmError as error:
            self.query_one("#wrong", Static).update(Content(visible(str(error))))
        else:
            self.dismiss(told)

    def action_leave(self) -> None:
        """Leave it as it was; asks where something was written."""
        if self._words() == self._before:
            self.dismiss(None)
            return

        def answered(agreed: bool | None) -> None:
            if agreed:
                self.dismiss(None)

        self.app.push_screen(Confirm("Throw away what you wrote?"), answered)
