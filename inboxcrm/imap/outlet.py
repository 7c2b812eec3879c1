"""Where the connections of a mailbox put their steps, and the one reader takes them: live mail first."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass, field

from inboxcrm.imap.steps import Step


@dataclass(slots=True)
class Ticket:
    """A step on its way to the reader."""

    step: Step
    taken: asyncio.Event = field(default_factory=asyncio.Event)
    committed: asyncio.Event = field(default_factory=asyncio.Event)


class Outlet:
    """Holds one step per connection at most: while the reader works on one, each connection fetches its next."""

    def __init__(self) -> None:
        self._queue: asyncio.PriorityQueue[tuple[int, int, Ticket | None]] = asyncio.PriorityQueue()
        self._count = itertools.count()
        self._tickets: dict[int, Ticket] = {}

    async def offer(self, step: Step) -> None:
        """Hand out a step; returns when the reader has taken it."""
        ticket = Ticket(step)
        number = next(self._count)
        self._tickets[number] = ticket
        urgency = 0 if step.live else 2 if step.remaining else 1
        self._queue.put_nowait((urgency, number, ticket))
        await ticket.taken.wait()

    async def settled(self, folder: str) -> None:
        """Returns when every step of this folder is committed."""
        for ticket in list(self._tickets.values()):
            if ticket.step.folder == folder:
                await ticket.committed.wait()

    async def take(self) -> Ticket | None:
        """The next step; None when no more will come."""
        ticket = (await self._queue.get())[2]
        if ticket is not None:
            ticket.taken.set()
        return ticket

    def commit(self, ticket: Ticket) -> None:
        """The reader came back for more: this step is on record (or was void)."""
        ticket.committed.set()
        self._tickets = {number: one for number, one in self._tickets.items() if one is not ticket}

    def end(self) -> None:
        """No more steps will come."""
        self._queue.put_nowait((9, next(self._count), None))
