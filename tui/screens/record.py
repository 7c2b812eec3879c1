"""The record: what was promised, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from inboxcrm.domain.text import one_line
from inboxcrm.store import views
from inboxcrm.store.views import MonthRow, PromiseRow

from .. import paper
from ..messages import RowChosen
from ..widgets.rows import Rows
from ..words import BAD, DOT, GOOD, MUTED, SOON, STRONG, fit, join, moment, said, short
from .matter import MatterScreen
from .split import SplitScreen

LISTED = 1_000
STYLES = {"kept": GOOD, "kept_late": SOON, "broken": BAD, "open": "", "extended": ""}


class RecordScreen(SplitScreen):
    """Every promise, newest first; the months beside."""

    def __init__(self) -> None:
        super().__init__()
        self._promises: list[PromiseRow] = []
        self._months: list[MonthRow] = []

    def compose_list(self) -> Rows:
        """Two lines for each promise."""
        return Rows(self._paint, nothing="No promise was made yet.", id="record")

    def read_again(self) -> None:
        """The ledger as it is now."""
        super().read_again()
        with self.desk.household.database.read() as connection:
            self._promises = views.promises(connection, limit=LISTED)
            self._months = views.record(connection)
        self.title_line(self._headline())
        self.rows.show([row.id for row in self._promises])

    def _headline(self) -> Content:
        kept, late = sum(row.kept for row in self._months), sum(row.kept_late for row in self._months)
        broken, live = sum(row.broken for row in self._months), sum(row.live for row in self._months)
        ended = kept + late + broken
        share = f"{round(100 * kept / ended)}% in time" if ended else ""
        return join(
            (
                Content.styled("The record", "bold $foreground"),
                Content.styled(share, GOOD),
                said(f"{kept} kept"),
                said(f"{late} kept late" if late else "", SOON),
                Content.styled(f"{broken} broken" if broken else "", BAD),
                said(f"{live} open"),
            )
        )

    def _paint(self, index: int, width: int) -> Sequence[Content]:
        row, zone, now = self._promises[index], self.desk.zone, self.desk.now()
        how = f" by {one_line(row.ended_how, 30)}" if row.ended_how and row.state in ("kept", "kept_late") else ""
        state = Content.styled(row.state.replace("_", " "), STYLES.get(row.state, MUTED)) + Content.styled(how, MUTED)
        who = said(row.contact or "nobody on record", "bold")
        if row.organisation:
            who += DOT + said(row.organisation, MUTED)
        due = "no date" if row.due_at is None else f"due {short(row.due_at, zone, now)}"
        return fit(who, state, width), fit(said(row.subject or "(no subject)"), Content.styled(due, MUTED), width)

    def show_sheet(self, index: int | None) -> None:
        """The promise under the cursor, its life, and below it the months."""
        parts = []
        if index is not None:
            parts.append(self._promise(self._promises[index]))
        if self._months:
            parts.append(_months(self._months))
        self.lay(Content(""), Content("\n\n").join(parts))

    def _promise(self, row: PromiseRow) -> Content:
        zone, now = self.desk.zone, self.desk.now()
        steps = self.desk.ask(lambda connection: views.promise_story(connection, row.id))
        lived = [
            Content.styled(f"{moment(step.at, zone, now):<18}", MUTED)
            + join((Content(step.event), said(str(step.detail.get("how") or ""))))
            for step in steps
        ]
        return paper.lines((said(row.subject or "(no subject)", STRONG), *lived))

    def message_here(self) -> int | None:
        """The mail that made the promise under the cursor."""
        index = self.rows.index
        return None if index is None else self._promises[index].message_id

    def on_row_chosen(self, message: RowChosen) -> None:
        """The matter it was made in."""
        row = self._promises[message.index]
        self.app.push_screen(MatterScreen(row.matter_id, row.message_id))


def _months(months: Sequence[MonthRow]) -> Content:
    heads = Content.styled(f"{'month':<8}{'kept':>5}{'late':>5}{'broken':>7}{'open':>5}{'other':>6}  in time", MUTED)
    return Content("\n").join([heads, *(_month(row) for row in months)])


def _month(row: MonthRow) -> Content:
    ended = row.kept + row.kept_late + row.broken
    figures = f"{row.month:<8}{row.kept:>5}{row.kept_late:>5}{row.broken:>7}{row.live:>5}{row.settled:>6}  "
    if not ended:
        return Content(figures)
    share = row.kept / ended
    bar = "█" * round(share * 10)
    return Content(figures) + Content.styled(f"{round(100 * share):>3}% ", "") + Content.styled(bar, GOOD)
