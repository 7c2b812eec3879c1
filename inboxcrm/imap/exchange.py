"""Talking to a server on the event loop: a thousand mailboxes that wait cost no thread, and news needs none either.

What came before is in the buffer, lines are cut in two by segments, TLS holds octets back: all of it is heard. Nothing
here waits on a socket: the loop says when there is something to read.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from inboxcrm.errors import InboxcrmError
from inboxcrm.imap.dialogue import Dialogue
from inboxcrm.imap.errors import ClosingError, CommandTimeoutError
from inboxcrm.imap.responses import Response


class Exchange(ABC):
    """Commands under way on one connection, while no thread works with it."""

    __slots__ = ("_dialogue", "_failure", "_reached", "_stirred")

    def __init__(self, dialogue: Dialogue) -> None:
        self._dialogue = dialogue
        self._failure: InboxcrmError | None = None
        self._stirred = asyncio.Event()
        self._reached: Callable[[], bool] = bool

    def cut(self) -> None:
        """End the wait with ClosingError."""
        self._fail(ClosingError("closing"))

    @abstractmethod
    def _hear(self, response: Response) -> None:
        """Take one response in; what it raises ends the exchange."""

    @contextmanager
    def _listening(self) -> Iterator[None]:
        """Read whatever comes while the block runs."""
        loop, descriptor = asyncio.get_running_loop(), self._dialogue.wire.sock.fileno()
        loop.add_reader(descriptor, self._readable)
        try:
            yield
        finally:
            loop.remove_reader(descriptor)

    def _say(self, octets: bytes) -> None:
        self._dialogue.wire.send_now(octets)
        self._listen()  # what came before is in the buffer, and no socket tells of it

    async def _until(self, reached: Callable[[], bool], seconds: float) -> None:
        self._reached = reached
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                while not reached():
                    if self._failure is not None:
                        raise self._failure
                    self._stirred.clear()
                    await self._stirred.wait()
        except TimeoutError:
            raise CommandTimeoutError("the answer was not finished in time") from None

    def _readable(self) -> None:
        try:
            if self._dialogue.wire.take_in():
                self._dialogue.wire.acknowledge()
        except InboxcrmError as error:
            self._fail(error)
        else:
            self._listen()

    def _listen(self) -> None:
        try:
            while self._failure is None and self._dialogue.wire.has_response():
                self._hear(self._dialogue.read_response())
        except InboxcrmError as error:
            self._fail(error)
        else:
            self._stir()

    def _stir(self) -> None:
        """Wake whoever waits, if what they wait for is reached: most of what is heard concerns nobody."""
        if self._reached():
            self._stirred.set()

    def _fail(self, error: InboxcrmError) -> None:
        self._failure = self._failure or error
        self._stirred.set()
