"""Everybody on record, the latest correspondents first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from inboxcrm.domain.text import many
from inboxcrm.store import views
from inboxcrm.store.views import ContactRow

from .. import paper
from ..messages import RowChosen
from ..widgets.rows import Rows
from ..words import ACCENT, DOT, EMPTY, MUTED, SOON, fit, join, said, short
from .contact import ContactScreen
from .duplicates import DuplicatesScreen
from .split import SplitScreen

LISTED = 2_000


def contact_lines(row: ContactRow, when: str, width: int) -> Sequence[Content]:
    """A contact in a list."""
    who = said(row.name, "bold")
    if row.organisation:
        who += DOT + said(row.organisation, MUTED)
    owed = Content.styled(f"{row.owed} owed" if row.owed else "", SOON)
    new = Content.styled("stranger" if row.known_since is None else "", ACCENT)
    return (
        fit(who, join((owed, new, Content.styled(when, MUTED))), width),
        fit(said(row.addresses, MUTED), Content.styled(many(row.messages, "mail"), MUTED), width),
    )


class ContactsScreen(SplitScreen):
    """People; Enter opens the card."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("y", "same", "One person?")]

    def __init__(self) -> None:
        super().__init__()
        self._contacts: list[ContactRow] = []

    def compose_list(self) -> Rows:
        """Two lines for each contact."""
        return Rows(self._paint, nothing="Nobody is on record yet.", id="contacts")

    def read_again(self) -> None:
        """Everybody, as they are now."""
        super().read_again()
        self._contacts = self.desk.ask(lambda connection: views.contacts(connection, limit=LISTED))
        self.title_line(Content.styled(many(len(self._contacts), "contact"), "bold $foreground"))
        self.rows.show([row.id for row in self._contacts])

    def _paint(self, index: int, width: int) -> Sequence[Content]:
        row, now = self._contacts[index], self.desk.now()
        return contact_lines(row, "" if row.last_at is None else short(row.last_at, self.desk.zone, now), width)

    def show_sheet(self, index: int | None) -> None:
        """The latest mails with the contact under the cursor, in brief."""
        if index is None:
            self.lay(EMPTY, EMPTY)
            return
        row, zone, now = self._contacts[index], self.desk.zone, self.desk.now()
        with self.desk.household.database.read() as connection:
            touch, mails = views.last_touch(connection, row.id), views.timeline(connection, row.id, limit=12)
        listed = [
            Content.styled(f"{short(mail.received_at, zone, now):>12}  ", MUTED) + said(mail.subject or "(no subject)")
            for mail in mails
        ]
        self.lay(paper.brief(row, touch, zone, now), paper.lines(listed))

    def message_here(self) -> int | None:
        """The latest mail with the contact under the cursor."""
        contact_id = self.contact_here()
        if contact_id is None:
            return None
        latest = self.desk.ask(lambda connection: views.timeline(connection, contact_id, limit=1))
        return latest[0].id if latest else None

    def contact_here(self) -> int | None:
        """The contact under the cursor."""
        index = self.rows.index
        return None if index is None else self._contacts[index].id

    def action_same(self) -> None:
        """Who may be one person."""
        self.app.push_screen(DuplicatesScreen())

    def on_row_chosen(self, message: RowChosen) -> None:
        """Open the card."""
        self.app.push_screen(ContactScreen(self._contacts[message.index].id))
