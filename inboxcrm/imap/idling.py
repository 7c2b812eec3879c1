"""Waiting for news in IDLE (RFC 2177), on the event loop."""

from __future__ import annotations

from contextlib import suppress

from inboxcrm.imap import responses
from inboxcrm.imap.dialogue import Dialogue, accepted
from inboxcrm.imap.errors import CommandTimeoutError, refusal
from inboxcrm.imap.exchange import Exchange
from inboxcrm.imap.responses import Response


class Idle(Exchange):
    """One IDLE command under way. Lines before the `+`, or in the same segment as it, are heard too."""

    __slots__ = ("_left", "_told_to_end", "begun", "over", "tag")

    def __init__(self, dialogue: Dialogue) -> None:
        super().__init__(dialogue)
        self.tag = dialogue.new_tag()
        self.begun = False
        self.over = False
        self._left = False
        self._told_to_end = False

    def leave(self) -> None:
        """End the command, as if its time had passed."""
        self._left = True
        self._stirred.set()

    async def wait(self, seconds: float, *, patience: float) -> None:
        """Return when the server has news, ended the command, `seconds` passed, or on `leave`.

        The command is over then, or, where a message came, told to be: what is asked next need not wait for the answer
        to DONE, but must hear it (`tag`), or `end` does. `patience` is how long the server may take to begin and to
        end. Raises CommandRefusedError when it will not idle, ConnectionLostError at the end of the stream (stock
        IMAPClient spins there).
        """
        with self._listening():
            self._begin()
            await self._until(lambda: self.begun or self.over, self._to_begin(patience))
            with suppress(CommandTimeoutError):  # time to renew it
                await self._until(self._roused, seconds)
            await self._finish(patience)

    async def end(self, *, patience: float) -> None:
        """Hear the answer to DONE."""
        with self._listening():
            self._listen()
            await self._until(lambda: self.over, patience)

    def _to_begin(self, patience: float) -> float:
        return patience

    def _begin(self) -> None:
        self._say(self.tag + b" IDLE\r\n")

    def _roused(self) -> bool:
        return self.over or self._left or bool(self._dialogue.news)

    async def _finish(self, patience: float) -> None:
        if self._failure is not None:
            raise self._failure
        if not (self.over or self._told_to_end):
            self._told_to_end = True
            self._say(b"DONE\r\n")
        if not self._dialogue.news.exists:
            await self._until(lambda: self.over, patience)

    def _hear(self, response: Response) -> None:
        if response.text.startswith(b"+"):
            self.begun = True
        elif (answer := self._dialogue.completion(self.tag, response)) is None:
            self._dialogue.heard(responses.untagged(response), None)
        else:
            accepted("IDLE", answer)
            if not self.begun:
                raise refusal("IDLE", status="OK", code=None, text="ended before it began")
            self._ended()

    def _ended(self) -> None:
        """The server says that the command is over."""
        self.over = True
