"""How much old mail may be read of an account in a day: a provider may lock out who takes more, the owner too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from inboxcrm.ports import Taken

_DAY = timedelta(days=1)


@dataclass(slots=True)
class Allowance:
    """`octets` in a day that begins with the first of them; None: as much as there is. `taken` is what was read of them
    so far, by an earlier process too.
    """

    octets: int | None = None
    taken: Taken | None = None

    def spend(self, octets: int, now: datetime) -> None:
        """So much was read."""
        if self.octets is None:
            return
        day = self._day(now) or Taken(0, now + _DAY)
        self.taken = Taken(day.octets + octets, day.until)

    def wait(self, now: datetime) -> timedelta:
        """Until more may be read; nothing when it may be now."""
        day = self._day(now)
        if self.octets is None or day is None or day.octets < self.octets:
            return timedelta(0)
        return day.until - now

    def _day(self, now: datetime) -> Taken | None:
        """What is counted now; of a day that lies ahead, by a clock that was set back, nothing is known."""
        held = self.taken
        return held if held is not None and now < held.until <= now + _DAY else None
