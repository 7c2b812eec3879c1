"""Whose turn it is on the connection that watches, where the server allows an account no second one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from inboxcrm.errors import TransientError
from inboxcrm.imap.link import Link

_SOON = timedelta(seconds=5)


class Floor:
    """One connection for two: the watch has it while it looks and waits, and leaves it to an errand that asks.

    `link` is the connection while there is one. Whoever takes it over finds any folder open, or none.
    """

    def __init__(self) -> None:
        self.link: Link | None = None
        self._turn = asyncio.Lock()
        self._asking = 0
        self._asked = asyncio.Event()

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """The watch's turn: it lasts until the watch has nothing more to do, or `wanted`."""
        async with self._turn:
            yield

    @asynccontextmanager
    async def borrowed(self, mailbox: str) -> AsyncIterator[Link]:
        """An errand's turn; TransientError where nothing is connected just now."""
        self._asking += 1
        self._asked.set()
        if self.link is not None:
            self.link.stir()
        try:
            async with self._turn:
                if self.link is None or not self.link.usable:
                    raise TransientError(f"mailbox {mailbox}: not connected just now", retry_after=_SOON)
                yield self.link
        finally:
            self._asking -= 1
            if not self._asking:
                self._asked.clear()

    @property
    def wanted(self) -> bool:
        """Whether an errand waits for its turn."""
        return self._asking > 0

    async def rest(self, seconds: float) -> None:
        """Wait, or until an errand asks."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._asked.wait()
