"""A SOCKS 5 proxy (RFC 1928) on loopback, which finds every name on this machine."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from types import TracebackType
from typing import Self


class SocksProxy:
    """`asked` holds the hosts it was asked for. `reply`: what it answers instead of connecting; `method`: the login.

    `login`: the user and password that it wants (RFC 1929).
    """

    host = "127.0.0.1"

    def __init__(self, *, reply: int = 0, method: int = 0, login: tuple[str, str] | None = None) -> None:
        self._login = login
        self.asked: list[str] = []
        self._reply = reply
        self._method = method
        self._talks: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        return int(self._listener.sockets[0].getsockname()[1])

    async def __aenter__(self) -> Self:
        self._listener = await asyncio.start_server(self._serve, self.host, 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.close()
        for task in self._talks:
            task.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._talks.add(task)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self._relay(reader, writer)
        finally:
            writer.close()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly((await reader.readexactly(2))[1])
        writer.write(bytes((5, self._method if self._login is None else 2)))
        if self._login is not None and not await self._logged_in(reader, writer):
            return
        kind = (await reader.readexactly(4))[3]
        size = (await reader.readexactly(1))[0] if kind == 3 else {1: 4, 4: 16}[kind]
        name = await reader.readexactly(size)
        port = int.from_bytes(await reader.readexactly(2))
        self.asked.append(name.decode() if kind == 3 else socket.inet_ntop(socket.AF_INET, name))
        if self._reply:
            writer.write(bytes((5, self._reply, 0, 1, 0, 0, 0, 0, 0, 0)))
            return
        far_reader, far_writer = await asyncio.open_connection(self.host, port)
        writer.write(bytes((5, 0, 0, 3, 4)) + b"here" + port.to_bytes(2))
        try:
            await asyncio.gather(_pass_on(reader, far_writer), _pass_on(far_reader, writer))
        finally:
            far_writer.close()

    async def _logged_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        version = (await reader.readexactly(1))[0]
        words = [(await reader.readexactly((await reader.readexactly(1))[0])).decode() for _ in range(2)]
        taken = version == 1 and tuple(words) == self._login
        writer.write(bytes((1, not taken)))
        return taken


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while octets := await reader.read(65536):
        writer.write(octets)
    writer.close()
