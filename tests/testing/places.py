"""One mailbox on any server, so that the same assertions can be put to ours and to real ones."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from imapclient import IMAPClient

from inboxcrm.testing.imap_server import MailServer


@dataclass(frozen=True, slots=True)
class Place:
    """Where a client finds the mailbox."""

    host: str
    port: int
    user: str
    password: str

    def client(self) -> IMAPClient:
        """A client that has logged in and shows times as they are, with their zone."""
        client = IMAPClient(self.host, self.port, ssl=False, timeout=60)
        # imaplib writes a literal and its line end apart, which Nagle's algorithm answers with 40 ms.
        client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.normalise_times = False
        client.login(self.user, self.password)
        return client


@contextmanager
def served_in_a_thread() -> Iterator[MailServer]:
    """Our server on an event loop of its own, for tests that block."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="mail server")
    thread.start()
    server = MailServer()
    asyncio.run_coroutine_threadsafe(server.start(), loop).result(60)
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(60)
        loop.close()
