"""Small windows that ask: yes or no, or a line or two. What is pasted never answers them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Label, Static

from inboxcrm.domain.text import visible
from inboxcrm.errors import InboxcrmError

from ..words import EMPTY

T = TypeVar("T")


class DialogScreen(ModalScreen[T]):
    """A window over the desk. Escape leaves it with nothing done."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Leave", priority=True)]

    def __init__(self, question: str, detail: Content = EMPTY) -> None:
        super().__init__()
        self._question, self._detail = question, detail

    def action_leave(self) -> None:
        """Nothing is done."""
        self.dismiss(None)

    def head(self) -> ComposeResult:
        """What is asked."""
        yield Static(Content(visible(self._question)), markup=False, id="question")
        if self._detail.plain:
            yield Static(self._detail, markup=False, id="detail")


class Confirm(DialogScreen[bool]):
    """Yes or no. Only a key that was really pressed says yes: a bracketed paste is dropped (hostile input, row 49)."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,enter", "agree", "Yes"),
        Binding("n", "leave", "No"),
    ]

    def compose(self) -> ComposeResult:
        """The question and its two keys."""
        with Vertical(id="dialog"):
            yield from self.head()
            yield Static(Content("y yes    n no"), markup=False, id="keys")

    def action_agree(self) -> None:
        """Yes."""
        self.dismiss(True)

    def on_paste(self, event: events.Paste) -> None:
        """Text is no decision."""
        event.stop()


class Choice(DialogScreen[T], Generic[T]):
    """One of several answers, each with its key; what is pasted presses none."""

    def __init__(self, question: str, options: Sequence[tuple[str, str, T]], detail: Content = EMPTY) -> None:
        super().__init__(question, detail)
        self._options = options

    def compose(self) -> ComposeResult:
        """The question and the keys."""
        keys = "    ".join(f"{key} {means}" for key, means, _ in self._options)
        with Vertical(id="dialog"):
            yield from self.head()
            yield Static(Content(f"{keys}    Esc leaves"), markup=False, id="keys")

    def on_key(self, event: events.Key) -> None:
        """The answer of that key."""
        for key, _, value in self._options:
            if event.character == key:
                event.stop()
                self.dismiss(value)
                return

    def on_paste(self, event: events.Paste) -> None:
        """Text is no decision."""
        event.stop()


@dataclass(frozen=True, slots=True)
class Line:
    """One line to fill in; `hint` stands in it while it is empty."""

    label: str
    value: str = ""
    hint: str = ""


Work = Callable[[], str]
"""Does what was asked for and answers what came of it; an InboxcrmError says why it cannot be done."""

Read = Callable[[Sequence[str]], Work]
"""Makes of the lines what is to be done; a ValueError or InboxcrmError says what to write instead."""

Run = Callable[[Work], Awaitable[str]]
"""Does it on the store's thread."""


class Form(DialogScreen[str]):
    """One line or several. It ends with what came of doing what they say; what is refused stays in the window."""

    def __init__(self, question: str, lines: Sequence[Line], read: Read, run: Run, *, detail: Content = EMPTY) -> None:
        super().__init__(question, detail)
        self._lines, self._read, self._run = lines, read, run
        self._busy = False
        """While it is being done, and from then on: neither Enter nor Escape is heard."""

    def compose(self) -> ComposeResult:
        """The question and its lines."""
        with Vertical(id="dialog"):
            yield from self.head()
            for line in self._lines:
                with Horizontal(classes="line"):
                    yield Label(line.label, markup=False)
                    yield Input(line.value, placeholder=line.hint, select_on_focus=True, compact=True)
            yield Static("", markup=False, id="wrong")
            several = "    Tab next line" if len(self._lines) > 1 else ""
            yield Static(Content(f"Enter does it{several}    Esc leaves"), markup=False, id="keys")

    def on_mount(self) -> None:
        """Begin with the first line."""
        self.query(Input).first().focus()

    async def on_input_submitted(self) -> None:
        """Do it, or say what is wrong."""
        await self.do(lambda: self._read([each.value for each in self.query(Input)]))

    async def do(self, decide: Callable[[], Work]) -> None:
        """Do what `decide` answers, and leave; where it is refused say why, and stay."""
        if self._busy:
            return
        self._busy = True
        try:
            told = await self._run(decide())
        except (ValueError, InboxcrmError) as error:
            self._busy = False
            self.query_one("#wrong", Static).update(Content(visible(str(error))))
        else:
            self.dismiss(told)

    def action_leave(self) -> None:
        """Nothing is done."""
        if not self._busy:
            super().action_leave()
