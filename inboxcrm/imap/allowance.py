"""How much old mail may be read of an account in a day: a provider may lock out who takes more, the owner too."""

from __future__ import annotations

from dataclasses import dataclass

_DAY = 86_400.0


@dataclass(slots=True)
class Allowance:
    """`octets` in a day that begins with the first of them; None: as much as there is. Times are monotonic seconds.

    A process that begins anew counts anew; the provider says then when it is too much, and is left alone for a while.
    """

    octets: int | None = None
    _spent: int = 0
    _until: float = 0.0

    def spend(self, octets: int, now: float) -> None:
        """So much was read."""
        if now >= self._until:
            self._spent, self._until = 0, now + _DAY
        self._spent += octets

    def wait(self, now: float) -> float:
        """Seconds until more may be read; 0 when it may be now."""
        if self.octets is None or self._spent < self.octets:
            return 0.0
        return max(0.0, self._until - now)
