"""How a test makes the server misbehave: a command in a fault's hands."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from inboxcrm.testing.imap_grammar import Command
from inboxcrm.testing.imap_session import Session


@dataclass(slots=True)
class Exchange:
    """A command in a fault's hands: say what you like, and return True when the server shall not answer any more.

    A fault that returns False lets the server go on as if nothing had been. `command` is None for the greeting.
    """

    session: Session
    command: Command | None
    _answer: Callable[[], Awaitable[None]]

    @property
    def tag(self) -> bytes:
        """The tag to answer with; `*` for the greeting."""
        return b"*" if self.command is None else self.command.tag.encode()

    async def send(self, octets: bytes) -> None:
        """Octets as they are, out of the door before this returns."""
        self.session.write(octets)
        self.session.send()
        await self.session.drain()

    async def answer(self) -> bytes:
        """What the server would have said, tagged line included, for the fault to bend. Not for IDLE."""
        return await self.session.capture(self._answer)

    async def drip(self, octets: bytes, *, size: int = 1, pause: float = 0.01) -> None:
        """Send in pieces of `size` octets with `pause` seconds between them."""
        for at in range(0, len(octets), size):
            await self.send(octets[at : at + size])
            await asyncio.sleep(pause)

    async def read_line(self) -> bytes:
        """What the client says next (DONE, for one)."""
        return await self.session.read_line()

    async def stall(self) -> None:
        """Say nothing more, with the connection open, until the server stops."""
        await asyncio.Event().wait()

    def close(self) -> None:
        """FIN."""
        self.session.close()

    def abort(self) -> None:
        """RST."""
        self.session.abort()


Fault = Callable[[Exchange], Awaitable[bool]]
