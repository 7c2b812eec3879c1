"""The record: what was promised, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from textual.content import Content

from inboxcrm.domain.chart import parts
from inboxcrm.domain.durations import format_hours
from inboxcrm.domain.record import Share
from inboxcrm.domain.text import one_line
from inboxcrm.service import statistics
from inboxcrm.service.statistics import Group, Record
from inboxcrm.store import views
from inboxcrm.store.views import MonthRow, PromiseRow

from .. import paper
from ..messages import RowChosen
from ..widgets.rows import Rows
from ..words import BAD, DOT, GOOD, MUTED, SOON, STRONG, fit, join, moment, said, short
from .matter import MatterScreen
from .split import SplitScreen

LISTED = 1_000
LOOKED_BACK = timedelta(days=365)
BESIDE = 34
"""Cells of a line that are no bar: the name before it, the figures behind."""

LONGEST, SHORTEST = 24, 8
"""Cells of the longest bar, as wide as there is room."""

ROOMY = 72
"""Cells that a share, its interval and what is aimed at take in one line."""

LARGEST = 5
"""How many plans, organisations and contacts are listed; `inboxcrm stats` has more."""

NAMES = ("kept", "late", "broken", "open")
BARS = (GOOD, SOON, BAD, MUTED)
STYLES = {"kept": GOOD, "kept_late": SOON, "broken": BAD, "open": "", "extended": ""}


class RecordScreen(SplitScreen):
    """Every promise, newest first; the months beside."""

    def __init__(self) -> None:
        super().__init__()
        self._promises: list[PromiseRow] = []
        self._months: list[MonthRow] = []
        self._figures: Record | None = None

    def compose_list(self) -> Rows:
        """Two lines for each promise."""
        return Rows(self._paint, nothing="No promise was made yet.", id="record")

    def read_again(self) -> None:
        """The ledger as it is now."""
        super().read_again()
        with self.desk.household.database.read() as connection:
            self._promises = views.promises(connection, limit=LISTED)
            self._months = views.record(connection)
            now = self.desk.now()
            self._figures = statistics.read(self.desk.household, connection, since=now - LOOKED_BACK, now=now)
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
        """The promise under the cursor, its life, and below it the chart, calibration and the largest groups."""
        shown = []
        if index is not None and index < len(self._promises):
            shown.append(self._promise(self._promises[index]))
        if self._figures is not None and self._promises:
            width = self.sheet_width
            sections = [_chart(self._figures, width), _calibration(self._figures, width)]
            sections += [_groups(self._figures, scope, width) for scope in ("plan", "organisation", "contact")]
            shown += [each for each in sections if each.plain]
        self.lay(Content(""), Content("\n\n").join(shown))

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


def _longest(width: int) -> int:
    """The cells of the longest bar on a sheet of this width."""
    return max(SHORTEST, min(LONGEST, width - BESIDE))


def _chart(found: Record, width: int) -> Content:
    """A bar for each month: kept, late, broken, still open; with the share in time and how long answers took."""
    months = [group for group in found.groups if group.scope == "month"]
    most = max((_bars_of(group) for group in months), default=0)
    signs = [
        Content.styled("█", style) + Content.styled(f" {name}", MUTED) for name, style in zip(NAMES, BARS, strict=True)
    ]
    legend = Content("  ").join(signs)
    heads = Content.styled(f"{'by month':<9}{'':<{_longest(width)}} {'in time':>8} {'median':>7} {'4 in 5':>7}", MUTED)
    return Content("\n").join([legend, heads, *(_bar(group, most, _longest(width)) for group in months)])


def _bars_of(group: Group) -> int:
    return group.tally.kept + group.tally.late + group.tally.broken + group.tally.live


def _bar(group: Group, most: int, longest: int) -> Content:
    tally = group.tally
    cells = parts((tally.kept, tally.late, tally.broken, tally.live), width=longest, most=most)
    bar = Content("").join([Content.styled("█" * count, style) for count, style in zip(cells, BARS, strict=True)])
    return Content(f"{group.name:<9}") + bar + Content(" " * (longest - sum(cells))) + _figures(group)


def _figures(group: Group) -> Content:
    tally, times = group.tally, group.times
    ended = tally.kept + tally.late + tally.broken
    in_time = f"{round(100 * tally.kept / ended)}%" if ended else "–"
    median = "–" if times.median is None else format_hours(times.median)
    share = "–" if times.within_share is None else format_hours(times.within_share)
    return Content(f" {in_time:>8} {median:>7} {share:>7}")


def _groups(found: Record, scope: str, width: int) -> Content:
    """The largest of a kind, with the same figures."""
    listed = [group for group in found.groups if group.scope == scope][:LARGEST]
    if not listed:
        return Content("")
    rows = [
        fit(said(group.name), Content(f"{group.tally.made:>4} made") + _figures(group), _longest(width) + BESIDE)
        for group in listed
    ]
    return Content("\n").join([Content.styled(f"by {scope}", MUTED), *rows])


def _calibration(found: Record, width: int) -> Content:
    """What was told against what came of it, each share with its 95% interval."""
    rows = [
        _share("told times that were held", found.kept_of_told, "", width),
        _share("of those learned", found.kept_of_learned, "aimed at 80-97%", width),
        _share("answers within the learned time", found.within_learned, "aimed at 80%", width),
    ]
    return Content("\n").join([Content.styled("calibration", MUTED), *rows])


def _share(title: str, share: Share, aim: str, width: int) -> Content:
    if share.share is None or share.low is None or share.high is None:
        return Content(f"{title:<32} ") + Content.styled("nothing to count yet", MUTED)
    figures = f"{share.share:>4.0%}  {share.low:.0%} to {share.high:.0%}, {share.hits} of {share.of}"
    title = f"{title:<32} " if width >= ROOMY else f"{title}\n  "
    return Content(f"{title}{figures}  ") + Content.styled(aim, MUTED)
