"""Search as you type, over people and every word of every mail, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Input

from inboxcrm.domain.text import many, one_line
from inboxcrm.store import views
from inboxcrm.store.views import ContactRow, Hit, ListedRow, MessageRow

from ..messages import RowChosen
from ..widgets.rows import Rows
from ..words import ACCENT, EMPTY, MUTED, arrow, fit, join, said, short
from . import unread
from .contact import ContactScreen
from .contacts import contact_lines
from .matter import MatterScreen
from .reading import ReadingScreen
from .split import SplitScreen

LONGEST_NAME = 22
"""Cells, about, of a correspondent's name beside a subject."""

PAUSE = 0.12
"""Seconds without a key before the search begins."""

PEOPLE, MAILS = 5, 200
Found = ContactRow | Hit | ListedRow
BEFORE, BEHIND = "\ue000", "\ue001"
"""Private characters around what was found: a subject may hold brackets."""


class SearchScreen(SplitScreen):
    """One line of words, what holds them, and the mail beside."""

    AUTO_FOCUS = "#words"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("i", "words", "Words", show=False)]

    HERE_ALREADY = frozenset({"search"})

    def __init__(self) -> None:
        super().__init__()
        self._found: list[Found] = []
        self._pause: Timer | None = None
        self._last = ""

    def body(self) -> ComposeResult:
        """The line of words above list and sheet."""
        yield Input(placeholder="words of a mail, a subject, a name, an address …", id="words")
        yield from super().body()

    def compose_list(self) -> Rows:
        """Two lines for each thing found."""
        return Rows(self._paint, nothing="Type, and everything that holds the words appears.", id="found")

    @property
    def words(self) -> str:
        """What is looked for."""
        return self.query_one("#words", Input).value

    def read_again(self) -> None:
        """Look again: something may have arrived."""
        super().read_again()
        self._look()

    def on_input_changed(self) -> None:
        """Wait until the fingers rest."""
        if self._pause is not None:
            self._pause.stop()
        self._pause = self.set_timer(PAUSE, self._look)

    def _look(self) -> None:
        self.run_worker(partial(self._search, self.words), thread=True, exclusive=True, group="search")

    def _search(self, words: str) -> None:
        """In a thread of its own: typing never waits for the disk."""
        found: list[Found] = []
        if words.strip():
            found += self.desk.ask(lambda connection: views.contacts(connection, like=words.strip(), limit=PEOPLE))
            found += self.desk.ask(
                lambda connection: views.search(
                    connection, words, limit=MAILS, marks=(BEFORE, BEHIND), zone=self.desk.zone
                )
            )
            left = MAILS - sum(isinstance(each, Hit) for each in found)
            found += self.desk.ask(lambda connection: views.listed(connection, words, limit=left, zone=self.desk.zone))
        self.app.call_from_thread(self._show, words, found)

    def _show(self, words: str, found: list[Found]) -> None:
        if not self.is_mounted or words != self.words:
            return
        self._found = found
        fresh, self._last = words != self._last, words
        self.rows.nothing = "Nothing holds all of these words." if words.strip() else "Type words, or a name."
        mails = sum(isinstance(each, Hit) for each in found)
        unread_too = sum(isinstance(each, ListedRow) for each in found)
        more = "the newest " if mails + unread_too == MAILS else ""
        below = f", and {unread_too:,} not read yet" if unread_too else ""
        self.title_line(Content.styled(f"{more}{many(mails, 'mail')}{below}" if words.strip() else "", MUTED))
        self.rows.show([(type(each), each.message.id if isinstance(each, Hit) else each.id) for each in found])
        if fresh:
            self.rows.action_jump(0)

    def _paint(self, index: int, width: int) -> Sequence[Content]:
        each, zone, now = self._found[index], self.desk.zone, self.desk.now()
        if isinstance(each, ContactRow):
            lines = contact_lines(each, "" if each.last_at is None else short(each.last_at, zone, now), width - 2)
            return Content.styled("@ ", ACCENT) + lines[0], Content("  ") + lines[1]
        if isinstance(each, ListedRow):
            return unread.line(each, zone, now, width)
        row = each.message
        when = Content.styled(short(row.received_at, zone, now), MUTED)
        subject, below = said(row.subject or "(no subject)", "bold"), highlighted(each.snippet)
        if below.plain == subject.plain:
            subject, below = highlighted(each.snippet, "bold"), said(row.preview, MUTED)
        return (
            fit(arrow(row) + " " + subject, join((said(_whom(row), MUTED), when)), width),
            fit(Content("  ") + below, EMPTY, width),
        )

    def show_sheet(self, index: int | None) -> None:
        """The mail found, or nothing for a person."""
        each = None if index is None else self._found[index]
        if isinstance(each, ListedRow):
            self.lay(EMPTY, unread.sheet(each, self.desk.zone, self.desk.now(), self.sheet_width - 2, asked=False))
            return
        self.lay_message(self.desk.sheet(each.message.id) if isinstance(each, Hit) else None)

    def message_here(self) -> int | None:
        """The mail under the cursor."""
        index = self.rows.index
        each = None if index is None else self._found[index]
        return each.message.id if isinstance(each, Hit) else None

    def contact_here(self) -> int | None:
        """The person under the cursor, or whoever wrote the mail under it."""
        index = self.rows.index
        each = None if index is None else self._found[index]
        return each.id if isinstance(each, ContactRow) else super().contact_here()

    def on_key(self, event: object) -> None:
        """From the words down to the list."""
        key = getattr(event, "key", "")
        if key in ("down", "enter", "tab") and self.query_one("#words", Input).has_focus:
            self.rows.focus()
            event.stop()  # type: ignore[attr-defined]
            event.prevent_default()  # type: ignore[attr-defined]

    def action_search(self) -> None:
        """Back to the words."""
        self.action_words()

    def action_words(self) -> None:
        """Other words."""
        self.query_one("#words", Input).focus()

    def on_row_chosen(self, message: RowChosen) -> None:
        """Open the person, the matter, the mail that is in none, or the one that is not read yet."""
        each = self._found[message.index]
        if isinstance(each, ContactRow):
            self.app.push_screen(ContactScreen(each.id))
        elif isinstance(each, ListedRow):
            self.app.push_screen(unread.UnreadScreen(each))
        elif each.message.matter_id is None:
            self.app.push_screen(ReadingScreen(each.message.id))
        else:
            self.app.push_screen(MatterScreen(each.message.matter_id, each.message.id))


def _whom(row: MessageRow) -> str:
    """With whom the mail was exchanged, short enough to stand beside its subject."""
    who = row.sender if row.direction == "in" else row.recipients.partition(", ")[0]
    return one_line(who.partition(" <")[0], LONGEST_NAME)


def highlighted(snippet: str, style: str = MUTED) -> Content:
    """A snippet on one line, what was found in colour."""
    parts: list[Content] = []
    for at, piece in enumerate(snippet.split(BEFORE)):
        found, mark, rest = piece.partition(BEHIND)
        if at and mark:
            parts.append(Content.styled(_line(found), "bold $text-accent"))
            parts.append(Content.styled(_line(rest), style))
        else:
            parts.append(Content.styled(_line(piece.replace(BEHIND, "")), style))
    return EMPTY.join(parts)


def _line(text: str) -> str:
    """One safe line that keeps the blanks at its ends, where it touches the next piece."""
    inner = one_line(text, 400)
    before = " " if text[:1].isspace() else ""
    behind = " " if text[-1:].isspace() and inner else ""
    return before + inner + behind
