"""The card of one contact, and everything that went to and fro."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from inboxcrm.domain.text import many
from inboxcrm.service.brief import Line
from inboxcrm.store import views
from inboxcrm.store.views import ContactRow, ListedRow, MessageRow

from .. import paper
from ..messages import RowChosen
from ..widgets.rows import Rows
from ..words import ACCENT, BAD, EMPTY, SOON, STRONG, join, moment, said, short
from . import unread
from .matter import MatterScreen, correspondence
from .reading import ReadingScreen
from .split import SplitScreen

UNREAD = 100
"""How many mails that are not read yet stand below the timeline, the newest."""


class ContactScreen(SplitScreen):
    """Card above the sheet, timeline on the left, newest first."""

    HERE_ALREADY = frozenset({"contact"})

    def __init__(self, contact_id: int) -> None:
        super().__init__()
        self._contact_id = contact_id
        self._contact: ContactRow | None = None
        self._brief: Sequence[Line] = ()
        self._messages: list[MessageRow | ListedRow] = []
        self._unread = 0

    def compose_list(self) -> Rows:
        """Two lines for each mail."""
        return Rows(self._paint, nothing="No mail yet.", id="timeline")

    def read_again(self) -> None:
        """Card and timeline as they are now."""
        super().read_again()
        with self.desk.household.database.read() as connection:
            self._contact = views.contact(connection, self._contact_id)
            timeline = views.timeline(connection, self._contact_id)
            self._unread = views.count_listed(connection, self._contact_id)
            self._messages = [*timeline, *views.listed_of(connection, self._contact_id, limit=UNREAD)]
        if self._contact is not None:
            self.title_line(self._headline(self._contact))
            self._brief = self.desk.brief(self._contact)
        self.rows.show([(type(row), row.id) for row in self._messages])

    def _headline(self, contact: ContactRow) -> Content:
        now, zone = self.desk.now(), self.desk.zone
        known = "a stranger so far"
        if contact.known_since is not None:
            known = f"known since {short(contact.known_since, zone, now)}"
        away = contact.away_until
        return join(
            (
                said(contact.name, STRONG),
                said(contact.organisation),
                said(known),
                said(f"plan {contact.plan}" if contact.plan else ""),
                said(many(contact.messages, "mail")),
                said(f"{self._unread:,} more not read yet" if self._unread else "", ACCENT),
                said(many(contact.owed, "open promise") if contact.owed else "", SOON),
                said("undeliverable" if contact.undeliverable_at else "", BAD),
                said(f"away until {moment(away, zone, now)}" if away and away > now else "", SOON),
            )
        )

    def card(self) -> Content:
        """What is on record besides mail."""
        contact = self._contact
        if contact is None:
            return Content("")
        return paper.lines(
            (
                said(contact.addresses),
                paper.field("because", said(contact.known_because), self.sheet_width - 2),
                paper.field("policy", said(contact.policy), self.sheet_width - 2),
                paper.field("language", said(contact.language), self.sheet_width - 2),
                paper.field("zone", said(contact.timezone), self.sheet_width - 2),
                paper.memory([line for line in self._brief if line.name != "who"], self.sheet_width - 2),
            )
        )

    def _paint(self, index: int, width: int) -> Sequence[Content]:
        row = self._messages[index]
        if isinstance(row, ListedRow):
            return unread.line(row, self.desk.zone, self.desk.now(), width)
        first, _ = correspondence(row, short(row.received_at, self.desk.zone, self.desk.now()), width)
        return first, (Content("  ") + said(row.subject or "(no subject)")).truncate(width, ellipsis=True, pad=True)

    def show_sheet(self, index: int | None) -> None:
        """The mail under the cursor, the card above it."""
        row = None if index is None else self._messages[index]
        if isinstance(row, ListedRow):
            self.lay(EMPTY, unread.sheet(row, self.desk.zone, self.desk.now(), self.sheet_width - 2, asked=False))
        else:
            self.lay_message(None if row is None else self.desk.sheet(row.id))
        if self._contact is not None:
            self.card_above(self.card())

    def card_above(self, card: Content) -> None:
        """Put the card where other pages have the brief."""
        from textual.widgets import Static

        strip = self.query_one("#brief", Static)
        strip.update(card)
        strip.display = bool(card.plain)

    def message_here(self) -> int | None:
        """The mail under the cursor."""
        index = self.rows.index
        row = None if index is None else self._messages[index]
        return row.id if isinstance(row, MessageRow) else None

    def contact_here(self) -> int | None:
        """This contact."""
        return self._contact_id

    def action_contact(self) -> None:
        """Here already."""

    def on_row_chosen(self, message: RowChosen) -> None:
        """Open the matter, the mail where it is in none, or the one that is not read yet."""
        row = self._messages[message.index]
        if isinstance(row, ListedRow):
            self.app.push_screen(unread.UnreadScreen(row))
        elif row.matter_id is None:
            self.app.push_screen(ReadingScreen(row.id))
        else:
            self.app.push_screen(MatterScreen(row.matter_id, row.id))
