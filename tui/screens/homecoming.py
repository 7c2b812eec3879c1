"""Coming back: the stack that lies on the desk after an absence, to be gone through once."""

from __future__ import annotations

from sqlite3 import Connection

from textual.content import Content

from inboxcrm.domain.text import many
from inboxcrm.service import homecoming
from inboxcrm.service.homecoming import SAID, Settled, Sheet, Stack
from inboxcrm.store.homecoming import Meanwhile

from ..words import ACCENT, BAD, MUTED, SOON, due, join, moment, said, told
from .pages import PageScreen


class HomecomingScreen(PageScreen):
    """Who waits, what each was told, and what changed meanwhile; `b` puts it away."""

    def text(self) -> Content:
        """One person after another, in the order of the queue, then what was settled meanwhile."""
        found = self.desk.ask(self._stack)
        if found is None:
            return said(self._why_none())
        zone, now = self.desk.zone, self.desk.now()
        away = f"Away from {moment(found.returned.start_at, zone, now)} to {moment(found.returned.end_at, zone, now)}"
        waits = many(len(found.sheets), "person waits", "people wait")
        head = Content("\n").join(
            [
                Content.styled(away, f"bold {ACCENT}"),
                Content(f"{waits}, {many(len(found.settled), 'matter')} settled."),
                Content.styled("b  gone through: put it away     Esc  back to the queue, it stays", MUTED),
            ]
        )
        parts = [head, *map(self._person, found.sheets)]
        if found.settled:
            title = Content.styled("Settled meanwhile", "bold")
            parts.append(Content("\n").join([title, *map(self._settled, found.settled)]))
        return Content("\n\n").join(parts)

    def _stack(self, connection: Connection) -> Stack | None:
        house, now = self.desk.household, self.desk.now()
        returned = homecoming.pending(house, connection, now=now)
        return None if returned is None else homecoming.stack(house, connection, returned, now=now)

    def _why_none(self) -> str:
        house, zone, now = self.desk.household, self.desk.zone, self.desk.now()
        waits = self.desk.ask(lambda connection: homecoming.not_yet(house, connection, now=now))
        if waits is None:
            return homecoming.NO_RETURN
        return waits.sentence(lambda at: moment(at, zone, now), back="Back already? Esc, then w and Ctrl+B.")

    def _person(self, sheet: Sheet) -> Content:
        zone, now, first = self.desk.zone, self.desk.now(), sheet.owed[0]
        lines = [join((said(first.contact, "bold"), said(first.organisation, MUTED)))]
        for row in sheet.owed:
            lines.append(Content("  ") + join((said(row.subject or "(no subject)"), due(row, zone, now))))
            lines.append(Content("    ") + told(row, zone, now))
        lines += [Content("    ") + self._happened(each) for each in sheet.news]
        return Content("\n").join(lines)

    def _happened(self, each: Meanwhile) -> Content:
        at = moment(each.at, self.desk.zone, self.desk.now())
        what = Content.styled(SAID[each.what], BAD if each.what == "bounced" else SOON)
        by = said(each.by if each.what != "wrote" else "", MUTED)
        return join((Content.styled(at, MUTED), what, by, said(each.said)))

    def _settled(self, each: Settled) -> Content:
        who = join((said(each.promise.contact), said(each.promise.subject)))
        return Content("  ") + who + Content("\n  ") + self._happened(each.how)

    def action_homecoming(self) -> None:
        """Gone through: the stack is put away, and the desk is the queue again."""
        house = self.desk.household

        def work() -> str:
            return "Gone through." if homecoming.done(house) else self._why_none()

        self.act(work, after=self.action_back)
