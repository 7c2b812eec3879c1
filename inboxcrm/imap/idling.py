"""Waiting for news in IDLE (RFC 2177), on the event loop: a thousand mailboxes that wait cost no thread.

Lines before the `+`, in the same segment as it, or cut in two are all heard; what TLS holds back is asked for. Nothing
here waits on a socket: the loop says when there is something to read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from inboxcrm.errors import InboxcrmError
from inboxcrm.imap import responses
from inboxcrm.imap.dialogue import Dialogue, accepted, completion
from inboxcrm.imap.errors import ClosingError, CommandTimeoutError, refusal
from inboxcrm.imap.responses import Response


class Idle:
    """One IDLE command under way."""

    def __init__(self, dialogue: Dialogue) -> None:
        self._dialogue = dialogue
        self._tag = dialogue.new_tag()
        self._failure: InboxcrmError | None = None
        self._stirred = asyncio.Event()
        self.begun = False
        self.over = False

    async def wait(self, seconds: float, *, patience: float) -> None:
        """Return when the server has news, ended the command, or `seconds` passed; the command is over then.

        `patience` is how long the server may take to begin and to end. Raises CommandRefusedError when it will not
        idle, ConnectionLostError at the end of the stream (stock IMAPClient spins there).
        """
        loop, descriptor = asyncio.get_running_loop(), self._dialogue.wire.sock.fileno()
        loop.add_reader(descriptor, self._readable)
        try:
            self._dialogue.wire.send_now(self._tag + b" IDLE\r\n")
            self._listen()  # what came before is in the buffer, and no socket tells of it
            await self._until(lambda: self.begun, patience)
            with suppress(CommandTimeoutError):  # time to renew it
                await self._until(lambda: self.over or bool(self._dialogue.news), seconds)
            if not self.over:
                self._dialogue.wire.send_now(b"DONE\r\n")
                await self._until(lambda: self.over, patience)
        finally:
            loop.remove_reader(descriptor)

    def cut(self) -> None:
        """End the wait with ClosingError."""
        self._fail(ClosingError("closing"))

    async def _until(self, reached: Callable[[], bool], seconds: float) -> None:
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
            self._dialogue.wire.take_in()
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
        self._stirred.set()

    def _fail(self, error: InboxcrmError) -> None:
        self._failure = self._failure or error
        self._stirred.set()

    def _hear(self, response: Response) -> None:
        if response.text.startswith(b"+"):
            self.begun = True
        elif (answer := completion(self._tag, response)) is None:
            self._dialogue.heard(responses.untagged(response), None)
        else:
            accepted("IDLE", answer)
            if not self.begun:
                raise refusal("IDLE", status="OK", code=None, text="ended before it began")
            self.over = True
