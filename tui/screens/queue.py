"""The stack the assistant left on the desk: one row per person, the most urgent first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from inboxcrm.domain.text import many
from inboxcrm.store import views
from inboxcrm.store.call_backs import CallBack
from inboxcrm.store.social import SocialRow
from inboxcrm.store.told_occasions import ToldRow
from inboxcrm.store.views import OwedRow, Pile

from .. import asides, paper
from ..asides import Aside
from ..messages import RowChosen
from ..widgets.rows import Rows
from ..words import (
    ACCENT,
    BAD,
    DOT,
    EMPTY,
    GOOD,
    MUTED,
    SOON,
    badges,
    due,
    fit,
    join,
    moment,
    said,
    told,
    urgency,
)
from .split import SplitScreen

NOTHING = "Nobody waits for an answer."

ORGANISATION_FROM = 52
"""Cells a row needs before the organisation is named in it."""


class QueueScreen(SplitScreen):
    """What is owed. Left and right turn through the sheets of one person."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "turn(-1)", "Sheet before", show=False),
        Binding("right", "turn(1)", "Next sheet", show=False),
        Binding("a", "approve", "Approve", show=False),
        Binding("y", "agree", "Yes"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._piles: list[Pile] = []
        self._asides: list[Aside] = []
        self._calls: Mapping[int, CallBack] = {}
        self._turned: dict[int | str, int] = {}

    def compose_list(self) -> Rows:
        """One row per person, two lines each."""
        return Rows(self._paint, nothing=NOTHING, id="queue")

    def read_again(self) -> None:
        """The queue as it is now; the cursor stays with its person."""
        super().read_again()
        self._piles = self.desk.piles()
        self._asides = self.desk.asides()
        self._calls = self.desk.calls()
        asked_too = f"{len(self._asides)} asked of you" if self._asides else ""
        broken, today = sum(pile.broken for pile in self._piles), sum(pile.due_today for pile in self._piles)
        self.title_line(
            join(
                (
                    Content.styled(
                        f"{many(len(self._piles), 'person waits', 'people wait')} for you", "bold $foreground"
                    ),
                    Content.styled(f"{broken} broken" if broken else "", BAD),
                    Content.styled(f"{today - broken} due today" if today > broken else "", SOON),
                    Content.styled(asked_too, ACCENT),
                )
            )
            if self._piles
            else join((Content.styled("Nobody waits for you", GOOD), Content.styled(asked_too, ACCENT)))
        )
        self.rows.nothing = self._why_nothing()
        self.show_rows([*(pile.person for pile in self._piles), *(asides.key(each) for each in self._asides)])

    def _why_nothing(self) -> str:
        """What an empty queue means: in a new home it is no sign that everybody has been answered."""
        mailboxes = self.desk.standing().mailboxes
        if not any(row.last_checked_at for row in mailboxes) and not self.desk.ask(views.newest_id):
            return (
                "No mailbox has been looked at yet. inboxcrm run looks, and goes on looking: start it in another "
                "terminal and leave it running. Here you will see who waits for your answer."
            )
        if any(row.backlog for row in mailboxes):
            return (
                "Nobody waits for an answer. Your old mail is being read: none of it asks anything of you here, mail "
                "that comes from now on does. / searches what has been read, 4 shows the people."
            )
        return NOTHING

    def _aside(self, index: int | None) -> Aside | None:
        """What is asked on this row, where it is no promise."""
        below = -1 if index is None else index - len(self._piles)
        return self._asides[below] if 0 <= below < len(self._asides) else None

    def _owed(self, index: int) -> OwedRow | None:
        if index >= len(self._piles):
            return None
        pile = self._piles[index]
        return self.desk.owed(pile.promise_ids[self._leaf(pile)])

    def _leaf(self, pile: Pile) -> int:
        return self._turned.get(pile.person, 0) % len(pile.promise_ids)

    def _paint(self, index: int, width: int) -> Sequence[Content]:
        zone, now = self.desk.zone, self.desk.now()
        aside = self._aside(index)
        if aside is not None:
            return asides.paint(aside, zone, now, width)
        row, pile = self._owed(index), self._piles[index]
        if row is None:
            return (Content.styled("…", MUTED),)
        bar = Content.styled("● " if urgency(row, zone, now) else "○ ", urgency(row, zone, now) or MUTED)
        who = said(row.contact, "bold")
        if row.organisation and width >= ORGANISATION_FROM:
            who += DOT + said(row.organisation, MUTED)
        if len(pile.promise_ids) > 1:
            who += Content.styled(f"  {self._leaf(pile) + 1}/{len(pile.promise_ids)}", "$text-accent")
        return (
            fit(bar + who, due(row, zone, now), width),
            fit(
                Content("  ") + said(row.subject or "(no subject)"),
                join((self._call(row, short_form=True), badges(row), told(row, zone, now))),
                width,
            ),
        )

    def _call(self, row: OwedRow, *, short_form: bool) -> Content:
        """The call that was asked for with this mail, where one was."""
        asked = self._calls.get(row.promise_id)
        if asked is None:
            return EMPTY
        when = "when?"
        if asked.call_at is not None:
            when = moment(asked.call_at, self.desk.zone, self.desk.now())
        elif asked.call_on is not None:
            when = f"{asked.call_on:%a} {asked.call_on.day} {asked.call_on:%b}, hour?"
        if short_form:
            return Content.styled(f"call {when}", SOON)
        return said(f"They ask to be called: “{asked.phrase}” ({when}).  p phoned   C another time", SOON)

    def show_sheet(self, index: int | None) -> None:
        """The mail the promise is about."""
        aside = self._aside(index)
        if aside is not None:
            zone, now, message_id = self.desk.zone, self.desk.now(), asides.message_of(aside)
            if message_id is None:
                self.lay(EMPTY, asides.page(aside, zone, now))
            else:
                self.lay_message(self.desk.sheet(message_id), asides.note(aside, zone, now))
            return
        row = None if index is None else self._owed(index)
        if index is None or row is None:
            self.lay_message(None)
            return
        several = len(self._piles[index].promise_ids)
        turn = f"{many(several - 1, 'more mail')} of theirs waits: ← → turn the pile" if several > 1 else ""
        notes = (self._call(row, short_form=False), Content.styled(turn, SOON))
        self.lay_message(self.desk.sheet(row.message_id), paper.lines(notes))

    def message_here(self) -> int | None:
        """The mail the promise under the cursor is about."""
        index = self.rows.index
        aside = self._aside(index)
        if aside is not None:
            return asides.message_of(aside)
        row = None if index is None else self._owed(index)
        return None if row is None else row.message_id

    def key_says(self, action: str, words: str) -> str | None:
        """Yes and no to what is asked under the cursor; the rest is for the promises."""
        aside = self._aside(self.rows.index)
        yes, no = (None, words) if aside is None else asides.answers(aside)
        if action == "agree":
            return yes
        if action == "not_needed" and aside is not None:
            return no
        if action == "elsewhere" and isinstance(aside, SocialRow):
            return "Answered there"
        return super().key_says(action, words)

    def leading_keys(self) -> Sequence[str]:
        """Yes and no beside each other where something is asked."""
        return () if self._aside(self.rows.index) is None else ("agree", "elsewhere", "not_needed")

    def contact_here(self) -> int | None:
        """Whom it is about, also where that is no mail."""
        aside = self._aside(self.rows.index)
        found = None if aside is None else asides.contact_of(aside)
        return super().contact_here() if found is None else found

    def action_turn(self, by: int) -> None:
        """Another sheet of the same person."""
        index = self.rows.index
        if index is not None and index < len(self._piles):
            person = self._piles[index].person
            self._turned[person] = self._turned.get(person, 0) + by
            self.rows.repaint()
            self.show_sheet(index)

    def action_agree(self) -> None:
        """Yes to what is asked under the cursor."""
        if not self.steady():
            return
        aside = self._aside(self.rows.index)
        if isinstance(aside, ToldRow):
            self.keep_day(aside)
            return
        if isinstance(aside, SocialRow) and aside.contact_id is None:
            self.name_notice(aside)
            return
        work = None if aside is None else asides.agree(aside, self.desk.household)
        if work is None:
            self.tell("Nothing is asked here.", bad=True)
        else:
            self.act(work)

    def action_not_needed(self) -> None:
        """No to a question, no answer to a mail that needs none, no more waiting; else no answer to a promise."""
        aside = self._aside(self.rows.index)
        if aside is None:
            super().action_not_needed()
            return
        if not self.steady():
            return
        work = asides.decline(aside, self.desk.household)
        if work is None:
            self.action_wait_no_longer()
        else:
            self.act(work)

    def action_elsewhere(self) -> None:
        """Answered on the social network; else a promise that is done."""
        aside = self._aside(self.rows.index)
        if not isinstance(aside, SocialRow):
            super().action_elsewhere()
        elif self.steady():
            self.act(asides.closed(aside, self.desk.household, "answered there."))

    def action_approve(self) -> None:
        """Approving needs the text before one's eyes: to the outbox, at this person's mail."""
        from .outbox import OutboxScreen

        self.app.push_screen(OutboxScreen(about=self.message_here()))

    def on_row_chosen(self, message: RowChosen) -> None:
        """Open the matter."""
        from .matter import MatterScreen

        aside = self._aside(message.index)
        if aside is not None:
            message_id = asides.message_of(aside)
            sheet = None if message_id is None else self.desk.sheet(message_id)
            if sheet is not None and sheet.row.matter_id is not None:
                self.app.push_screen(MatterScreen(sheet.row.matter_id, sheet.row.id))
            return
        row = self._owed(message.index)
        if row is not None:
            self.app.push_screen(MatterScreen(row.matter_id, row.message_id))
