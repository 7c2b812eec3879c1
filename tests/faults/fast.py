"""An event loop on which nobody waits in vain: when nothing happens, time moves on to what comes next.

Eight hours of pauses, retries and renewals pass in the time the work in them takes. Sockets and threads are real; time
stands still for nobody while a thread works, so a deadline that a thread keeps is to be short.
"""

from __future__ import annotations

import asyncio
import selectors
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from inboxcrm.imap import workers

T = TypeVar("T")

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday, ten o'clock in Zurich."""

_GLANCE = 0.00005
"""Real seconds for which the sockets are watched before time moves on."""


class FastSelector(selectors.DefaultSelector):
    """Waits for sockets a moment, then says that the time asked for has passed."""

    def __init__(self) -> None:
        super().__init__()
        self.skipped = 0.0
        self.turns = 0
        self.at_work: Callable[[], bool] = lambda: False

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """As the system's own, but nobody waits longer than a moment unless a thread is at work."""
        self.turns += 1
        if timeout is not None and timeout <= 0:
            return super().select(timeout)
        if timeout is None or self.at_work():
            return super().select(0.002 if timeout is None else min(timeout, 0.002))
        found = super().select(0)
        if not found:
            time.sleep(_GLANCE)  # a thread may be about to tell what it did
            found = super().select(0)
        if not found and not self.at_work():
            self.skipped += timeout
        return found


class FastLoop(asyncio.SelectorEventLoop):
    """The loop, whose time is the system's and what was skipped."""

    def __init__(self) -> None:
        self._fast = FastSelector()
        super().__init__(self._fast)
        self._pending: set[asyncio.Future[Any]] = set()
        self._fast.at_work = self._at_work

    def time(self) -> float:
        """Seconds that never go back."""
        return super().time() + self._fast.skipped

    @property
    def turns(self) -> int:
        """How often the loop has looked round: a loop that spins shows here."""
        return self._fast.turns

    def run_in_executor(  # type: ignore[override]  # the library's own signature is looser than its use here
        self, executor: Executor | None, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        """As ever, and remembered while it lasts."""
        future = super().run_in_executor(executor, func, *args)
        self._pending.add(future)
        future.add_done_callback(self._pending.discard)
        return future

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        """As ever, and without an end to the patience: the thread that waits for the others is none that is counted."""
        await super().shutdown_default_executor()

    def _at_work(self) -> bool:
        return bool(self._pending) or _borrowed() > 0


def _borrowed() -> int:
    """How many threads of the mailboxes' work just now."""
    there = sum(thread.name.startswith("imap-") for thread in threading.enumerate())
    return there - len(workers.SHARED._free)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a test on such a loop."""
    with asyncio.Runner(loop_factory=FastLoop) as runner:
        return runner.run(work)


def loop() -> FastLoop:
    """The one that runs."""
    running = asyncio.get_running_loop()
    assert isinstance(running, FastLoop)
    return running


class FastClock:
    """The `Clock` that goes with the loop; `jump` sets the wall alone, as a person or NTP does."""

    def __init__(self) -> None:
        self._loop = loop()  # threads ask for the time too
        self._began = self._loop.time()
        self._ahead = timedelta(0)

    def now(self) -> datetime:
        """START and what has passed since."""
        return START + timedelta(seconds=self.monotonic()) + self._ahead

    def monotonic(self) -> float:
        """Seconds since it was made."""
        return self._loop.time() - self._began

    def jump(self, by: timedelta) -> None:
        """Set the wall clock forwards or back."""
        self._ahead += by
