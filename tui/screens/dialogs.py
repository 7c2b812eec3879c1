"""Small windows that ask: yes or no, or a line or two. What is pasted never answers them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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


class Form(DialogScreen[T], Generic[T]):
    """One line or several. `read` makes a value of them or raises ValueError with what to write instead."""

    def __init__(
        self, question: str, lines: Sequence[Line], read: Callable[[Sequence[str]], T], *, detail: Content = EMPTY
    ) -> None:
        super().__init__(question, detail)
        self._lines, self._read = lines, read

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

    def on_input_submitted(self) -> None:
        """Do it, or say what is wrong."""
        try:
            value = self._read([each.value for each in self.query(Input)])
        except ValueError as error:
            self.query_one("#wrong", Static).update(Content(visible(str(error))))
            return
        self.dismiss(value)
