"""One matter: every mail of it in order, whose turn it is, what is promised."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from inboxcrm.domain.text import many
from inboxcrm.store import views
from inboxcrm.store.views import MessageRow

from ..messages import RowChosen
from ..widgets.rows import Rows
from ..words import MUTED, STRONG, arrow, fit, join, said, short
from .regrouping import RegroupScreen

TURNS = {"mine": "your turn", "theirs": "their turn", "nobody": "nobody's turn"}


def correspondence(row: MessageRow, when: str, width: int) -> Sequence[Content]:
    """A message in a list: which way, who, when, and its beginning."""
    who = said(row.sender.partition(" <")[0] if row.direction == "in" else _towards(row), "bold")
    machine = Content.styled("machine", MUTED) if row.mail_class == "machine" else Content("")
    return (
        fit(arrow(row) + " " + who, join((machine, Content.styled(when, MUTED))), width),
        fit(Content("  ") + said(row.preview or row.subject, MUTED), Content(""), width),
    )


def _towards(row: MessageRow) -> str:
    you = "you, by machine" if row.direction == "auto" else "you"
    return f"{you} to {row.recipients.partition(' <')[0].partition(',')[0]}"


class MatterScreen(RegroupScreen):
    """A conversation, oldest first, the cursor on the mail one came from; `V` splits it, `M` merges it with another."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("V", "split", "Split"),
        Binding("M", "merge", "Merge"),
    ]

    def __init__(self, matter_id: int, message_id: int) -> None:
        super().__init__()
        self._matter_id, self._first = matter_id, message_id
        self._messages: list[MessageRow] = []

    def compose_list(self) -> Rows:
        """Two lines for each mail."""
        return Rows(self._paint, nothing="No mail in this matter.", id="matter")

    def on_mount(self) -> None:
        """Begin at the mail one came from."""
        super().on_mount()
        self.rows.move_to(self._first)

    def read_again(self) -> None:
        """The matter as it is now."""
        super().read_again()
        matter = self.desk.ask(lambda connection: views.matter(connection, self._matter_id))
        if matter is not None:
            self._matter_id = matter.id  # another one by now, where it was merged at another desk
        self._messages = self.desk.ask(lambda connection: views.of_matter(connection, self._matter_id))
        if matter is not None:
            self.title_line(
                join(
                    (
                        said(matter.subject or "(no subject)", STRONG),
                        said(matter.contact),
                        said(matter.organisation),
                        said(many(len(self._messages), "mail")),
                        said(TURNS[matter.turn]),
                    )
                )
            )
        self.rows.show([row.id for row in self._messages])

    def _paint(self, index: int, width: int) -> Sequence[Content]:
        row = self._messages[index]
        return correspondence(row, short(row.received_at, self.desk.zone, self.desk.now()), width)

    def show_sheet(self, index: int | None) -> None:
        """The mail itself."""
        self.lay_message(None if index is None else self.desk.sheet(self._messages[index].id))

    def mail_under_cursor(self) -> MessageRow | None:
        """The mail under the cursor."""
        index = self.rows.index
        return None if index is None else self._messages[index]

    def show_matter(self, message_id: int) -> None:
        """The matter in which this mail is now."""
        row = self.desk.ask(lambda connection: views.message(connection, message_id))
        if row is not None and row.matter_id is not None:
            self._matter_id = row.matter_id
            self.read_again()
            self.rows.move_to(message_id)

    def message_here(self) -> int | None:
        """The mail under the cursor."""
        index = self.rows.index
        return None if index is None else self._messages[index].id

    def on_row_chosen(self, message: RowChosen) -> None:
        """The mail on the whole page."""
        from .reading import ReadingScreen

        self.app.push_screen(ReadingScreen(self._messages[message.index].id))
