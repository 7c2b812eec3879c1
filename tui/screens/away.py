"""Being away: until when, from when, in which words; or being back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from textual.binding import Binding, BindingType

from inboxcrm.domain.durations import parse_duration
from inboxcrm.domain.office_hours import Away
from inboxcrm.domain.text import many
from inboxcrm.domain.when import future
from inboxcrm.service import actions
from inboxcrm.store.views import OwedRow

from ..desk import Desk
from ..words import full_moment, said
from .dialogs import Form, Line, Work


class AwayDialog(Form):
    """Enters the absence, or ends it (Ctrl+B)."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+b", "back_again", "I am back", priority=True)]

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.inside: list[OwedRow] = []
        lines = (
            Line("until", hint="2026-08-14 (its whole day), 10d, fri 12:00"),
            Line("from", "now"),
            Line("kind", "away", hint="one word, such as holiday or illness"),
            Line("words", hint="your own sentence for the sender, if you like"),
            Line("catch up", "0", hint="office time after the return, such as 4h"),
        )
        planned = " and ".join(self._said(away) for _, away in desk.standing().absences)
        detail = said(f"On record: {planned}. Ctrl+B ends it: you are back." if planned else "")
        super().__init__("Be away", lines, self._read_away, desk.household.run, detail=detail)

    def _said(self, away: Away) -> str:
        return f"{away.kind} from {self._moment(away.start_at)} to {self._moment(away.end_at)}"

    def _moment(self, at: datetime) -> str:
        return full_moment(at, self._desk.zone, self._desk.now())

    def _read_away(self, lines: Sequence[str]) -> Work:
        until, start, kind, wording, buffer = (line.strip() for line in lines)
        zone, now = self._desk.zone, self._desk.now()
        if not until:
            raise ValueError("say until when: 2026-08-14, 10d, fri 12:00")
        away = Away(
            future(start or "now", zone, now, day_ends=False),
            future(until, zone, now, day_ends=True),
            kind or "away",
            wording or None,
            parse_duration(buffer) if buffer else timedelta(0),
        )
        if away.end_at <= now or away.end_at <= away.start_at:
            raise ValueError("the absence would end before it begins, or has ended already")
        return lambda: self._go(away)

    def _go(self, away: Away) -> str:
        _, self.inside = actions.go_away(self._desk.household, away)
        told = f"Away until {self._moment(away.end_at)}."
        count = len(self.inside)
        return f"{told} {many(count, 'promise falls', 'promises fall')} due inside it." if count else told

    async def action_back_again(self) -> None:
        """The owner is back: what runs ends now, what was planned is cancelled."""
        await self.do(lambda: self._back)

    def _back(self) -> str:
        ended = actions.come_back(self._desk.household).ended
        return f"Back. {many(ended, 'absence')} ended." if ended else "You were not away."
