"""A server that says exactly what a test wrote down, on one connection, from a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from inboxcrm.config import Security, Server
from inboxcrm.imap.connection import Connection
from inboxcrm.imap.dialogue import News
from inboxcrm.imap.idling import Idle
from inboxcrm.imap.opening import Limits
from inboxcrm.imap.waker import Waker

_PATIENCE = 60.0
"""Seconds, more than any machine needs: only what never happens is waited for as long."""

QUICK = Limits(connect=60.0, login=60.0, command=60.0, fetch=60.0, done=60.0, logout=0.2)


class Talk:
    """The server's end of the connection."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._reader = sock.makefile("rb")
        self.tag = b""
        self.heard: list[bytes] = []

    def send(self, octets: bytes) -> None:
        self.sock.sendall(octets)

    def line(self) -> bytes:
        """The next line of the client, without its ending; remembers its tag."""
        line = self._reader.readline().rstrip(b"\r\n")
        self.heard.append(line)
        if line != b"DONE":
            self.tag = line.partition(b" ")[0]
        return line

    def answer(self, *untagged: bytes, end: bytes = b"OK done") -> None:
        """Answer the last command heard."""
        self.send(b"".join(one + b"\r\n" for one in untagged) + self.tag + b" " + end + b"\r\n")

    def let_in(self, capabilities: bytes = b"IMAP4rev1 IDLE") -> None:
        """Greeting, CAPABILITY, LOGIN, CAPABILITY."""
        self.send(b"* OK hello\r\n")
        for _ in range(3):
            line = self.line()
            self.answer(*((b"* CAPABILITY " + capabilities,) if line.endswith(b"CAPABILITY") else ()))


Conversation = Callable[[Talk], None]


@contextmanager
def scripted(conversation: Conversation) -> Iterator[tuple[Server, Talk]]:
    """Serve one connection by the conversation; ends when both sides have."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(_PATIENCE)
    talks: list[Talk] = []
    failures: list[BaseException] = []

    def serve() -> None:
        sock, _ = listener.accept()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(_PATIENCE)
        talks.append(Talk(sock))
        with sock:
            try:
                conversation(talks[0])
            except OSError as gone:
                failures.append(gone)
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    holder = Talk.__new__(Talk)
    holder.heard = []
    try:
        yield Server("127.0.0.1", listener.getsockname()[1], Security.NONE), holder
    finally:
        thread.join(_PATIENCE)
        listener.close()
        if talks:
            holder.heard.extend(talks[0].heard)


@contextmanager
def connected(conversation: Conversation, *, limits: Limits = QUICK) -> Iterator[Connection]:
    """A logged-in connection to a scripted server."""
    with scripted(conversation) as (server, _):
        connection = Connection(server, user="ann", password="secret", waker=Waker(), limits=limits)
        try:
            yield connection
        finally:
            connection.drop()


def idle(connection: Connection, seconds: float) -> News:
    """Wait for news in IDLE, as a link does."""

    async def wait() -> None:
        waiting = Idle(connection)
        await waiting.wait(seconds, patience=connection.limits.done)
        if not waiting.over:
            await waiting.end(patience=connection.limits.done)

    asyncio.run(wait())
    return connection.take_news()
