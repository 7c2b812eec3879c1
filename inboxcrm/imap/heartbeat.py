"""Notices that the machine slept: after a suspend every socket is dead and does not know it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from inboxcrm.ports import Clock

Told = Callable[[], Awaitable[None]]

_SUSPENDED = 60.0
"""Seconds a beat may come late before the machine is taken to have slept."""


class Heartbeat:
    """One slow clock for all mailboxes of a process; it beats while somebody listens."""

    def __init__(self, clock: Clock, log: logging.Logger, *, every: float = 10.0) -> None:
        self._clock = clock
        self._log = log
        self._every = every
        self._listeners: dict[int, Told] = {}
        self._task: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def listening(self, told: Told) -> AsyncIterator[None]:
        """Within the block `told` is awaited after each sleep of the machine."""
        self._listeners[id(told)] = told
        if self._task is None:
            self._task = asyncio.create_task(self._beat(), name="imap-heartbeat")
        try:
            yield
        finally:
            del self._listeners[id(told)]
            if not self._listeners:
                task, self._task = self._task, None
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    async def _beat(self) -> None:
        while True:
            wall, steady = self._clock.now(), self._clock.monotonic()
            await asyncio.sleep(self._every)
            slept = max((self._clock.now() - wall).total_seconds(), self._clock.monotonic() - steady) - self._every
            if slept > _SUSPENDED:
                self._log.info("imap.woke", extra={"late_by": round(slept)})
                for told in list(self._listeners.values()):
                    await told()
