"""A mail that is not read yet: what its list says of it, and the mail itself as soon as it is there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from textual.content import Content

from inboxcrm.service import listed
from inboxcrm.store.listings import Place
from inboxcrm.store.views import ListedRow

from .. import paper
from ..words import ACCENT, EMPTY, MUTED, STRONG, fit, full_moment, join, said, short
from .reading import ReadingScreen

NOT_YET = Content.styled("not read yet", ACCENT)


def line(row: ListedRow, zone: ZoneInfo, now: datetime, width: int) -> Sequence[Content]:
    """One such mail in a list."""
    when = Content.styled(short(row.received_at, zone, now), MUTED)
    head = Content.styled("· ", MUTED) + said(row.subject or "(no subject)")
    return (
        fit(head + "  " + said(row.sender.partition(" <")[0], MUTED), when, width),
        (Content("  ") + join((NOT_YET, said(row.folder, MUTED)))).truncate(width, ellipsis=True, pad=True),
    )


def sheet(row: ListedRow, zone: ZoneInfo, now: datetime, width: int, *, asked: bool) -> Content:
    """All that is known of it."""
    waiting = "It is asked for and comes before all others; it is shown here as soon as it is there."
    return paper.lines(
        (
            said(row.subject or "(no subject)", STRONG),
            paper.field("from", said(row.sender), width),
            paper.field("to", said(row.recipients), width),
            paper.field("received", Content(full_moment(row.received_at, zone, now)), width),
            paper.field("lies in", said(f"{row.folder} ({row.mailbox})"), width),
            Content("\n") + NOT_YET + Content(". "),
            Content(waiting if asked or row.wanted_at else "Enter has it read before all others."),
        )
    )


class UnreadScreen(ReadingScreen):
    """A mail on the whole page that has still to come from the server."""

    def __init__(self, row: ListedRow) -> None:
        super().__init__(0)
        self._row = row
        self._place: Place | None = None

    def on_mount(self) -> None:
        """Whoever opens it waits for it."""
        self._place = listed.ask_for(self.desk.household, self._row.id)
        super().on_mount()

    def show_sheet(self, index: int | None) -> None:
        """The mail where it has come, else what is known of it."""
        if not self._message_id and self._place is not None:
            self._message_id = listed.arrived(self.desk.household, self._place) or 0
        if self._message_id:
            super().show_sheet(index)
        elif self._place is None:
            self.lay(EMPTY, Content("It is listed no longer: it was read since, or is gone from the server."))
        else:
            now = self.desk.now()
            self.lay(EMPTY, sheet(self._row, self.desk.zone, now, self.sheet_width - 2, asked=True))

    def message_here(self) -> int | None:
        """The mail once it is there; nothing can be done about it before."""
        return self._message_id or None
