"""Commands and replies over a connection that is logged in: several commands in one write, each reply for itself.

aiosmtplib opens, protects and logs in. Its protocol reads the reply to one command at a time, and replies that come
together, as they do where commands are pipelined (RFC 2920), are lost to it; so the transport is taken over here.
"""

from __future__ import annotations

import asyncio

from inboxcrm.errors import TransientError
from inboxcrm.smtp.replies import Reply

LONGEST_LINE = 8192
LONGEST_REPLY = 4 * LONGEST_LINE
"""Octets; a server that says more, or ends no line, is left."""


class ConversationEndedError(TransientError):
    """The connection ended, stalled or spoke no SMTP."""


class Conversation(asyncio.Protocol):
    """Our side of one connection. What the server says unasked is not heard."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._buffer = bytearray()
        self._replies: list[Reply] = []
        self._wanted = 0
        self._heard: asyncio.Future[None] | None = None
        self._ended: str | None = None
        transport.set_protocol(self)

    @property
    def open(self) -> bool:
        """Whether the connection is open as far as we know."""
        return self._ended is None and not self._transport.is_closing()

    @property
    def unsaid(self) -> bool:
        """Whether of what was written something is certainly not on its way yet."""
        return self._transport.get_write_buffer_size() > 0

    def write(self, octets: bytes) -> None:
        """Say something whose reply is not waited for."""
        if self.open:
            self._transport.write(octets)

    async def say(self, octets: bytes, *, replies: int, seconds: float) -> list[Reply]:
        """Write all of it, and wait for so many replies, `seconds` for all of them.

        They are fewer where the connection ended after one that is no consent. Raises `ConversationEndedError`.
        """
        if not self.open:
            raise ConversationEndedError(self._ended or "the connection is closed")
        self._buffer.clear()
        self._replies = []
        self._wanted = replies
        self._heard = asyncio.get_running_loop().create_future()
        self._transport.write(octets)
        try:
            async with asyncio.timeout(seconds):
                await self._heard
        except TimeoutError:
            self._end("the server did not answer in time")
        finally:
            self._wanted, self._heard = 0, None
        if len(self._replies) < replies and (not self._replies or self._replies[-1].positive):
            raise ConversationEndedError(self._ended or "the connection is closed")
        return self._replies

    # -- what asyncio calls

    def data_received(self, data: bytes) -> None:
        """Cut what came into replies."""
        if self._heard is None or self._heard.done():
            return
        self._buffer += data
        try:
            while len(self._replies) < self._wanted and (found := first_reply(self._buffer)) is not None:
                reply, end = found
                self._replies.append(reply)
                del self._buffer[:end]
        except ValueError as error:
            self._end(str(error))
            return
        if len(self._replies) == self._wanted:
            self._heard.set_result(None)

    def eof_received(self) -> None:
        """The server hung up; returning nothing closes our side too."""
        self._end("the server closed the connection")

    def connection_lost(self, error: Exception | None) -> None:
        """The connection is gone."""
        self._end(f"the connection was lost: {error}" if error else "the connection was lost")

    def _end(self, why: str) -> None:
        self._ended = self._ended or why
        if self._heard is not None and not self._heard.done():
            self._heard.set_result(None)


def first_reply(octets: bytearray) -> tuple[Reply, int] | None:
    """The first complete reply and where it ends (RFC 5321 section 4.2.1); None where it is not all here.

    Raises ValueError for what is no reply and for one that is too long.
    """
    lines: list[bytes] = []
    start = 0
    while (end := octets.find(b"\n", start)) >= 0:
        line = bytes(octets[start : end + 1])
        if len(line) > LONGEST_LINE or end >= LONGEST_REPLY:
            raise ValueError("a reply that is too long")
        if not line[:3].isdigit():
            raise ValueError(f"no reply: {line[:80].decode('utf-8', 'replace')}")
        lines.append(line[4:].strip(b" \t\r\n"))
        start = end + 1
        if line[3:4] != b"-":
            return Reply(int(line[:3]), b"\n".join(lines).decode("utf-8", "surrogateescape")), start
    if len(octets) - start > LONGEST_LINE or len(octets) > LONGEST_REPLY:
        raise ValueError("a reply that is too long")
    return None
