"""How the home stands: one quiet line with mode and mailboxes, and a red one when something must be seen first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from textual.content import Content
from textual.widgets import Static

from inboxcrm.config import Mode
from inboxcrm.domain.office_hours import Away
from inboxcrm.service.homecoming import Return
from inboxcrm.store.home import Alarm
from inboxcrm.store.views import MailboxRow

from ..words import EMPTY, MUTED, SOON, fit, join, mailbox, moment, said

MODES = {
    Mode.SHADOW: ("SHADOW", "$text-warning", "nothing is sent"),
    Mode.APPROVE: ("APPROVE", "$text-accent", "mail waits for your key"),
    Mode.AUTO: ("AUTO", "$text-success", ""),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What the lines above and below every screen show."""

    now: datetime
    zone: ZoneInfo
    owner: str
    mode: Mode
    paused_at: datetime | None
    braked_at: datetime | None
    alarms: tuple[Alarm, ...]
    mailboxes: tuple[MailboxRow, ...]
    absences: tuple[tuple[int, Away], ...]
    awaiting: int
    returned: Return | None

    @property
    def away(self) -> Away | None:
        """The absence that runs now; of several that were entered one over the other, the one that ends last."""
        running = (away for _, away in self.absences if away.start_at <= self.now < away.end_at)
        return max(running, key=lambda away: away.end_at, default=None)


class StatusLine(Static):
    """The top line: mode, absence, mailboxes, the owner's time."""

    def __init__(self) -> None:
        super().__init__("", markup=False, id="status")
        self._standing: Standing | None = None

    def tell(self, standing: Standing) -> None:
        """Show this standing."""
        self._standing = standing
        self._write()

    def on_resize(self) -> None:
        """Other widths, other words."""
        self._write()

    def _write(self) -> None:
        if self._standing is not None:
            self.update(_line(self._standing, self.content_size.width))


def _line(standing: Standing, width: int) -> Content:
    word, style, means = MODES[standing.mode]
    away = standing.away
    left = join(
        (
            Content.styled("inboxcrm", "bold $primary"),
            Content.styled(word, f"bold {style}"),
            Content.styled(means if width >= 120 else "", MUTED),
            said(f"{standing.awaiting} to approve" if standing.awaiting else "", SOON),
            said(f"away until {moment(away.end_at, standing.zone, standing.now)}" if away else "", SOON),
            *(mailbox(row, standing.now) for row in standing.mailboxes),
        )
    )
    local = standing.now.astimezone(standing.zone)
    clock = f"{local:%a} {local.day} {local:%b %H:%M}"
    return fit(left, Content.styled(clock if width >= 70 else "", MUTED), width)


class Banner(Static):
    """The red line: paused, braked, an alarm stands, or the owner came back. Gone when none of it is true."""

    def __init__(self) -> None:
        super().__init__("", markup=False, id="banner")
        self.display = False

    def tell(self, standing: Standing) -> None:
        """Show what must be seen first."""
        lines = []
        if standing.paused_at is not None:
            since = moment(standing.paused_at, standing.zone, standing.now)
            lines.append(said(f"PAUSED since {since}: nothing automatic is sent. P resumes."))
        if standing.braked_at is not None:
            since = moment(standing.braked_at, standing.zone, standing.now)
            lines.append(said(f"BRAKE on since {since}: automatic mail waits for your key. P lifts it."))
        lines += [said(f"{alarm.head}: {alarm.detail}  (x: seen)") for alarm in standing.alarms[:3]]
        if len(standing.alarms) > 3:
            lines.append(said(f"and {len(standing.alarms) - 3} more alarms: inboxcrm status"))
        if standing.returned is not None:
            until = moment(standing.returned.end_at, standing.zone, standing.now)
            lines.append(said(f"BACK: you were away until {until}. b shows what waits and what changed."))
        self.update(Content("\n").join(lines) if lines else EMPTY)
        self.display = bool(lines)
