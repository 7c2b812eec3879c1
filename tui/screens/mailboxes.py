"""How each mailbox fares: when it was last looked at, what is still to come, and plainly why it is not read."""

from __future__ import annotations

from datetime import datetime

from textual.content import Content

from inboxcrm.domain.text import many, visible
from inboxcrm.service import watched
from inboxcrm.service.listed import how_far
from inboxcrm.store.views import MailboxRow

from ..words import ACCENT, BAD, GOOD, MUTED, SOON, ago, join, moment, said
from .pages import PageScreen

STATES = {
    "new": (MUTED, "was not read yet"),
    "watching": (GOOD, "is being read"),
    "connecting": (SOON, "is being connected"),
    "waiting": (SOON, "waits for the next try"),
    "paused": (SOON, "rests: its provider wants less of us"),
    "needs_user": (BAD, "needs you"),
    "offline": (MUTED, "is not being read"),
}


class MailboxesScreen(PageScreen):
    """One paragraph for each mailbox."""

    def text(self) -> Content:
        """State, last check, last mail, what is still to be read, the next try and the cause."""
        rows = self.desk.ask(lambda connection: watched.mailboxes(self.desk.household.config.home, connection))
        head = Content.styled("Mailboxes", "bold $foreground")
        if not rows:
            return head + Content("\n\nNo mailbox was read yet: inboxcrm run")
        return Content("\n\n").join([head, *map(self._one, rows)])

    def _one(self, row: MailboxRow) -> Content:
        style, means = STATES.get(row.state, (MUTED, row.state))
        mails = join(
            (
                said(many(row.messages, "mail")),
                said(f"{row.backlog:,} still to read" if row.backlog else "", ACCENT),
                said(f"{row.quarantined:,} put aside as unreadable" if row.quarantined else "", SOON),
            )
        )
        lines = [
            said(row.name, f"bold {ACCENT}") + " " + Content.styled(means, style),
            _fact("last check", self._when(row.last_checked_at)),
            _fact("last mail", self._when(row.last_mail_at)),
            _fact("on record", mails),
        ]
        if row.backlog:
            lines.append(_fact("so far", said(how_far(row, self.desk.zone))))
        if row.state != "watching" and row.next_attempt_at is not None:
            lines.append(_fact("next try", Content(moment(row.next_attempt_at, self.desk.zone, self.desk.now()))))
        if row.cause:
            lines.append(
                _fact("because", Content.styled(visible(row.cause), style if row.state == "needs_user" else ""))
            )
        return Content("\n").join(lines)

    def _when(self, at: datetime | None) -> Content:
        if at is None:
            return Content.styled("never", MUTED)
        now = self.desk.now()
        return join((Content(moment(at, self.desk.zone, now)), Content.styled(ago(at, now), MUTED)))


def _fact(name: str, what: Content) -> Content:
    return Content.styled(f"  {name:<12}", MUTED) + what
