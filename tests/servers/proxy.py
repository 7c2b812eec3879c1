"""A TCP proxy that breaks what passes through it."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from types import TracebackType
from typing import Self


class End(StrEnum):
    """How a connection is spoilt."""

    RESET = "reset"
    FIN = "fin"
    STALL = "stall"


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens to the connections made while it is in force; "down" is from the server to the client.

    - `after`: after that many octets down, `end`.
    - `cut_literal`: after that many octets of the first longer literal down, `end`.
    - `on_client`, `on_server`: `end` when a piece from that side matches, before the piece is passed on.
    - `inject`: octets put before the first piece down that matches the pattern.
    - `swallow`: what the client sends goes nowhere.
    - `piece`, `pause`: pass things down in pieces of that size with that pause.
    """

    end: End = End.RESET
    after: int | None = None
    cut_literal: int | None = None
    on_client: bytes | None = None
    on_server: bytes | None = None
    inject: tuple[bytes, bytes] | None = None
    swallow: bool = False
    piece: int | None = None
    pause: timedelta = timedelta(0)


class FaultProxy:
    """Listens on loopback and passes everything to another port, as its `plan` says. `refuse` resets new clients.

    `next_plans` hold for one connection each, before `plan` does again; `spoilt` counts what was done to connections.
    """

    host = "127.0.0.1"

    def __init__(self, upstream_port: int, *, plan: Plan | None = None) -> None:
        self.plan = plan or Plan()
        self.refuse = False
        self.next_plans: list[Plan] = []
        self.connections = 0
        self.spoilt = 0
        self._upstream_port = upstream_port
        self._listener: asyncio.Server | None = None
        self._pairs: set[_Pair] = set()

    @property
    def port(self) -> int:
        """Where it listens. RuntimeError before `start`."""
        if self._listener is None:
            raise RuntimeError("the proxy is not running")
        return int(self._listener.sockets[0].getsockname()[1])

    async def start(self) -> None:
        self._listener = await asyncio.start_server(self._serve, self.host, 0)

    async def stop(self) -> None:
        if self._listener is None:
            return
        listener, self._listener = self._listener, None
        listener.close()
        await self.cut_all()

    async def cut_all(self) -> None:
        """RST on every connection now open."""
        pairs = list(self._pairs)
        self.spoil_all(End.RESET)
        await asyncio.gather(*(pair.ended.wait() for pair in pairs))

    def spoil_all(self, end: End) -> None:
        """Do this to every connection now open."""
        for pair in list(self._pairs):
            pair.spoil(end)

    def deafen_all(self) -> None:
        """What the clients of the connections now open say goes nowhere; what the server says still comes."""
        for pair in list(self._pairs):
            pair.deaf = True
            self.spoilt += 1

    def note(self) -> None:
        """A connection was spoilt."""
        self.spoilt += 1

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if self.refuse:
            _reset(writer)
            return
        try:
            up_reader, up_writer = await asyncio.open_connection(self.host, self._upstream_port)
        except OSError:
            _reset(writer)
            return
        plan = self.next_plans.pop(0) if self.next_plans else self.plan
        pair = _Pair(plan, self.note, reader, writer, up_reader, up_writer)
        self._pairs.add(pair)
        try:
            await pair.run()
        finally:
            self._pairs.discard(pair)


_LITERAL = re.compile(rb"\{(\d+)\}\r\n")


@dataclass(slots=True, eq=False)
class _Pair:
    """One client and its server."""

    plan: Plan
    note: Callable[[], None]
    client_reader: asyncio.StreamReader
    client: asyncio.StreamWriter
    server_reader: asyncio.StreamReader
    server: asyncio.StreamWriter
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    deaf: bool = False
    _over: asyncio.Event = field(default_factory=asyncio.Event)
    _silent: bool = False
    _passed_down: int = 0

    async def run(self) -> None:
        """Pass octets both ways until both sides are done, or the plan has spoilt it."""
        pumps = asyncio.create_task(self._pump(), name="proxy pumps")
        over = asyncio.create_task(self._over.wait(), name="proxy over")
        try:
            await asyncio.wait([pumps, over], return_when=asyncio.FIRST_COMPLETED)
        finally:
            pumps.cancel()
            over.cancel()
            await asyncio.gather(pumps, over, return_exceptions=True)
            self.client.close()
            self.server.close()
            self.ended.set()

    def spoil(self, end: End) -> None:
        """End the connection as said; after FIN the client may still talk."""
        self._silent = True
        self.note()
        if end is End.FIN:
            self.client.write_eof()
        elif end is End.RESET:
            _reset(self.client)
            _reset(self.server)
            self._over.set()

    async def _pump(self) -> bool:
        await asyncio.gather(self._down(), self._up())
        return True

    async def _down(self) -> None:
        plan = self.plan
        inject = plan.inject
        while piece := await _read(self.server_reader):
            if inject is not None and re.search(inject[0], piece):
                piece, inject = inject[1] + piece, None
            if plan.on_server is not None and re.search(plan.on_server, piece):
                self.spoil(plan.end)
            limit = self._limit(piece)
            if limit is not None:
                await self._pass_down(piece[:limit])
                self.spoil(plan.end)
            await self._pass_down(piece)
        _finish(self.client)

    def _limit(self, piece: bytes) -> int | None:
        """How much of this piece still passes, when the plan ends the connection inside it."""
        if self._silent:
            return None
        if self.plan.after is not None and self._passed_down + len(piece) >= self.plan.after:
            return self.plan.after - self._passed_down
        if self.plan.cut_literal is not None:
            for literal in _LITERAL.finditer(piece):
                if int(literal[1]) > self.plan.cut_literal:
                    return literal.end() + self.plan.cut_literal
        return None

    async def _pass_down(self, octets: bytes) -> None:
        size = self.plan.piece or len(octets) or 1
        for at in range(0, len(octets), size):
            if self._silent:
                return
            piece = octets[at : at + size]
            self.client.write(piece)
            self._passed_down += len(piece)
            await _drain(self.client)
            if self.plan.pause:
                await asyncio.sleep(self.plan.pause.total_seconds())

    async def _up(self) -> None:
        plan = self.plan
        while piece := await _read(self.client_reader):
            if plan.on_client is not None and re.search(plan.on_client, piece):
                self.spoil(plan.end)
            if not (plan.swallow or self.deaf or self._silent):
                self.server.write(piece)
                await _drain(self.server)
        _finish(self.server)


async def _read(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read(65536)
    except ConnectionError:
        return b""


async def _drain(writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        await writer.drain()


def _finish(writer: asyncio.StreamWriter) -> None:
    """Say that nothing more comes."""
    with contextlib.suppress(OSError, RuntimeError):
        writer.write_eof()


def _reset(writer: asyncio.StreamWriter) -> None:
    """End with RST."""
    raw_socket = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        raw_socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
