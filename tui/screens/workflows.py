"""What rules have under way: which step comes next and when, the key that stops it, and what time will bring."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from inboxcrm.domain.text import many
from inboxcrm.service import foresight
from inboxcrm.service import workflows as service
from inboxcrm.service.foresight import Ahead
from inboxcrm.store import workflows
from inboxcrm.store.workflows import StepRow

from ..messages import RowChosen
from ..widgets.rows import Rows
from ..words import ACCENT, BAD, EMPTY, GOOD, MUTED, fit, join, moment, said
from .split import SplitScreen

LISTED = 500
STYLES = {"waiting": ACCENT, "done": GOOD, "failed": BAD}


class WorkflowsScreen(SplitScreen):
    """One row for each step that waits, the next one first, then one for what a rule in time will do within a month.

    `A` shows also what was done, moot or stopped.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "stop", "Stop"),
        Binding("R", "skip", "Skip this step"),
        Binding("A", "everything", "All", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._all = False
        self._steps: list[tuple[StepRow, datetime | None]] = []
        self._ahead: list[Ahead] = []

    def compose_list(self) -> Rows:
        """Two lines for each step."""
        nothing = "No step of a rule waits. Rules with `after` begin them; A shows what was done."
        return Rows(self._paint, nothing=nothing, id="workflows")

    def read_again(self) -> None:
        """The steps as they stand now."""
        super().read_again()
        house, now = self.desk.household, self.desk.now()
        with house.database.read() as connection:
            rows = workflows.listed(connection, everything=self._all, limit=LISTED)
            calendar = house.calendar(connection, now, None)
            self._ahead = foresight.ahead(house, connection)
        steps = [(row, service.next_at(row, calendar, now) if row.state == "waiting" else None) for row in rows]
        waiting = sorted((each for each in steps if each[1] is not None), key=lambda each: each[1] or now)
        self._steps = [*waiting, *(each for each in steps if each[1] is None)]
        self.title_line(
            join(
                (
                    Content.styled("What your rules have under way", "bold $foreground"),
                    said(many(len(waiting), "step waits", "steps wait") if waiting else ""),
                    said(f"{len(self._ahead)} ahead" if self._ahead else "", MUTED),
                    said("nothing here is sent by itself", MUTED),
                )
            )
        )
        ahead = [(each.rule, each.contact_id, each.about) for each in self._ahead]
        self.rows.show([*(row.id for row, _ in self._steps), *ahead])

    def _ahead_at(self, index: int | None) -> Ahead | None:
        """What is ahead in this row, where it is no step."""
        below = -1 if index is None else index - len(self._steps)
        return self._ahead[below] if 0 <= below < len(self._ahead) else None

    def _paint(self, index: int, width: int) -> Sequence[Content]:
        each = self._ahead_at(index)
        if each is not None:
            day = Content.styled(f"{each.next_on:%a} {each.next_on.day} {each.next_on:%b}", MUTED)
            return (
                fit(join((said(each.contact, "bold"), said(each.about, MUTED))), day, width),
                fit(Content("  ") + said(", ".join(each.deeds)), said(each.rule, MUTED), width),
            )
        row, at = self._steps[index]
        zone, now = self.desk.zone, self.desk.now()
        when = Content.styled(row.state, STYLES.get(row.state, MUTED))
        if at is not None:
            when = Content.styled(moment(at, zone, now), ACCENT)
        what = ", ".join(row.step.deeds.told()) if row.outcome is None else row.outcome
        return (
            fit(said(row.contact, "bold"), when, width),
            fit(Content("  ") + said(what), said(row.rule, MUTED), width),
        )

    def show_sheet(self, index: int | None) -> None:
        """The mail that began it, under what comes next."""
        each = self._ahead_at(index)
        if each is not None:
            text = f"Not begun: {each.about}. On {each.next_on:%A} {each.next_on.day} {each.next_on:%B}: {each.what}."
            self.lay(EMPTY, said(each.contact, "bold") + Content("\n\n") + said(text))
            return
        if index is None or index >= len(self._steps):
            self.lay(EMPTY, EMPTY)
            return
        row, at = self._steps[index]
        unless = f", unless {' or '.join(row.step.unless)}" if row.step.unless else ""
        comes = f"{', '.join(row.step.deeds.told())}{unless}"
        told = said(f"ended: {row.outcome or row.state}", MUTED)
        if at is not None:
            when = moment(at, self.desk.zone, self.desk.now())
            told = said(f"next, {when}: {comes}.  r stop it all   R skip this step", ACCENT)
        self.lay_message(self.desk.sheet(row.message_id), told)

    def message_here(self) -> int | None:
        """The mail that began it."""
        row = self._step_here()
        return None if row is None else row.message_id

    def contact_here(self) -> int | None:
        """Whom it is about."""
        each = self._ahead_at(self.rows.index)
        return super().contact_here() if each is None else each.contact_id

    def _step_here(self) -> StepRow | None:
        index = self.rows.index
        return None if index is None or index >= len(self._steps) else self._steps[index][0]

    def _waiting_here(self) -> StepRow | None:
        row = self._step_here()
        if row is None or row.state != "waiting":
            self.tell("No step waits here.", bad=True)
            return None
        return row

    def key_says(self, action: str, words: str) -> str | None:
        """Only a step that waits can be stopped or skipped."""
        if action in ("stop", "skip"):
            row = self._step_here()
            return words if row is not None and row.state == "waiting" else None
        return super().key_says(action, words)

    def leading_keys(self) -> Sequence[str]:
        """What can be done to a step."""
        return "stop", "skip"

    def action_stop(self) -> None:
        """Nothing more of this instance happens; what was done stays done."""
        row = self._waiting_here()
        if row is None:
            return

        def work() -> str:
            stopped = service.cancel(self.desk.household, row.workflow_id)
            return f"{row.contact}: {many(len(stopped), 'step')} of {row.rule} will not happen."

        self.ask(f"Stop what {row.rule} has under way?", f"{row.contact}: {row.subject}", work)

    def action_skip(self) -> None:
        """This step does not happen; those behind it do."""
        row = self._waiting_here()
        if row is None:
            return

        def work() -> str:
            service.skip(self.desk.household, row.id)
            return f"{row.contact}: skipped. What comes behind it stays."

        self.ask("Skip this step?", f"{row.contact}: {', '.join(row.step.deeds.told())}", work)

    def action_everything(self) -> None:
        """Also what is over, or only what waits."""
        self._all = not self._all
        self.read_again()

    def on_row_chosen(self, message: RowChosen) -> None:
        """The conversation it is about."""
        from .contact import ContactScreen
        from .matter import MatterScreen
        from .reading import ReadingScreen

        each = self._ahead_at(message.index)
        if each is not None:
            self.app.push_screen(ContactScreen(each.contact_id))
            return
        row, _ = self._steps[message.index]
        if row.matter_id is None:
            self.app.push_screen(ReadingScreen(row.message_id))
        else:
            self.app.push_screen(MatterScreen(row.matter_id, row.message_id))
