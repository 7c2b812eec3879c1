"""How far a mail has come on its way out, on record before it goes on, and whether it may still begin."""

from __future__ import annotations

import asyncio
import sqlite3

from inboxcrm.domain.outbox import Step
from inboxcrm.errors import TransientError
from inboxcrm.service import release
from inboxcrm.service.household import Household
from inboxcrm.store import home, outbox

_ORDER = tuple(Step)


class StoppedError(TransientError):
    """A mail that was about to leave must not leave now."""


class Leaving:
    """The mails whose body has begun and of which it is not on record yet what became of them."""

    def __init__(self) -> None:
        self._items: set[int] = set()
        self._none = asyncio.Event()
        self._none.set()
        self.ending = False
        """Whether none begins any more."""

    def begin(self, item_id: int) -> None:
        """The first octet of this one may leave."""
        self._items.add(item_id)
        self._none.clear()

    def end(self, item_id: int) -> None:
        """It is on record what became of it, or it did not begin."""
        self._items.discard(item_id)
        if not self._items:
            self._none.set()

    async def over(self) -> None:
        """Return when there is none."""
        await self._none.wait()


class Steps:
    """One item's steps on record (ports.StepRecorder), from the one it was claimed at.

    What must be durable is that the body may begin, since everything before is certainly unsent. Having to connect, or
    going back to a step, says that it did not begin after all, which need not wait for the disk.
    """

    def __init__(self, household: Household, leaving: Leaving, item_id: int, at: Step) -> None:
        self._household = household
        self._leaving = leaving
        self._item_id = item_id
        self._body = at is Step.BODY
        self._last = _ORDER.index(Step.CONNECT)

    async def __call__(self, step: str) -> None:
        order = _ORDER.index(Step(step))
        back, self._last = order <= self._last, order
        if Step(step) is Step.BODY and not self._body:
            await self._household.write(self._begin_body)
            self._leaving.begin(self._item_id)
            self._body = True
        elif back and self._body:
            self._body = False
            await self._household.jot(outbox.record_step, self._item_id, Step(step))

    def _begin_body(self, connection: sqlite3.Connection) -> None:
        """The last moment at which nothing has left. Raises StoppedError where something happened since the claim: a
        pause, the end of the program, or what ended the time for it (the owner's answer was read, the matter was
        closed, the machine slept).
        """
        item = outbox.by_id(connection, self._item_id)
        if item is None or self._household.clock.now() >= item.expires_at:
            raise StoppedError(release.TOO_LATE)
        if item.kind == "auto" and home.paused_at(connection) is not None:
            raise StoppedError("everything automatic is paused")
        if self._leaving.ending:
            raise StoppedError("the program ends")
        outbox.record_step(connection, self._item_id, Step.BODY)
