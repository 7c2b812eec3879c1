"""A submission server that says what it is told to: for what no well-made server does."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from types import TracebackType
from typing import Self

from inboxcrm.testing.tls import upgrade

Say = bytes | None
"""What is answered to a command; None hangs up at once."""

EHLO = b"250-mail.example\r\n250-SIZE 100000\r\n250-DSN\r\n250 8BITMIME\r\n"


class ScriptedServer:
    """Answers each line by `answer(line)`; after 354 it reads to the lone dot and answers `answer(b".")`."""

    host = "127.0.0.1"

    def __init__(self, answer: Callable[[bytes], Say], *, starttls: ssl.SSLContext | None = None) -> None:
        self._answer = answer
        self._starttls = starttls
        self._listener: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self.lines: list[bytes] = []
        self.bodies: list[bytes] = []
        self.connections = 0

    @property
    def port(self) -> int:
        assert self._listener is not None
        return int(self._listener.sockets[0].getsockname()[1])

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open.add(writer)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                writer.write(b"220 mail.example\r\n")
                while line := await reader.readline():
                    await self._meet(line.rstrip(b"\r\n"), reader, writer)
        finally:
            self._open.discard(writer)
            writer.close()

    async def _meet(self, line: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.lines.append(line)
        said = self._answer(line)
        if said is None:
            writer.transport.abort()
            return
        writer.write(said)
        await writer.drain()
        if line == b"STARTTLS" and self._starttls is not None:
            try:
                await upgrade(writer, self._starttls)
            except ConnectionResetError:
                return
        if said.startswith(b"354") or b"\n354" in said:
            self.bodies.append(await reader.readuntil(b"\r\n.\r\n"))
            await self._meet(b".", reader, writer)

    async def __aenter__(self) -> Self:
        self._listener = await asyncio.start_server(self._serve, self.host, 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._listener is not None
        self._listener.close()
        for writer in list(self._open):
            writer.transport.abort()
        await self._listener.wait_closed()


def usual(line: bytes) -> Say:
    """What an ordinary server answers."""
    verb = line[:4].upper()
    if verb == b"EHLO":
        return EHLO
    if verb == b"DATA":
        return b"354 go ahead\r\n"
    if verb == b"STAR":
        return b"220 go ahead\r\n"
    if verb == b"QUIT":
        return b"221 bye\r\n"
    return b"250 2.0.0 ok\r\n"


def usual_but(**exceptions: Say) -> Callable[[bytes], Say]:
    """An ordinary server with other answers to some verbs (`dot` for the end of the mail)."""

    def answer(line: bytes) -> Say:
        verb = "dot" if line == b"." else line[:4].decode("ascii", "replace").lower()
        return exceptions.get(verb, usual(line))

    return answer
