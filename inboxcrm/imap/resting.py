"""IDLE with looks by the clock in between, on the event loop: nobody is woken while all is as it was.

DONE, and its answer is waited for (RFC 2177); then what is asked, and IDLE again, in one write. Whatever is not what it
was wakes whoever waits, as news does; the answers that are still to come are heard before the connection is given back.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from inboxcrm.errors import InboxcrmError
from inboxcrm.imap.connection import Connection
from inboxcrm.imap.errors import CommandRefusedError, CommandTimeoutError
from inboxcrm.imap.idling import Idle
from inboxcrm.imap.looks import Look
from inboxcrm.imap.responses import Response

if TYPE_CHECKING:
    from inboxcrm.imap.rounds import Rounds

MARK = 5.0
"""Looks come at seconds that this divides: one turn of the event loop does those of many mailboxes."""

_LONG = 15.0
"""Pauses from here on end at a mark."""


class Resting(Idle):
    """An IDLE that is left for each look of the rounds and begun anew."""

    def __init__(self, connection: Connection, rounds: Rounds) -> None:
        super().__init__(connection)
        self._connection = connection
        self._rounds = rounds
        self._look: Look | None = None
        self._alert = connection.alert
        self._looking = False
        self._finishing = False
        self._timer: asyncio.TimerHandle | None = None

    async def wait(self, seconds: float, *, patience: float) -> None:
        """As of Idle; returns too when INBOX is to be read in the ordinary way, and when the owner is to be told."""
        try:
            await super().wait(seconds, patience=patience)
        finally:
            self._disarm()

    def _begin(self) -> None:
        self._ask()
        self._listen()

    def _to_begin(self, patience: float) -> float:
        return patience if self._answered else self._dialogue.limits.command

    def _roused(self) -> bool:
        return super()._roused() or self._rounds.stale or self._connection.alert is not self._alert

    async def _finish(self, patience: float) -> None:
        self._finishing = True
        self._disarm()
        if not (self._told_to_end or self._settled()):
            await self._until(self._settled, self._to_begin(patience))
        await super()._finish(patience)

    # -- what the loop calls

    def _interrupt(self) -> None:
        """Leave IDLE for a look."""
        self._timer = None
        if self._roused():
            return
        self._looking = self._told_to_end = True
        self._arm(self._dialogue.limits.done, self._late)
        try:
            self._dialogue.wire.send_now(b"DONE\r\n")
        except InboxcrmError as error:
            self._fail(error)

    def _late(self) -> None:
        self._fail(CommandTimeoutError("the answer was not finished in time"))

    def _listen(self) -> None:
        if self._look is None or self._failure is not None or self._look.skim(self._dialogue.wire):
            super()._listen()

    # -- what was heard

    def _hear(self, response: Response) -> None:
        look = self._look
        if look is None or look.answered or not look.hear(response):
            self._hear_idle(response)
        if look is self._look and self.begun and self._answered and not self._told_to_end:
            self._rest()

    def _hear_idle(self, response: Response) -> None:
        try:
            super()._hear(response)
        except CommandRefusedError:
            if self._connection.selected is not None:
                raise
            self.over = True  # no folder is open: that is why

    def _ended(self) -> None:
        if self._looking and not (self._finishing or self._roused()):
            self._ask()
        else:
            super()._ended()

    # -- inside

    @property
    def _answered(self) -> bool:
        return self._look is None or self._look.answered

    def _settled(self) -> bool:
        return self.over or (self.begun and self._answered)

    def _ask(self) -> None:
        self._looking = self._told_to_end = self.begun = False
        self._look = self._rounds.look()
        self.tag = self._dialogue.new_tag()
        self._arm(self._to_begin(self._dialogue.limits.done), self._late)
        self._dialogue.wire.send_now(self._look.text + self.tag + b" IDLE\r\n")

    def _rest(self) -> None:
        self._look = None
        self._disarm()
        if not (self._finishing or self._roused()):
            self._rounds.quiet()
            self._arm(self._rounds.pause, self._interrupt)

    def _arm(self, seconds: float, then: Callable[[], None]) -> None:
        self._disarm()
        loop = asyncio.get_running_loop()
        at = loop.time() + seconds
        if then == self._interrupt and seconds >= _LONG:
            at = math.ceil(at / MARK) * MARK
        self._timer = loop.call_at(at, then)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
