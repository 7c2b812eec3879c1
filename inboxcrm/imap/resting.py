"""IDLE with looks by the clock in between, on the event loop: nobody is woken while all is as it was.

DONE, what is asked, and IDLE again go out in one write, as pipelined commands may (RFC 3501 section 5.5): the server
waits for a DONE no longer once it has read it (RFC 2177). Until a server has shown that it reads on behind DONE, a look
that fails so is taken for its fault, and from then on the answer to DONE is waited for. Whatever is not what it was
wakes whoever waits, as news does; the answers that are still to come are heard before the connection is given back.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from inboxcrm.errors import InboxcrmError
from inboxcrm.imap import marks
from inboxcrm.imap.connection import Connection
from inboxcrm.imap.errors import ClosingError, CommandRefusedError, CommandTimeoutError
from inboxcrm.imap.idling import Idle
from inboxcrm.imap.looks import Look, Question
from inboxcrm.imap.refrain import Refrain
from inboxcrm.imap.responses import Response

if TYPE_CHECKING:
    from inboxcrm.imap.rounds import Rounds


class Resting(Idle):
    """An IDLE that is left for each look of the rounds and begun anew."""

    __slots__ = (
        "_alert",
        "_armed",
        "_connection",
        "_finishing",
        "_hoped",
        "_in_one_breath",
        "_leaving",
        "_look",
        "_looking",
        "_loop",
        "_marks",
        "_next",
        "_refrain",
        "_rested",
        "_rounds",
        "_wire",
    )

    def __init__(self, connection: Connection, rounds: Rounds) -> None:
        super().__init__(connection)
        self._connection = connection
        self._wire = connection.wire
        self._rounds = rounds
        self._look: Look | None = None
        self._refrain: Refrain[Question] | None = None
        """What was asked where nothing but `_hoped` is expected; `_look` instead where the answer is read."""

        self._hoped: list[bytes] = []
        self._leaving = b""
        self._next = 0.0
        self._alert = connection.alert
        self._looking = False
        self._in_one_breath = False
        self._finishing = False
        self._rested = False
        self._loop = asyncio.get_running_loop()
        self._marks = marks.here()
        self._armed = 0.0

    async def wait(self, seconds: float, *, patience: float) -> None:
        """As of Idle; returns too when INBOX is to be read in the ordinary way, and when the owner is to be told."""
        try:
            await super().wait(seconds, patience=patience)
        except InboxcrmError as error:
            if self._in_one_breath and not isinstance(error, ClosingError):
                self._rounds.lost_in_one_breath()
            raise
        finally:
            self._disarm()

    def _begin(self) -> None:
        self._ask(self._rounds.due(), leaving=None)
        self._listen()

    def _to_begin(self, patience: float) -> float:
        return patience if self._answered else self._dialogue.limits.command

    def _roused(self) -> bool:
        if self.over or self._left or self._rounds.stale:
            return True
        connection = self._connection
        return connection.news.exists or connection.news.changes or connection.alert is not self._alert

    async def _finish(self, patience: float) -> None:
        self._finishing = True
        self._disarm()
        if not (self._told_to_end or self._settled()):
            await self._until(self._settled, self._to_begin(patience))
        await super()._finish(patience)

    # -- what the loop calls

    def come(self, at: float) -> None:
        """It is time for a look, or the answers to one are late."""
        if at != self._armed:
            return
        self._armed = 0.0
        if self._look is not None or self._refrain is not None or self._looking:
            self._late()
        elif not self._roused():
            self._interrupt()

    def _interrupt(self) -> None:
        """Leave IDLE for a look."""
        try:
            if (reads_on := self._rounds.in_one_breath) is not False:
                refrain = self._rounds.due()
                if reads_on and refrain.known:
                    self._ask_again(refrain)
                else:
                    self._in_one_breath = True
                    self._ask(refrain, leaving=self.tag)
            else:
                self._looking = self._told_to_end = True
                self._allow(self._dialogue.limits.done)
                self._wire.send_now(b"DONE\r\n")
        except InboxcrmError as error:
            self._fail(error)

    def _late(self) -> None:
        """The server answers too slowly, unless it has ended the IDLE and takes its time over what it was asked."""
        self._unfold()
        look = self._look
        if look is not None and look.spare_time():
            self._allow(self._dialogue.limits.command)
        else:
            self._fail(CommandTimeoutError("the answer was not finished in time"))

    def _readable(self) -> None:
        if self._refrain is not None:
            self._hear_again(self._refrain)
            return
        if self._look is None:
            super()._readable()
            return
        try:
            self._wire.take_in()  # nobody is in a hurry: the system may acknowledge it together with what comes next
        except InboxcrmError as error:
            self._fail(error)
        else:
            self._listen()

    def _listen(self) -> None:
        look = self._look
        if look is not None and self._failure is None:
            if not look.skim(self._wire):
                return
            if look.begun:
                self.begun = True
                self._rest()
                if not self._wire.buffered:
                    return
        super()._listen()

    # -- the same again: all that a mailbox does where nothing is new, so nothing is made or kept for it

    def _ask_again(self, refrain: Refrain[Question]) -> None:
        leaving, tag, now = self.tag, self._connection.new_tag(), self._loop.time()
        self.tag, self._leaving, self._refrain = tag, leaving, refrain
        self._hoped = refrain.answer(tag, leaving=leaving)
        pause, patience = self._rounds.pause(), self._dialogue.limits.done
        self._next = marks.before(now + pause, pause=pause)
        self._arm(marks.after(now + patience, pause=patience))
        self._wire.send_now(refrain.again(tag))

    def _hear_again(self, refrain: Refrain[Question]) -> None:
        try:
            if not refrain.known:  # something changed since it was asked
                self._wire.take_in()
            elif (heard := self._wire.receive(self._hoped)) is None:
                return
            elif heard:
                self._refrain = None
                self._rounds.quiet()
                if self._finishing:
                    self._stirred.set()
                else:
                    self._arm(self._next)
                return
        except InboxcrmError as error:
            self._fail(error)
        else:
            self._unfold()
            self._listen()

    def _unfold(self) -> None:
        """What comes is not what was hoped for, or late: it is read in the ordinary way."""
        refrain, self._refrain = self._refrain, None
        if refrain is not None:
            self.begun = False
            self._look = Look(self._connection, refrain, self.tag, leaving=self._leaving)

    # -- what was heard

    def _hear(self, response: Response) -> None:
        look = self._look
        if look is None or look.done or not look.hear(response):
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
            self._ask(self._rounds.due(), leaving=None)
        else:
            super()._ended()

    # -- inside

    @property
    def _answered(self) -> bool:
        return self._refrain is None and (self._look is None or self._look.done)

    def _settled(self) -> bool:
        return self.over or (self.begun and self._answered)

    def _ask(self, refrain: Refrain[Question], *, leaving: bytes | None) -> None:
        self._looking = self._told_to_end = self.begun = False
        self.tag = self._connection.new_tag()
        look = self._look = Look(self._connection, refrain, self.tag, leaving=leaving)
        self._allow(self._dialogue.limits.done)
        self._wire.send_now(look.text)

    def _rest(self) -> None:
        self._look = None
        self._armed = 0.0
        if self._in_one_breath:
            self._in_one_breath = False
            self._rounds.reads_on()
        if not self._rested:
            self._rested = True
            self._stirred.set()
        if self._finishing or self._roused():
            self._stirred.set()
            return
        self._rounds.quiet()
        pause = self._rounds.pause()
        self._arm(marks.before(self._loop.time() + pause, pause=pause))

    def _allow(self, seconds: float) -> None:
        self._arm(marks.after(self._loop.time() + seconds, pause=seconds))

    def _arm(self, at: float) -> None:
        """Be called then, and not when it was said before."""
        self._armed = at
        self._marks.call(self, at)

    def _disarm(self) -> None:
        self._marks.forget(self, self._armed)
        self._armed = 0.0
