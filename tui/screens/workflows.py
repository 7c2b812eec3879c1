"""What rules have under way: which step comes next and when, and the key that stops or skips it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from inboxcrm.service import workflows as service
from inboxcrm.store import workflows
from inboxcrm.store.workflows import StepRow

from ..messages import RowChosen
from ..widgets.rows import Rows
from ..words import ACCENT, BAD, EMPTY, GOOD, MUTED, fit, join, many, moment, said
from .split import SplitScreen

LISTED = 500
STYLES = {"waiting": ACCENT, "done": GOOD, "failed": BAD}


class WorkflowsScreen(SplitScreen):
    """One row for each step that waits, the next one first; `A` shows also what was done, moot or stopped."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "stop", "Stop"),
        Binding("R", "skip", "Skip this step"),
        Binding("A", "everything", "All", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._all = False
        self._steps: list[tuple[StepRow, datetime | None]] = []

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
        steps = [(row, service.next_at(row, calendar, now) if row.state == "waiting" else None) for row in rows]
        waiting = sorted((each for each in steps if each[1] is not None), key=lambda each: each[1] or now)
        self._steps = [*waiting, *(each for each in steps if each[1] is None)]
        self.title_line(
            join(
                (
                    Content.styled("What your rules have under way", "bold $foreground"),
                    said(many(len(waiting), "step waits", "steps wait") if waiting else ""),
                    said("nothing here is sent by itself", MUTED),
                )
            )
        )
        self.rows.show([row.id for row, _ in self._steps])

    def _paint(self, index: int, width: int) -> Sequence[Content]:
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
        index = self.rows.index
        return None if index is None else self._steps[index][0].message_id

    def _waiting_here(self) -> StepRow | None:
        index = self.rows.index
        row = None if index is None else self._steps[index][0]
        if row is None or row.state != "waiting":
            self.tell("No step waits here.", bad=True)
            return None
        return row

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
        from .matter import MatterScreen
        from .reading import ReadingScreen

        row, _ = self._steps[message.index]
        if row.matter_id is None:
            self.app.push_screen(ReadingScreen(row.message_id))
        else:
            self.app.push_screen(MatterScreen(row.matter_id, row.message_id))
