"""One connection, one thread: how asyncio asks a blocking connection something, wakes it, and lets go of it."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from typing import TypeVar

from inboxcrm.errors import InboxcrmError, PermanentError
from inboxcrm.imap.connection import Connection
from inboxcrm.imap.errors import CommandRefusedError, ConnectionLostError
from inboxcrm.imap.wire import Waker

T = TypeVar("T")
V = TypeVar("V")
Open = Callable[[Waker], Connection]
"""Makes the connection; called on its thread."""

_PATIENCE = 2.0
"""Seconds a cancelled call waits for its thread. The thread is a daemon: one stuck in a name look-up is left behind."""


class ConnectionThread:
    """A connection on its own thread. Calls run one after another; after any failure but a NO it is of no more use.

    asyncio's own thread pool is not used: fifty idle mailboxes would eat it.
    """

    def __init__(self, open_connection: Open, *, name: str) -> None:
        self._open = open_connection
        self._waker = Waker()
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._connection: Connection | None = None
        self._closed = False
        self._broken = False
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    @property
    def usable(self) -> bool:
        """Whether a further call has a chance."""
        return not (self._closed or self._broken or self._waker.stopping)

    async def open(self) -> Connection:
        """Connect and log in; the connection may be asked only through `run`, but its capabilities may be read."""
        return await self.run(lambda connection: connection)

    async def run(self, job: Callable[[Connection], T]) -> T:
        """Run `job` on the connection's thread.

        A cancelled call ends the connection, since its answer is still to come.
        """
        if not self.usable:
            raise ConnectionLostError("the connection was closed")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        answer.add_done_callback(_heard)
        self._jobs.put(lambda: self._answer(loop, answer, job))
        try:
            return await asyncio.shield(answer)
        except asyncio.CancelledError:
            self._waker.stop()
            await asyncio.wait([answer], timeout=_PATIENCE)
            raise

    def kick(self) -> None:
        """End the idle wait that is running, or the next one; harmless otherwise."""
        if self.usable:
            self._waker.kick()

    async def close(self, *, politely: bool = False) -> None:
        """End the thread and the connection; `politely` logs out first (at most two seconds)."""
        if self._closed:
            return
        if politely and self.usable and self._connection is not None:
            with contextlib.suppress(InboxcrmError):
                await self.run(lambda connection: connection.leave())
        self._closed = True
        self._waker.stop()
        self._jobs.put(None)
        for _ in range(int(_PATIENCE / 0.002)):
            if not self._thread.is_alive():
                break
            await asyncio.sleep(0.002)

    # -- on the thread

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
        if self._connection is not None:
            self._connection.drop()
        self._waker.close()

    def _answer(
        self, loop: asyncio.AbstractEventLoop, answer: asyncio.Future[T], job: Callable[[Connection], T]
    ) -> None:
        try:
            result = self._do(job)
        except BaseException as error:  # raised again where it was asked for
            self._tell(loop, answer, answer.set_exception, error)
        else:
            self._tell(loop, answer, answer.set_result, result)

    def _do(self, job: Callable[[Connection], T]) -> T:
        intact = False
        try:
            if self._connection is None:
                self._connection = self._open(self._waker)
            result = job(self._connection)
            intact = True
        except (CommandRefusedError, PermanentError):
            intact = self._connection is not None  # a whole answer was read
            raise
        finally:
            if not intact:
                self._broken = True
                if self._connection is not None:
                    self._connection.drop()
        return result

    @staticmethod
    def _tell(
        loop: asyncio.AbstractEventLoop, answer: asyncio.Future[T], settle: Callable[[V], None], value: V
    ) -> None:
        def tell() -> None:
            if not answer.done():
                settle(value)

        with contextlib.suppress(RuntimeError):  # the loop is gone, and whoever asked with it
            loop.call_soon_threadsafe(tell)


def _heard(answer: asyncio.Future[T]) -> None:
    """Read a failure once, so that one nobody waits for any more is not reported as forgotten."""
    if not answer.cancelled():
        answer.exception()
