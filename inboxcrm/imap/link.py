"""One connection as asyncio uses it: asked on a borrowed thread, waited with on the event loop, let go of cleanly."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from inboxcrm.errors import InboxcrmError, PermanentError
from inboxcrm.imap.connection import Connection
from inboxcrm.imap.dialogue import News
from inboxcrm.imap.errors import CommandRefusedError, ConnectionLostError
from inboxcrm.imap.exchange import Exchange
from inboxcrm.imap.glance import Glance
from inboxcrm.imap.idling import Idle
from inboxcrm.imap.resting import Resting
from inboxcrm.imap.waker import Bell, Waker
from inboxcrm.imap.workers import SHARED, Workers
from inboxcrm.ports import Arrival

if TYPE_CHECKING:
    from inboxcrm.imap.rounds import Rounds

T = TypeVar("T")
Open = Callable[[Waker], Connection]
"""Makes the connection; called on a thread."""

_PATIENCE = 2.0
"""Seconds a call that was cut short is waited for."""


class Link:
    """A connection that opens with its first call. Calls come one after another; after any failure but a NO it is of no
    more use.

    asyncio's own thread pool is not used: a few servers that do not answer would fill it.
    """

    def __init__(self, open_connection: Open, *, workers: Workers = SHARED) -> None:
        self._open = open_connection
        self._workers = workers
        self._waker = Waker()
        self._turn = asyncio.Lock()
        self._connection: Connection | None = None
        self._exchange: Exchange | None = None
        self._ending: Idle | None = None
        """An IDLE that was told to end and has not answered yet."""

        self._closing = False
        self._closed = False
        self._broken = False
        workers.join()

    @property
    def usable(self) -> bool:
        """Whether a further call has a chance."""
        return not (self._closed or self._broken or self._waker.stopping)

    @property
    def alert(self) -> str | None:
        """What the server last said that the owner must be shown (RFC 3501 section 7.1)."""
        return None if self._connection is None else self._connection.alert

    @property
    def certificate_until(self) -> datetime | None:
        """When the certificate ends that the server showed this connection; None without TLS."""
        return None if self._connection is None else self._connection.certificate_until

    async def open(self) -> Connection:
        """Connect and log in; the connection may be asked only through `run`, but its capabilities may be read."""
        return await self.run(lambda connection: connection)

    async def run(self, job: Callable[[Connection], T]) -> T:
        """Run `job` with the connection on a thread.

        A cancelled call ends the connection, since its answer is still to come.
        """
        async with self._turn:
            await self._end_idle()
            self._require_usable()
            loop = asyncio.get_running_loop()
            answer: asyncio.Future[T] = loop.create_future()
            answer.add_done_callback(_heard)
            try:
                self._workers.give(partial(self._answer, loop, answer, job))
            except (OSError, RuntimeError) as error:
                raise ConnectionLostError(f"this machine has no descriptor or thread left: {error}") from error
            try:
                return await asyncio.shield(answer)
            except asyncio.CancelledError:
                self._waker.stop()
                await asyncio.wait([answer], timeout=_PATIENCE)
                raise

    async def idle(self, seconds: float, rounds: Rounds | None = None) -> News:
        """Wait for news in IDLE, on the event loop; no thread works meanwhile, nor for the looks of `rounds`.

        Raises CommandRefusedError when the server will not, ConnectionLostError when the connection ended.
        """
        async with self._turn:
            await self._end_idle()
            self._require_usable()
            connection = self._connection
            if connection is None:
                raise ConnectionLostError("nothing was asked over this connection yet")
            if not connection.news:
                idle = Idle(connection) if rounds is None else Resting(connection, rounds)
                async with self._talking(idle):
                    await idle.wait(seconds, patience=connection.limits.done)
                self._ending = None if idle.over else idle
            return connection.take_news()

    def stir(self) -> None:
        """End a wait in IDLE, if there is one: somebody else has something to ask."""
        if isinstance(self._exchange, Idle):
            self._exchange.leave()

    async def glance(self, uid: int) -> Arrival | None:
        """The message with this UID of the open folder, if it alone is new and small (see `glance`); else None."""
        async with self._turn:
            self._require_usable()
            connection = self._connection
            if connection is None or connection.selected is None:
                return None
            ending, self._ending = self._ending, None
            glance = Glance(connection, uid, ending=() if ending is None else (ending.tag,))
            async with self._talking(glance):
                return await glance.look(patience=connection.limits.fetch)

    async def _end_idle(self) -> None:
        """Have the answer to DONE out of the way."""
        idle, self._ending = self._ending, None
        if idle is not None and self._connection is not None and self.usable:
            async with self._talking(idle):
                await idle.end(patience=self._connection.limits.done)

    @contextlib.asynccontextmanager
    async def _talking(self, exchange: Exchange) -> AsyncIterator[None]:
        intact = False
        self._exchange = exchange
        try:
            yield
            intact = True
        except CommandRefusedError:
            intact = True
            raise
        finally:
            self._exchange = None
            if not intact:
                self._drop()

    async def close(self, *, politely: bool = False) -> None:
        """End the connection; `politely` logs out first (at most two seconds)."""
        if self._closing:
            return
        self._closing = True
        if politely and self.usable and self._connection is not None:
            self.stir()
            with contextlib.suppress(InboxcrmError, TimeoutError):
                async with asyncio.timeout(_PATIENCE):
                    await self.run(lambda connection: connection.leave())
        self._closed = True
        self._waker.stop()
        if self._exchange is not None:
            self._exchange.cut()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE), self._turn:
                self._drop()
        self._workers.leave()

    def _require_usable(self) -> None:
        if not self.usable:
            raise ConnectionLostError("the connection was closed")

    def _drop(self) -> None:
        self._broken = True
        if self._connection is not None:
            self._connection.drop()

    # -- on the thread

    def _answer(
        self, loop: asyncio.AbstractEventLoop, answer: asyncio.Future[T], job: Callable[[Connection], T], bell: Bell
    ) -> Callable[[], None]:
        self._waker.bell = bell
        try:
            result = self._do(job)
        except BaseException as error:  # raised again where it was asked for
            settle: Callable[[], None] = partial(_settle, answer, answer.set_exception, error)
        else:
            settle = partial(_settle, answer, answer.set_result, result)
        finally:
            self._waker.bell = None
            bell.silence()
        return partial(_tell, loop, settle)

    def _do(self, job: Callable[[Connection], T]) -> T:
        intact = False
        try:
            if self._connection is None:
                self._connection = self._open(self._waker)
            result = job(self._connection)
            intact = not self._waker.stopping
        except (CommandRefusedError, PermanentError):
            intact = self._connection is not None  # a whole answer was read
            raise
        finally:
            if not intact:
                self._drop()
        return result


def _tell(loop: asyncio.AbstractEventLoop, settle: Callable[[], None]) -> None:
    with contextlib.suppress(RuntimeError):  # the loop is gone, and whoever asked with it
        loop.call_soon_threadsafe(settle)


def _settle(answer: asyncio.Future[Any], settle: Callable[[Any], None], value: object) -> None:
    if not answer.done():
        settle(value)


def _heard(answer: asyncio.Future[T]) -> None:
    """Read a failure once, so that one nobody waits for any more is not reported as forgotten."""
    if not answer.cancelled():
        answer.exception()
