"""The bytes of one connection."""

from __future__ import annotations

import socket

import pytest

from inboxcrm.imap.waker import Waker
from inboxcrm.imap.wire import Wire


class NotedSocket(socket.socket):
    """Remembers which options of TCP were set to what, in their order."""

    def __init__(self, connected: socket.socket) -> None:
        super().__init__(fileno=connected.detach())
        self.noted: list[tuple[int, int | None]] = []

    def setsockopt(self, level: int, name: int, value: int) -> None:  # type: ignore[override]  # one of its forms
        super().setsockopt(level, name, value)
        if level == socket.IPPROTO_TCP:
            self.noted.append((name, value))


@pytest.mark.skipif(not hasattr(socket, "TCP_QUICKACK"), reason="only Linux can acknowledge when told to")
def test_what_came_is_acknowledged_once_there_is_no_more_of_it() -> None:
    """A server that holds the second of two answers back until the first is acknowledged (RFC 896) need not wait."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        near = NotedSocket(socket.create_connection(listener.getsockname()))
        far, _ = listener.accept()
        with far:
            wire = Wire(near, Waker())
            far.sendall(b"* 1 EXISTS\r\n")
            before = len(near.noted)
            while not wire.take_in():
                pass
            assert near.noted[before:][-1] == (socket.TCP_QUICKACK, 1)
            assert wire.readline() == b"* 1 EXISTS\r\n"
            wire.close()
