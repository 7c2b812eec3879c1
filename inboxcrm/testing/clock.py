"""A clock that stands still until it is told to move."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from datetime import UTC, datetime, timedelta


class FakeClock:
    """The `Clock` of tests and of the demo's history: `advance` moves both the wall and the counter.

    `now` must be aware and is kept in UTC. `jump` moves the wall alone, as a person or NTP setting the time does.
    """

    def __init__(self, now: datetime) -> None:
        if now.tzinfo is None:
            raise ValueError("a clock needs an aware instant")
        self._now = now.astimezone(UTC)
        self._monotonic = 0.0
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        """The instant it was last set to, in UTC."""
        return self._now

    def monotonic(self) -> float:
        """Seconds advanced since it was made."""
        return self._monotonic

    def advance(self, by: timedelta) -> None:
        """Let time pass (never backwards) and wake the sleepers whose time has come."""
        if by < timedelta(0):
            raise ValueError("time passes forwards; use jump() to set the wall clock back")
        self._now += by
        self._monotonic += by.total_seconds()
        while self._sleepers and self._sleepers[0][0] <= self._monotonic:
            _, _, sleeper = heapq.heappop(self._sleepers)
            if not sleeper.done():
                sleeper.set_result(None)

    def jump(self, by: timedelta) -> None:
        """Set the wall clock forwards or back; nobody's sleep ends by it."""
        self._now += by

    async def sleep(self, within: timedelta) -> None:
        """Wait until the clock was advanced that far."""
        if within <= timedelta(0):
            await asyncio.sleep(0)
            return
        sleeper: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._monotonic + within.total_seconds(), next(self._order), sleeper))
        await sleeper
