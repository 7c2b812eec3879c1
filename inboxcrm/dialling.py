"""A connection to whichever of a name's addresses answers first (RFC 8305): one that leads nowhere holds up none.

A network with half an IPv6 is not rare: its addresses come first, and nothing ever answers there.
"""

from __future__ import annotations

import asyncio
import errno
import os
import selectors
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from itertools import chain, zip_longest
from typing import Any

HEAD_START = 0.25
"""Seconds an address is waited for before the next is tried beside it (RFC 8305 section 5)."""

_UNREACHABLE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN}

Address = tuple[int, int, int, Any]
"""Family, kind, protocol, and what the system connects to."""


def connect(host: str, port: int, *, seconds: float) -> socket.socket:
    """A connected socket whose waits take so many seconds at most, as connecting does with all addresses together.

    Raises OSError: the last address's, TimeoutError where none answered in time.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    with _Dialling(_in_turn([(one[0], one[1], one[2], one[4]) for one in found])) as dialling:
        sock = dialling.first(time.monotonic() + seconds)
    sock.settimeout(seconds)
    return sock


async def reach(host: str, port: int, *, seconds: float) -> socket.socket:
    """The same within an event loop, which nothing of it holds up: a non-blocking socket, in so many seconds in all.

    Cancelled it ends at once; a resolver that does not answer is left to its thread, for which no process waits.
    Raises OSError as `connect` does, and UnicodeError for a name that is none.
    """
    try:
        async with asyncio.timeout(seconds):
            found = await _resolved(host, port)
            return await _first(_in_turn([(one[0], one[1], one[2], one[4]) for one in found]))
    except TimeoutError:
        raise TimeoutError("timed out") from None


def in_words(error: OSError) -> str:
    """What a failure of the network means to the person who reads why a mailbox is not watched, or nothing sent."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the server's certificate cannot be trusted ({error.verify_message})"
    if isinstance(error, ssl.SSLError):
        if error.reason == "WRONG_VERSION_NUMBER":
            return 'nothing speaks TLS there from the start. Another port may, or it is `security = "starttls"`'
        return f"no protected connection could be made ({error.reason or error})"
    if isinstance(error, socket.gaierror):
        return "its name is not found. Is this machine online, and is the name right?"
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens there (connection refused). The server is down, or host or port are not right"
    if isinstance(error, TimeoutError):
        return "no answer came in time. Is this machine online?"
    if error.errno in _UNREACHABLE:
        return "it cannot be reached from here. Is this machine online?"
    if isinstance(error, (ConnectionResetError, BrokenPipeError)):
        return "the connection was cut"
    return error.strerror or str(error)


async def _resolved(host: str, port: int) -> list[Any]:
    """What `socket.getaddrinfo` answers; asked in a thread of its own unless the host is a number."""
    with suppress(socket.gaierror):
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[Any]] = loop.create_future()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except Exception as error:
            tell(error)
        else:
            tell(found)

    def tell(outcome: list[Any] | Exception) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, outcome)

    def settle(outcome: list[Any] | Exception) -> None:
        if answer.done():
            return
        if isinstance(outcome, Exception):
            answer.set_exception(outcome)
        else:
            answer.set_result(outcome)

    threading.Thread(target=ask, name=f"resolve {host}", daemon=True).start()
    return await answer


async def _first(left: deque[Address]) -> socket.socket:
    """The first of these addresses to be connected; the attempts at the others end with it."""
    failure = OSError("the name has no address")
    lost: list[asyncio.Task[socket.socket | OSError]] = []
    waiting: set[asyncio.Task[socket.socket | OSError]] = set()
    async with asyncio.TaskGroup() as attempts:
        try:
            while left or waiting:
                if left:
                    address = left.popleft()
                    lost.append(attempts.create_task(_attempt(address), name=f"dial {address[3]}"))
                    waiting.add(lost[-1])
                ended, waiting = await asyncio.wait(
                    waiting, timeout=HEAD_START if left else None, return_when=asyncio.FIRST_COMPLETED
                )
                for each in ended:
                    outcome = each.result()
                    if not isinstance(outcome, OSError):
                        lost.remove(each)
                        return outcome
                    failure = outcome
        finally:
            for each in lost:
                _end(each)
    raise failure


async def _attempt(address: Address) -> socket.socket | OSError:
    """A connected socket, or why there is none."""
    family, kind, protocol, where = address
    try:
        sock = socket.socket(family, kind, protocol)
    except OSError as error:
        return error
    try:
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, where)
    except OSError as error:
        sock.close()
        return OSError(error.errno, os.strerror(error.errno)) if error.errno else error
    except BaseException:
        sock.close()
        raise
    return sock


def _end(attempt: asyncio.Task[socket.socket | OSError]) -> None:
    """End an attempt that lost; one that came through in the same moment hangs up."""
    attempt.cancel()
    if attempt.done() and not attempt.cancelled() and isinstance(sock := attempt.result(), socket.socket):
        sock.close()


def _in_turn(addresses: list[Address]) -> deque[Address]:
    """One family and the other by turns, as the system prefers them (RFC 8305 section 4)."""
    first = [one for one in addresses if one[0] == addresses[0][0]]
    others = [one for one in addresses if one[0] != addresses[0][0]]
    return deque(one for one in chain.from_iterable(zip_longest(first, others)) if one is not None)


class _Dialling:
    """Attempts under way side by side; leaving the block ends those that lost."""

    def __init__(self, addresses: Iterable[Address]) -> None:
        self._left = deque(addresses)
        self._waiting = _selector()
        self._open: set[socket.socket] = set()
        self._failure = OSError("the name has no address")

    def first(self, until: float) -> socket.socket:
        """The first to be connected."""
        next_at = 0.0
        while self._left or self._open:
            now = time.monotonic()
            if now >= until:
                raise TimeoutError("timed out")
            if self._left and (now >= next_at or not self._open):
                self._begin(self._left.popleft())
                next_at = now + HEAD_START
                continue
            for key, _ in self._waiting.select(min(until, next_at if self._left else until) - now):
                if (sock := self._outcome(key.fileobj)) is not None:
                    return sock
        raise self._failure

    def _begin(self, address: Address) -> None:
        family, kind, protocol, where = address
        try:
            sock = socket.socket(family, kind, protocol)
        except OSError as error:
            self._failure = error
            return
        sock.setblocking(False)
        self._open.add(sock)
        self._waiting.register(sock, selectors.EVENT_WRITE)
        try:
            sock.connect(where)
        except BlockingIOError:
            return
        except OSError as error:
            self._end(sock, error)

    def _outcome(self, sock: object) -> socket.socket | None:
        assert isinstance(sock, socket.socket)
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self._end(sock, OSError(code, os.strerror(code)))
            return None
        self._open.remove(sock)
        return sock

    def _end(self, sock: socket.socket, why: OSError) -> None:
        self._failure = why
        self._waiting.unregister(sock)
        self._open.remove(sock)
        sock.close()

    def __enter__(self) -> _Dialling:
        return self

    def __exit__(self, *_: object) -> None:
        self._waiting.close()
        for sock in self._open:
            sock.close()


def _selector() -> selectors.BaseSelector:
    """One that costs no descriptor of its own where the system has it."""
    return selectors.PollSelector() if hasattr(selectors, "PollSelector") else selectors.SelectSelector()
