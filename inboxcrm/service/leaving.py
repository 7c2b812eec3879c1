"""How far a mail has come on its way out, on record before it goes on, and whether it may still begin."""

from __future__ import annotations

import asyncio
import sqlite3
from concurrent.futures import Future

from inboxcrm.domain.outbox import OutboxState, Step
from inboxcrm.errors import TransientError
from inboxcrm.service import release
from inboxcrm.service.household import Household
from inboxcrm.store import home, outbox

_ORDER = tuple(Step)


AT_ONCE = 1.0
"""Seconds within which a body begins whose claim said that it may; after them it is asked once more."""


class StoppedError(TransientError):
    """A mail that was about to leave must not leave now."""


class Claim:
    """Whether the transaction in which mails were claimed was committed: told by the store's thread, once."""

    def __init__(self) -> None:
        self._fate: Future[bool] = Future()

    @classmethod
    def made(cls) -> Claim:
        """One whose transaction is over and done."""
        claim = cls()
        claim.settle(True)
        return claim

    def settle(self, stands: bool) -> None:
        """The transaction was committed, or came to nothing."""
        if self._fate.set_running_or_notify_cancel():
            self._fate.set_result(stands)

    async def stands(self) -> bool:
        """Whether it was committed, as soon as that is known. What is not is as if it had never been entered.

        Several lanes may wait for one claim: who is cancelled meanwhile leaves it to the others.
        """
        return self._fate.result() if self._fate.done() else await asyncio.shield(asyncio.wrap_future(self._fate))


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

    While the transaction of the claim is still on its way to the disk the server may be talked to; the body waits, and
    so does all that is to be written of the item.
    """

    def __init__(self, household: Household, leaving: Leaving, claim: Claim, item_id: int, at: Step) -> None:
        self._household = household
        self._leaving = leaving
        self._claim = claim
        self._item_id = item_id
        self._body = at is Step.BODY
        self._claimed_at = household.clock.monotonic()
        self._last = _ORDER.index(Step.CONNECT)

    async def __call__(self, step: str) -> None:
        order = _ORDER.index(Step(step))
        back, self._last = order <= self._last, order
        begins = Step(step) is Step.BODY
        if (begins or (back and self._body)) and not await self._claim.stands():
            raise StoppedError("it was never put on record")
        if begins and self._household.clock.monotonic() - self._claimed_at > AT_ONCE:
            self._body = False
        if begins and not self._body:
            await self._household.write(self._begin_body)
            self._leaving.begin(self._item_id)
            self._body = True
        elif back and self._body:
            self._body = False
            await self._household.jot(outbox.record_step, self._item_id, Step(step))

    def _begin_body(self, connection: sqlite3.Connection) -> None:
        """The last moment at which nothing has left. Raises StoppedError where something happened since the claim: a
        pause, another mode, the end of the program, what ended the time for it (the owner's answer was read, the matter
        was closed, the machine slept), or what asks for other words or for a key (it was called back).
        """
        item = outbox.by_id(connection, self._item_id)
        if item is None or self._household.clock.now() >= item.expires_at:
            raise StoppedError(release.TOO_LATE)
        if item.state is not OutboxState.SENDING:
            raise StoppedError("it was called back")
        if item.kind == "auto" and home.paused_at(connection) is not None:
            raise StoppedError("everything automatic is paused")
        if self._leaving.ending:
            raise StoppedError("the program ends")
        kept = release.why_kept(connection, item, self._household.config.acknowledge.mode)
        if kept is not None:
            raise StoppedError(kept.why)
        outbox.record_step(connection, self._item_id, Step.BODY)
